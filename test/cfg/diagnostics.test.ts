/** How problems are shown: the line, the caret, the notes, JSON; and the registry of codes. */
import { describe, expect, it } from 'vitest';
import { diagnosticCodes } from '../../src/cfg/codes.ts';
import { MAX_DIAGNOSTICS, diagnosticJson, formatDiagnostic, formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { codes, read } from './reading.ts';

describe('a diagnostic', () => {
  it('shows the line with a caret that follows its tabs', () => {
    const { sources, diagnostics } = read('request_route {\n\texit\n}\n');
    expect(formatDiagnostics(sources, diagnostics)).toBe(
      [
        'main.cfg:2:6: error: a ; is missing at the end of this statement [CFG_MISSING_SEMICOLON]',
        '  2 | \texit',
        '    | \t    ^',
      ].join('\n'),
    );
  });

  it('counts characters of UTF-8, not bytes', () => {
    const text = Buffer.from('/* 中文 */ debug=)\n', 'utf8').toString('latin1');
    const { sources, diagnostics } = read(text);
    const [first] = diagnostics;
    expect(first && formatDiagnostic(sources, first).split('\n').slice(0, 3)).toEqual([
      'main.cfg:1:16: error: ) is not expected where the value of debug belongs [CFG_UNEXPECTED]',
      '  1 | /* 中文 */ debug=)',
      '    |                ^',
    ]);
  });

  it('names where a file was included from', () => {
    const { sources, diagnostics } = read({ 'main.cfg': '\ninclude_file "a.cfg"\n', 'a.cfg': 'debug=)\n' });
    expect(formatDiagnostics(sources, diagnostics)).toContain('  note: included from main.cfg:2:1');
  });

  it('sends no control characters to a terminal and cuts long lines around the caret', () => {
    const { sources, diagnostics } = read(`x = "${'a'.repeat(300)}\x1b[31m" ) ${'b'.repeat(300)}\n`);
    const [, line, caret] = formatDiagnostics(sources, diagnostics).split('\n');
    expect(line?.length).toBeLessThan(200);
    expect(line).not.toContain('\x1b');
    expect(line?.charAt(caret?.indexOf('^') ?? 0)).toBe(')');
  });

  it('is an object of lines and columns for editors', () => {
    const { sources, diagnostics } = read('debug=1\nx = y z\n#!define A 1\n#!define A 2\n');
    expect(diagnostics.map((one) => diagnosticJson(sources, one)).at(-1)).toEqual({
      code: 'CFG_DEFINED_TWICE',
      severity: 'error',
      file: 'main.cfg',
      line: 4,
      column: 10,
      endLine: 4,
      endColumn: 11,
      message: 'A is already defined',
      hint: 'use #!redef to replace it, or #!trydef to keep the first',
    });
  });
});

describe('diagnostics', () => {
  it('come in the order of their places', () => {
    const starts = read('debug=)\n#!endif\nx=(\n#!else\n').diagnostics.map(({ span }) => span.start);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts.length).toBeGreaterThan(2);
  });

  it('end after the limit with one that says so', () => {
    const wrong = (count: number): string => '#!endif\n'.repeat(count);
    expect(codes(read(wrong(MAX_DIAGNOSTICS)))).toHaveLength(MAX_DIAGNOSTICS);
    const over = codes(read(wrong(MAX_DIAGNOSTICS + 5)));
    expect(over).toHaveLength(MAX_DIAGNOSTICS + 1);
    expect(over.at(-1)).toBe('CFG_TOO_MANY');
  });

  it('have codes with one spelling and a sentence each', () => {
    for (const [code, { doc }] of Object.entries(diagnosticCodes)) {
      expect(code).toMatch(/^CFG_[A-Z]+(?:_[A-Z]+)*$/);
      expect(doc).toMatch(/^[A-Z#].*\.$/);
    }
  });
});
