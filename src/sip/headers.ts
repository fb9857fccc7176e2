/**
 * The header lines of one message, in order, read and edited by name. An edit replaces, inserts or removes whole fields;
 * all others keep their bytes. A fork has its own list: its edits are not seen elsewhere.
 */
import { type Field, fieldWithRawValue, safeText, writtenField } from './field.ts';
import { type HeaderName, equalsIgnoreCase, headerId } from './header-names.ts';
import { firstElementEnd, splitElements } from './elements.ts';
import { Lines } from './lines.ts';
import { skipSpace, trimmedEnd, trimSpace } from './white-space.ts';

/** A line as it was received, by its number, or a field that was written. */
export type Entry = number | Field;

const NO_LINES = new Lines('');

export class Headers {
  readonly lines: Lines;
  /** undefined as long as there are just the received lines, all of them headers. */
  #entries: Entry[] | undefined;

  constructor(lines: Lines = NO_LINES, entries?: Entry[]) {
    this.lines = lines;
    this.#entries = entries;
  }

  /** A list of its own with the same fields. */
  fork(): Headers {
    return new Headers(this.lines, this.#entries?.slice());
  }

  /** How many fields there are. */
  get size(): number {
    return this.#entries === undefined ? this.lines.count : this.#entries.length;
  }

  /** Which headers with a number up to 30 there are, a bit each, and which of them more than once. */
  census(): { readonly seen: number; readonly repeated: number } {
    if (this.#entries === undefined) return this.lines;
    let seen = 0;
    let repeated = 0;
    for (let at = 0; at < this.size; at++) {
      const id = this.idAt(at);
      if (id > 30) continue;
      repeated |= seen & (1 << id);
      seen |= 1 << id;
    }
    return { seen, repeated };
  }

  /** What stands at this place, from 0 to `size`. */
  entry(at: number): Entry {
    return this.#entries?.[at] ?? at;
  }

  /** The number of the header at this place. */
  idAt(at: number): number {
    const entry = this.entry(at);
    return typeof entry === 'number' ? this.lines.id(entry) : entry.id;
  }

  fieldAt(at: number): Field {
    const entry = this.entry(at);
    return typeof entry === 'number' ? this.lines.field(entry) : entry;
  }

  get(name: HeaderName): string | undefined {
    return this.field(name)?.value;
  }

  getAll(name: HeaderName): string[] {
    return this.fields(name).map((field) => field.value);
  }

  has(name: HeaderName): boolean {
    return this.#indexOf(name) >= 0;
  }

  count(name: HeaderName): number {
    const match = matcher(name);
    let count = 0;
    for (let at = 0; at < this.size; at++) if (this.#matches(at, match)) count++;
    return count;
  }

  /** The first field of this name. */
  field(name: HeaderName): Field | undefined {
    const at = this.#indexOf(name);
    return at < 0 ? undefined : this.fieldAt(at);
  }

  /** All fields of this name in their order; without a name, all fields. */
  fields(name?: HeaderName): readonly Field[] {
    const match = name === undefined ? undefined : matcher(name);
    const found: Field[] = [];
    for (let at = 0; at < this.size; at++) {
      if (match === undefined || this.#matches(at, match)) found.push(this.fieldAt(at));
    }
    return found;
  }

  /** Replaces the first field of this name where it stands and removes the others; appends where there was none. */
  set(name: HeaderName, value: string): void {
    const at = this.#indexOf(name);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    const entries = this.#edited();
    entries[at] = writtenField(name, value);
    const match = matcher(name);
    for (let i = entries.length - 1; i > at; i--) if (this.#matches(i, match)) removeAt(entries, i);
  }

  /** A new field before all others. */
  prepend(name: HeaderName, value: string): void {
    insert(this.#edited(), 0, writtenField(name, value));
  }

  append(name: HeaderName, value: string): void {
    this.#edited().push(writtenField(name, value));
  }

  /** A new field before the first one named `anchor`, or before all others. */
  insertBefore(anchor: HeaderName, name: HeaderName, value: string): void {
    insert(this.#edited(), Math.max(this.#indexOf(anchor), 0), writtenField(name, value));
  }

  /** A new field after the last one named `anchor`, or after all others. */
  insertAfter(anchor: HeaderName, name: HeaderName, value: string): void {
    const at = this.#behind(anchor);
    insert(this.#edited(), at === 0 ? this.size : at, writtenField(name, value));
  }

  /** A new field behind this one. */
  insertAfterField(field: Field, name: HeaderName, value: string): void {
    insert(this.#edited(), this.#placeOf(field) + 1, writtenField(name, value));
  }

  /** A new field before this one. */
  insertBeforeField(field: Field, name: HeaderName, value: string): void {
    this.#edited().splice(Math.max(this.#placeOf(field), 0), 0, writtenField(name, value));
  }

  /** Removes all fields of this name and says how many there were. */
  remove(name: HeaderName): number {
    if (!this.has(name)) return 0;
    const match = matcher(name);
    const entries = this.#edited();
    const before = entries.length;
    this.#entries = entries.filter((_, at) => !this.#matches(at, match));
    return before - this.#entries.length;
  }

  removeField(field: Field): void {
    const at = this.#placeOf(field);
    if (at >= 0) removeAt(this.#edited(), at);
  }

  replaceField(field: Field, value: string): void {
    const at = this.#placeOf(field);
    if (at >= 0) this.#edited()[at] = writtenField(field.name, value);
  }

  /** Other fields in the place of all. */
  replaceAll(fields: readonly Field[]): void {
    this.#entries = fields.slice();
  }

  /**
   * Puts these fields in place of all of this name: where the first of them stood, else behind those named `anchor`, else
   * before all others.
   */
  replaceLines(name: HeaderName, fields: readonly Field[], anchor?: HeaderName): void {
    const first = this.#indexOf(name);
    this.remove(name);
    const at = first >= 0 ? first : anchor === undefined ? 0 : this.#behind(anchor);
    this.#edited().splice(at, 0, ...fields);
  }

  /** A field of another message (a copied Via, a Record-Route), with its bytes as they are. */
  appendField(field: Field): void {
    this.#edited().push(field);
  }

  /** The topmost element of a list header. */
  firstValue(name: HeaderName): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : trimSpace(value.slice(0, firstElementEnd(value)));
  }

  /** All elements of a list header, over all its lines. */
  values(name: HeaderName): string[] {
    const fields = this.fields(name);
    const [first] = fields;
    if (first === undefined) return [];
    const values = splitElements(first.value);
    for (let at = 1; at < fields.length; at++) values.push(...splitElements(fields[at]?.value ?? ''));
    return values;
  }

  /** Puts `text` where the topmost element stands; the rest of its line keeps its bytes. */
  replaceFirstValue(name: HeaderName, text: string): void {
    const at = this.#indexOf(name);
    if (at < 0) return;
    const field = this.fieldAt(at);
    const raw = field.rawValue;
    this.#edited()[at] = fieldWithRawValue(field, trimSpace(safeText(text)) + raw.slice(elementTextEnd(raw)));
  }

  /** Removes the topmost element, and its line with it when nothing else stands there. */
  removeFirstValue(name: HeaderName): void {
    const at = this.#indexOf(name);
    if (at < 0) return;
    const field = this.fieldAt(at);
    const raw = field.rawValue;
    const rest = raw.slice(skipSpace(raw, firstElementEnd(raw) + 1));
    if (rest === '') removeAt(this.#edited(), at);
    else this.#edited()[at] = fieldWithRawValue(field, rest);
  }

  /** The place behind the last field of this name; 0 when there is none. */
  #behind(name: HeaderName): number {
    const match = matcher(name);
    let at = this.size - 1;
    while (at >= 0 && !this.#matches(at, match)) at--;
    return at + 1;
  }

  #indexOf(name: HeaderName): number {
    const match = matcher(name);
    if (typeof match === 'number' && this.#entries === undefined) return this.lines.find(match);
    for (let at = 0; at < this.size; at++) if (this.#matches(at, match)) return at;
    return -1;
  }

  #matches(at: number, match: number | string): boolean {
    const id = this.idAt(at);
    if (typeof match === 'number') return id === match;
    if (id !== 0) return false;
    const { source, start, nameEnd } = this.fieldAt(at);
    return equalsIgnoreCase(source, start, nameEnd, match);
  }

  #placeOf(field: Field): number {
    for (let at = 0; at < this.size; at++) {
      const entry = this.entry(at);
      if (typeof entry === 'number' ? this.lines.isField(entry, field) : entry === field) return at;
    }
    return -1;
  }

  /** The list, to be changed. */
  #edited(): Entry[] {
    this.#entries ??= this.lines.good();
    return this.#entries;
  }
}

/** By hand: `unshift` and `splice` are calls into the runtime, at half a microsecond for each message that gets our Via. */
function insert(entries: Entry[], place: number, field: Field): void {
  entries.push(field);
  for (let at = entries.length - 1; at > place; at--) entries[at] = entries[at - 1] ?? field;
  entries[place] = field;
}

function removeAt(entries: Entry[], place: number): void {
  for (let at = place + 1; at < entries.length; at++) entries[at - 1] = entries[at] ?? 0;
  entries.pop();
}

/** What a field is compared with: the number of a known header, or the lower-case spelling of another. */
function matcher(name: HeaderName): number | string {
  if (typeof name === 'number') return name;
  const id = headerId(name);
  return id === 0 ? name.toLowerCase() : id;
}

/** Where the text of the first element ends, the white space before its comma left out. */
function elementTextEnd(raw: string): number {
  return trimmedEnd(raw, 0, firstElementEnd(raw));
}
