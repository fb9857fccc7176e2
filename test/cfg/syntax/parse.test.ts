/** Limits of the parser, and that it reads anything: random bytes, broken configurations, very large and very deep ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteBlock } from '../../../src/cfg/ast.ts';
import { MAX_NESTING } from '../../../src/cfg/syntax/cursor.ts';
import { MAX_DIAGNOSTICS } from '../../../src/cfg/diagnostics.ts';
import { goldenPairs } from '../golden.ts';
import { codes, read, tree } from '../reading.ts';

const valid = goldenPairs().map(({ input }) => input);

/** Bytes as latin1, the form in which files are read. */
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'));
const scraps = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        '(',
        ')',
        '[',
        ']',
        '"',
        "'",
        '$',
        '$(',
        '#!ifdef A\n',
        '#!else\n',
        '#!endif\n',
        '#!define A A\n',
        '/*',
      ],
      ...[
        '*/',
        'if ',
        'else ',
        'switch(1)',
        'case 1:',
        'default:',
        'route',
        'event_route[',
        ';',
        '=',
        '==',
        '@a.',
        '%f.',
      ],
      ...[
        'listen=',
        'socket={',
        '1.2.3.4',
        '::1',
        'A ',
        '\\',
        '\n',
        'include_file "main.cfg"\n',
        '#!subst "/a/aa/g"\n',
      ],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** A valid configuration with a part cut out, doubled or replaced. */
const mutated = fc
  .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat({ max: 40 }), fc.oneof(bytes, scraps, fc.constant('')))
  .map(([text, at, length, put]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + put + text.slice(start + length);
  });

describe('the parser', () => {
  it('reads any bytes and says only what has a place in the file', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, scraps, mutated), (text) => {
        const { diagnostics, config } = read(text);
        expect(config.kind).toBe('config');
        for (const { file, span } of diagnostics) {
          expect(file).toBe('main.cfg');
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.start).toBeLessThanOrEqual(text.length);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
        }
      }),
      { numRuns: 800 },
    );
  });

  it('reads the same text to the same tree, and every item lies in the file', () => {
    fc.assert(
      fc.property(fc.constantFrom(...valid), (text) => {
        const first = read(text);
        expect(read(text).config).toEqual(first.config);
        for (const { span } of first.config.items) expect(span.end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the places of statements and expressions', () => {
    const text = 'request_route {\n  if ($rU == "a" + 1) { xlog("x"); }\n}\n';
    const block = read(text).config.items.find((item): item is RouteBlock => item.kind === 'routeBlock');
    const [branch] = block?.body.statements ?? [];
    if (branch?.kind !== 'if' || branch.condition.kind !== 'binary') throw new Error('expected an if');
    const shown = [branch, branch.condition, branch.condition.right, branch.consequence].map(({ span }) =>
      text.slice(span.start, span.end),
    );
    expect(shown).toEqual(['if ($rU == "a" + 1) { xlog("x"); }', '$rU == "a" + 1', '"a" + 1', '{ xlog("x"); }']);
  });
});

describe('nesting', () => {
  const ifs = (count: number): string => `request_route { ${'if (1) '.repeat(count)} exit; }`;
  const elses = (count: number): string => `request_route { ${'if (1) exit; else '.repeat(count)} exit; }`;
  const brackets = (count: number): string => `request_route { $var(x) = ${'('.repeat(count)}1${')'.repeat(count)}; }`;
  const sum = (count: number): string => `request_route { $var(x) = 1${' + 1'.repeat(count - 1)}; }`;

  it.each([
    ['statements', ifs, MAX_NESTING - 3],
    ['else ifs', elses, MAX_NESTING - 3],
    ['brackets', brackets, MAX_NESTING - 3],
    ['operands', sum, MAX_NESTING],
  ])('of %s is read up to the limit', (_, make, limit) => {
    expect(codes(read(make(limit)))).toEqual([]);
    const over = read(make(limit + 1));
    expect(codes(over)).toEqual(['CFG_NESTING']);
    expect(over.diagnostics[0]?.message).toContain(String(MAX_NESTING));
  });

  it.each([
    ['brackets', '('],
    ['blocks', '{'],
    ['negations', '!'],
    ['ifs', 'if(1)'],
    ['calls', 'f('],
    ['casts', '(int)'],
    ['assignments', '$var(x)='],
    ['sums', '1+'],
    ['switches', 'switch(1){case 1:'],
    ['selvals', 'selval('],
  ])('without end of %s is refused and does not overflow', (_, text) => {
    const said = ['request_route { $var(x) = ', 'request_route { '].map((head) => {
      const found = codes(read(head + text.repeat(20_000)));
      return found.includes('CFG_NESTING') || found.includes('CFG_TOO_MANY');
    });
    expect(said).toContain(true);
  });
});

describe('a text of a megabyte', () => {
  const size = 1_000_000;
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['open brackets', '('],
    ['lone quotes and backslashes', '\\"\n'],
    ['open pseudo-variables', '$('],
    ['open pseudo-variables with commas', '$(,'],
    ['control characters', '\x01 '],
    ['comment beginnings', '/*'],
    ['ifdefs', '#!ifdef A\n'],
    ['elses', '#!else\n'],
    ['strings', '"a" '],
    ['dots', 'a.'],
    ['addresses', 'a:'],
    ['unclosed strings with brackets behind', '")))))) '],
    ['parameters', 'debug=3\n'],
    ['substitutions', '#!subst "/a/b/"\nx="aaa"\n'],
    ['misspelt directives', '#!defne\n'],
  ];

  it.each(cases)('of %s is read in time that grows with its length', (_, part) => {
    // Time that grew with the square of it would be hours.
    const { diagnostics } = read(part.repeat(size / part.length));
    expect(diagnostics.length).toBeLessThanOrEqual(MAX_DIAGNOSTICS + 1);
  });
});

describe('route names', () => {
  it('are the same as a word, a number and a text', () => {
    expect(tree(read('route[5] { exit; } route["5"] { exit; } route[A] { exit; }'))).toBe(
      'route sub 5\n  exit\nroute sub "5"\n  exit\nroute sub A\n  exit',
    );
  });
});
