/**
 * What all records of topos have in common: a JSON array that begins with the version of its form and the life of the node
 * that wrote it. Readers take what this version wrote whole and repair nothing.
 */
import type { Target } from './dialog.ts';

/** Changes with every change of meaning; records of another form are not read. */
export const FORM = 2;
/** Characters of a record: more than a message can bring. */
export const MAX_RECORD = 131_072;
/** Vias or routes of one record. */
export const MAX_ENTRIES = 256;

/** A record and the life that wrote it. */
export interface Owned<T> {
  readonly owner: string;
  readonly value: T;
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(text: string, count?: number): readonly unknown[] | undefined {
  if (text.length > MAX_RECORD) return undefined;
  try {
    const given = arrayOf(JSON.parse(text));
    return given?.[0] === FORM && (count === undefined || given.length === count) ? given : undefined;
  } catch {
    return undefined;
  }
}

export const arrayOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);

export const objectOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;

/** No text of a header has a line end or a NUL, or more than a byte a character, and none may get into a message. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && !/[\r\n\0]|[^\0-\xff]/.test(value) ? value : undefined;

export function listOf<T>(
  value: unknown,
  max: number,
  read: (one: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined;
  const given: readonly unknown[] = value;
  const all = given.map(read).filter((one) => one !== undefined);
  return all.length === given.length ? all : undefined;
}

export const textsOf = (value: unknown): readonly string[] | undefined => listOf(value, MAX_ENTRIES, textOf);

export function targetOf(contactGiven: unknown, routesGiven: unknown): Target | undefined {
  const [contact, routes] = [textOf(contactGiven), textsOf(routesGiven)];
  return contact === undefined || !/^[^\0-\x20<>]+$/.test(contact) || routes === undefined
    ? undefined
    : { contact, routes, connection: 0 };
}

/** Who wrote it, whatever it is; undefined for another form. */
export const ownerOf = (text: string): string | undefined => textOf(fieldsOf(text)?.[1]);
