/** `{sql.…}` and `{val.…}`: a value as it stands in a query or in JSON, null included. */
import { asInteger } from '../table.ts';
import { plain, total, type Transformation } from './transformation.ts';

const quoted = (value: string | number): string => {
  if (typeof value === 'number') return String(value);
  const escaped = value.replace(/['"\\\0]/g, (char) => (char === '\0' ? '\\0' : `\\${char}`));
  return `'${escaped}'`;
};

/** The content of a JSON string. */
const json = (text: string): string => JSON.stringify(text).slice(1, -1);

const pathEnd = (text: string): number => {
  const question = text.indexOf('?');
  return question < 0 ? text.length : question;
};

export const values: Readonly<Record<string, Transformation>> = {
  'sql.val': total('NULL', quoted),
  'sql.val.str': total("''", quoted),
  'sql.val.int': total('0', (value) => String(asInteger(value) ?? 0)),
  'val.n0': total(0, (value) => value),
  'val.ne': total('', (value) => value),
  'val.json': total('', (value) => (typeof value === 'number' ? value : json(value))),
  'val.jsonqe': total('""', (value) => (typeof value === 'number' ? value : JSON.stringify(value))),
  'url.path': plain((text) => text.slice(0, pathEnd(text))),
  'url.querystring': plain((text) => text.slice(pathEnd(text) + 1)),
  'num.fdigit': plain((text) => /^\d/.exec(text)?.[0] ?? null),
  'num.ldigit': plain((text) => /\d$/.exec(text)?.[0] ?? null),
};
