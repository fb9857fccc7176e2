/** Regular expressions: what POSIX says, and never longer than the subject allows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_COUNT, MAX_PATTERN } from '../../../src/util/regex/parser.ts';
import { MAX_STATES } from '../../../src/util/regex/program.ts';
import { compileRegex, type Regex } from '../../../src/util/regex/regex.ts';

function regex(pattern: string, ignoreCase = true): Regex {
  const made = compileRegex(pattern, { ignoreCase });
  if ('problem' in made) throw new Error(made.problem.message);
  return made;
}

function problem(pattern: string): string | undefined {
  const made = compileRegex(pattern, { ignoreCase: true });
  return 'problem' in made ? `${made.problem.at} ${made.problem.message}` : undefined;
}

describe('a pattern', () => {
  it.each([
    ['abc', ['abc', 'xABCx'], ['ab', 'acb']],
    ['^abc$', ['abc', 'ABC'], ['xabc', 'abcx', '']],
    ['^$', [''], ['a']],
    ['', ['', 'a'], []],
    ['a|b|', ['', 'x'], []],
    ['^(a|bc)+$', ['a', 'bca'], ['b', 'cb']],
    ['^a*b+c?$', ['b', 'aabbc'], ['ac', 'bcc']],
    ['^[12][0-9][0-9]$', ['100', '299'], ['300', '10']],
    ['^(\\+|00)[1-9][0-9]{3,20}$', ['+49123', '0049123'], ['49123', '+4912x', '+123']],
    ['^a{2}$', ['aa'], ['a', 'aaa']],
    ['^a{2,}$', ['aa', 'aaaa'], ['a']],
    ['^a{,2}b$', ['b', 'aab'], ['aaab']],
    ['^a{0}b$', ['b'], ['ab']],
    ['a{', ['a{'], ['a']],
    ['a{x}', ['a{x}'], ['a']],
    ['^[^a-c]$', ['d', 'D'], ['a', 'B']],
    ['^[]a]$', [']', 'a'], ['b']],
    ['^[^]a]$', ['b'], [']', 'a']],
    ['^[a-]$', ['a', '-'], ['b']],
    ['^[[:alpha:]_]+$', ['aZ_'], ['a1']],
    ['^[[:digit:][:space:]]+$', ['1 2'], ['a']],
    ['^[[:upper:]]$', ['A', 'a'], ['1']],
    ['^a.c$', ['abc', 'a\nc', 'a\xffc'], ['ac']],
    ['^a\\.c$', ['a.c'], ['abc']],
    ['^\\w+\\s\\S\\W$', ['ab_1 x!'], ['ab x!!']],
    [
      '^sip:[^@]+@example\\.(com|org)(:[0-9]+)?$',
      ['sip:a@example.org:5060'],
      ['sip:@example.com', 'sip:a@examplexcom'],
    ],
    ['(^a|b$)', ['ax', 'xb'], ['xa', 'bx']],
    ['a$b', [], ['ab', 'a$b']],
    ['((((a))))', ['a'], ['b']],
    ['(a*)*', ['', 'aaa'], []],
    ['()', [''], []],
  ])('%j matches %j and not %j', (pattern, yes, no) => {
    const compiled = regex(pattern);
    for (const text of yes) expect([text, compiled.test(text)]).toEqual([text, true]);
    for (const text of no) expect([text, compiled.test(text)]).toEqual([text, false]);
  });

  it('regards case when it is told to', () => {
    expect([regex('^Bo', false).test('Bob'), regex('^Bo', false).test('bob')]).toEqual([true, false]);
    expect(regex('[A-B]', false).test('a')).toBe(false);
  });

  it.each([
    ['^b.d$', 'abc\nbcd\n', true],
    ['^cd$', 'abc\nbcd', false],
    ['b.c', 'b\nc', false],
    ['b[^x]c', 'b\nc', false],
    ['b[^x]c', 'b c', true],
    ['b\nc', 'ab\ncd', true],
    ['^$', 'a\n\nb', true],
    ['^$', 'a\nb', false],
    ['c$', 'abc\r\nd', false],
    ['$\n^b', 'a\nb', true],
  ])('line by line %j on %j is %s', (pattern, subject, matches) => {
    const compiled = compileRegex(pattern, { ignoreCase: true, lines: true });
    expect('problem' in compiled ? compiled.problem : compiled.test(subject)).toBe(matches);
  });

  it('sees a subject up to its first NUL', () => {
    expect([regex('b').test('a\0b'), regex('a$').test('a\0b')]).toEqual([false, true]);
  });

  it.each([
    ['(a', '0 a ( without a )'],
    ['a)', undefined],
    ['*a', '0 nothing stands in front of *'],
    ['a|?', '2 nothing stands in front of ?'],
    ['[a', '0 a [ without a ]'],
    ['[b-a]', '1 the range b-a runs backwards'],
    ['[[:alfa:]]', '1 there is no class [:alfa:]'],
    ['[[.a.]]', '1 collating elements are not supported'],
    ['a\\', '1 a \\ at the end'],
    ['(a)\\1', '3 back-references are not supported'],
    ['\\bx', '0 \\b is not supported'],
    ['a{3,2}', '1 a count that cannot be'],
    [`a{${MAX_COUNT + 1}}`, `1 a count above ${MAX_COUNT}`],
    [`a{${MAX_COUNT}}`, undefined],
    ['a'.repeat(MAX_PATTERN), undefined],
    ['a'.repeat(MAX_PATTERN + 1), `0 it is longer than ${MAX_PATTERN} characters`],
    ['((a{200}){200}){200}', `0 it has more than ${MAX_STATES} states`],
    [`${'('.repeat(101)}a${')'.repeat(101)}`, '100 more than 100 groups inside each other'],
  ])('%j is refused with %j', (pattern, told) => {
    expect(problem(pattern)).toBe(told);
  });
});

describe('matching', () => {
  it.each(['(a+)+$', '(a|a)*b', '(a*)*b', '(.*)*x$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y'])(
    'with %s takes a time that grows with the subject only',
    (pattern) => {
      const compiled = regex(pattern, false);
      expect(compiled.test(`${'a'.repeat(200_000)}!`)).toBe(false);
    },
  );

  it('forgets what it remembers, and stays right', () => {
    const compiled = regex('(a|b)*a(a|b){12}$', false);
    const subject = Array.from({ length: 50_000 }, (_, i) => ((i * 7919) % 13 < 6 ? 'a' : 'b')).join('');
    expect(compiled.test(subject)).toBe(/a[ab]{12}$/.test(subject));
    expect(compiled.test(`${subject}a${'b'.repeat(12)}`)).toBe(true);
    expect(compiled.test(`${subject}b${'b'.repeat(12)}`)).toBe(false);
  });

  const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '(a|bc)', '(ab)*', 'a?', 'b+', 'c{1,2}', '^', '$');
  const pattern = fc.array(atom, { minLength: 1, maxLength: 6 }).map((atoms) => atoms.join(''));
  const subject = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 10 }).map((letters) => letters.join(''));

  it('agrees with the expressions of JavaScript where both say the same', () => {
    fc.assert(
      fc.property(pattern, subject, (source, text) => {
        expect(regex(source, false).test(text)).toBe(new RegExp(source, 's').test(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is total: every pattern compiles or is refused', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (source, text) => {
        const made = compileRegex(source, { ignoreCase: true });
        expect('problem' in made ? made.problem.message : typeof made.test(text)).toMatch(/./);
      }),
      { numRuns: 1_000 },
    );
  });
});
