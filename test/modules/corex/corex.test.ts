/** corex: the socket to send from, and small questions. */
import { describe, expect, it } from 'vitest';
import { internalRequest } from '../../../src/engine/internal-request.ts';
import { use } from '../../../src/engine/module.ts';
import { corex, MAX_FILE } from '../../../src/modules/corex/corex.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import type { Endpoint } from '../../../src/world/world.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([corex]);
const fn = rig.modules.corex;

it('sends from the listener it is told, and keeps the old one when there is none like that', () => {
  const ctx = rig.request(written());
  expect(fn.setSendSocket(ctx, 'udp:10.0.0.11:15070')).toBe('set');
  expect([
    fn.setSendSocket(ctx, 'udp:9.9.9.9:1'),
    fn.setSendSocket(ctx, 'junk'),
    fn.setSendSocketName(ctx, 'none'),
  ]).toEqual(Array.from({ length: 3 }, () => 'unknown'));
  expect(ctx.destination.listener?.local).toEqual({ address: '10.0.0.11', port: 15_070 });
  expect(fn.isSocketName(ctx, 'none')).toBe(false);
});

it.each([
  ['sip:bob@h', [], true, false],
  ['sip:h', ['User-Agent: x'], false, true],
  ['tel:+1', ['User-Agent:'], false, false],
])('of %s with %j: user %s, User-Agent %s', (uri, headers, user, agent) => {
  const ctx = rig.request(written({ uri, headers }));
  expect([fn.hasRuriUser(ctx), fn.hasUserAgent(ctx)]).toEqual([user, agent]);
});

it('lists its sockets', () => {
  expect(rig.rpc('corex.list_sockets')).toContainEqual({
    PROTO: 'udp',
    NAME: '10.0.0.10',
    ADDRLIST: { ADDR: '10.0.0.10' },
    PORT: '15080',
    MCAST: 'no',
    MHOMED: 'no',
    VIRTUAL: 'no',
    SOCKNAME: '-',
    ADVERTISE: '192.0.2.5:5060',
  });
  expect(rig.rpc('corex.list_aliases')).toEqual([]);
});

it('says that alias_subdomains has no effect', async () => {
  const other = await moduleRig([use(corex, { alias_subdomains: 'example.com' })]);
  expect(other.log.map(({ message }) => message)).toContain(
    'corex: alias_subdomains has no effect: list each name as an alias',
  );
});

it('keeps further flags up to 63 with the transaction', () => {
  const ctx = rig.request(written());
  fn.setXFlag(ctx, 0);
  fn.setXFlag(ctx, 63);
  const later = ctx.derive(ctx.message, { route: 'failure' });
  expect([0, 1, 62, 63].map((flag) => fn.isXFlagSet(later, flag))).toEqual([true, false, false, true]);
  fn.resetXFlag(later, 63);
  expect([0, 63].map((flag) => fn.isXFlagSet(ctx, flag))).toEqual([true, false]);
  expect(fn.isXFlagSet(rig.request(written()), 0)).toBe(false);
});

it('remembers internal flags and does nothing else with them', () => {
  const ctx = rig.request(written());
  expect(fn.isInternalFlagSet(ctx, 'uacAuth')).toBe('unset');
  fn.setInternalFlag(ctx, 'uacAuth');
  expect([fn.isInternalFlagSet(ctx, 'uacAuth'), fn.isInternalFlagSet(ctx, 'useUacTo')]).toEqual(['set', 'unset']);
  fn.resetInternalFlag(ctx, 'uacAuth');
  expect(fn.isInternalFlagSet(ctx, 'uacAuth')).toBe('unset');
});

it('knows a message that nobody sent', () => {
  expect(fn.isFakedMsg(rig.request(written()))).toBe(false);
  expect(fn.isFakedMsg(internalRequest(rig.proxy.engine))).toBe(true);
});

