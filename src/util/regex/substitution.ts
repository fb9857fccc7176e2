/**
 * `/expression/replacement/flags` as Kamailio reads it. The expression is POSIX; in the replacement `\1` is a group, `\0`
 * the match, `\n \r \t \\` what they are elsewhere, and `\` before anything else that character. Flags: `g` all matches,
 * `i` without regard to case, `s` not line by line.
 */
import { type Edit, editsOf, withEdits } from './edits.ts';
import type { RegexProblem } from './parser.ts';
import { compileRegex, type Regex } from './regex.ts';
import type { Found } from './searcher.ts';

/** Parts of a replacement. */
export const MAX_PIECES = 100;

/** Reads what a `$` or `\u` begins in a replacement: what it gives, and where it ends. Undefined: it is a character. */
export type ReadVariable<C> = (
  text: string,
  at: number,
) => { readonly read: (context: C) => string; readonly end: number } | { readonly problem: RegexProblem } | undefined;

/** Text, the number of a group, or what a variable gives. */
type Piece<C> = string | number | ((context: C) => string);

interface Parts<C> {
  readonly regex: Regex;
  readonly pieces: readonly Piece<C>[];
  readonly all: boolean;
}

export class Substitution<C> {
  readonly #regex: Regex;
  readonly #pieces: readonly Piece<C>[];
  readonly #all: boolean;

  constructor({ regex, pieces, all }: Parts<C>) {
    this.#regex = regex;
    this.#pieces = pieces;
    this.#all = all;
  }

  /** Empty where nothing is replaced. */
  edits(subject: string, context: C): readonly Edit[] {
    return editsOf(this.#regex, subject, { all: this.#all }, (found) => this.#text(subject, found, context));
  }

  /** Undefined where nothing is replaced. */
  replace(subject: string, context: C): string | undefined {
    const edits = this.edits(subject, context);
    return edits.length === 0 ? undefined : withEdits(subject, edits);
  }

  #text(subject: string, { slots }: Found, context: C): string {
    let text = '';
    for (const piece of this.#pieces) {
      if (typeof piece === 'string') text += piece;
      else if (typeof piece === 'function') text += piece(context);
      else {
        const start = slots[2 * piece] ?? -1;
        if (start >= 0) text += subject.slice(start, slots[2 * piece + 1]);
      }
    }
    return text;
  }
}

export type ParsedSubstitution<C> =
  | {
      readonly kind: 'parsed';
      readonly substitution: Substitution<C>;
      readonly pattern: string;
      readonly replacement: string;
    }
  | { readonly kind: 'wrong'; readonly problem: RegexProblem };

const FORM = 'a substitution is written "/expression/replacement/flags"';

const wrong = (at: number, message: string): { readonly kind: 'wrong'; readonly problem: RegexProblem } => ({
  kind: 'wrong',
  problem: { at, message },
});

/** Without `variable` a `$` in the replacement is a dollar. */
export function parseSubstitution<C>(text: string, variable?: ReadVariable<C>): ParsedSubstitution<C> {
  const separator = text.charAt(0);
  if (separator === '' || /[\\A-Za-z0-9\s]/.test(separator)) return wrong(0, FORM);
  const second = unescaped(text, separator, 1);
  if (second < 0) return wrong(0, FORM);
  const pattern = text.slice(1, second);
  if (pattern === '') return wrong(1, 'the expression is empty');
  const replacement = readReplacement(text, { from: second + 1, separator, variable });
  if ('problem' in replacement) return { kind: 'wrong', problem: replacement.problem };
  const flags = text.slice(replacement.end + 1);
  const strange = /[^gis]/.exec(flags);
  if (strange !== null) {
    return wrong(replacement.end + 1 + strange.index, `the flag ${strange[0]} is unknown: there are g, i and s`);
  }
  const regex = compileRegex(pattern, { ignoreCase: flags.includes('i'), lines: !flags.includes('s') });
  if ('problem' in regex) return wrong(1 + regex.problem.at, `in the expression: ${regex.problem.message}`);
  const substitution = new Substitution({ regex, pieces: replacement.pieces, all: flags.includes('g') });
  return { kind: 'parsed', substitution, pattern, replacement: text.slice(second + 1, replacement.end) };
}

/** As Kamailio looks for it: a backslash before it hides a separator, even one that is itself behind a backslash. */
function unescaped(text: string, separator: string, from: number): number {
  for (let at = text.indexOf(separator, from); at >= 0; at = text.indexOf(separator, at + 1)) {
    if (text[at - 1] !== '\\') return at;
  }
  return -1;
}

interface Reading<C> {
  readonly from: number;
  readonly separator: string;
  readonly variable: ReadVariable<C> | undefined;
}

const letters: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function readReplacement<C>(
  text: string,
  { from, separator, variable }: Reading<C>,
): { readonly pieces: readonly Piece<C>[]; readonly end: number } | { readonly problem: RegexProblem } {
  const pieces: Piece<C>[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') pieces.push(literal);
    literal = '';
  };
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === separator) {
      flush();
      return pieces.length > MAX_PIECES
        ? { problem: { at: from, message: `the replacement has more than ${MAX_PIECES} parts` } }
        : { pieces, end: at };
    }
    const read = char === '$' || text.startsWith('\\u', at) ? variable?.(text, at) : undefined;
    if (read === undefined && char === '\\' && at + 1 < text.length) {
      const next = text.charAt(++at);
      if (next >= '0' && next <= '9') {
        flush();
        pieces.push(Number(next));
      } else literal += letters.get(next) ?? next;
      continue;
    }
    if (read === undefined) {
      literal += char;
      continue;
    }
    if ('problem' in read) return read;
    flush();
    pieces.push(read.read);
    at = read.end - 1;
  }
  return { problem: { at: 0, message: FORM } };
}
