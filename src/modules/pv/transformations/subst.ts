/**
 * `{re.subst,/expression/replacement/flags}`. The expression is POSIX and comes from the configuration, the text from a
 * peer: an expression that repeats a repetition is refused, one that repeats more than once sees short texts only.
 */
import type { CompilePv, PvReader } from '../api.ts';
import { asText, type MessageContext } from '../table.ts';
import { pvEnd } from './pv-text.ts';
import type { Apply } from './transformation.ts';

/** Longer texts are left as they are when the expression repeats more than once. */
export const MAX_REPEATED_SUBJECT = 2048;
const MAX_PATTERN = 512;

type Piece = string | number | PvReader;

interface Fields {
  readonly pattern: string;
  readonly replacement: string;
  readonly flags: string;
}

/** Reads the parameter whole. Throws a SyntaxError that says what is wrong with it. */
export function compileSubst(text: string, compilePv: CompilePv): Apply {
  const { pattern, replacement, flags } = splitFields(text);
  if (pattern.length > MAX_PATTERN) throw new SyntaxError(`the expression is longer than ${MAX_PATTERN} characters`);
  if (/[^gis]/.test(flags)) throw new SyntaxError('the flags are g, i and s');
  if (/\([^)]*[*+{][^)]*\)[*+{]/.test(pattern)) {
    throw new SyntaxError('a repetition is repeated in the expression: this could take for ever');
  }
  const expression = new RegExp(fromPosix(pattern.replaceAll('$$', '$')), flags);
  const limit = (pattern.match(/[*+{]/g) ?? []).length > 1 ? MAX_REPEATED_SUBJECT : Number.POSITIVE_INFINITY;
  const pieces = readReplacement(replacement, compilePv);
  return (value, ctx) => {
    const subject = asText(value);
    if (subject.length > limit) return subject;
    return subject.replace(expression, (...match: readonly unknown[]) => write(pieces, match, ctx));
  };
}

function write(pieces: readonly Piece[], match: readonly unknown[], ctx: MessageContext): string {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else if (typeof piece === 'number') {
      const group = match[piece];
      text += typeof group === 'string' ? group : '';
    } else text += asText(piece(ctx) ?? '');
  }
  return text;
}

function splitFields(text: string): Fields {
  const separator = text[0] ?? '';
  if (separator === '' || /[\\A-Za-z0-9\s]/.test(separator)) throw new SyntaxError(FORM);
  const second = nextSeparator(text, separator, 1);
  const third = nextSeparator(text, separator, second + 1);
  const plain = (part: string): string => part.replaceAll(`\\${separator}`, separator);
  const pattern = plain(text.slice(1, second));
  if (pattern === '') throw new SyntaxError('the expression is empty');
  return { pattern, replacement: plain(text.slice(second + 1, third)), flags: text.slice(third + 1) };
}

const FORM = 'a substitution is written /expression/replacement/flags';

function nextSeparator(text: string, separator: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) return at;
  }
  throw new SyntaxError(FORM);
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['alpha', 'A-Za-z'],
  ['digit', '0-9'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', ' \\t\\r\\n\\f\\v'],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['xdigit', '0-9A-Fa-f'],
  ['print', ' -~'],
  ['graph', '!-~'],
  ['cntrl', '\\0-\\x1f\\x7f'],
]);

/** Bracket expressions as JavaScript has them: a backslash is one there, `]` first is itself, classes have names. */
function fromPosix(pattern: string): string {
  return pattern.replace(/\\[\s\S]|\[(\^?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]/g, (whole, not?: string, content?: string) => {
    if (content === undefined) return whole;
    const escaped = content.replace(/\[:([a-z]+):\]|[\\\][]/g, (part, name?: string) =>
      name === undefined ? `\\${part}` : (CLASSES.get(name) ?? ''),
    );
    return `[${not ?? ''}${escaped}]`;
  });
}

function readReplacement(text: string, compilePv: CompilePv): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; ) {
    const group = /^\\([0-9])/.exec(text.slice(at, at + 2))?.[1];
    const end = pvEnd(text, at);
    if (end === 'open') throw new SyntaxError('a ) is missing in the replacement');
    if (group !== undefined) {
      pieces.push(Number(group));
      at += 2;
    } else if (end !== undefined) {
      const reader = compilePv(text.slice(at, end));
      if (typeof reader !== 'function') throw new SyntaxError(reader.message);
      pieces.push(reader);
      at = end;
    } else {
      const doubled = text.startsWith('$$', at);
      pieces.push(text.charAt(at));
      at += doubled ? 2 : 1;
    }
  }
  return pieces;
}

/** Where `/expression/replacement/flags` ends that begins at `start`: at the closing brace, which neither part hides. */
export function substEnd(text: string, start: number): number {
  const separator = text[start] ?? '';
  let found = 0;
  for (let at = start + 1; at < text.length && separator !== ''; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) found++;
    else if (text[at] === '}' && found >= 2) return at;
  }
  return text.indexOf('}', start);
}
