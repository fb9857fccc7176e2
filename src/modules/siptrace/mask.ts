/**
 * Hides credentials in a copy of a SIP message: in Authorization and Proxy-Authorization the values of `response`, `nonce` and
 * `cnonce` become stars, and so does everything behind a scheme other than Digest. Lengths stay, so nothing else moves.
 */
import { headerEnd, latin1 } from './peek.ts';

/** The same bytes when there is nothing to hide, else a copy. The body is never touched. */
export function maskCredentials(bytes: Uint8Array): Uint8Array {
  const header = latin1(bytes, 0, headerEnd(bytes));
  let copy: Uint8Array | undefined;
  for (const field of header.matchAll(FIELD)) {
    const value = field[1] ?? '';
    copy ??= Uint8Array.from(bytes);
    maskValue(copy, field.index + field[0].length - value.length, value);
  }
  return copy ?? bytes;
}

/** A header field with its folded lines (RFC 3261 section 7.3.1). The text begins with the start line, which is none. */
const FIELD = /\n(?:proxy-)?authorization[ \t]*:[ \t]*((?:[^\r\n]|\r(?!\n)|\r?\n[ \t])*)/gi;

/** Values are consumed whole, so that nothing inside a quoted one is taken for a parameter. */
const PARAMETER = /([^\s,="]+)\s*=\s*("(?:[^"\\]|\\[\s\S])*"?|[^\s,]*)/g;
const SECRETS: ReadonlySet<string> = new Set(['response', 'nonce', 'cnonce']);

function maskValue(target: Uint8Array, start: number, value: string): void {
  const scheme = /^[^\s,]*/.exec(value)?.[0] ?? '';
  if (scheme.toLowerCase() !== 'digest') {
    star(target, start + scheme.length, start + value.length);
    return;
  }
  for (const parameter of value.matchAll(PARAMETER)) {
    if (!SECRETS.has((parameter[1] ?? '').toLowerCase())) continue;
    const end = start + parameter.index + parameter[0].length;
    star(target, end - (parameter[2] ?? '').length, end);
  }
}

/** Quotes and white space stay: without them the header would read differently. */
function star(target: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const byte = target[at] ?? 0;
    if (byte > 0x20 && byte !== 0x22) target[at] = 0x2a;
  }
}
