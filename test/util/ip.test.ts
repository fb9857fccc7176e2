/** IP literals against node:net and the WHATWG URL serializer, two independent readings of the same RFCs. */
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIp, formatIp, ipVersion, isIp, isLoopback, parseIp, writeIp } from '../../src/util/ip.ts';

const nodeVersion = (text: string): 4 | 6 | undefined => {
  if (isIPv4(text)) return 4;
  return isIPv6(text) && !text.includes('%') ? 6 : undefined;
};

const almostIp = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '9',
      '25',
      '255',
      '256',
      'f',
      'FFFF',
      '10000',
      ':',
      ':',
      ':',
      '::',
      '.',
      '.',
      '%',
      '-',
      ' ',
    ),
    {
      maxLength: 18,
    },
  )
  .map((parts) => parts.join(''));

describe('parseIp', () => {
  it.each([
    ['192.0.2.1', 'c0000201'],
    ['0.0.0.0', '00000000'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:DB8::a', '20010db800000000000000000000000a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['1:2:3:4:5:6:192.0.2.1', '000100020003000400050006c0000201'],
  ])('reads %s', (text, hex) => {
    expect(Buffer.from(parseIp(text) ?? []).toString('hex')).toBe(hex);
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1..3.4',
    '0x1.2.3.4',
    '1.2.3.1000',
    ':',
    ':::',
    ':1',
    '1:',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    'fe80::1%eth0',
    '[::1]',
    'localhost',
    '１.2.3.4',
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
    expect(isIp(text)).toBe(false);
  });

  it('agrees with node:net on anything made of the right characters', () => {
    fc.assert(
      fc.property(fc.oneof(almostIp, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        expect(ipVersion(text)).toBe(nodeVersion(text));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('formatIp', () => {
  it.each([
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:DB8::AA', '2001:db8::aa'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['010a::', '10a::'],
  ])('writes %s as RFC 5952 does: %s', (text, canonical) => {
    expect(formatIp(parseIp(text) ?? new Uint8Array())).toBe(canonical);
  });

  it('writes every IPv6 address as a URL would, and IPv4-mapped ones dotted', () => {
    const sparse = fc.oneof(fc.constant(0), fc.constant(0), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(sparse, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
        const url = new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1);
        const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
        if (!mapped) expect(formatIp(bytes)).toBe(url);
        expect(parseIp(formatIp(bytes))).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives back what parseIp took, for every IPv4 address', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => void expect(formatIp(parseIp(text) ?? new Uint8Array())).toBe(text)));
  });
});

describe('writeIp', () => {
  it('touches nothing but the bytes of the address', () => {
    const target = new Uint8Array(24).fill(0xaa);
    expect(writeIp('1.2.3.4', target, 2)).toBe(4);
    expect(writeIp('2001:db8::1', target, 7)).toBe(16);
    expect(Buffer.from(target).toString('hex')).toBe('aaaa01020304aa20010db8000000000000000000000001aa');
  });

  it('writes nothing when the address does not fit', () => {
    const target = new Uint8Array(19);
    expect(writeIp('1.2.3.4', target, 15)).toBe(4);
    expect(writeIp('1.2.3.4', target, 16)).toBe(0);
    expect(writeIp('::1', target, 3)).toBe(16);
    expect(writeIp('::1', target, 4)).toBe(0);
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])('says yes to %s', (text) => {
    expect(isLoopback(text)).toBe(true);
  });

  it.each(['128.0.0.1', '10.0.0.127', '::', '::2', '1::1', '::127.0.0.1', '::ffff:10.0.0.1', 'localhost', ''])(
    'says no to %j',
    (text) => {
      expect(isLoopback(text)).toBe(false);
    },
  );
});

describe('canonicalIp', () => {
  it('is the text of the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(almostIp, fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = parseIp(text);
        expect(canonicalIp(text)).toBe(bytes === undefined ? undefined : formatIp(bytes));
      }),
    );
  });
});
