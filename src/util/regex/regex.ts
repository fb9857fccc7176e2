/**
 * POSIX extended regular expressions that match in time linear in the subject, whatever they are. Expressions come from a
 * configuration, subjects from the network; none of them can make it hang.
 */
import { parseRegex, type RegexOptions, type RegexProblem } from './parser.ts';
import { MAX_STATES, type Program, programOf } from './program.ts';
import { type Found, type Origin, Searcher } from './searcher.ts';
import { Tester } from './tester.ts';

const BEGINNING: Origin = { at: 0, isLineStart: true };

export class Regex {
  readonly #tester: Tester;
  readonly #program: Program;
  readonly #lines: boolean;
  #searcher: Searcher | undefined = undefined;

  constructor(program: Program, lines: boolean) {
    this.#program = program;
    this.#lines = lines;
    this.#tester = new Tester(program, lines);
  }

  /** Whether it matches anywhere. A NUL ends the subject, as for regexec(3). */
  test(subject: string): boolean {
    return this.#tester.test(subject);
  }

  /** The leftmost longest match from a place on, and what its groups hold. */
  search(subject: string, origin: Origin = BEGINNING): Found | undefined {
    if (origin.at === 0 && origin.isLineStart && !this.#tester.test(subject)) return undefined;
    this.#searcher ??= new Searcher(this.#program, this.#lines);
    return this.#searcher.search(subject, origin);
  }

  /** States entered by searches, ever. */
  get steps(): number {
    return this.#searcher?.steps ?? 0;
  }
}

export function compileRegex(pattern: string, options: RegexOptions): Regex | { readonly problem: RegexProblem } {
  const tree = parseRegex(pattern, options);
  if ('problem' in tree) return tree;
  const program = programOf(tree);
  if (program === undefined) return { problem: { at: 0, message: `it has more than ${MAX_STATES} states` } };
  return new Regex(program, options.lines === true);
}
