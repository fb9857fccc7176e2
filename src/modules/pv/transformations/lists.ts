/** `{param.…}` on lists of `name=value` and `{line.…}` on lines. */
import type { PvValue } from '../../../engine/module.ts';
import { elementAt } from '../stacks.ts';
import { asInteger, asText } from '../table.ts';
import { splitUnquoted } from '../xavp-functions.ts';
import { plain, separated, type Transformation, withNumber, withText } from './transformation.ts';

interface Param {
  readonly name: string;
  readonly value: string;
}

/** Null when the text is no list of parameters. A separator at the end is followed by nothing. */
function readParams(text: string, separator: string): readonly Param[] | null {
  if (text.trim() === '') return null;
  const parts = splitUnquoted(text, separator);
  if (parts.at(-1)?.trim() === '') parts.pop();
  const params = parts.map(readParam);
  return params.some(({ name }) => /\s/.test(name)) ? null : params;
}

function readParam(part: string): Param {
  const equals = part.indexOf('=');
  if (equals < 0) return { name: part.trim(), value: '' };
  const value = part.slice(equals + 1).trim();
  const first = value[0];
  const quoted = value.length > 1 && (first === '"' || first === "'") && value.endsWith(first);
  return { name: part.slice(0, equals).trim(), value: quoted ? value.slice(1, -1) : value };
}

function named(params: readonly Param[], wanted: PvValue): Param | undefined {
  const name = wanted === null ? '' : asText(wanted).toLowerCase();
  return params.find((param) => param.name.toLowerCase() === name);
}

const indexed = (params: readonly Param[], index: PvValue): Param | undefined => {
  const at = asInteger(index);
  return at === undefined ? undefined : elementAt(params, at);
};

function params(
  kind: 'number' | 'text' | undefined,
  read: (params: readonly Param[], arg: PvValue) => PvValue,
): Transformation {
  return separated({
    params: kind === undefined ? [] : [kind],
    apply(text, separator, arg) {
      const list = readParams(text, separator);
      return list === null ? null : read(list, arg);
    },
  });
}

/** Without their line ends; a line end that ends the text opens no further line. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

export const lists: Readonly<Record<string, Transformation>> = {
  'param.value': params('text', (list, name) => named(list, name)?.value ?? ''),
  'param.in': params('text', (list, name) => (named(list, name) === undefined ? 0 : 1)),
  'param.valueat': params('number', (list, index) => indexed(list, index)?.value ?? ''),
  'param.name': params('number', (list, index) => indexed(list, index)?.name ?? ''),
  'param.count': params(undefined, (list) => list.length),
  'line.count': plain((text) => (text === '' ? null : String(linesOf(text).length))),
  'line.at': withNumber((text, index) => elementAt(linesOf(text), index) ?? ''),
  'line.sw': withText((text, start) => linesOf(text).find((line) => line.startsWith(start)) ?? ''),
};
