/**
 * Lists of `;name=value` as they follow URIs, addresses and Via hops (RFC 3261 section 25.1, generic-param). A list never changes;
 * an edit makes another one. Values are kept as written, quotes included.
 */
import { quote, quotedEnd, unquote } from './quoted.ts';
import { skipSpace } from './white-space.ts';

export interface Param {
  readonly name: string;
  /** As written; undefined for a parameter without `=`. */
  readonly value: string | undefined;
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const CASE_BIT = 0x20;

/** What cannot stand in a name, and in a value without quotes, by code. Bytes beyond ASCII can, as many senders write them. */
const NOT_IN_NAME: readonly boolean[] = charTable(' \t\r\n";,=<>@\\');
const NOT_IN_VALUE: readonly boolean[] = charTable(' \t\r\n";,<>');

const PLAIN_VALUE = /^[^ \t\r\n";,<>]*$/;
const QUOTED_VALUE = /^"(?:[^"\\]|\\[\s\S])*"$/;

/** As nearly all lists are written: without white space and quotes, so that `;` and `=` always separate. Part of an expression. */
export const PLAIN_PARAMS = '(?:;[^ \\t\\r\\n";,=<>@\\\\]+(?:=[^ \\t\\r\\n";,<>]*)?)*';
const PLAIN = new RegExp(`^${PLAIN_PARAMS}$`);

function charTable(chars: string): boolean[] {
  return Array.from({ length: 128 }, (_, code) => chars.includes(String.fromCharCode(code)));
}

export class Params {
  static readonly none: Params = new Params([], '');

  readonly #text: string;
  /** Of a plain list they are made when somebody wants all of them. */
  #entries: readonly Param[] | undefined;

  private constructor(entries: readonly Param[] | undefined, text: string) {
    this.#entries = entries;
    this.#text = text;
  }

  /** Reads `;a=b;c`, white space around `;` and `=` allowed; undefined when the text is anything else. */
  static parse(text: string): Params | undefined {
    if (text === '') return Params.none;
    if (PLAIN.test(text)) return Params.plain(text);
    const entries: Param[] = [];
    for (let at = 0; at < text.length; ) {
      if (text.charCodeAt(at) !== SEMICOLON) return undefined;
      at = readParam(text, skipSpace(text, at + 1), entries);
      if (at < 0) return undefined;
    }
    return new Params(entries, text);
  }

  /** A list in which every `;` begins a parameter and its first `=` ends the name: whoever calls has looked. */
  static plain(text: string): Params {
    return new Params(undefined, text);
  }

  static #of(entries: readonly Param[]): Params {
    return new Params(entries, entries.map(writeParam).join(''));
  }

  get entries(): readonly Param[] {
    this.#entries ??= plainEntries(this.#text);
    return this.#entries;
  }

  /** The value as written, `''` for a parameter without one; undefined when the parameter is absent. */
  get(name: string): string | undefined {
    if (this.#entries === undefined) return plainValue(this.#text, name, 1);
    const param = find(this.#entries, name);
    return param === undefined ? undefined : (param.value ?? '');
  }

  /** The value without its quotes and escapes. */
  unquoted(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : unquote(value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Sets one parameter where it stands, or adds it at the end. A value that would break the list is quoted. */
  with(name: string, value?: string): Params {
    const param: Param = { name, value: value === undefined ? undefined : writable(value) };
    const at = this.entries.findIndex((entry) => sameName(entry.name, name));
    return Params.#of(at < 0 ? [...this.entries, param] : this.entries.with(at, param));
  }

  without(name: string): Params {
    if (!this.has(name)) return this;
    return Params.#of(this.entries.filter((entry) => !sameName(entry.name, name)));
  }

  toString(): string {
    return this.#text;
  }
}

function find(entries: readonly Param[], name: string): Param | undefined {
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (entry !== undefined && sameName(entry.name, name)) return entry;
  }
  return undefined;
}

function plainEntries(text: string): readonly Param[] {
  return text
    .slice(1)
    .split(';')
    .map((param) => {
      const equals = param.indexOf('=');
      return equals < 0
        ? { name: param, value: undefined }
        : { name: param.slice(0, equals), value: param.slice(equals + 1) };
    });
}

/** As `Params.get`, in the plain list whose first name stands at `start`. */
export function plainValue(text: string, name: string, start: number): string | undefined {
  for (let at = start; at > 0; ) {
    const next = text.indexOf(';', at);
    const end = next < 0 ? text.length : next;
    const nameEnd = at + name.length;
    if (nameEnd <= end && isNameAt(text, at, name)) {
      if (nameEnd === end) return '';
      if (text.charCodeAt(nameEnd) === EQUALS) return text.slice(nameEnd + 1, end);
    }
    at = next + 1;
  }
  return undefined;
}

/** Most names differ in their first letter. */
function isNameAt(text: string, at: number, name: string): boolean {
  if (((text.charCodeAt(at) ^ name.charCodeAt(0)) & ~CASE_BIT) !== 0) return false;
  return text.startsWith(name, at) || sameName(text.slice(at, at + name.length), name);
}

function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

function writeParam(param: Param): string {
  return param.value === undefined ? `;${param.name}` : `;${param.name}=${param.value}`;
}

function writable(value: string): string {
  return PLAIN_VALUE.test(value) || QUOTED_VALUE.test(value) ? value : quote(value);
}

/** Reads one `name` or `name=value` and gives the position of the next `;` or the end; -1 when it is malformed. */
function readParam(text: string, start: number, entries: Param[]): number {
  const nameEnd = spanEnd(text, start, NOT_IN_NAME);
  if (nameEnd === start) return -1;
  const name = text.slice(start, nameEnd);
  const at = skipSpace(text, nameEnd);
  if (text.charCodeAt(at) !== EQUALS) {
    entries.push({ name, value: undefined });
    return endOfParam(text, at);
  }
  const valueStart = skipSpace(text, at + 1);
  const quoted = text.charCodeAt(valueStart) === QUOTE;
  const valueEnd = quoted ? quotedEnd(text, valueStart) : spanEnd(text, valueStart, NOT_IN_VALUE);
  if (valueEnd < 0) return -1;
  entries.push({ name, value: text.slice(valueStart, valueEnd) });
  return endOfParam(text, skipSpace(text, valueEnd));
}

function endOfParam(text: string, at: number): number {
  return at === text.length || text.charCodeAt(at) === SEMICOLON ? at : -1;
}

function spanEnd(text: string, from: number, stops: readonly boolean[]): number {
  let at = from;
  while (at < text.length && stops[text.charCodeAt(at)] !== true) at++;
  return at;
}
