/** Texts that outlive their message are the same texts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { detached, detachedAll } from '../../src/util/detached.ts';
import { flat } from '../../src/util/flat.ts';

it('changes no text, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(flat(text)).toBe(text);
      expect(detached(text)).toBe(text);
    }),
  );
  for (const text of ['', '\0', '\0a']) expect([flat(text), detached(text)]).toEqual([text, text]);
});

it('are the same when they are copied together', () => {
  for (const texts of [[], ['a'], ['', 'b', '\0'], ['x'.repeat(40), '\u017f']])
    expect(detachedAll(texts)).toEqual(texts);
});
