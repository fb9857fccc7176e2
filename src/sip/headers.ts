/**
 * The header lines of one message, in order, read and edited by name. An edit replaces, inserts or removes whole fields;
 * all others keep their bytes. A fork has its own list: its edits are not seen elsewhere.
 */
import { type Field, fieldWithRawValue, safeText, writtenField } from './field.ts';
import { type HeaderId, type HeaderName, equalsIgnoreCase, headerId } from './header-names.ts';
import { firstElementEnd, splitElements } from './elements.ts';
import { skipSpace, trimmedEnd, trimSpace } from './white-space.ts';

export class Headers {
  #fields: Field[];

  constructor(fields: Field[]) {
    this.#fields = fields;
  }

  /** A list of its own with the same fields. */
  fork(): Headers {
    return new Headers(this.#fields.slice());
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
    for (const field of this.#fields) if (matches(field, match)) count++;
    return count;
  }

  /** The first field of this name. */
  field(name: HeaderName): Field | undefined {
    return this.#fields[this.#indexOf(name)];
  }

  /** All fields of this name in their order; without a name, all fields. */
  fields(name?: HeaderName): readonly Field[] {
    if (name === undefined) return this.#fields;
    const match = matcher(name);
    return this.#fields.filter((field) => matches(field, match));
  }

  /** Replaces the first field of this name where it stands and removes the others; appends where there was none. */
  set(name: HeaderName, value: string): void {
    const at = this.#indexOf(name);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    this.#fields[at] = writtenField(name, value);
    const match = matcher(name);
    let kept = at + 1;
    for (let i = at + 1; i < this.#fields.length; i++) {
      const field = this.#fields[i];
      if (field !== undefined && !matches(field, match)) this.#fields[kept++] = field;
    }
    this.#fields.length = kept;
  }

  /** A new field before all others. */
  prepend(name: HeaderName, value: string): void {
    this.#fields.unshift(writtenField(name, value));
  }

  append(name: HeaderName, value: string): void {
    this.#fields.push(writtenField(name, value));
  }

  /** A new field before the first one named `anchor`, or before all others. */
  insertBefore(anchor: HeaderName, name: HeaderName, value: string): void {
    this.#fields.splice(Math.max(this.#indexOf(anchor), 0), 0, writtenField(name, value));
  }

  /** A new field after the last one named `anchor`, or after all others. */
  insertAfter(anchor: HeaderName, name: HeaderName, value: string): void {
    const match = matcher(anchor);
    const at = this.#fields.findLastIndex((field) => matches(field, match));
    const position = at < 0 ? this.#fields.length : at + 1;
    this.#fields.splice(position, 0, writtenField(name, value));
  }

  /** Removes all fields of this name and says how many there were. */
  remove(name: HeaderName): number {
    const match = matcher(name);
    const before = this.#fields.length;
    if (!this.has(name)) return 0;
    this.#fields = this.#fields.filter((field) => !matches(field, match));
    return before - this.#fields.length;
  }

  removeField(field: Field): void {
    const at = this.#fields.indexOf(field);
    if (at >= 0) this.#fields.splice(at, 1);
  }

  replaceField(field: Field, value: string): void {
    const at = this.#fields.indexOf(field);
    if (at >= 0) this.#fields[at] = writtenField(field.name, value);
  }

  /** A field of another message (a copied Via, a Record-Route), with its bytes as they are. */
  appendField(field: Field): void {
    this.#fields.push(field);
  }

  /** The topmost element of a list header. */
  firstValue(name: HeaderName): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : trimSpace(value.slice(0, firstElementEnd(value)));
  }

  /** All elements of a list header, over all its lines. */
  values(name: HeaderName): string[] {
    return this.fields(name).flatMap((field) => splitElements(field.value));
  }

  /** Puts `text` where the topmost element stands; the rest of its line keeps its bytes. */
  replaceFirstValue(name: HeaderName, text: string): void {
    const at = this.#indexOf(name);
    const field = this.#fields[at];
    if (field === undefined) return;
    const raw = field.rawValue;
    this.#fields[at] = fieldWithRawValue(field, trimSpace(safeText(text)) + raw.slice(elementTextEnd(raw)));
  }

  /** Removes the topmost element, and its line with it when nothing else stands there. */
  removeFirstValue(name: HeaderName): void {
    const at = this.#indexOf(name);
    const field = this.#fields[at];
    if (field === undefined) return;
    const raw = field.rawValue;
    const rest = raw.slice(skipSpace(raw, firstElementEnd(raw) + 1));
    if (rest === '') this.#fields.splice(at, 1);
    else this.#fields[at] = fieldWithRawValue(field, rest);
  }

  #indexOf(name: HeaderName): number {
    const match = matcher(name);
    const fields = this.#fields;
    if (typeof match === 'number') {
      for (let i = 0; i < fields.length; i++) if (fields[i]?.id === match) return i;
      return -1;
    }
    return fields.findIndex((field) => matches(field, match));
  }
}

/** What a field is compared with: the number of a known header, or the lower-case spelling of another. */
function matcher(name: HeaderName): HeaderId | string {
  if (typeof name === 'number') return name;
  const id = headerId(name);
  return id === 0 ? name.toLowerCase() : id;
}

function matches(field: Field, match: HeaderId | string): boolean {
  if (typeof match === 'number') return field.id === match;
  return field.id === 0 && equalsIgnoreCase(field.source, field.start, field.nameEnd, match);
}

/** Where the text of the first element ends, the white space before its comma left out. */
function elementTextEnd(raw: string): number {
  return trimmedEnd(raw, 0, firstElementEnd(raw));
}
