/** Substitutions: read as Kamailio reads them, and bounded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LOOKS, MAX_REPLACED } from '../../../src/util/regex/edits.ts';
import { MAX_PIECES, parseSubstitution } from '../../../src/util/regex/substitution.ts';

function replace(text: string, subject: string): string | undefined {
  const parsed = parseSubstitution<undefined>(text);
  if (parsed.kind === 'wrong') throw new Error(`${parsed.problem.at} ${parsed.problem.message}`);
  return parsed.substitution.replace(subject, undefined);
}

describe('a substitution', () => {
  it.each([
    ['/one/three/', 'one two one', 'three two one'],
    ['/one/three/g', 'one two one', 'three two three'],
    ['/ONE/three/', 'one', undefined],
    ['/ONE/three/i', 'one', 'three'],
    ['#/a/#b#', '/a/', 'b'],
    ['/a\\/b/c\\/d/', 'a/b', 'c/d'],
    ['/(a)(b)/\\2\\1\\0/g', 'abab', 'baabbaab'],
    ['/a/\\\\\\n\\r\\t\\x/', 'a', '\\\n\r\tx'],
    ['/a.c/x/', 'a\nc', undefined],
    ['/a.c/x/s', 'a\nc', 'x'],
    ['/^b/x/g', 'b\nbb', 'x\nxb'],
    ['/^b/x/gs', 'b\nbb', 'x\nbb'],
    ['/b\n/x/g', 'ab\nb\n', 'axx'],
    ['/a*/x/g', 'aab', undefined],
    ['/b$/x/g', 'ab\nb', 'ax\nx'],
    ['/a//', 'ab', 'b'],
    ['/a/$x/', 'a', '$x'],
  ])('%j makes of %j: %j', (text, subject, expected) => {
    expect(replace(text, subject)).toBe(expected);
  });

  it.each([
    ['', '0 a substitution is written'],
    ['/a', '0 a substitution is written'],
    ['/a/b', '0 a substitution is written'],
    ['aba', '0 a substitution is written'],
    ['\\a\\b\\', '0 a substitution is written'],
    ['//b/', '1 the expression is empty'],
    ['/a/b/gx', '6 the flag x is unknown'],
    ['/a(/b/', '2 in the expression: a ( without a )'],
    [`/a/${'\\1'.repeat(MAX_PIECES + 1)}/`, '3 the replacement has more than'],
  ])('%j is refused: %s', (text, told) => {
    expect(() => replace(text, '')).toThrow(told);
    expect(replace(`/a/${'\\1'.repeat(MAX_PIECES)}/`, 'a')).toBe('');
  });

  it('leaves the matches whose replacements would make the text too long', () => {
    const half = 'x'.repeat(MAX_REPLACED / 2);
    expect(replace(`/a/${half}/g`, 'aa')).toHaveLength(MAX_REPLACED);
    expect(replace(`/a/${half}/g`, 'aaa')).toBe(`${half}${half}a`);
  });

  it('leaves what it would have to look at too often', () => {
    const subject = 'a'.repeat(2_000);
    const replaced = replace('/a|a.*x/-/g', subject) ?? '';
    expect(replaced).toHaveLength(subject.length);
    expect(replaced.replaceAll('a', '').length).toBeGreaterThanOrEqual(MAX_LOOKS);
    expect(replaced.endsWith('a')).toBe(true);
    expect(replace('/a/-/g', subject)).toBe('-'.repeat(subject.length));
  });

  it('is total on any text', () => {
    const text = fc.string({
      unit: fc.constantFrom('/', 'a', '\\', '1', '(', ')', '*', '$', 'g', '\n'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, fc.string({ maxLength: 10 }), (written, subject) => {
        const parsed = parseSubstitution<undefined>(written);
        if (parsed.kind === 'parsed') parsed.substitution.replace(subject, undefined);
        expect(parsed.kind).toMatch(/parsed|wrong/);
      }),
      { numRuns: 500 },
    );
  });
});
