/** Regular expressions of scripts. */
import { expect, it } from 'vitest';
import { PatternCache } from '../../../src/util/regex/pattern-cache.ts';

it('knows no upper and lower case, and lines have ends', () => {
  const patterns = new PatternCache();
  expect(patterns.matches('^B.d$', 'abc\nbcd\n')).toBe(true);
  expect(patterns.matches('^cd$', 'abc\nbcd')).toBe(false);
});

it('takes a text as a whole where it is told to', () => {
  const patterns = new PatternCache();
  expect(patterns.get('^b', false).test('a\nb')).toBe(false);
  expect(patterns.get('^b').test('a\nb')).toBe(true);
});

it('gives the same answer each time it is asked', () => {
  const patterns = new PatternCache();
  expect([1, 2, 3].map(() => patterns.matches('b', 'abc'))).toEqual([true, true, true]);
});

it('refuses what is no expression', () => {
  expect(() => new PatternCache().matches('(a', 'a')).toThrow('"(a": a ( without a )');
});

it('remembers a bounded number of expressions and still answers for all', () => {
  const patterns = new PatternCache();
  const all = Array.from({ length: 600 }, (_, i) => `<${i}>`);
  expect(all.every((text) => patterns.matches(text, all.join(' ')))).toBe(true);
  expect(patterns.matches('<0>', '<0>')).toBe(true);
});
