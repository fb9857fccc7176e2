/**
 * White space as SIP knows it: space, tab and the line ends of folds (RFC 3261 section 25.1, LWS). String.trim would also take
 * 0xA0, which in latin1 text is a byte of some UTF-8 character.
 */

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** The first position from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  while (isSpace(text.charCodeAt(next))) next++;
  return next;
}

/** Where `text[start, end)` ends when the white space at its end is left out. */
export function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && isSpace(text.charCodeAt(last - 1))) last--;
  return last;
}

export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  const end = trimmedEnd(text, start, text.length);
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
