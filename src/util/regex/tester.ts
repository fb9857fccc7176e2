/** Whether an expression matches: the sets of states that a text leads to, kept as they are met. One step a byte. */
import { MATCH, type Program, type State } from './program.ts';

/** Sets of states that one machine remembers; beyond, it forgets them and begins anew. */
const MAX_REMEMBERED = 512;
export const NEWLINE = 10;

/** One set of states, with where each byte leads. */
interface Situation {
  readonly states: readonly number[];
  readonly lineStart: boolean;
  readonly matched: boolean;
  readonly matchedAtEnd: boolean;
  readonly next: (Situation | undefined)[];
}

export class Tester {
  readonly #states: readonly State[];
  readonly #start: number;
  readonly #lines: boolean;
  readonly #mark: Int32Array;
  #generation = 0;
  #known = new Map<string, Situation>();
  #first: Situation;

  constructor({ states, start }: Program, lines: boolean) {
    this.#states = states;
    this.#start = start;
    this.#lines = lines;
    this.#mark = new Int32Array(states.length);
    this.#first = this.#situation([start], true);
  }

  /** Whether it matches anywhere. A NUL ends the subject, as for regexec(3). */
  test(subject: string): boolean {
    let now = this.#first;
    for (let at = 0; at < subject.length; at++) {
      if (now.matched) return true;
      const byte = subject.charCodeAt(at) & 0xff;
      if (byte === 0) break;
      if (byte === NEWLINE && this.#lines && now.matchedAtEnd) return true;
      now = now.next[byte] ?? this.#step(now, byte);
    }
    return now.matched || now.matchedAtEnd;
  }

  #step(from: Situation, byte: number): Situation {
    if (this.#known.size > MAX_REMEMBERED) {
      this.#known = new Map();
      this.#first = this.#situation([this.#start], true);
    }
    const lineEnds = this.#lines && byte === NEWLINE;
    const before = lineEnds ? this.#closure(from.states, from.lineStart, true) : from.states;
    const reached: number[] = [];
    for (const at of before) {
      const state = this.#states[at];
      if (state?.kind === 'byte' && state.bytes[byte] === 1) reached.push(state.next);
    }
    reached.push(this.#start);
    const next = this.#situation(reached, lineEnds);
    from.next[byte] = next;
    return next;
  }

  #situation(from: readonly number[], lineStart: boolean): Situation {
    const states = this.#closure(from, lineStart, false);
    const key = `${lineStart ? '^' : ''}${states.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Situation = {
      states,
      lineStart,
      matched: this.#matches(states),
      matchedAtEnd: this.#matches(this.#closure(from, lineStart, true)),
      next: [],
    };
    this.#known.set(key, made);
    return made;
  }

  #matches(states: readonly number[]): boolean {
    return states.includes(MATCH);
  }

  /** All that can be reached without a byte, in order of number. */
  #closure(from: readonly number[], atStart: boolean, atEnd: boolean): readonly number[] {
    this.#generation++;
    const reached: number[] = [];
    const open = [...from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#mark[at] === this.#generation) continue;
      this.#mark[at] = this.#generation;
      const state = this.#states[at];
      if (state === undefined) continue;
      if (state.kind === 'split') open.push(...state.next);
      else if (state.kind === 'save') open.push(state.next);
      else if (state.kind === 'start') {
        if (atStart) open.push(state.next);
      } else if (state.kind === 'end' && atEnd) open.push(state.next);
      else reached.push(at);
    }
    return reached.sort((a, b) => a - b);
  }
}
