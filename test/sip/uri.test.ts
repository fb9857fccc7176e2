/** URIs and the comparison of RFC 3261 section 19.1.4 with its examples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUri, hostAddress, parseUri, sameUri, type Uri, unescapeUri } from '../../src/sip/uri.ts';

const read = (text: string): Uri => parseUri(text) ?? expect.fail(`not read: ${text}`);

describe('parseUri', () => {
  it.each([
    ['sip:atlanta.com', { scheme: 'sip', host: 'atlanta.com' }],
    ['SIPS:bob@[2001:db8::1]:5061', { scheme: 'sips', user: 'bob', host: '[2001:db8::1]', port: 5061 }],
    ['sip:[::1];lr', { host: '[::1]' }],
    ['sip:alice:pass:word@a.b:5060;x=y?k=v', { user: 'alice', password: 'pass:word', port: 5060, headers: 'k=v' }],
    ['sip:user;par=u%40example.net@example.com', { user: 'user;par=u%40example.net', host: 'example.com' }],
    ['sip:+1-212-555-1212:1234@gw.com;user=phone', { user: '+1-212-555-1212', password: '1234' }],
    ['sip:a@b:65535', { port: 65535 }],
    ['sip:a@b:0', { port: 0 }],
    ['sip:a@my_host', { host: 'my_host' }],
    ['sip:%00@h', { user: '%00' }],
  ])('reads %s', (text, parts) => {
    expect(read(text)).toMatchObject({ kind: 'sip', ...parts });
  });

  it('reads parameters as written and by name', () => {
    const uri = read('sip:a@b;Transport=TCP;lr;method=INVITE');
    if (uri.kind !== 'sip') return expect.fail(uri.kind);
    expect([uri.params.get('transport'), uri.params.get('LR'), uri.params.get('ttl')]).toEqual(['TCP', '', undefined]);
  });

  it.each([
    '',
    'sip',
    'sip:',
    'sip:@b',
    'sip:a@',
    'sip:a@b:',
    'sip:a@b:65536',
    'sip:a@b:5060x',
    'sip:a@b:-1',
    'sip: a@b',
    'sip:a@b c',
    'sip:a@b\r\n',
    'sip:a@b\0',
    '<sip:a@b>',
    'sip:a"b@c',
    'sip:a%4@b',
    'sip:a@b;',
    'sip:a@b;;lr',
    'sip:a@b;=x',
    'sip:a@b?',
    'sip:a@[::1',
    'sip:a@::1',
    'sip:a@b@c',
    'sip:\xe4@b',
    '1sip:a@b',
    ':a@b',
    'tel:',
    'tel:+',
    'tel:..',
    'tel:+12x',
    'http:a b',
  ])('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  it('reads tel numbers and keeps other schemes for the 416', () => {
    expect(read('tel:+1-201-555-0123;ext=5')).toMatchObject({ kind: 'tel', number: '+1-201-555-0123' });
    expect(read('TEL:7042;phone-context=example.com')).toMatchObject({ kind: 'tel', number: '7042' });
    expect(read('soap.beep://192.0.2.103:3002')).toEqual({
      kind: 'other',
      scheme: 'soap.beep',
      rest: '//192.0.2.103:3002',
    });
  });

  it('does not slow down on long hostile text', () => {
    for (const text of [
      `tel:${'.'.repeat(60_000)}!`,
      `sip:${'a'.repeat(60_000)}\u0001`,
      `sip:h${';a='.repeat(20_000)};`,
    ]) {
      expect(parseUri(text)).toBeUndefined();
    }
  });

  it('reads a URI in its usual spelling as it reads one whose scheme is in capitals', () => {
    const unit = fc.constantFrom(
      'a',
      'b.c',
      '5',
      '@',
      ':',
      ';',
      '=',
      '?',
      ',',
      '+',
      '-',
      '%41',
      '[',
      '"',
      ' ',
      '\xe4',
      ';lr',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (rest) => {
        const usual = parseUri(`sip:${rest}`);
        const other = parseUri(`SIP:${rest}`);
        expect(usual).toEqual(other);
        if (usual?.kind === 'sip' && other?.kind === 'sip') expect(usual.params.entries).toEqual(other.params.entries);
      }),
      { numRuns: 2000 },
    );
  });

  it('is total, and formatting what was read is stable', () => {
    const alphabet = fc.constantFrom(...'sip:tel@;=?&%41[]:.ab5<> "+'.split(''));
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: alphabet }).map((rest) => `sip:${rest}`),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        const uri = parseUri(candidate);
        if (uri === undefined) return;
        const written = formatUri(uri);
        expect(formatUri(read(written))).toBe(written);
        expect(sameUri(uri, read(written))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('sameUri', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-201-555-0123', 'tel:+1(201)555.0123'],
    ['tel:7042;phone-context=Example.com', 'TEL:7042;Phone-Context=example.com'],
    ['urn:service:sos', 'URN:service:sos'],
  ])('holds for %s and %s (RFC 3261 section 19.1.4)', (a, b) => {
    expect([sameUri(read(a), read(b)), sameUri(read(b), read(a))]).toEqual([true, true]);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com:6000;transport=tcp', 'sip:bob@biloxi.com'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:b'],
    ['sip:a:x@b', 'sip:a@b'],
    ['sip:a@b;ttl=1', 'sip:a@b'],
    ['sip:a@b;maddr=1.2.3.4', 'sip:a@b'],
    ['sip:a@b;user=phone', 'sip:a@b'],
    ['sip:a@b;method=BYE', 'sip:a@b'],
    ['tel:+12', 'tel:12'],
    ['tel:12;ext=1', 'tel:12'],
    ['sip:a@b', 'tel:12'],
    ['urn:a', 'urn:b'],
  ])('does not hold for %s and %s', (a, b) => {
    expect([sameUri(read(a), read(b)), sameUri(read(b), read(a))]).toEqual([false, false]);
  });

  it('is reflexive and symmetric', () => {
    const user = fc.option(fc.constantFrom('a', 'A', '%61', 'b:x'), { nil: undefined });
    const params = fc.subarray([';transport=tcp', ';Transport=UDP', ';x=1', ';x=2', ';lr', ';ttl=1']);
    const uri = fc
      .tuple(
        user,
        fc.constantFrom('h', 'H', '[::1]', 'h:5060'),
        params,
        fc.constantFrom('', '?a=b', '?A=b&c=d', '?c=d&a=b'),
      )
      .map(([name, host, list, headers]) =>
        read(`sip:${name === undefined ? '' : `${name}@`}${host}${list.join('')}${headers}`),
      );
    fc.assert(
      fc.property(uri, uri, (a, b) => {
        expect(sameUri(a, a)).toBe(true);
        expect(sameUri(a, b)).toBe(sameUri(b, a));
      }),
    );
  });
});

describe('URI text', () => {
  it('is unescaped once, byte by byte', () => {
    expect(unescapeUri('%2541%41b%zz%0')).toBe('%41Ab%zz%0');
  });

  it('gives the address of an IPv6 reference without brackets', () => {
    expect([hostAddress('[::1]'), hostAddress('a.b'), hostAddress('[')]).toEqual(['::1', 'a.b', '[']);
  });
});
