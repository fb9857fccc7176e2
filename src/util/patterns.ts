/**
 * Regular expressions of scripts, as Kamailio reads them: without regard to case, line by line. Compiled once, and held
 * against a bounded part of the text, because what is searched was written by a peer.
 */
import { Lru } from './lru.ts';

/** Characters of a text that are searched; what follows is not seen. */
export const MAX_SEARCHED = 65_535;
const MAX_COMPILED = 256;

export class Patterns {
  readonly #compiled = new Lru<string, RegExp>(MAX_COMPILED);

  /** Throws a SyntaxError when `pattern` is no regular expression: that is the script's fault. */
  matches(pattern: string, text: string): boolean {
    let compiled = this.#compiled.get(pattern);
    if (compiled === undefined) {
      compiled = new RegExp(pattern, 'im');
      this.#compiled.set(pattern, compiled);
    }
    return compiled.test(text.length > MAX_SEARCHED ? text.slice(0, MAX_SEARCHED) : text);
  }
}
