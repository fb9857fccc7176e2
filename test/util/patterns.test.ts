/** Regular expressions of scripts. */
import { expect, it } from 'vitest';
import { MAX_SEARCHED, Patterns } from '../../src/util/patterns.ts';

it('knows no upper and lower case, and lines have ends', () => {
  const patterns = new Patterns();
  expect(patterns.matches('^B.d$', 'abc\r\nbcd\n')).toBe(true);
  expect(patterns.matches('^cd$', 'abc\nbcd')).toBe(false);
});

it('gives the same answer each time it is asked', () => {
  const patterns = new Patterns();
  expect([1, 2, 3].map(() => patterns.matches('b', 'abc'))).toEqual([true, true, true]);
});

it(`looks at ${MAX_SEARCHED} characters and not at the next`, () => {
  const patterns = new Patterns();
  expect(patterns.matches('x', `${'a'.repeat(MAX_SEARCHED - 1)}x`)).toBe(true);
  expect(patterns.matches('x', `${'a'.repeat(MAX_SEARCHED)}x`)).toBe(false);
});

it('remembers a bounded number of expressions and still answers for all', () => {
  const patterns = new Patterns();
  const all = Array.from({ length: 600 }, (_, i) => `<${i}>`);
  expect(all.every((text) => patterns.matches(text, all.join(' ')))).toBe(true);
  expect(patterns.matches('<0>', '<0>')).toBe(true);
});
