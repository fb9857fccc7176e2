/**
 * Copies of texts. V8 keeps a slice as a pointer to what it was cut from, so a tag of ten characters can keep a whole datagram
 * in memory for as long as the tag is kept.
 */
import { flat } from './flat.ts';

export const detached = (text: string): string => flat(`=${text}`).slice(1);

/** Copies of several texts, which hold no line break: elements of header values. */
export function detachedAll(texts: readonly string[]): readonly string[] {
  const [first] = texts;
  if (first === undefined) return NONE;
  return texts.length === 1 ? [detached(first)] : detached(texts.join('\n')).split('\n');
}

const NONE: readonly never[] = [];
