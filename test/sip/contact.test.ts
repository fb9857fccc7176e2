/** Contact lists, q and expires, and the star. */
import { describe, expect, it } from 'vitest';
import { EXPIRES_LIMIT, parseContacts, parseExpires } from '../../src/sip/contact.ts';

describe('Contact', () => {
  it('reads the star alone', () => {
    expect(parseContacts(' * ')).toEqual({ kind: 'all' });
    expect(parseContacts('*, <sip:a>')).toBeUndefined();
  });

  it('reads q and expires of each contact', () => {
    const contacts = parseContacts('"A" <sip:a@b;x=y>;q=0.7;expires=60, sip:c@d;Q=1;expires=never');
    if (contacts?.kind !== 'list') return expect.fail();
    expect(contacts.contacts.map(({ uri, q, expires }) => [uri, q, expires])).toEqual([
      ['sip:a@b;x=y', 0.7, 60],
      ['sip:c@d', 1, undefined],
    ]);
  });

  it.each(['1.5', '-0.1', '0.1234', 'x', '2', ''])('leaves q=%s out', (q) => {
    const contacts = parseContacts(`<sip:a>;q="${q}"`);
    expect(contacts?.kind === 'list' && contacts.contacts[0]?.q).toBeUndefined();
  });

  it('bounds seconds and refuses what is no number', () => {
    expect([parseExpires('0'), parseExpires(`${EXPIRES_LIMIT}`), parseExpires('1'.padEnd(100, '0'))]).toEqual([
      0,
      EXPIRES_LIMIT,
      EXPIRES_LIMIT,
    ]);
    expect([parseExpires('-1'), parseExpires('1.5'), parseExpires(''), parseExpires(undefined)]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });
});
