/** Credentials in traces: hidden, with everything else where it was. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCredentials } from '../../../src/modules/siptrace/mask.ts';

const mask = (text: string): string => Buffer.from(maskCredentials(Buffer.from(text, 'latin1'))).toString('latin1');
const withField = (field: string): string =>
  `INVITE sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n${field}\r\nTo: b\r\n\r\nbody`;

describe('masking', () => {
  it.each([
    [
      'Authorization: Digest username="alice", nonce="ab,c", response="0123", cnonce="xy", uri="sip:b"',
      'Authorization: Digest username="alice", nonce="****", response="****", cnonce="**", uri="sip:b"',
    ],
    [
      'proxy-authorization : digest RESPONSE = abcd,nc=00000001',
      'proxy-authorization : digest RESPONSE = ****,nc=00000001',
    ],
    [
      'Authorization: Digest realm="a",\r\n  response="01\r\n 23",\r\n\tnc=1',
      'Authorization: Digest realm="a",\r\n  response="**\r\n **",\r\n\tnc=1',
    ],
    [
      'Authorization: Digest username="x, nonce=", response="0123"',
      'Authorization: Digest username="x, nonce=", response="****"',
    ],
    [
      'Authorization: Digest username="a\\", response=\\"b", response="cd"',
      'Authorization: Digest username="a\\", response=\\"b", response="**"',
    ],
    ['Authorization: Digest response="never ends', 'Authorization: Digest response="***** ****'],
    ['Authorization: Basic YWxpY2U6cHc=', 'Authorization: Basic ************'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer *******'],
    ['Authorization:', 'Authorization:'],
  ])('%j', (field, hidden) => {
    expect(mask(withField(field))).toBe(withField(hidden));
  });

  it.each([
    ['a challenge', withField('Proxy-Authenticate: Digest nonce="abc"')],
    ['a header that only looks alike', withField('X-Authorization: Digest response="abc"')],
    ['the body', 'MESSAGE sip:b SIP/2.0\r\nTo: b\r\n\r\nAuthorization: Digest response="abc"\r\n'],
    ['the start line', 'Authorization: Digest response="abc"\r\nTo: b\r\n\r\n'],
  ])('leaves %s alone, without a copy', (_, text) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(maskCredentials(bytes)).toBe(bytes);
  });

  it('never changes the bytes it was given', () => {
    const bytes = Buffer.from(withField('Authorization: Digest response="abc"'), 'latin1');
    const before = Buffer.from(bytes);
    maskCredentials(bytes);
    expect(bytes.equals(before)).toBe(true);
  });

  it('changes nothing but visible characters into stars, whatever the bytes', () => {
    const head = Buffer.from('A\nAuthorization: Digest response=', 'latin1');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (tail) => {
        const bytes = Buffer.concat([head, tail]);
        const masked = maskCredentials(bytes);
        expect(masked.length).toBe(bytes.length);
        for (const [i, byte] of masked.entries()) expect(byte === bytes[i] || byte === 0x2a).toBe(true);
        expect(Buffer.from(masked.subarray(0, head.length)).equals(head)).toBe(true);
      }),
    );
  });
});
