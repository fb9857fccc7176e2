/**
 * Lists in a header value: elements separated by commas, where a comma inside quotes or angle brackets separates nothing
 * (RFC 3261 section 7.3.1).
 */
import { trimSpace } from './white-space.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LESS = 0x3c;
const GREATER = 0x3e;
const COMMA = 0x2c;

/** Where the element that begins at `from` ends: at its comma, or at the end of the text. */
export function elementEnd(text: string, from: number): number {
  if (!text.includes(',', from)) return text.length;
  let quoted = false;
  let bracketed = false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = false;
    } else if (bracketed) {
      if (code === GREATER) bracketed = false;
    } else if (code === COMMA) return i;
    else if (code === QUOTE) quoted = true;
    else if (code === LESS) bracketed = true;
  }
  return text.length;
}

export function firstElementEnd(text: string): number {
  return elementEnd(text, 0);
}

/** All elements, trimmed; empty ones (`a,,b`) are left out. */
export function splitElements(text: string): string[] {
  const elements: string[] = [];
  let from = 0;
  while (from <= text.length) {
    const end = elementEnd(text, from);
    const element = trimSpace(text.slice(from, end));
    if (element !== '') elements.push(element);
    from = end + 1;
  }
  return elements;
}
