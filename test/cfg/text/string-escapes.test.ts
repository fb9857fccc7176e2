/** Escapes of strings, and the way back from a place in their value to the file. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StringLiteral } from '../../../src/cfg/ast.ts';
import { placeInString } from '../../../src/cfg/text/string-escapes.ts';
import { read } from '../reading.ts';

function literalOf(text: string): { literal: StringLiteral; at: (index: number) => string } {
  const { config, sources } = read(text);
  const item = config.items.find(({ kind }) => kind === 'globalParam');
  if (item?.kind !== 'globalParam' || item.value.kind !== 'string') throw new Error('expected a text');
  const literal = item.value;
  const at = (index: number): string => {
    const { file, start } = placeInString(sources, literal, index);
    return (sources.text(file) ?? '').slice(start, start + 2);
  };
  return { literal, at };
}

describe('a place in a string', () => {
  it('is found behind escapes, joined lines and joined strings', () => {
    const { literal, at } = literalOf('x="a\\tb\\\nc" /* between */ "d\\x41e"\n');
    expect(literal.value).toBe('a\tbcdAe');
    expect(Array.from(literal.value, (_, index) => at(index).charAt(0))).toEqual(['a', '\\', 'b', 'c', 'd', '\\', 'e']);
  });

  it('is found in raw strings', () => {
    expect(literalOf("x='a\\nb'\n").at(3)).toBe("b'");
  });

  it('is the whole string where a substitution changed it', () => {
    const { literal, at } = literalOf('#!subst "/a/bbb/"\nx="xa"\n');
    expect(literal.value).toBe('xbbb');
    expect(at(3)).toBe('"x');
  });

  it('is where the character stands, for all characters without an escape', () => {
    const part = fc.constantFrom('a', 'b', '$', '\\n', '\\\\', '\\"', '\\x4', '\\101', '\\q', '\\1', ' ');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const { literal, at } = literalOf(`x="${parts.join('')}"\n`);
        for (const [index, character] of Array.from(literal.value).entries()) {
          if ('ab$q '.includes(character)) expect(at(index).charAt(0)).toBe(character);
        }
      }),
      { numRuns: 200 },
    );
  });
});
