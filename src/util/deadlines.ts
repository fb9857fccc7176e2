/**
 * What is due when: a binary heap of instants, each with an item. Equal instants come out in the order they were set.
 * Holds no clock and fires nothing; its owner asks.
 */
import type { Instant } from './time.ts';

/** A place in a queue. Only the queue changes it. */
export class Deadline<T> {
  readonly item: T;
  at: Instant;
  /** @internal position in the heap, -1 outside of it */
  index = -1;
  /** @internal orders equal instants */
  turn = 0;

  constructor(at: Instant, item: T) {
    this.at = at;
    this.item = item;
  }
}

export class DeadlineQueue<T> {
  readonly #heap: Deadline<T>[] = [];
  #turns = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest instant. */
  get next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  add(at: Instant, item: T): Deadline<T> {
    const entry = new Deadline(at, item);
    entry.turn = this.#turns++;
    entry.index = this.#heap.length;
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /**
   * Moves an entry; it goes behind those already set for the same instant. False, and no effect, when it is not in the
   * queue any more.
   */
  update(entry: Deadline<T>, at: Instant): boolean {
    if (!this.has(entry)) return false;
    entry.at = at;
    entry.turn = this.#turns++;
    this.#rise(entry);
    this.#sink(entry);
    return true;
  }

  /** False, and no effect, when it is not in the queue any more. */
  remove(entry: Deadline<T>): boolean {
    if (!this.has(entry)) return false;
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#put(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
    return true;
  }

  has(entry: Deadline<T>): boolean {
    return entry.index >= 0 && this.#heap[entry.index] === entry;
  }

  /** Takes the earliest item out if its instant has come. */
  popDue(now: Instant): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first.item;
  }

  #rise(entry: Deadline<T>): void {
    let index = entry.index;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1];
      if (parent === undefined || isBefore(parent, entry)) break;
      const up = parent.index;
      this.#put(parent, index);
      index = up;
    }
    this.#put(entry, index);
  }

  #sink(entry: Deadline<T>): void {
    let index = entry.index;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      if (left === undefined) break;
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (isBefore(entry, child)) break;
      const down = child.index;
      this.#put(child, index);
      index = down;
    }
    this.#put(entry, index);
  }

  #put(entry: Deadline<T>, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}

function isBefore<T>(left: Deadline<T>, right: Deadline<T>): boolean {
  return left.at < right.at || (left.at === right.at && left.turn < right.turn);
}
