/** Matches of an expression in a text, one or all, and what stands there afterwards. Bounded, whatever the expression. */
import type { Found } from './searcher.ts';
import type { Regex } from './regex.ts';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * How often a byte may be looked at while all matches are looked for, on average: an expression that reads to the end of
 * the text before it knows a short match would cost the square of its length. Matches beyond stay as they are.
 */
export const MAX_LOOKS = 64;
/** Characters that all replacements together have at most; matches beyond stay as they are. */
export const MAX_REPLACED = 2 ** 21;

export interface EditOptions {
  readonly all: boolean;
  /** `^` matches behind a line end that an earlier match took. */
  readonly anew?: boolean;
}

/** Empty where nothing matches, and where a match is empty: what would that replace? */
export function editsOf(
  regex: Regex,
  subject: string,
  { all, anew = true }: EditOptions,
  textOf: (found: Found) => string,
): readonly Edit[] {
  const edits: Edit[] = [];
  let looks = MAX_LOOKS * (subject.length + 1);
  let added = 0;
  for (let origin = { at: 0, isLineStart: true }; looks > 0; ) {
    const found = regex.search(subject, origin);
    if (found === undefined) break;
    const { start, end } = found;
    if (start === end) return [];
    const text = textOf(found);
    added += text.length;
    if (added > MAX_REPLACED) break;
    edits.push({ start, end, text });
    if (!all) break;
    looks -= found.seen - origin.at + 1;
    const last = subject.charAt(end - 1);
    origin = { at: end, isLineStart: anew && (last === '\n' || last === '\r') };
  }
  return edits;
}

export function withEdits(subject: string, edits: readonly Edit[]): string {
  let text = '';
  let at = 0;
  for (const edit of edits) {
    text += subject.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + subject.slice(at);
}
