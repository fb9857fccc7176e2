/**
 * Reads POSIX extended regular expressions as regcomp(3) takes them: no classes of Perl, no back-references. Bytes only,
 * as messages are latin1 here.
 */

export type RegexNode =
  | { readonly kind: 'set'; readonly bytes: Uint8Array }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  /** Counted from 1, by their opening brackets. */
  | { readonly kind: 'group'; readonly number: number; readonly of: RegexNode }
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly min: number; readonly max: number };

export const MAX_PATTERN = 4_096;
/** The largest count in braces; RE_DUP_MAX is 255 in POSIX. */
export const MAX_COUNT = 255;
/** Groups inside each other. */
const MAX_DEPTH = 100;

export interface RegexOptions {
  /** The letters of ASCII match in either case. */
  readonly ignoreCase: boolean;
  /** As REG_NEWLINE: `^` and `$` are at the ends of lines too, `.` and `[^a]` stay within one. */
  readonly lines?: boolean;
}

export interface RegexProblem {
  readonly at: number;
  readonly message: string;
}

class RegexError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

export function parseRegex(pattern: string, options: RegexOptions): RegexNode | { readonly problem: RegexProblem } {
  try {
    return new RegexParser(pattern, options).whole();
  } catch (error) {
    if (error instanceof RegexError) return { problem: { at: error.at, message: error.message } };
    throw error;
  }
}

