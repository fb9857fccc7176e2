/** Copies that stay what they were and share their memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shelf } from '../../src/util/shelf.ts';

describe('a shelf', () => {
  it('keeps what was given, whatever is given afterwards', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9_000 }), { maxLength: 20 }), (texts) => {
        const shelf = new Shelf();
        const kept = texts.map((bytes) => shelf.keep(bytes));
        expect(kept.map((bytes) => [...bytes])).toEqual(texts.map((bytes) => [...bytes]));
      }),
      { numRuns: 30 },
    );
  });

  it('does not see later changes of the original', () => {
    const original = Uint8Array.of(1, 2, 3);
    const kept = new Shelf().keep(original);
    original[0] = 9;
    expect([...kept]).toEqual([1, 2, 3]);
  });

  it('puts small ones side by side and large ones on their own', () => {
    const shelf = new Shelf();
    const [one, other] = [shelf.keep(new Uint8Array(400)), shelf.keep(new Uint8Array(400))];
    expect(other.buffer).toBe(one.buffer);
    const large = shelf.keep(new Uint8Array(10_000));
    expect(large.buffer.byteLength).toBe(10_000);
  });
});
