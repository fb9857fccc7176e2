/** ipops: as the real Kamailio 5.6.3 answered; where we differ the title says so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PvPlace, PvValue } from '../../../src/engine/pv-value.ts';
import { ipops } from '../../../src/modules/ipops/ipops.ts';
import { MAX_ANSWERS, MAX_RECORDS } from '../../../src/modules/ipops/answers.ts';
import { inNetwork } from '../../../src/modules/ipops/networks.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([ipops]);
const fn = rig.modules.ipops;
const ctx = rig.request(written());

interface Kept extends PvPlace {
  value: PvValue;
}

function place(): Kept {
  const kept: Kept = {
    name: '$var(x)',
    value: null,
    read: () => kept.value,
    write: (_, value) => {
      kept.value = value;
    },
  };
  return kept;
}

describe('an address', () => {
  it.each([
    ['1.2.3.4', true, 'ipv4'],
    ['::1', true, 'ipv6'],
    ['[::1]', true, 'reference'],
    ['::ffff:1.2.3.4', true, 'ipv6'],
    ['01.2.3.4', false, 'none'],
    ['1.2.3', false, 'none'],
    [' 1.2.3.4', false, 'none'],
    ['[1.2.3.4]', false, 'none'],
    ['example.com', false, 'none'],
    ['', false, 'none'],
  ] as const)('%j is one: %s, of the kind %s', (text, is, kind) => {
    expect([fn.isIp(ctx, text), fn.ipType(ctx, text)]).toEqual([is, kind]);
    expect([fn.isPureIp(ctx, text), fn.isIpv4(ctx, text), fn.isIpv6(ctx, text), fn.isIpv6Reference(ctx, text)]).toEqual(
      [kind === 'ipv4' || kind === 'ipv6', kind === 'ipv4', kind === 'ipv6', kind === 'reference'],
    );
  });

  it('is the same however it is written, and plainly only without brackets', () => {
    expect(fn.compareIps(ctx, '[::1]', '0:0::1')).toBe(true);
    expect(fn.comparePureIps(ctx, '[::1]', '0:0::1')).toBe(false);
    expect(fn.comparePureIps(ctx, '2001:DB8::1', '2001:db8:0::1')).toBe(true);
    expect(fn.compareIps(ctx, '1.2.3.4', '::ffff:1.2.3.4')).toBe(false);
    expect(fn.compareIps(ctx, 'x', 'x')).toBe(false);
  });

  it.each([
    ['10.255.255.255', true],
    ['172.16.0.1', true],
    ['172.31.1.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['[::1]', false],
    ['x', false],
  ])('%s is private: %s', (text, is) => {
    expect(fn.isIpRfc1918(ctx, text)).toBe(is);
  });

  it.each([
    ['172.20.1.1', 'PRIVATE'],
    ['8.8.8.8', 'PUBLIC'],
    ['100.64.1.1', 'SHARED'],
    ['255.255.255.255', 'BROADCAST'],
    ['224.0.0.1', 'MULTICAST'],
    ['127.0.0.1', 'LOOPBACK'],
    ['fe80::1', 'LINK-LOCAL-UNICAST'],
    ['[2001:db8::1]', 'DOCUMENTATION'],
    ['2a00::1', 'GLOBAL-UNICAST'],
    ['fec0::1', 'RESERVED'],
    ['::', 'UNSPECIFIED'],
  ])('%s is %s', (text, kind) => {
    const kept = place();
    expect(fn.detailedIpType(ctx, text, kept)).toBe('written');
    expect(kept.value).toBe(kind);
  });

  it('that is none, or of the other family, is not described', () => {
    const kept = place();
    expect(fn.detailedIpType(ctx, 'x', kept)).toBe('none');
    expect(fn.detailedIpv4Type(ctx, '2001:db8::1', kept)).toBe('none');
    expect(fn.detailedIpv6Type(ctx, '1.1.1.1', kept)).toBe('none');
    expect(kept.value).toBeNull();
  });
});

describe('a network', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.5.0.0/8', true],
    ['10.1.2.3', '1.1.1.1, 10.1.2.3', true],
    ['10.1.2.3', 'x,10.0.0.0/8', true],
    ['10.1.2.3', '10.0.0.0/40', false],
    ['10.1.2.3', '10.0.0.0/255.0.0.0', false],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['10.1.2.4', '10.1.2.3/32', false],
    ['10.1.2.3', '', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['10.1.2.3', '2001:db8::/32', false],
    ['[2001:db8::1]', '2001:db8::/32', false],
  ])('of %s and %s: %s', (address, networks, is) => {
    expect(fn.isInSubnet(ctx, address, networks)).toBe(is);
  });

  it('holds an address as long as its first bits are the same', () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 31 }), (network, bits, flipped) => {
        const address = network.slice();
        address[flipped >> 3] = (address[flipped >> 3] ?? 0) ^ (0x80 >> (flipped & 7));
        expect(inNetwork(address, network, bits)).toBe(flipped >= bits);
      }),
    );
  });
});

describe('a question to DNS', () => {
  const { resolver } = rig.sim;
  resolver.a('two.example.com', ['10.1.1.1', '10.1.1.2']).aaaa('two.example.com', ['2001:db8::2']);
  resolver.srv('_sip._udp.example.com', [
    { priority: 20, weight: 1, port: 5080, name: 'b.example.com' },
    { priority: 10, weight: 1, port: 5070, name: 'a.example.com' },
  ]);
  resolver.a(
    'many.example.com',
    Array.from({ length: MAX_RECORDS + 1 }, (_, i) => `10.2.0.${i}`),
  );

  async function asked<T>(question: T | Promise<T>): Promise<T> {
    const done: T[] = [];
    void Promise.resolve(question).then((outcome) => done.push(outcome));
    await rig.sim.runUntil(() => done.length > 0);
    const [outcome] = done;
    if (outcome === undefined) throw new Error('no answer');
    return outcome;
  }

  it('keeps the addresses of a name for the request that asked', async () => {
    expect(await asked(fn.dnsQuery(ctx, 'two.example.com', 'q'))).toBe('answered');
    const read = (part: string): PvValue => rig.read(ctx, 'dns', `q=>${part}`);
    expect(['count', 'addr', 'addr[1]', 'addr[2]', 'type[2]', 'ipv4', 'ipv6', 'addr[3]', 'other'].map(read)).toEqual([
      3,
      '10.1.1.1',
      '10.1.1.2',
      '2001:db8::2',
      6,
      1,
      1,
      null,
      null,
    ]);
    expect(rig.read(ctx, 'dns', 'never=>count')).toBeNull();
    expect(rig.read(ctx, 'dns', 'nonsense')).toBeNull();
    expect(read('constructor')).toBeNull();
    expect(rig.read(rig.request(written()), 'dns', 'q=>count')).toBeNull();
  });

  it('takes an address for its own answer, and a name without any for unresolved', async () => {
    expect(await asked(fn.dnsQuery(ctx, '127.0.0.1', 'self'))).toBe('answered');
    expect(rig.read(ctx, 'dns', 'self=>addr')).toBe('127.0.0.1');
    expect(await asked(fn.dnsQuery(ctx, 'none.example.com', 'none'))).toBe('unresolved');
    expect(rig.read(ctx, 'dns', 'none=>count')).toBeNull();
  });

  it('keeps servers in the order of their priority, and none as a count of 0', async () => {
    expect(await asked(fn.srvQuery(ctx, '_sip._udp.example.com', 's'))).toBe('answered');
    const read = (part: string): PvValue => rig.read(ctx, 'srvquery', `s=>${part}`);
    expect(['count', 'target', 'port[0]', 'target[1]', 'priority[1]', 'port[2]'].map(read)).toEqual([
      2,
      'a.example.com',
      5070,
      'b.example.com',
      20,
      null,
    ]);
    expect(await asked(fn.naptrQuery(ctx, 'example.com', 'n'))).toBe('answered');
    expect(rig.read(ctx, 'naptrquery', 'n=>count')).toBe(0);
  });

  it.each([
    ['two.example.com', '10.1.1.2', 'matches'],
    ['two.example.com', '[2001:db8::2]', 'matches'],
    ['two.example.com', '10.1.1.3', 'differs'],
    ['none.example.com', '10.1.1.3', 'unresolved'],
    ['two.example.com', 'x', 'badAddress'],
  ] as const)('whether %s is %s: %s', async (name, address, outcome) => {
    expect(await asked(fn.dnsSysMatchIp(ctx, name, address))).toBe(outcome);
    expect(await asked(fn.dnsIntMatchIp(ctx, name, address))).toBe(outcome);
  });

  it(`keeps ${MAX_RECORDS} records of an answer and ${MAX_ANSWERS} answers of a request`, async () => {
    const fresh = rig.request(written());
    for (let i = 0; i < MAX_ANSWERS; i++) {
      expect(await asked(fn.dnsQuery(fresh, 'many.example.com', `q${i}`))).toBe('answered');
    }
    expect(rig.read(fresh, 'dns', 'q0=>count')).toBe(MAX_RECORDS);
    expect(await asked(fn.dnsQuery(fresh, '10.0.0.1', 'more'))).toBe('full');
    expect(await asked(fn.dnsQuery(fresh, '10.0.0.1', 'q0'))).toBe('answered');
  });
});
