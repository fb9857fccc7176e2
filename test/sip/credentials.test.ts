/** Schemes and parameters of the authentication headers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenge, parseCredentials } from '../../src/sip/credentials.ts';

describe('credentials', () => {
  it('are a scheme and parameters, quotes and escapes resolved', () => {
    const read = parseCredentials(
      'Digest username="b\\"ob", REALM="a, b" ,nonce = "x=",uri="sip:a@b;c=d", qop=auth,nc=00000001,response=""',
    );
    expect([read?.scheme, Object.fromEntries(read?.params ?? [])]).toEqual([
      'Digest',
      { username: 'b"ob', realm: 'a, b', nonce: 'x=', uri: 'sip:a@b;c=d', qop: 'auth', nc: '00000001', response: '' },
    ]);
  });

  it('keep the first of two equal names', () => {
    expect(parseCredentials('Digest a=1, A=2')?.params.get('a')).toBe('1');
  });

  it('may be of any scheme, with or without parameters', () => {
    expect(parseCredentials('NoOneKnowsThisScheme opaque-data=here')?.scheme).toBe('NoOneKnowsThisScheme');
    expect(parseCredentials('NTLM')).toEqual({ scheme: 'NTLM', params: new Map() });
  });

  it.each(['', 'Digest a', 'Digest a=b c', 'Digest a="b', 'a=b', 'Digest =b'])('are not %j', (text) => {
    expect(parseCredentials(text)).toBeUndefined();
  });

  it('and challenges are read alike', () => {
    expect(parseChallenge('Digest realm="r", stale=TRUE')?.params.get('stale')).toBe('TRUE');
  });

  it('are total on any text', () => {
    const unit = fc.constantFrom(...'Digest a=",\\ '.split(''));
    fc.assert(fc.property(fc.string({ unit }), (text) => void parseCredentials(text)));
  });
});
