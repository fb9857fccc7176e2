/** Content-Length: how many bytes of body follow the head (RFC 3261 section 20.14). */
import type { Field } from './field.ts';

const MOST_DIGITS = 10;

/** 1*DIGIT, at most ten of them; -1 for anything else. Makes no string. */
export function readContentLength({ source, valueStart, valueEnd }: Field): number {
  if (valueStart === valueEnd || valueEnd - valueStart > MOST_DIGITS) return -1;
  let length = 0;
  for (let at = valueStart; at < valueEnd; at++) {
    const digit = source.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}
