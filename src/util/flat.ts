/**
 * Texts that were just put together and outlive their message: V8 keeps a concatenation as pointers to its pieces. What is a
 * part of something larger: `detached.ts`.
 */

/** The same text in one piece of its own. */
export function flat(text: string): string {
  // Reading a character makes V8 put the pieces together; the result has to hang on it, or the compiler leaves the reading out.
  return text.charCodeAt(0) === 0 ? text.slice(0) : text;
}
