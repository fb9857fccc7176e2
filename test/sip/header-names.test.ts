/** Header names in any case and form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalName,
  equalsIgnoreCase,
  H,
  headerId,
  headerIdIn,
  nameLength,
  usualIdAt,
} from '../../src/sip/header-names.ts';

const ids = Object.values(H);

const compact: readonly (readonly [string, number])[] = [
  ['a', H.AcceptContact],
  ['b', H.ReferredBy],
  ['c', H.ContentType],
  ['d', H.RequestDisposition],
  ['e', H.ContentEncoding],
  ['f', H.From],
  ['i', H.CallId],
  ['j', H.RejectContact],
  ['k', H.Supported],
  ['l', H.ContentLength],
  ['m', H.Contact],
  ['n', H.IdentityInfo],
  ['o', H.Event],
  ['r', H.ReferTo],
  ['s', H.Subject],
  ['t', H.To],
  ['u', H.AllowEvents],
  ['v', H.Via],
  ['x', H.SessionExpires],
  ['y', H.Identity],
];

describe('header names', () => {
  it('finds every known header by its long name in any case', () => {
    for (const id of ids) {
      const name = canonicalName(id);
      expect([headerId(name), headerId(name.toLowerCase()), headerId(name.toUpperCase())]).toEqual([id, id, id]);
    }
  });

  it('numbers the headers from 1 without a gap', () => {
    expect(ids).toEqual(ids.map((_, index) => index + 1));
  });

  it.each(compact)('knows the compact form %s of IANA in both cases', (letter, id) => {
    expect([headerId(letter), headerId(letter.toUpperCase())]).toEqual([id, id]);
  });

  it('knows no other single letter', () => {
    const letters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    const known = letters.filter((letter) => headerId(letter) !== 0).map((letter) => letter.toLowerCase());
    expect([...new Set(known)].sort()).toEqual(compact.map(([letter]) => letter));
  });

  it.each(['', 'Vi', 'Viaa', 'X-Via', 'Max\rForwards', 'Max_Forwards', 'Call-I\x04', 'x'.repeat(1000)])(
    'does not take %j for a known header',
    (name) => {
      expect(headerId(name)).toBe(0);
    },
  );

  it('reads a name inside a longer text', () => {
    expect(headerIdIn(Buffer.from('xxVia: y'), 2, 5)).toBe(H.Via);
  });

  it('agrees with a comparison of lower-case names for any text', () => {
    const byName = new Map(ids.map((id) => [canonicalName(id).toLowerCase(), id]));
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 25 }), (name) => {
        expect(headerId(name)).toBe(byName.get(name.toLowerCase()) ?? 0);
      }),
    );
  });

  it('compares unknown names without case', () => {
    expect(equalsIgnoreCase('X-Foo', 0, 5, 'x-fOO')).toBe(true);
    expect(equalsIgnoreCase('X-Foo', 0, 5, 'x-fo')).toBe(false);
    expect(equalsIgnoreCase('X\rFoo', 0, 5, 'x-foo')).toBe(false);
  });
});

describe('usualIdAt', () => {
  it.each(ids)('knows header %i by its usual spelling or leaves it to a closer look', (id) => {
    const name = canonicalName(id);
    expect([id, 0]).toContain(usualIdAt(Buffer.from(`${name}: x`), 0));
    for (const other of [`${name} : x`, `${name.toLowerCase()}: x`, `${name}x: x`, name]) {
      expect(usualIdAt(Buffer.from(other), 0)).toBe(0);
    }
    expect(nameLength(id)).toBe(name.length);
  });

  it('knows the headers that every message has', () => {
    const needed = [H.Via, H.From, H.To, H.CallId, H.CSeq, H.MaxForwards, H.ContentLength, H.ContentType];
    expect(needed.map((id) => usualIdAt(Buffer.from(`\r\n${canonicalName(id)}: x`), 2))).toEqual(needed);
  });
});
