/**
 * A copy of a text: a part of a received message keeps the whole of it in memory for as long as the part is kept. Text of
 * messages is latin1.
 */
export const detached = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Copies of several texts, which hold no line break: elements of header values. */
export function detachedAll(texts: readonly string[]): readonly string[] {
  const [first] = texts;
  if (first === undefined) return NONE;
  return texts.length === 1 ? [detached(first)] : detached(texts.join('\n')).split('\n');
}

const NONE: readonly never[] = [];
