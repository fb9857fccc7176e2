/**
 * Regular expressions of scripts, as Kamailio compiles those of function arguments: without regard to case, line by line.
 * Compiled once; beyond a number of them, the ones that were used longest ago are compiled again.
 */
import { Lru } from '../lru.ts';
import { compileRegex, type Regex } from './regex.ts';

const MAX_COMPILED = 256;

export class PatternCache {
  readonly #compiled = new Lru<string, Regex>(MAX_COMPILED);

  /** Throws a SyntaxError when `pattern` is no regular expression: that is the script's fault. */
  matches(pattern: string, text: string): boolean {
    return this.get(pattern).test(text);
  }

  /** Throws a SyntaxError when `pattern` is no regular expression. */
  get(pattern: string, lines = true): Regex {
    const key = lines ? pattern : `\0${pattern}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const made = compileRegex(pattern, { ignoreCase: true, lines });
    if ('problem' in made) throw new SyntaxError(`${JSON.stringify(pattern)}: ${made.problem.message}`);
    this.#compiled.set(key, made);
    return made;
  }
}
