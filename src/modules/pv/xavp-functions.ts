/** What the functions of this module do to structured AVPs. */
import type { AvpValue } from '../../engine/context.ts';
import { MAX_VALUES, push, store } from './stacks.ts';
import type { Xavp, XavpStore } from './xavp-store.ts';

const PARAM = /^\s*([^=\s;]+)\s*(?:=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|([\s\S]*?)))?\s*$/;

/** Splits at a separator outside quotes. */
export function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

/** `a=1;b=2` as a new record; false when there is no parameter in it. */
export function explodeParams(xavps: XavpStore, params: string, name: string): boolean {
  const fields = new Map<string, AvpValue[]>();
  for (const param of splitUnquoted(params, ';').slice(0, MAX_VALUES)) {
    const [, key, quoted, single, plain] = PARAM.exec(param) ?? [];
    if (key !== undefined) store(fields, key, [quoted ?? single ?? plain ?? '']);
  }
  if (fields.size === 0) return false;
  add(xavps, name, { kind: 'record', fields: new Map([...fields].reverse()) });
  return true;
}

/** A new record with these fields. */
export function addRecord(
  xavps: XavpStore,
  name: string,
  fields: readonly (readonly [field: string, value: AvpValue])[],
): void {
  add(xavps, name, { kind: 'record', fields: new Map(fields.map(([field, value]) => [field, [value]])) });
}

/** Every part of a list as a value, the first on top. */
export function explodeList(
  xavps: XavpStore,
  { text, separator, trimmed }: { readonly text: string; readonly separator: string; readonly trimmed: boolean },
  name: string,
): void {
  const parts = text.split(separator, MAX_VALUES).reverse();
  for (const part of parts) add(xavps, name, { kind: 'value', value: trimmed ? part.trim() : part });
}

/** The fields of the newest record as `a=1;b=2;`; undefined when there is none. */
export function implodeParams(xavps: XavpStore | undefined, name: string): string | undefined {
  const record = xavps?.get(name)?.[0];
  if (record?.kind !== 'record') return undefined;
  let text = '';
  // The field that was set last comes first.
  for (const [key, [value]] of [...record.fields].reverse()) text += value === '' ? `${key};` : `${key}=${value};`;
  return text;
}

/** Sets a field of the newest record, making one where there is none. */
export function setChild(xavps: XavpStore, name: string, field: string, value: AvpValue): 'set' {
  const top = xavps.get(name)?.[0];
  if (top?.kind === 'record') store(top.fields, field, [value]);
  else add(xavps, name, { kind: 'record', fields: new Map([[field, [value]]]) });
  return 'set';
}

export function removeChild(xavps: XavpStore | undefined, name: string, field: string): boolean {
  const top = xavps?.get(name)?.[0];
  return top?.kind === 'record' && top.fields.delete(field);
}

export interface CopyTo {
  readonly name: string;
  /** In the place of this one; without it on top. */
  readonly index: number | undefined;
}

/** A copy of one record under another name, or in another place. */
export function copy(xavps: XavpStore | undefined, from: string, index: number, to: CopyTo): boolean {
  const found = xavps?.get(from)?.[index];
  if (xavps === undefined || found === undefined) return false;
  const made: Xavp =
    found.kind === 'value'
      ? found
      : { kind: 'record', fields: new Map([...found.fields].map(([key, values]) => [key, [...values]])) };
  if (to.index === undefined) {
    add(xavps, to.name, made);
    return true;
  }
  const stack = xavps.get(to.name);
  if (stack?.[to.index] === undefined) return false;
  stack[to.index] = made;
  return true;
}

/** One record with these fields, in the place of all of that name. */
export function setRecord(xavps: XavpStore, name: string, fields: Iterable<readonly [string, AvpValue]>): void {
  store(xavps, name, [{ kind: 'record', fields: new Map([...fields].map(([key, value]) => [key, [value]])) }]);
}

/** The newest value of each field of the newest record; undefined when there is none. */
export function readFields(xavps: XavpStore | undefined, name: string): ReadonlyMap<string, AvpValue> | undefined {
  const record = xavps?.get(name)?.[0];
  if (record?.kind !== 'record') return undefined;
  const fields = new Map<string, AvpValue>();
  for (const [key, [value]] of record.fields) if (value !== undefined) fields.set(key, value);
  return fields;
}

function add(xavps: XavpStore, name: string, value: Xavp): void {
  const stack = xavps.get(name);
  if (stack === undefined) store(xavps, name, [value]);
  else push(stack, value);
}
