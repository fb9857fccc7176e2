/** The hash of texts: stable, salted, and even. */
import { expect, it } from 'vitest';
import { hash32, hashText } from '../../src/util/hash.ts';

const texts = Array.from({ length: 20_000 }, (_, i) => `call-${i}@192.0.2.1`);

it('is the same for the same text and salt, and another one for another salt', () => {
  expect(hash32('a84b4c76e66710')).toBe(hash32('a84b4c76e66710'));
  expect(hash32('a84b4c76e66710', 1)).not.toBe(hash32('a84b4c76e66710'));
});

it('spreads texts that differ only at their end evenly', () => {
  const buckets = new Array<number>(16).fill(0);
  for (const text of texts) {
    const bucket = hash32(text) >>> 28;
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - texts.length / 16)).toBeLessThan(200);
});

it('with two salts tells apart what one alone might not', () => {
  expect(new Set(texts.map((text) => `${hash32(text, 1)} ${hash32(text, 2)}`)).size).toBe(texts.length);
});

it('is written in base 36', () => {
  for (const text of texts.slice(0, 100)) expect(hashText(text, 7)).toBe(hash32(text, 7).toString(36).padStart(7, '0'));
});
