/** Lists in values: what a comma separates and what it does not. */
import { describe, expect, it } from 'vitest';
import { firstElementEnd, splitElements } from '../../src/sip/elements.ts';

describe('lists in a value', () => {
  it.each([
    ['a, b ,c', ['a', 'b', 'c']],
    ['"x, y" <sip:a>, <sip:b,c>;d', ['"x, y" <sip:a>', '<sip:b,c>;d']],
    ['"a\\", b", c', ['"a\\", b"', 'c']],
    ['a,,b,', ['a', 'b']],
    ['', []],
    ['"open, quote', ['"open, quote']],
    ['<open, bracket', ['<open, bracket']],
    ['"ends in backslash\\', ['"ends in backslash\\']],
  ])('splits %j', (text, elements) => {
    expect(splitElements(text)).toEqual(elements);
  });

  it('ends the first element at its comma or with the text', () => {
    expect(firstElementEnd('ab,c')).toBe(2);
    expect(firstElementEnd('ab')).toBe(2);
  });
});
