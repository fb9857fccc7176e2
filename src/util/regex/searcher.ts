/**
 * Where an expression matches and what its groups hold, as regexec(3) of the GNU library says: the leftmost match, of
 * those the longest, and in it each group as the first way that leads there. A byte costs one step a state, twice.
 */
import { MATCH, MAX_CAPTURED, type Program, type State } from './program.ts';
import { NEWLINE } from './tester.ts';

export interface Found {
  readonly start: number;
  readonly end: number;
  /** Where the text was looked at last. */
  readonly seen: number;
  /** Begin and end of each group; -1 where it took no part. The first two are of the whole. */
  readonly slots: Int32Array;
}

export interface Origin {
  /** Where the search begins. */
  readonly at: number;
  /** Whether `^` matches there. */
  readonly isLineStart: boolean;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly seen: number;
}

const NO_SLOTS = new Int32Array(0);

/** States that stand at one place of the text, in order of preference. */
class Threads {
  readonly states: number[] = [];
  /** First pass: where the match began that led here. Second pass: what the groups hold. */
  readonly began: number[] = [];
  readonly slots: Int32Array[] = [];

  add(state: number, began: number, slots: Int32Array): void {
    this.states.push(state);
    this.began.push(began);
    this.slots.push(slots);
  }

  get count(): number {
    return this.states.length;
  }

  keepUpTo(start: number): void {
    let count = this.count;
    while ((this.began[count - 1] ?? 0) > start) count--;
    if (count === this.count) return;
    this.states.length = count;
    this.began.length = count;
    this.slots.length = count;
  }
}

export class Searcher {
  readonly #states: readonly State[];
  readonly #start: number;
  readonly #lines: boolean;
  readonly #mark: Int32Array;
  #generation = 0;
  #subject = '';
  #text = '';
  /** States entered, ever. */
  #steps = 0;

  constructor({ states, start }: Program, lines: boolean) {
    this.#states = states;
    this.#start = start;
    this.#lines = lines;
    this.#mark = new Int32Array(states.length);
  }

  get steps(): number {
    return this.#steps;
  }

  search(subject: string, origin: Origin): Found | undefined {
    const text = this.#visible(subject, origin.at);
    const span = this.#span(text, origin);
    return span === undefined ? undefined : { ...span, slots: this.#groups(text, span, origin) };
  }

  /** Up to the first NUL. It is looked for once in a text that is searched again and again. */
  #visible(subject: string, from: number): string {
    if (from > 0 && subject === this.#subject) return this.#text;
    const nul = subject.indexOf('\0', from);
    this.#subject = subject;
    this.#text = nul < 0 ? subject : subject.slice(0, nul);
    return this.#text;
  }

  /** Threads stand in the order of where they began: the leftmost come first, and nothing behind a match counts. */
  #span(text: string, origin: Origin): Span | undefined {
    let now = new Threads();
    let best: { readonly start: number; readonly end: number } | undefined;
    this.#generation++;
    for (let at = origin.at; ; at++) {
      if (best === undefined) this.#reach(now, this.#start, { text, at, origin, began: at, slots: NO_SLOTS });
      const start = now.began[now.states.indexOf(MATCH)];
      if (start !== undefined) {
        best = { start, end: at };
        now.keepUpTo(start);
      }
      if (at === text.length || (now.count === 0 && best !== undefined)) {
        return best === undefined ? undefined : { ...best, seen: at };
      }
      now = this.#advance(now, { text, at, origin });
    }
  }

  /** Only what ends where the match ends is of interest; the first that does has the groups. */
  #groups(text: string, { start, end }: Span, origin: Origin): Int32Array {
    let now = new Threads();
    const slots = new Int32Array(2 * MAX_CAPTURED + 2).fill(-1);
    this.#generation++;
    this.#reach(now, this.#start, { text, at: start, origin, began: start, slots });
    for (let at = start; at < end; at++) now = this.#advance(now, { text, at, origin });
    const found = now.slots[now.states.indexOf(MATCH)] ?? slots;
    found[0] = start;
    found[1] = end;
    return found;
  }

  /** Over the byte at a place. */
  #advance(now: Threads, { text, at, origin }: Place): Threads {
    this.#generation++;
    const next = new Threads();
    const byte = text.charCodeAt(at) & 0xff;
    for (let i = 0; i < now.count; i++) {
      const state = this.#states[now.states[i] ?? -1];
      if (state?.kind !== 'byte' || state.bytes[byte] !== 1) continue;
      const began = now.began[i] ?? 0;
      this.#reach(next, state.next, { text, at: at + 1, origin, began, slots: now.slots[i] ?? NO_SLOTS });
    }
    return next;
  }

  /** All that can be reached without a byte, in order of preference, unless something better was there before. */
  #reach(threads: Threads, from: number, { text, at, origin, began, slots }: Reaching): void {
    const open: number[] = [from];
    const held: Int32Array[] = [slots];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const own = held.pop() ?? slots;
      if (this.#mark[index] === this.#generation) continue;
      this.#mark[index] = this.#generation;
      this.#steps++;
      const state = this.#states[index];
      if (state === undefined) continue;
      if (state.kind === 'split') {
        for (const way of state.next.toReversed()) {
          open.push(way);
          held.push(own);
        }
      } else if (state.kind === 'save') {
        open.push(state.next);
        held.push(own === NO_SLOTS ? own : withSlot(own, state.slot, at));
      } else if (state.kind === 'start' || state.kind === 'end') {
        if (!(state.kind === 'start' ? this.#atStart(text, at, origin) : this.#atEnd(text, at))) continue;
        open.push(state.next);
        held.push(own);
      } else threads.add(index, began, own);
    }
  }

  #atStart(text: string, at: number, origin: Origin): boolean {
    if (at === origin.at) return origin.isLineStart;
    return this.#lines && text.charCodeAt(at - 1) === NEWLINE;
  }

  #atEnd(text: string, at: number): boolean {
    return at === text.length || (this.#lines && text.charCodeAt(at) === NEWLINE);
  }
}

interface Place {
  readonly text: string;
  readonly at: number;
  readonly origin: Origin;
}

interface Reaching extends Place {
  readonly began: number;
  readonly slots: Int32Array;
}

function withSlot(slots: Int32Array, slot: number, value: number): Int32Array {
  const copy = slots.slice();
  copy[slot] = value;
  return copy;
}
