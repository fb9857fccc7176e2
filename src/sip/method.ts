/** The names of methods (RFC 3261 section 7.1). Usual ones are always the same text, so that comparing them looks at no letters. */
import { stands } from './token.ts';

const USUAL = [
  ...['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'MESSAGE', 'NOTIFY', 'OPTIONS'],
  ...['PRACK', 'PUBLISH', 'REFER', 'REGISTER', 'SUBSCRIBE', 'UPDATE'],
];

/** No two usual ones have the same first letter and the same length. */
const BY_SHAPE = byShape();

function byShape(): readonly (string | undefined)[] {
  const shapes = new Array<string | undefined>(32 * 16).fill(undefined);
  for (const method of USUAL) shapes[shapeOf(method.charCodeAt(0), method.length)] = method;
  return shapes;
}

function shapeOf(first: number, length: number): number {
  return (first & 31) * 16 + (length & 15);
}

/** The method that `text[start, end)` names. */
export function methodIn(text: string, start: number, end: number): string {
  const usual = BY_SHAPE[shapeOf(text.charCodeAt(start), end - start)];
  return usual?.length === end - start && stands(usual, text, start) ? usual : text.slice(start, end);
}
