/** Strangers' text on a terminal and in a log. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeControls, shortened, visible, withoutCredentials } from '../../src/cli/visible.ts';

describe('text of strangers', () => {
  it.each([
    ['a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['\u001b[2Jgone', '\\x1b[2Jgone'],
    ['\u009b31m', '\\x9b31m'],
    ['a\u0000b\u007f', 'a\\x00b\\x7f'],
    ['abc\u202edef\u2028', 'abc\\u202edef\\u2028'],
    ['plain, "quoted" ÄÖ 漢', 'plain, "quoted" ÄÖ 漢'],
  ])('%j is shown as %j', (given, shown) => {
    expect(visible(given)).toBe(shown);
  });

  it('is decoded when its bytes are UTF-8, and left alone when they are not', () => {
    expect(visible(Buffer.from('Jürgen 漢').toString('latin1'))).toBe('Jürgen 漢');
    expect(visible('J\u00fcrgen')).toBe('Jürgen');
  });

  it('hides no control character inside UTF-8', () => {
    expect(visible(Buffer.from('a\u009b\u202eb').toString('latin1'))).toBe('a\\x9b\\u202eb');
  });

  it('never holds what a terminal obeys', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(visible(Buffer.from(bytes).toString('latin1'))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\u0000-\u001f]/.test(escapeControls(text))));
  });

  it('is cut with an ellipsis at the limit', () => {
    expect(shortened('abcde', 5)).toBe('abcde');
    expect(shortened('abcdef', 5)).toBe('abcd…');
  });
});

describe('credentials', () => {
  it.each([
    ['Authorization: Digest username="a", response="b"', 'Authorization: ***'],
    ['proxy-authorization: Basic xyz\nnext', 'proxy-authorization: ***\nnext'],
    ['INVITE sip:alice:secret@example.com SIP/2.0', 'INVITE sip:alice:***@example.com SIP/2.0'],
    ['response="0123456789abcdef", uri="sip:a@b"', 'response=***, uri="sip:a@b"'],
    ['password=wonderland;x', 'password=***;x'],
    ['sip:10.0.0.1:9060;auth_key=abc', 'sip:10.0.0.1:9060;auth_key=***'],
  ])('%j is told as %j', (given, told) => {
    expect(withoutCredentials(given)).toBe(told);
  });

  it.each(['INVITE sip:bob@127.0.0.1:5060 SIP/2.0', 'sip:alice@[::1]:5060', 'cannot listen on udp:127.0.0.1:5060'])(
    'leave %j alone',
    (text) => {
      expect(withoutCredentials(text)).toBe(text);
    },
  );
});
