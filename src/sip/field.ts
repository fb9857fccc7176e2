/**
 * One header line of a message: where its name and value stand in the text that holds it (RFC 3261 section 7.3). A field never
 * changes; an edit puts another one in its place. What was once read out of it is kept with it, so forks share the work.
 */
import type { CSeq } from './cseq.ts';
import { canonicalName, type HeaderId, headerId } from './header-names.ts';
import type { NameAddr, Tagged } from './name-addr.ts';
import type { Via } from './via.ts';
import { isBlank, skipSpace, trimmedEnd, trimSpace } from './white-space.ts';

const FOLD = /\r?\n[ \t]+/g;
const BREAKS = /[\r\n\0]+/g;
/** What `safeText` changes; most text has none of it. */
const UNSAFE = /[^\x01-\x09\x0b\x0c\x0e-\xff]/;
const WIDE = /[^\0-\xff]/;

export class Field {
  /** Of its header (header-names.ts); 0 for one that has no number. */
  readonly id: number;
  /** The text that the offsets below count in: the received message, or the line itself for a written field. */
  readonly source: string;
  readonly start: number;
  /** After the line's CRLF. */
  readonly end: number;

  /** Slots of the typed readers (readers.ts): undefined is "not read yet", null is "read, and malformed". */
  via: Via | null | undefined = undefined;
  address: NameAddr | null | undefined = undefined;
  tagged: Tagged | null | undefined = undefined;
  cseq: CSeq | null | undefined = undefined;

  #value: string | undefined = undefined;

  /** `source[start, end)` is a header line with its folds and its CRLF. Written lines are sent and not read: nobody looks into them here. */
  constructor(source: string, id: number, start: number, end: number) {
    this.id = id;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  /** Where the name ends, without the white space before the colon. */
  get nameEnd(): number {
    let end = this.source.indexOf(':', this.start);
    while (isBlank(this.source.charCodeAt(end - 1))) end--;
    return end;
  }

  /** The name as it was spelled. */
  get name(): string {
    return this.source.slice(this.start, this.nameEnd);
  }

  /** The value on one line: every fold is one space, none at the ends. */
  get value(): string {
    this.#value ??= this.unfolded;
    return this.#value;
  }

  /** The same, for one who keeps what is read out of it: the field does not keep the text too. */
  get unfolded(): string {
    const text = this.rawValue;
    return text.includes('\n') ? text.replace(FOLD, ' ') : text;
  }

  /** The value as it stands in the message, folds included. */
  get rawValue(): string {
    const { source, start, end } = this;
    const afterColon = source.indexOf(':', start) + 1;
    const valueEnd = trimmedEnd(source, afterColon, end - 2);
    return source.slice(Math.min(skipSpace(source, afterColon), valueEnd), valueEnd);
  }

  /** What stands before the value: the name, the colon and the white space around it. */
  get lead(): string {
    const afterColon = this.source.indexOf(':', this.start) + 1;
    return this.source.slice(this.start, this.rawValue === '' ? afterColon : skipSpace(this.source, afterColon));
  }

  /** The whole line with its CRLF. */
  get text(): string {
    return this.source.slice(this.start, this.end);
  }
}

/** A field that we write: `name: value` and CRLF. What would split the message or the line becomes a space. */
export function writtenField(name: HeaderId | string, value: string): Field {
  if (typeof name === 'number') return lineField(name, canonicalName(name), value);
  const spelled = safeText(name).replaceAll(/[\s:]/g, '');
  return lineField(headerId(spelled), spelled, value);
}

/** A field like `field`, with its name and the white space around the colon kept, and another raw value (folds allowed). */
export function fieldWithRawValue(field: Field, text: string): Field {
  const source = `${field.lead}${trimSpace(text)}\r\n`;
  return new Field(source, field.id, 0, source.length);
}

function lineField(id: number, name: string, value: string): Field {
  const source = `${name}: ${trimSpace(safeText(value))}\r\n`;
  return new Field(source, id, 0, source.length);
}

/** Text as it may stand in a line of a message: no CR, LF or NUL, and characters beyond a byte as their UTF-8 bytes. */
export function safeText(text: string): string {
  return UNSAFE.test(text) ? latin1(text).replace(BREAKS, ' ') : text;
}

/** Text with one character for each byte on the wire. */
export function latin1(text: string): string {
  return WIDE.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
