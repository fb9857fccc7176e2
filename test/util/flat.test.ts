/** Texts that outlive their message are the same texts. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copied, flat } from '../../src/util/flat.ts';

it('changes no text, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(flat(text)).toBe(text);
      expect(copied(text)).toBe(text);
    }),
  );
  for (const text of ['', '\0', '\0a']) expect([flat(text), copied(text)]).toEqual([text, text]);
});
