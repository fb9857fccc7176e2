/**
 * What is due when: instants, each with an item. Equal instants come out in the order they were set. Holds no clock and fires
 * nothing; its owner asks.
 */
import { DeadlineHeap, type HeapEntry, isBefore } from './deadline-heap.ts';
import type { Instant } from './time.ts';

/** A place in a queue. Only the queue changes it. */
export class Deadline<T> implements HeapEntry {
  readonly item: T;
  at: Instant;
  /** @internal orders equal instants */
  turn = 0;
  /** @internal position in the heap, -1 outside of it */
  index = -1;
  /** @internal where it stands in line instead */
  lane: Lane<T> | undefined = undefined;
  /** @internal */
  before: Deadline<T> | undefined = undefined;
  /** @internal */
  behind: Deadline<T> | undefined = undefined;

  constructor(at: Instant, item: T) {
    this.at = at;
    this.item = item;
  }
}

/**
 * Most who wait, wait for one of a few lengths of time, so each is due after those who came before for the same time. They stand
 * in line, at the same small cost however many there are; a heap takes the others.
 */
const LANES = 4;

export class DeadlineQueue<T> {
  readonly #lanes: readonly Lane<T>[] = Array.from({ length: LANES }, () => new Lane<T>());
  readonly #heap = new DeadlineHeap<Deadline<T>>();
  #size = 0;
  #turns = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest instant. */
  get next(): Instant | undefined {
    return this.#first()?.at;
  }

  add(at: Instant, item: T): Deadline<T> {
    const entry = new Deadline(at, item);
    this.#size++;
    this.#place(entry);
    return entry;
  }

  /**
   * Moves an entry; it goes behind those already set for the same instant. False, and no effect, when it is not in the
   * queue any more.
   */
  update(entry: Deadline<T>, at: Instant): boolean {
    if (!this.has(entry)) return false;
    this.#takeOut(entry);
    entry.at = at;
    this.#place(entry);
    return true;
  }

  /** False, and no effect, when it is not in the queue any more. */
  remove(entry: Deadline<T>): boolean {
    if (!this.has(entry)) return false;
    this.#takeOut(entry);
    this.#size--;
    return true;
  }

  has(entry: Deadline<T>): boolean {
    return entry.lane === undefined ? this.#heap.has(entry) : this.#lanes.includes(entry.lane);
  }

  /** Takes the earliest item out if its instant has come. */
  popDue(now: Instant): T | undefined {
    const first = this.#first();
    if (first === undefined || first.at > now) return undefined;
    this.#takeOut(first);
    this.#size--;
    return first.item;
  }

  #first(): Deadline<T> | undefined {
    let { first } = this.#heap;
    for (const lane of this.#lanes) {
      if (lane.first !== undefined && (first === undefined || isBefore(lane.first, first))) first = lane.first;
    }
    return first;
  }

  /** Behind the latest of those it is not before; in the heap when it is before the last of every line. */
  #place(entry: Deadline<T>): void {
    entry.turn = this.#turns++;
    let best: Lane<T> | undefined;
    for (const lane of this.#lanes) {
      if (lane.last !== undefined && lane.last.at > entry.at) continue;
      if (best === undefined || (lane.last?.at ?? -Infinity) > (best.last?.at ?? -Infinity)) best = lane;
    }
    if (best === undefined) this.#heap.add(entry);
    else best.append(entry);
  }

  #takeOut(entry: Deadline<T>): void {
    if (entry.lane === undefined) this.#heap.remove(entry);
    else entry.lane.remove(entry);
  }
}

/** A line: who comes is never before who stands in it. */
class Lane<T> {
  first: Deadline<T> | undefined = undefined;
  last: Deadline<T> | undefined = undefined;

  append(entry: Deadline<T>): void {
    entry.lane = this;
    entry.before = this.last;
    if (this.last === undefined) this.first = entry;
    else this.last.behind = entry;
    this.last = entry;
  }

  remove(entry: Deadline<T>): void {
    const { before, behind } = entry;
    if (before === undefined) this.first = behind;
    else before.behind = behind;
    if (behind === undefined) this.last = before;
    else behind.before = before;
    entry.lane = undefined;
    entry.before = undefined;
    entry.behind = undefined;
  }
}
