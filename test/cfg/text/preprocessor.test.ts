/** Defines, includes, substitutions and conditional regions where golden files do not reach: options and limits. */
import { describe, expect, it } from 'vitest';
import { MAX_IFDEF_DEPTH } from '../../../src/cfg/text/conditions.ts';
import { MAX_DEFINES } from '../../../src/cfg/text/defines.ts';
import { MAX_EXPRESSION_DEPTH } from '../../../src/cfg/text/conditional-expression.ts';
import {
  MAX_CONFIG_SIZE,
  MAX_INCLUDE_DEPTH,
  MAX_MACRO_DEPTH,
  MAX_SUBSTITUTED,
  MAX_SUBSTITUTIONS,
} from '../../../src/cfg/text/preprocessor.ts';
import { codes, read, tree } from '../reading.ts';

describe('a define of the command line', () => {
  it('is there from the start, with its value', () => {
    const parsed = read('#!ifdef WITH_X\ndebug=LEVEL\n#!endif\n', { defines: ['WITH_X', 'LEVEL=4'] });
    expect(tree(parsed)).toBe('param debug = 4');
  });

  it('cannot be defined again by the file', () => {
    expect(codes(read('#!define A 1\n', { defines: ['A'] }))).toEqual(['CFG_DEFINED_TWICE']);
  });

  it('needs a name', () => {
    expect(codes(read('', { defines: ['1=2'] }))).toEqual(['CFG_DIRECTIVE_SYNTAX']);
  });
});

describe('substitutions of the command line', () => {
  it('work as those of the file do', () => {
    const parsed = read('port=PORT\nserver_header="at ADDR"\nlog_name=NAMED\n', {
      substitutions: [
        { kind: 'substdef', text: '!PORT!5070!g' },
        { kind: 'subst', text: '/ADDR/1.2.3.4/' },
        { kind: 'substdefs', text: '/NAMED/x/' },
      ],
    });
    expect(tree(parsed)).toBe('param port = 5070\nparam server_header = "at 1.2.3.4"\nparam log_name = "x"');
  });
});

describe('POSIX expressions of substitutions', () => {
  it.each([
    ['/[[:digit:]]+/N/g', 'a12b3', 'aNbN'],
    ['/[]x]/_/g', 'a]xb', 'a__b'],
    ['/[^a\\]/-/g', 'a\\b', 'a\\-'],
    ['/(a)(b)/\\2\\1\\0/', 'ab', 'baab'],
    ['/\\$x/y/', '$x', 'y'],
    ['/A/b/i', 'a', 'b'],
    ['|a/b|c|', 'a/b', 'c'],
  ])('%s turns %j into %j', (text, before, after) => {
    const parsed = read(`x='${before}'\n`, { substitutions: [{ kind: 'subst', text }] });
    expect(tree(parsed)).toBe(`param x = ${JSON.stringify(after)}`);
  });
});

describe('names that are there', () => {
  it('tell the release of the language, the system and the server', () => {
    const text = '#!ifdef KAMAILIO_6\n#!ifdef VIADUCT\nx=KAMAILIO_VERSION\ny=OS_NAME\n#!endif\n#!endif\n';
    expect(tree(read(text, { osName: 'darwin' }))).toBe("param x = 6001000\nparam y = 'darwin'");
  });

  it('include MOD_ and the name of every module that was loaded before', () => {
    const text = 'loadmodule "a/tm.so"\n#!ifdef MOD_tm\nx=1\n#!endif\n#!ifdef MOD_sl\nx=2\n#!endif\nloadmodule("sl")\n';
    expect(tree(read(text))).toBe('load tm\nparam x = 1\nload sl');
  });

  it('do not stand for keywords', () => {
    expect(tree(read('#!define exit drop\nrequest_route { exit; }'))).toBe('route request\n  exit');
  });
});

describe('an error in a define', () => {
  it('is said at the place of use, and names the define', () => {
    const text = '#!define INNER ) + 1\n#!define OUTER 2 + INNER\nrequest_route { $var(x) = OUTER; }\n';
    const [first] = read(text).diagnostics;
    expect(text.slice(first?.span.start, first?.span.end)).toBe('OUTER');
    expect(first?.span.macro?.name).toBe('INNER');
    expect(text.slice(first?.span.macro?.definition?.start, first?.span.macro?.definition?.end)).toBe('INNER');
  });
});

