/** Escapes in double quotes: `\n \r \t \a \" \\ \xHH \OO`; any other backslash stays. Indexes lead back to the file. */
import type { StringLiteral } from '../ast.ts';
import type { Sources, Span } from '../source.ts';

const escapes = /\\(?:[nrat"\\]|x[0-9a-fA-F]{1,2}|[0-7]{2,3}|\r?\n)/g;

const letters: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['"', '"'],
  ['\\', '\\'],
]);

/** What stands between double quotes, as its value. `\1` stays two characters: it is a back-reference of subst(). */
export function decodeDouble(inner: string): string {
  return inner.replace(escapes, decodeEscape);
}

function decodeEscape(escape: string): string {
  const body = escape.slice(1);
  const letter = letters.get(body);
  if (letter !== undefined) return letter;
  if (body.endsWith('\n')) return '';
  const code = body.startsWith('x') ? Number.parseInt(body.slice(1), 16) : Number.parseInt(body, 8);
  return String.fromCharCode(code & 0xff);
}

/** The place in the file of `value[index]`; the whole piece where a subst changed it or a define brought it. */
export function placeInString(sources: Sources, literal: StringLiteral, index: number): Span {
  const piece = literal.pieces.findLast(({ at }) => at <= index);
  if (piece === undefined) return literal.span;
  const text = sources.text(piece.span.file);
  if (!piece.verbatim || piece.span.macro !== undefined || text === undefined) return piece.span;
  const inner = text.slice(piece.span.start + 1, piece.span.end - 1);
  const isRaw = text[piece.span.start] === "'";
  const offset = isRaw ? index - piece.at : rawOffset(inner, index - piece.at);
  const start = piece.span.start + 1 + Math.min(offset, inner.length);
  return { file: piece.span.file, start, end: start + 1 };
}

/** Where in the text between the quotes the character of the value stands. */
function rawOffset(inner: string, index: number): number {
  let shrunk = 0;
  for (const { 0: escape, index: at } of inner.matchAll(escapes)) {
    if (at - shrunk > index) break;
    const length = decodeEscape(escape).length;
    if (length === 1 && at - shrunk === index) return at;
    shrunk += escape.length - length;
  }
  return index + shrunk;
}
