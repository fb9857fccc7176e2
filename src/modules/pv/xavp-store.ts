/**
 * Structured AVPs: stacks of records by name, the newest first. `$xavp(q=>a) = 1` pushes a new record, `$xavp(q[0]=>a) = 1`
 * puts a field into the one that is there.
 */
import type { AvpValue } from '../../engine/context.ts';
import type { PvValue } from '../../engine/module.ts';
import { Lru } from '../../util/lru.ts';
import { elementAt, push, store } from './stacks.ts';

/** A plain value, or fields with a stack of values each. */
export type Xavp =
  | { readonly kind: 'value'; readonly value: AvpValue }
  | { readonly kind: 'record'; readonly fields: Map<string, AvpValue[]> };
export type XavpStore = Map<string, Xavp[]>;

type Index = number | 'all' | undefined;

/** `root[index]=>field[index]`. */
export interface XavpPath {
  readonly root: string;
  readonly rootIndex: Index;
  readonly field: string | undefined;
  readonly fieldIndex: Index;
}

const PATH = /^\s*([^[\]=>\s]+)(?:\[(-?\d{1,9}|\*)\])?(?:=>([^[\]=>\s]+)(?:\[(-?\d{1,9}|\*)\])?(?:=>[\s\S]*)?)?\s*$/;
const MAX_PATHS = 512;

const indexOf = (text: string | undefined): Index => {
  if (text === undefined) return undefined;
  return text === '*' ? 'all' : Number(text);
};

export function parseXavpPath(inner: string): XavpPath | undefined {
  const [, root, rootIndex, field, fieldIndex] = PATH.exec(inner) ?? [];
  if (root === undefined) return undefined;
  return { root, rootIndex: indexOf(rootIndex), field, fieldIndex: indexOf(fieldIndex) };
}

/** What a record looks like as text: it has none, but it is there. */
export const RECORD_TEXT = '<<xavp>>';

const at = <T>(stack: readonly T[] | undefined, index: Index): T | undefined =>
  stack === undefined ? undefined : elementAt(stack, index === undefined || index === 'all' ? 0 : index);

export function readXavp(xavps: XavpStore | undefined, path: XavpPath): PvValue {
  const found = at(xavps?.get(path.root), path.rootIndex);
  if (found === undefined) return null;
  if (path.field === undefined) return found.kind === 'value' ? found.value : RECORD_TEXT;
  const values = found.kind === 'record' ? found.fields.get(path.field) : undefined;
  if (path.fieldIndex === 'all' && values !== undefined && values.length > 1) return values.join(', ');
  return at(values, path.fieldIndex) ?? null;
}

export function writeXavp(xavps: XavpStore, path: XavpPath, value: PvValue): void {
  const { root, rootIndex, field, fieldIndex } = path;
  if (field === undefined) {
    if (value === null) removeAt(xavps, root, rootIndex);
    else writeRoot(xavps, path, { kind: 'value', value });
    return;
  }
  const found = at(xavps.get(root), rootIndex);
  if (value === null) {
    if (found?.kind === 'record') removeAt(found.fields, field, fieldIndex);
  } else if (rootIndex === undefined) writeRoot(xavps, path, { kind: 'record', fields: new Map([[field, [value]]]) });
  else if (found?.kind === 'record') writeField(found.fields, path, value);
}

/** Without an index a new one on top, with one in the place of what is there. */
function writeRoot(xavps: XavpStore, { root, rootIndex }: XavpPath, made: Xavp): void {
  const stack = xavps.get(root);
  if (rootIndex === 'all' || stack === undefined) {
    if (rootIndex === undefined || rootIndex === 'all') store(xavps, root, [made]);
  } else if (rootIndex === undefined) push(stack, made);
  else replaceAt(stack, rootIndex, made);
}

function writeField(fields: Map<string, AvpValue[]>, { field = '', fieldIndex }: XavpPath, value: AvpValue): void {
  const values = fields.get(field);
  if (values === undefined || fieldIndex === 'all') {
    if (fieldIndex === undefined || fieldIndex === 'all') store(fields, field, [value]);
  } else if (fieldIndex === undefined) push(values, value);
  else replaceAt(values, fieldIndex, value);
}

function replaceAt<T>(stack: T[], index: number, value: T): void {
  const position = index < 0 ? stack.length + index : index;
  if (position >= 0 && position < stack.length) stack[position] = value;
}

function removeAt<T>(table: Map<string, T[]>, name: string, index: Index): void {
  const stack = table.get(name);
  if (stack === undefined) return;
  const position = index === undefined || index === 'all' ? 0 : index < 0 ? stack.length + index : index;
  if (position >= 0) stack.splice(position, 1);
  if (index === 'all' || stack.length === 0) table.delete(name);
}

/** Paths as the script wrote them, read once: there are few. */
export class XavpPaths {
  readonly #known = new Lru<string, XavpPath | null>(MAX_PATHS);

  of(inner: string): XavpPath | undefined {
    const known = this.#known.get(inner);
    if (known !== undefined) return known ?? undefined;
    const path = parseXavpPath(inner);
    this.#known.set(inner, path ?? null);
    return path;
  }
}

/** `$xavu(name)` and `$xavu(name=>field)`: one value each, no stacks. */
export function writeXavu(xavus: XavpStore, { root, field }: XavpPath, value: PvValue): void {
  const top = xavus.get(root)?.[0];
  if (field === undefined) {
    if (value === null) xavus.delete(root);
    else store(xavus, root, [{ kind: 'value', value }]);
  } else if (value === null) {
    if (top?.kind === 'record') top.fields.delete(field);
  } else if (top?.kind === 'record') store(top.fields, field, [value]);
  else store(xavus, root, [{ kind: 'record', fields: new Map([[field, [value]]]) }]);
}
