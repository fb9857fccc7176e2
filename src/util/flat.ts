/**
 * Texts that outlive their message. V8 keeps a slice or a concatenation as a pointer to what it was made of, so a tag of ten
 * characters can keep a whole datagram in memory.
 */

/** The same text in one piece of its own, for what was just put together. */
export function flat(text: string): string {
  // Reading a character makes V8 put the pieces together; the result has to hang on it, or the compiler leaves the reading out.
  return text.charCodeAt(0) === 0 ? text.slice(0) : text;
}

/** A copy of a part of something larger. */
export const copied = (text: string): string => flat(`=${text}`).slice(1);
