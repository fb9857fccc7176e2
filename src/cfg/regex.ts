/**
 * Matches POSIX extended regular expressions in time linear in the subject: Thompson's machine, its sets of states
 * kept as they are met. Patterns come from a configuration, subjects from the network; none of them can make it hang.
 */
import { type RegexNode, type RegexProblem, parseRegex } from './regex-parser.ts';

/** States of one machine: counts in braces multiply them. */
export const MAX_STATES = 20_000;
/** Sets of states that one machine remembers; beyond, it forgets them and begins anew. */
const MAX_REMEMBERED = 512;

type Node =
  | { readonly kind: 'byte'; readonly bytes: Uint8Array; next: number }
  | { readonly kind: 'split'; readonly next: number[] }
  | { readonly kind: 'start' | 'end'; next: number }
  | { readonly kind: 'match' };

/** One set of states, with where each byte leads. */
interface Situation {
  readonly states: readonly number[];
  readonly matched: boolean;
  readonly matchedAtEnd: boolean;
  readonly next: (Situation | undefined)[];
}

export interface RegexOptions {
  readonly ignoreCase: boolean;
}

export function compileRegex(
  pattern: string,
  { ignoreCase }: RegexOptions,
): Regex | { readonly problem: RegexProblem } {
  const tree = parseRegex(pattern, ignoreCase);
  if ('problem' in tree) return tree;
  const builder = new Builder();
  const match = builder.add({ kind: 'match' });
  const start = match === undefined ? undefined : builder.build(tree, match);
  if (start === undefined) return { problem: { at: 0, message: `it has more than ${MAX_STATES} states` } };
  return new Regex(builder.nodes, start);
}

export class Regex {
  readonly #nodes: readonly Node[];
  readonly #start: number;
  readonly #mark: Int32Array;
  #generation = 0;
  #known = new Map<string, Situation>();
  #first: Situation;

  constructor(nodes: readonly Node[], start: number) {
    this.#nodes = nodes;
    this.#start = start;
    this.#mark = new Int32Array(nodes.length);
    this.#first = this.#situation([start], true);
  }

  /** Whether it matches anywhere. A NUL ends the subject, as for regexec(3). */
  test(subject: string): boolean {
    let now = this.#first;
    for (let at = 0; at < subject.length; at++) {
      if (now.matched) return true;
      const byte = subject.charCodeAt(at) & 0xff;
      if (byte === 0) break;
      now = now.next[byte] ?? this.#step(now, byte);
    }
    return now.matched || now.matchedAtEnd;
  }

  #step(from: Situation, byte: number): Situation {
    if (this.#known.size > MAX_REMEMBERED) {
      this.#known = new Map();
      this.#first = this.#situation([this.#start], true);
    }
    const reached: number[] = [];
    for (const state of from.states) {
      const node = this.#nodes[state];
      if (node?.kind === 'byte' && node.bytes[byte] === 1) reached.push(node.next);
    }
    reached.push(this.#start);
    const next = this.#situation(reached, false);
    from.next[byte] = next;
    return next;
  }

  #situation(from: readonly number[], atStart: boolean): Situation {
    const states = this.#closure(from, atStart, false);
    const key = `${atStart ? '^' : ''}${states.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Situation = {
      states,
      matched: this.#matches(states),
      matchedAtEnd: this.#matches(this.#closure(from, atStart, true)),
      next: [],
    };
    this.#known.set(key, made);
    return made;
  }

  #matches(states: readonly number[]): boolean {
    return states.some((state) => this.#nodes[state]?.kind === 'match');
  }

  /** All that can be reached without a byte, in order of number. */
  #closure(from: readonly number[], atStart: boolean, atEnd: boolean): readonly number[] {
    this.#generation++;
    const reached: number[] = [];
    const open = [...from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (this.#mark[state] === this.#generation) continue;
      this.#mark[state] = this.#generation;
      const node = this.#nodes[state];
      if (node === undefined) continue;
      if (node.kind === 'split') open.push(...node.next);
      else if (node.kind === 'start') {
        if (atStart) open.push(node.next);
      } else if (node.kind === 'end' && atEnd) open.push(node.next);
      else reached.push(state);
    }
    return reached.sort((a, b) => a - b);
  }
}

/** Builds the machine from its end: each part is told where to go on. Undefined when it grows too large. */
class Builder {
  readonly nodes: Node[] = [];

  add(node: Node): number | undefined {
    if (this.nodes.length >= MAX_STATES) return undefined;
    return this.nodes.push(node) - 1;
  }

  build(tree: RegexNode, next: number): number | undefined {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'set':
        return this.add({ kind: 'byte', bytes: tree.bytes, next });
      case 'start':
      case 'end':
        return this.add({ kind: tree.kind, next });
      case 'sequence':
        return this.#sequence(tree.parts, next);
      case 'choice':
        return this.#choice(tree.parts, next);
      case 'repeat':
        return this.#repeat(tree, next);
    }
  }

  #sequence(parts: readonly RegexNode[], next: number): number | undefined {
    let to: number | undefined = next;
    for (const part of parts.toReversed()) to = to === undefined ? undefined : this.build(part, to);
    return to;
  }

  #choice(parts: readonly RegexNode[], next: number): number | undefined {
    const starts: number[] = [];
    for (const part of parts) {
      const start = this.build(part, next);
      if (start === undefined) return undefined;
      starts.push(start);
    }
    return this.add({ kind: 'split', next: starts });
  }

  #repeat({ of, min, max }: Extract<RegexNode, { kind: 'repeat' }>, next: number): number | undefined {
    let to: number | undefined = max === Infinity ? this.#loop(of, next) : next;
    const optional = max === Infinity ? 0 : max - min;
    for (let i = 0; i < optional && to !== undefined; i++) {
      const inner: number | undefined = this.build(of, to);
      to = inner === undefined ? undefined : this.add({ kind: 'split', next: [inner, next] });
    }
    for (let i = 0; i < min && to !== undefined; i++) to = this.build(of, to);
    return to;
  }

  #loop(of: RegexNode, next: number): number | undefined {
    const branches: number[] = [next];
    const split = this.add({ kind: 'split', next: branches });
    const body = split === undefined ? undefined : this.build(of, split);
    if (body !== undefined) branches.push(body);
    return body === undefined ? undefined : split;
  }
}