const classes: ReadonlyMap<string, RegExp> = new Map([
  ['alpha', /[A-Za-z]/],
  ['digit', /[0-9]/],
  ['alnum', /[A-Za-z0-9]/],
  ['upper', /[A-Z]/],
  ['lower', /[a-z]/],
  ['space', /[ \t\n\v\f\r]/],
  ['blank', /[ \t]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['print', /[ -~]/],
  ['graph', /[!-~]/],
  ['cntrl', /[\0-\x1f\x7f]/],
  ['xdigit', /[0-9A-Fa-f]/],
]);

/** GNU's additions to POSIX. */
const escapes: ReadonlyMap<string, RegExp> = new Map([
  ['w', /[A-Za-z0-9_]/],
  ['W', /[^A-Za-z0-9_]/],
  ['s', /[ \t\n\v\f\r]/],
  ['S', /[^ \t\n\v\f\r]/],
]);

class RegexParser {
  readonly #text: string;
  readonly #ignoreCase: boolean;
  readonly #lines: boolean;
  #at = 0;
  #depth = 0;
  #groups = 0;

  constructor(text: string, { ignoreCase, lines = false }: RegexOptions) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
    this.#lines = lines;
  }

  whole(): RegexNode {
    if (this.#text.length > MAX_PATTERN) throw new RegexError(0, `it is longer than ${MAX_PATTERN} characters`);
    const node = this.#choice();
    if (this.#at < this.#text.length) throw new RegexError(this.#at, 'a ) without a (');
    return node;
  }

  #choice(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '|' || (char === ')' && this.#depth > 0)) break;
      parts.push(this.#repeated(this.#atom(char)));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'sequence', parts };
  }

  #repeated(atom: RegexNode): RegexNode {
    let node = atom;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '*') node = { kind: 'repeat', of: node, min: 0, max: Infinity };
      else if (char === '+') node = { kind: 'repeat', of: node, min: 1, max: Infinity };
      else if (char === '?') node = { kind: 'repeat', of: node, min: 0, max: 1 };
      else if (char === '{') {
        const bounds = /^\{(\d{0,4})(?:(,)(\d{0,4}))?\}/.exec(this.#text.slice(this.#at, this.#at + 12));
        if (bounds === null) return node;
        node = this.#counted(node, bounds);
        continue;
      } else return node;
      this.#at++;
    }
  }

  #counted(of: RegexNode, [whole, first = '', comma, second = '']: RegExpExecArray): RegexNode {
    const min = Number(first);
    const max = comma === undefined ? min : second === '' ? Infinity : Number(second);
    if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT)) {
      throw new RegexError(this.#at, `a count above ${MAX_COUNT}`);
    }
    if (max < min || (first === '' && comma === undefined)) throw new RegexError(this.#at, 'a count that cannot be');
    this.#at += whole.length;
    return { kind: 'repeat', of, min, max };
  }

  #atom(char: string): RegexNode {
    const start = this.#at;
    this.#at++;
    switch (char) {
      case '(':
        return this.#group(start);
      case '[':
        return this.#bracket(start);
      case '.':
        return setOf((byte) => !this.#lines || byte !== '\n');
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '*':
      case '+':
      case '?':
        throw new RegexError(start, `nothing stands in front of ${char}`);
      case '\\':
        return this.#escape(start);
      default:
        return this.#literal(char);
    }
  }

  #group(start: number): RegexNode {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) throw new RegexError(start, `more than ${MAX_DEPTH} groups inside each other`);
    const number = ++this.#groups;
    const of = this.#choice();
    if (this.#text[this.#at] !== ')') throw new RegexError(start, 'a ( without a )');
    this.#at++;
    this.#depth--;
    return { kind: 'group', number, of };
  }

  #escape(start: number): RegexNode {
    const char = this.#text[this.#at];
    if (char === undefined) throw new RegexError(start, 'a \\ at the end');
    this.#at++;
    const known = escapes.get(char);
    if (known !== undefined) return setOf((byte) => known.test(byte));
    if (/[1-9]/.test(char)) throw new RegexError(start, 'back-references are not supported');
    if (/[bB<>`']/.test(char)) throw new RegexError(start, `\\${char} is not supported`);
    return this.#literal(char);
  }

  #literal(char: string): RegexNode {
    const lower = char.toLowerCase();
    return setOf(this.#ignoreCase ? (byte) => byte.toLowerCase() === lower : (byte) => byte === char);
  }

  #bracket(start: number): RegexNode {
    const text = this.#text;
    const negated = text[this.#at] === '^';
    if (negated) this.#at++;
    const chosen = new Set<number>();
    for (let first = true; first || text[this.#at] !== ']'; first = false) {
      if (this.#at >= text.length) throw new RegexError(start, 'a [ without a ]');
      this.#member(chosen);
    }
    this.#at++;
    if (this.#ignoreCase) addOtherCase(chosen);
    const excluded = negated && this.#lines ? NEWLINE : -1;
    return setOf((_, code) => chosen.has(code) !== negated && code !== excluded);
  }

  /** `a`, `a-z` or `[:alpha:]`. */
  #member(chosen: Set<number>): void {
    const text = this.#text;
    const start = this.#at;
    const named = /^\[:([a-z]+):\]/.exec(text.slice(start, start + 12));
    if (named !== null) {
      const known = classes.get(named[1] ?? '');
      if (known === undefined) throw new RegexError(start, `there is no class ${named[0]}`);
      for (let code = 0; code < 256; code++) if (known.test(String.fromCharCode(code))) chosen.add(code);
      this.#at += named[0].length;
      return;
    }
    if (/^\[[.=]/.test(text.slice(start, start + 2)))
      throw new RegexError(start, 'collating elements are not supported');
    const from = text.charCodeAt(start) & 0xff;
    const isRange = text[start + 1] === '-' && text[start + 2] !== undefined && text[start + 2] !== ']';
    const to = isRange ? text.charCodeAt(start + 2) & 0xff : from;
    if (to < from) throw new RegexError(start, `the range ${text.slice(start, start + 3)} runs backwards`);
    for (let code = from; code <= to; code++) chosen.add(code);
    this.#at += isRange ? 3 : 1;
  }
}

const NEWLINE = 10;

function addOtherCase(chosen: Set<number>): void {
  for (const code of [...chosen]) {
    const char = String.fromCharCode(code);
    if (code < 128) for (const other of [char.toLowerCase(), char.toUpperCase()]) chosen.add(other.charCodeAt(0));
  }
}

function setOf(holds: (byte: string, code: number) => boolean): RegexNode {
  const bytes = new Uint8Array(256);
  for (let code = 0; code < 256; code++) bytes[code] = holds(String.fromCharCode(code), code) ? 1 : 0;
  return { kind: 'set', bytes };
}
