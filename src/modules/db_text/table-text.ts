/**
 * Tables as Kamailio's db_text writes them: a first line of `name(type)` columns, then one line a row, values separated
 * by `:`. Reads text, touches no file.
 */
import type { Cell, Row } from './api.ts';

/** Rows of one table. */
export const MAX_ROWS = 1_000_000;
/** Columns of one table. */
export const MAX_COLUMNS = 64;

export type TableText =
  | { readonly kind: 'table'; readonly rows: readonly Row[] }
  | { readonly kind: 'malformed'; readonly line: number; readonly message: string };

interface Column {
  readonly name: string;
  readonly type: 'int' | 'double' | 'string';
  readonly nullable: boolean;
}

const COLUMN = /^([^\s(),]+)\s*\(\s*([A-Za-z]+)[^),]*(?:,\s*([A-Za-z]+)[^)]*)?\)\s*/;
const INTEGER = /^-?\d+$/;
const NUMBER = /^-?\d+(?:\.\d*)?$/;

/** `emptyStrings`: an empty text is empty, not null. */
export function parseTable(text: string, emptyStrings: boolean): TableText {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const columns = parseColumns(lines[0] ?? '');
  if (typeof columns === 'string') return { kind: 'malformed', line: 1, message: columns };
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue;
    const row = rows.length < MAX_ROWS ? parseRow(line, columns, emptyStrings) : `more than ${MAX_ROWS} rows`;
    if (typeof row === 'string') return { kind: 'malformed', line: index + 1, message: row };
    rows.push(row);
  }
  return { kind: 'table', rows };
}

/** A string says what is wrong. */
function parseColumns(line: string): readonly Column[] | string {
  const columns: Column[] = [];
  let rest = line.trim();
  if (rest === '') return 'the first line names the columns: username(string) password(string)';
  while (rest !== '') {
    const [whole, name, type = '', flag = ''] = COLUMN.exec(rest) ?? [];
    const kind = typeOf(type);
    if (whole === undefined || name === undefined || kind === undefined) {
      return `expected name(type), with a type of int, double, string, str, blob or time, at ${JSON.stringify(rest.slice(0, 40))}`;
    }
    if (columns.some((column) => column.name === name)) return `the column ${name} is there twice`;
    if (columns.length >= MAX_COLUMNS) return `more than ${MAX_COLUMNS} columns`;
    columns.push({ name, type: kind, nullable: /^[na]/i.test(flag) });
    rest = rest.slice(whole.length);
  }
  return columns;
}

/** The first letter decides, as in Kamailio. */
function typeOf(word: string): Column['type'] | undefined {
  switch (word.charAt(0).toLowerCase()) {
    case 'i':
    case 't':
      return 'int';
    case 'd':
      return 'double';
    case 's':
    case 'b':
      return 'string';
  }
  return undefined;
}

function parseRow(line: string, columns: readonly Column[], emptyStrings: boolean): Row | string {
  const values = splitValues(line);
  if (values === undefined) return 'a backslash stands before n, r, t, 0, : or another backslash';
  if (values.length !== columns.length) return `${values.length} values for ${columns.length} columns`;
  const cells: (readonly [string, Cell])[] = [];
  for (const [index, column] of columns.entries()) {
    const cell = cellOf(values[index] ?? '', column, emptyStrings);
    if (cell === undefined) return `${JSON.stringify(values[index])} in column ${column.name} is no ${column.type}`;
    if (cell === null && !column.nullable) {
      return `column ${column.name} is empty: declare it ${column.name}(${column.type},null) if it may be`;
    }
    cells.push([column.name, cell]);
  }
  return Object.fromEntries(cells);
}

function cellOf(text: string, { type }: Column, emptyStrings: boolean): Cell | undefined {
  switch (type) {
    case 'string':
      return text === '' && !emptyStrings ? null : text;
    case 'int':
      if (text === '') return null;
      return INTEGER.test(text) ? Number(text) : undefined;
    case 'double':
      if (text === '') return null;
      return NUMBER.test(text) ? Number(text) : undefined;
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
  [':', ':'],
  ['\\', '\\'],
]);

function splitValues(line: string): readonly string[] | undefined {
  if (!line.includes('\\')) return line.split(':');
  const values: string[] = [];
  let value = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === ':') {
      values.push(value);
      value = '';
    } else if (char === '\\') {
      const meant = ESCAPES.get(line.charAt(++at));
      if (meant === undefined) return undefined;
      value += meant;
    } else value += char;
  }
  return [...values, value];
}
