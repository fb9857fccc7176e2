/**
 * The header lines of a received text, as numbers: most lines of a message are passed on and never looked at, so a line becomes
 * a Field when somebody asks for it. Never changes once read; all copies of a message share it.
 */
import { Field } from './field.ts';

/** The number of a line that is no header. */
const BAD = -1;

export class Lines {
  readonly text: string;
  /**
   * The header number and the start of each line in turn. With room for a usual message: a list that grows is copied each time.
   */
  readonly #marks: number[] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ];
  #count = 0;
  #end = 0;
  #seen = 0;
  #repeated = 0;
  #fields: (Field | undefined)[] | undefined = undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** All lines, the bad ones too. */
  get count(): number {
    return this.#count;
  }

  /** `text[start, end)` is a header line with its folds and its CRLF; the next one starts at `end`. */
  add(id: number, start: number, end: number): void {
    const at = 2 * this.#count++;
    this.#marks[at] = id;
    this.#marks[at + 1] = start;
    this.#end = end;
    if (id < 0 || id > 30) return;
    const bit = 1 << id;
    this.#repeated |= this.#seen & bit;
    this.#seen |= bit;
  }

  addBad(start: number, end: number): void {
    this.add(BAD, start, end);
  }

  /** The lines that are headers. */
  good(): number[] {
    const lines: number[] = [];
    for (let line = 0; line < this.#count; line++) if (this.id(line) !== BAD) lines.push(line);
    return lines;
  }

  /** Which headers with a number up to 30 there are, a bit each. */
  get seen(): number {
    return this.#seen;
  }

  /** Which of these there are more than once. */
  get repeated(): number {
    return this.#repeated;
  }

  /** The first line of this header from `from` on; -1 when there is none. */
  find(id: number, from = 0): number {
    const end = 2 * this.#count;
    for (let at = 2 * from; at < end; at += 2) if (this.#marks[at] === id) return at >> 1;
    return -1;
  }

  id(line: number): number {
    return this.#marks[2 * line] ?? 0;
  }

  start(line: number): number {
    return this.#marks[2 * line + 1] ?? 0;
  }

  /** After its CRLF. */
  end(line: number): number {
    return line + 1 < this.#count ? this.start(line + 1) : this.#end;
  }

  /** The same one each time. */
  field(line: number): Field {
    this.#fields ??= new Array<Field | undefined>(this.#count);
    const known = this.#fields[line];
    if (known !== undefined) return known;
    const made = new Field(this.text, this.id(line), this.start(line), this.end(line));
    this.#fields[line] = made;
    return made;
  }

  /** Whether this field is that line. */
  isField(line: number, field: Field): boolean {
    return this.#fields?.[line] === field;
  }
}