describe('includes', () => {
  const chain = (depth: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: depth + 1 }, (_, index) => [
        index === 0 ? 'main.cfg' : `${index}.cfg`,
        index === depth ? 'x=1\n' : `include_file "${index + 1}.cfg"\n`,
      ]),
    );

  it('reach as deep as the limit and no deeper', () => {
    expect(tree(read(chain(MAX_INCLUDE_DEPTH)))).toBe('param x = 1');
    expect(codes(read(chain(MAX_INCLUDE_DEPTH + 1)))).toEqual(['CFG_INCLUDE_DEPTH']);
  });

  it('are looked for beside the file that includes them', () => {
    const files = {
      'main.cfg': 'include_file "sub/a.cfg"\n',
      'sub/a.cfg': 'include_file "b.cfg"\n',
      'sub/b.cfg': 'x=1\n',
    };
    expect(tree(read(files))).toBe('param x = 1');
  });

  it('through other files back to the first are a cycle', () => {
    const files = { 'main.cfg': 'include_file "a.cfg"\nx=1\n', 'a.cfg': 'import_file "./main.cfg"\n' };
    expect(codes(read({ ...files, './main.cfg': files['main.cfg'] }))).toEqual(['CFG_INCLUDE_CYCLE']);
  });

  it('of a missing first file are one error', () => {
    expect(codes(read({}))).toEqual(['CFG_INCLUDE_MISSING']);
  });

  it('end a conditional region with their file', () => {
    const files = { 'main.cfg': 'include_file "a.cfg"\nx=1\n', 'a.cfg': '#!ifdef A\n' };
    const parsed = read(files);
    expect(codes(parsed)).toEqual(['CFG_IFDEF_BALANCE']);
    expect(tree(parsed)).toBe('param x = 1');
  });
});

describe('limits', () => {
  it('hold for the number of defines', () => {
    const some = (count: number): string =>
      Array.from({ length: count }, (_, index) => `#!define A${index} 1\n`).join('');
    const builtIn = read('').defines.size;
    expect(codes(read(some(MAX_DEFINES - builtIn)))).toEqual([]);
    expect(codes(read(some(MAX_DEFINES - builtIn + 1)))).toEqual(['CFG_TOO_MANY_DEFINES']);
  });

  it('hold for regions inside each other', () => {
    const nested = (depth: number): string => '#!ifndef A\n'.repeat(depth) + '#!endif\n'.repeat(depth);
    expect(codes(read(nested(MAX_IFDEF_DEPTH)))).toEqual([]);
    expect(codes(read(nested(MAX_IFDEF_DEPTH + 1)))).toContain('CFG_TOO_MANY_DEFINES');
  });

  it('hold for defines inside defines', () => {
    const chain = (depth: number): string =>
      Array.from({ length: depth }, (_, index) => `#!define A${index} ${index === 0 ? '1' : `A${index - 1}`}\n`).join(
        '',
      ) + `x=A${depth - 1}\n`;
    expect(tree(read(chain(MAX_MACRO_DEPTH)))).toBe('param x = 1');
    expect(codes(read(chain(MAX_MACRO_DEPTH + 1)))).toContain('CFG_MACRO_CYCLE');
  });

  it('stop defines that multiply', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `#!define A${index + 1} ${`A${index} `.repeat(12)}\n`);
    expect(codes(read(`#!define A0 1 +\n${lines.join('')}x=A20\n`))).toContain('CFG_MACRO_TOO_LARGE');
  });

  it('hold for the number of substitutions', () => {
    const some = (count: number): string => '#!subst "/a/b/"\n'.repeat(count);
    expect(codes(read(some(MAX_SUBSTITUTIONS)))).toEqual([]);
    expect(codes(read(some(MAX_SUBSTITUTIONS + 1)))).toEqual(['CFG_TOO_MANY_DEFINES']);
  });

  it('stop texts that substitutions make grow', () => {
    const text = '#!subst "/a/aaaaaaaaaa/g"\n'.repeat(12);
    const parsed = read(`${text}x="a"\n`);
    expect(codes(parsed)).toEqual(['CFG_TOO_LARGE']);
    expect(tree(parsed).length).toBeLessThanOrEqual(MAX_SUBSTITUTED + 20);
  });

  it('hold for the size of all files', () => {
    const half = ' '.repeat(MAX_CONFIG_SIZE / 2);
    const files = { 'main.cfg': 'include_file "a.cfg"\ninclude_file "b.cfg"\n', 'a.cfg': half, 'b.cfg': half };
    expect(codes(read(files))).toEqual(['CFG_TOO_LARGE']);
  });

  it('hold for the depth of conditional expressions', () => {
    const nested = (depth: number): string => `#!ifexp ${'('.repeat(depth)}1${')'.repeat(depth)}\nx=1\n#!endif\n`;
    expect(tree(read(nested(MAX_EXPRESSION_DEPTH)))).toBe('param x = 1');
    expect(codes(read(nested(MAX_EXPRESSION_DEPTH + 1)))).toEqual(['CFG_IFEXP_SYNTAX']);
  });
});
