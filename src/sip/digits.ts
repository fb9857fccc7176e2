/** Numbers as they stand in messages: decimal digits and nothing else. */

/** What `text[start, end)` says: 1 to `most` digits; -1 for anything else. Makes no string. */
export function readDigits(text: string, start: number, end: number, most: number): number {
  if (start >= end || end - start > most) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
