/**
 * The texts that a configuration is made of, and places in them: offsets, lines, columns, and how a place came in.
 * Texts are the bytes of the files as latin1, so that strings reach the wire as they were written.
 */

/** A stretch of one file. `macro` is set when the text stands in a define that is used at this place. */
export interface Span {
  readonly file: string;
  /** Offsets in UTF-16 code units; `end` is the first that does not belong. */
  readonly start: number;
  readonly end: number;
  readonly macro?: MacroUse;
}

/** The name whose expansion brought the text, and where it was defined (undefined: on the command line, or built in). */
export interface MacroUse {
  readonly name: string;
  readonly definition: Span | undefined;
}

/** Line and column count from 1; the column counts characters as an editor does. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** From the start of `first` to the end of `last`; over a file border only the first part can be said. */
export function join(first: Span, last: Span): Span {
  if (first.file !== last.file || last.end < first.start) return first;
  const { file, start } = first;
  return first.macro === undefined
    ? { file, start, end: last.end }
    : { file, start, end: last.end, macro: first.macro };
}

interface File {
  readonly text: string;
  /** The place of the first include_file or import_file that asked for it. */
  readonly includedAt: Span | undefined;
  /** Offsets at which lines begin; made when the first place is asked for. */
  lines: readonly number[] | undefined;
}

export class Sources {
  readonly #files = new Map<string, File>();

  add(path: string, text: string, includedAt?: Span): void {
    if (!this.#files.has(path)) this.#files.set(path, { text, includedAt, lines: undefined });
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  text(path: string): string | undefined {
    return this.#files.get(path)?.text;
  }

  includedAt(path: string): Span | undefined {
    return this.#files.get(path)?.includedAt;
  }

  place(path: string, offset: number): Place {
    const file = this.#files.get(path);
    if (file === undefined) return { line: 1, column: 1 };
    const lines = linesOf(file);
    const index = lastBefore(lines, offset);
    const start = lines[index] ?? 0;
    return { line: index + 1, column: characters(file.text, start, offset) + 1 };
  }

  /** The text of a line (counted from 1) without its end. */
  line(path: string, line: number): string {
    const file = this.#files.get(path);
    if (file === undefined) return '';
    const lines = linesOf(file);
    const start = lines[line - 1];
    if (start === undefined) return '';
    return file.text.slice(start, lines[line] ?? file.text.length).replace(/[\r\n]+$/, '');
  }
}

/** How many characters of UTF-8 the bytes are: those that continue a character do not count. */
function characters(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end && at < text.length; at += 1) if ((text.charCodeAt(at) & 0xffc0) !== 0x80) count += 1;
  return count;
}

function linesOf(file: File): readonly number[] {
  if (file.lines !== undefined) return file.lines;
  const lines = [0];
  for (let at = file.text.indexOf('\n'); at !== -1; at = file.text.indexOf('\n', at + 1)) lines.push(at + 1);
  file.lines = lines;
  return lines;
}

/** The index of the last element that is not above `value`. */
function lastBefore(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
