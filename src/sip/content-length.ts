/** Content-Length: how many bytes of body follow the head (RFC 3261 section 20.14). */
import { readDigits } from './digits.ts';
import { skipSpace, trimmedEnd } from './white-space.ts';

const MOST_DIGITS = 10;

/** The value that stands in `text[start, end)`: 1*DIGIT, at most ten of them; -1 for anything else. */
export function readContentLength(text: string, start: number, end: number): number {
  const valueStart = skipSpace(text, start);
  return readDigits(text, valueStart, trimmedEnd(text, valueStart, end), MOST_DIGITS);
}
