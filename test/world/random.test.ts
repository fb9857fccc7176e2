/** Node's randomness, drawn from a pool. */
import { describe, expect, it } from 'vitest';
import { nodeRandom } from '../../src/world/node/random.ts';

describe('nodeRandom', () => {
  it.each([0, 1, 16, 4095, 4096, 4097, 10_000])('gives %i bytes when asked for so many', (length) => {
    expect(nodeRandom().bytes(length)).toHaveLength(length);
  });

  it('hands out bytes that later draws do not change', () => {
    const random = nodeRandom();
    const first = random.bytes(32);
    const copy = [...first];
    for (let i = 0; i < 1000; i++) random.bytes(32);
    expect([...first]).toEqual(copy);
  });

  it('does not repeat itself within and across refills of the pool', () => {
    const random = nodeRandom();
    const seen = new Set(Array.from({ length: 2000 }, () => Buffer.from(random.bytes(16)).toString('hex')));
    expect(seen.size).toBe(2000);
  });

  it('gives whole numbers of 32 bits that reach into both halves of the range', () => {
    const random = nodeRandom();
    const numbers = Array.from({ length: 500 }, () => random.u32());
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
    expect(numbers.some((n) => n >= 2 ** 31)).toBe(true);
    expect(numbers.some((n) => n < 2 ** 31)).toBe(true);
  });
});