describe('a message that counts as come from elsewhere', () => {
  it.each([
    ['127.0.0.9:7777', 'set', '127.0.0.9', 7777],
    ['udp:127.0.0.9:7777', 'set', '127.0.0.9', 7777],
    ['udp:[::1]:7777', 'set', '::1', 7777],
    ['tcp:127.0.0.9:7777', 'malformed', '10.0.0.1', 5060],
    ['127.0.0.9', 'malformed', '10.0.0.1', 5060],
    ['example.com:5060', 'malformed', '10.0.0.1', 5060],
    ['', 'malformed', '10.0.0.1', 5060],
  ] as const)('%j: %s', (text, outcome, address, port) => {
    const ctx = rig.request(written());
    expect(fn.setSourceAddress(ctx, text)).toBe(outcome);
    expect(ctx.received.flow.remote).toEqual({ address, port });
  });

  it('has its reply sent there', async () => {
    const desk = await moduleRig([corex, sl], {
      routes: (m) => ({
        request(ctx) {
          m.corex.setRecvSocket(ctx, 'udp:10.0.0.11:15070');
          m.corex.setSourceAddress(ctx, '10.0.0.9:7777');
          return m.sl.reply(ctx, 200);
        },
      }),
    });
    const got: string[] = [];
    const heard = (name: string) => ({
      datagram: (bytes: Buffer, from: Endpoint) =>
        void got.push(`${name} ${from.port} ${bytes.toString().slice(0, 11)}`),
      fault: () => undefined,
    });
    await desk.sim.host('10.0.0.9').net.bindUdp({ address: '10.0.0.9', port: 7777 }, heard('other'));
    const alice = await desk.sim.host('10.0.0.1').net.bindUdp({ address: '10.0.0.1', port: 5060 }, heard('alice'));
    alice.send(Buffer.from(written({ method: 'OPTIONS' }).replace(';branch', ';rport;branch')), {
      address: '10.0.0.10',
      port: 15_060,
    });
    await desk.sim.runFor(100);
    expect(got).toEqual(['other 15070 SIP/2.0 200']);
  });

  it('counts as come to a listener of its own transport only', () => {
    const ctx = rig.request(written());
    expect(fn.setRecvSocket(ctx, 'tcp:10.0.0.10:15060')).toBe('unknown');
    expect(fn.setRecvSocketName(ctx, 'none')).toBe('unknown');
    expect(fn.setRecvSocket(ctx, 'udp:10.0.0.11:15070')).toBe('set');
    expect(ctx.received.flow.local).toEqual({ address: '10.0.0.11', port: 15_070 });
  });
});

describe('a file', () => {
  it('is read into a variable, and not when it is missing or too large', async () => {
    const desk = await moduleRig([corex], {
      files: { '/note': 'hello', '/full': 'x'.repeat(MAX_FILE), '/over': 'x'.repeat(MAX_FILE + 1) },
    });
    const ctx = desk.request(written());
    const texts: unknown[] = [];
    const place = {
      name: '$var(x)',
      read: () => null,
      write: (_: unknown, value: unknown) => void texts.push(String(value).length),
    };
    const outcomes = ['/note', '/full', '/over', '/none'].map((path) => desk.modules.corex.fileRead(ctx, path, place));
    expect(await Promise.all(outcomes.map((outcome) => Promise.resolve(outcome)))).toEqual([
      'read',
      'read',
      'failed',
      'failed',
    ]);
    expect(texts).toEqual([5, MAX_FILE]);
  });
});

it('sends data only to a SIP URI and from a listener that there is', async () => {
  const ctx = rig.request(written());
  expect(await fn.sendData(ctx, 'udp:10.0.0.1:5060', 'x')).toBe('failed');
  expect(await fn.sendDataFrom(ctx, 'sip:10.0.0.1', 'udp:9.9.9.9:1', 'x')).toBe('failed');
  expect(await fn.sendDataFrom(ctx, 'sip:10.0.0.1', '', 'x')).toBe('sent');
});
