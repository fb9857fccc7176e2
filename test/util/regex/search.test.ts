/** Where expressions match and what their groups hold: compared with sed, whose engine is that of the C library. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex, type Regex } from '../../../src/util/regex/regex.ts';
import { toolPath } from '../../support/tools.ts';

function regex(pattern: string, options = { ignoreCase: false, lines: false }): Regex {
  const made = compileRegex(pattern, options);
  if ('problem' in made) throw new Error(made.problem.message);
  return made;
}

function groups(pattern: string, subject: string): readonly string[] | undefined {
  const found = regex(pattern).search(subject);
  if (found === undefined) return undefined;
  const texts: string[] = [];
  for (let i = 0; i < found.slots.length; i += 2) {
    const start = found.slots[i] ?? -1;
    texts.push(start < 0 ? '' : subject.slice(start, found.slots[i + 1]));
  }
  return texts;
}

describe('a search', () => {
  it.each([
    ['b+', 'abbbc', ['bbb']],
    ['(a)(b)?', 'xac', ['a', 'a', '']],
    ['foo|foobar', 'xfoobar', ['foobar']],
    ['(foo|foobar)(bar)?', 'foobar', ['foobar', 'foo', 'bar']],
    ['(a|ab)(c|bcd)(d*)', 'abcd', ['abcd', 'a', 'bcd', '']],
    ['((a)|b)*', 'ab', ['ab', 'b', 'a']],
    ['(a*)(a*)', 'aaa', ['aaa', 'aaa', '']],
    ['x*', 'aaa', ['']],
    ['^sip:([^@]+)@(.*)$', 'sip:bob@example.org', ['sip:bob@example.org', 'bob', 'example.org']],
    ['(1)(2)(3)(4)(5)(6)(7)(8)(9)(0)', '1234567890', ['1234567890', '1', '2', '3', '4', '5', '6', '7', '8', '9']],
  ])('for %j in %j finds %j', (pattern, subject, expected) => {
    expect(groups(pattern, subject)?.slice(0, expected.length)).toEqual(expected);
  });

  it('finds nothing where nothing matches, and nothing behind a NUL', () => {
    expect([groups('b', 'aaa'), groups('b', 'a\0b'), groups('a$', 'a\0b')?.[0]]).toEqual([undefined, undefined, 'a']);
  });

  it('begins where it is told, and takes that for the beginning of a line when it is told so', () => {
    const compiled = regex('^b');
    expect(compiled.search('ab', { at: 1, isLineStart: false })).toBeUndefined();
    expect(compiled.search('ab', { at: 1, isLineStart: true })?.start).toBe(1);
    const lines = regex('^b', { ignoreCase: false, lines: true });
    expect(lines.search('bb\nb', { at: 1, isLineStart: false })?.start).toBe(3);
  });

  it('takes a number of steps that grows with the subject only', () => {
    const subject = `${'a'.repeat(20_000)}!`;
    for (const pattern of ['(a+)+$', '(a|a)*b', '(a*)*b|a', '(.*)*x|!', '(x+x+)+y|a!', '((a*)*)*!', '(a|aa|aaa)*!']) {
      const compiled = regex(pattern);
      compiled.search(subject);
      expect(compiled.steps).toBeLessThan(2 * (subject.length + 2) * 40);
    }
  });

  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '(a|ab)',
    '(b|ba|a)',
    '(ab)*',
    '(a*)',
    'a?',
    'b+',
    '(b{1,2})',
    '(c|)',
  );
  const pattern = fc.array(atom, { minLength: 1, maxLength: 5 }).map((atoms) => atoms.join(''));
  const subject = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 9 }).map((letters) => letters.join(''));

  it('takes at most two steps a state and byte, whatever the expression', () => {
    fc.assert(
      fc.property(pattern, subject, (source, text) => {
        const compiled = regex(`(${source})*`);
        compiled.search(text);
        expect(compiled.steps).toBeLessThanOrEqual(2 * (text.length + 1) * 60);
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(toolPath('sed') === undefined)('finds what sed finds', () => {
    const cases = fc
      .sample(fc.tuple(pattern, subject), { numRuns: 400, seed: 4 })
      .filter(([source]) => (source.match(/\(/g) ?? []).length <= 3);
    const script = cases.map(([source], i) => `${i + 1}s/${source}/[&|\\1|\\2|\\3]/`);
    const padded = cases.map(([source], i) => script[i]?.replace(source, `${source}${missing(source)}`) ?? '');
    const output = execFileSync('sed', ['-E', padded.join('\n')], {
      input: `${cases.map(([, text]) => text).join('\n')}\n`,
      encoding: 'latin1',
    });
    const expected = output.split('\n');
    const actual = cases.map(([source, text]) => {
      const found = regex(`${source}${missing(source)}`).search(text);
      if (found === undefined) return text;
      const part = (i: number): string => {
        const start = found.slots[2 * i] ?? -1;
        return start < 0 ? '' : text.slice(start, found.slots[2 * i + 1]);
      };
      return `${text.slice(0, found.start)}[${part(0)}|${part(1)}|${part(2)}|${part(3)}]${text.slice(found.end)}`;
    });
    const wrong = cases.flatMap((each, i) => (actual[i] === expected[i] ? [] : [[each, actual[i], expected[i]]]));
    expect(wrong).toEqual([]);
  });
});

/** Empty groups up to three: sed refuses a replacement that names more than there are. */
const missing = (source: string): string => '()'.repeat(3 - (source.match(/\(/g) ?? []).length);
