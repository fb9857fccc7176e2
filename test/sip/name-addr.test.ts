/** Addresses with display names, brackets and parameters. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNameAddr, parseNameAddr, parseNameAddrList, parseTagged } from '../../src/sip/name-addr.ts';
import { Params } from '../../src/sip/params.ts';

describe('parseNameAddr', () => {
  it.each([
    ['"Alice \\"A\\"" <sip:a@b;lr>;tag=1', 'Alice "A"', 'sip:a@b;lr', ';tag=1'],
    ['Bob <sip:b@c>', 'Bob', 'sip:b@c', ''],
    ['caller<sip:caller@example.com>;tag=323', 'caller', 'sip:caller@example.com', ';tag=323'],
    ['<sip:b@c> ; tag = x', undefined, 'sip:b@c', '; tag = x'],
    ['sip:b@c;tag=x', undefined, 'sip:b@c', ';tag=x'],
    ['sip:b@c ;tag=x', undefined, 'sip:b@c', ';tag=x'],
    ['tel:+123', undefined, 'tel:+123', ''],
    ['"" <sip:b@c>', '', 'sip:b@c', ''],
    ["token1~` token2'+_ token3*%!.- <sip:m@e.com>", "token1~` token2'+_ token3*%!.-", 'sip:m@e.com', ''],
    ['"a <b> c" <sip:b@c>', 'a <b> c', 'sip:b@c', ''],
    ['J\xf6rg (home) <sip:b@c>', 'J\xf6rg (home)', 'sip:b@c', ''],
  ])('reads %s', (text, display, uri, params) => {
    const address = parseNameAddr(text);
    expect([address?.display, address?.uri, address?.params.toString()]).toEqual([display, uri, params]);
  });

  it('gives the parameters of a bare URI to the header (RFC 3261 section 20.10)', () => {
    expect(parseNameAddr('sip:a@b;transport=tcp;tag=1')?.params.get('transport')).toBe('tcp');
  });

  it.each([
    '',
    '*',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '< sip:a@b>',
    '<sip:a@b >',
    '<a@b>',
    '"Mr. J. User <sip:j@e.com>',
    'Bell, Alexander <sip:a@b>',
    '<sip:a@b>, <sip:c@d>',
    '<sip:a@b> x',
    '<sip:a@b>;;',
    'sip:a@b?x=y',
    'sip:a@b,sip:c@d',
    '"a" "b" <sip:a@b>',
  ])('refuses %j', (text) => {
    expect(parseNameAddr(text)).toBeUndefined();
  });

  it('reads back what it wrote, whatever the display name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (display) => {
        const written = formatNameAddr({ display, uri: 'sip:a@b', params: Params.none.with('tag', 't') });
        const address = parseNameAddr(written);
        expect([address?.display, address?.uri, address?.params.get('tag')]).toEqual([display, 'sip:a@b', 't']);
      }),
    );
  });

  it('is total on any text', () => {
    const unit = fc.constantFrom(...'sip:a@b<>";,=\\ \t'.split(''));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit })), (text) => void parseNameAddr(text)));
  });
});

describe('parseTagged', () => {
  it.each([
    ['<sip:b@c>;tag=x', 'x'],
    ['"A" <sip:b@c>;a;TAG=x;tag=y', 'x'],
    ['"a <b>;tag=c" <sip:b@c;tag=u>;tag=x', 'x'],
    ['sip:b@c;tag=x', 'x'],
    ['<sip:b@c>;tag', ''],
    ['<sip:b@c;tag=u>', undefined],
    ['<sip:b@c>;tags=x', undefined],
  ])('finds the tag of %s', (text, tag) => {
    expect(parseTagged(text)).toEqual({ tag });
  });

  it('says of any text what the address in parts says', () => {
    const unit = fc.constantFrom(
      'sip:',
      'a',
      '@',
      '<',
      '>',
      ';',
      'tag',
      '=',
      '"',
      ',',
      '\\',
      ' ',
      '<sip:a@b>',
      ';tag=x',
      '"q" ',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 10 }), (text) => {
        const address = parseNameAddr(text);
        expect(parseTagged(text)).toEqual(address === undefined ? undefined : { tag: address.params.get('tag') });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseNameAddrList', () => {
  it('reads every element, and none when one is broken', () => {
    expect(parseNameAddrList('<sip:a>, "x, y" <sip:b>;z')?.map((address) => address.uri)).toEqual(['sip:a', 'sip:b']);
    expect(parseNameAddrList('<sip:a>, b')).toBeUndefined();
    expect(parseNameAddrList('')).toBeUndefined();
  });
});
