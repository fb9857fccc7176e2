/**
 * POSIX extended regular expressions that match in time linear in the subject, whatever they are. Expressions come from a
 * configuration, subjects from the network; none of them can make it hang.
 */
import { parseRegex, type RegexNode, type RegexOptions, type RegexProblem } from './parser.ts';
import { MAX_STATES, type Program, programOf } from './program.ts';
import { type Found, type Origin, Searcher } from './searcher.ts';
import { Tester } from './tester.ts';

const BEGINNING: Origin = { at: 0, isLineStart: true };

export class Regex {
  readonly #tester: Tester;
  readonly #program: Program;
  readonly #lines: boolean;
  /** What it matches, where that is one text. */
  readonly #literal: string | undefined;
  #searcher: Searcher | undefined = undefined;

  constructor(program: Program, lines: boolean, literal: string | undefined) {
    this.#literal = literal;
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
    if (this.#literal !== undefined) return find(subject, this.#literal, origin.at);
    if (origin.at === 0 && origin.isLineStart && !this.#tester.test(subject)) return undefined;
    this.#searcher ??= new Searcher(this.#program, this.#lines);
    return this.#searcher.search(subject, origin);
  }

  /** States entered by searches, ever. */
  get steps(): number {
    return this.#searcher?.steps ?? 0;
  }
}

/** Undefined where it matches more than one text, or the empty one. */
function literalOf(tree: RegexNode): string | undefined {
  let text = '';
  for (const node of tree.kind === 'sequence' ? tree.parts : [tree]) {
    const code = node.kind === 'set' ? node.bytes.indexOf(1) : 0;
    if (node.kind !== 'set' || code <= 0 || node.bytes.lastIndexOf(1) !== code) return undefined;
    text += String.fromCharCode(code);
  }
  return text === '' ? undefined : text;
}

function find(subject: string, literal: string, from: number): Found | undefined {
  const start = subject.indexOf(literal, from);
  if (start < 0) return undefined;
  for (let at = from; at < start; at++) if (subject.charCodeAt(at) === 0) return undefined;
  const end = start + literal.length;
  return { start, end, seen: end, slots: Int32Array.of(start, end) };
}

export function compileRegex(pattern: string, options: RegexOptions): Regex | { readonly problem: RegexProblem } {
  const tree = parseRegex(pattern, options);
  if ('problem' in tree) return tree;
  const program = programOf(tree);
  if (program === undefined) return { problem: { at: 0, message: `it has more than ${MAX_STATES} states` } };
  return new Regex(program, options.lines === true, literalOf(tree));
}
