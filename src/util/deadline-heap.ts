/** A binary heap of deadlines: the earliest is on top, wherever in it one is added, moved or removed. */
import type { Instant } from './time.ts';

export interface HeapEntry {
  readonly at: Instant;
  /** Orders equal instants. */
  readonly turn: number;
  /** @internal position in the heap, -1 outside of it */
  index: number;
}

export class DeadlineHeap<T extends HeapEntry> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): T | undefined {
    return this.#heap[0];
  }

  has(entry: T): boolean {
    return entry.index >= 0 && this.#heap[entry.index] === entry;
  }

  add(entry: T): void {
    entry.index = this.#heap.length;
    this.#heap.push(entry);
    this.#rise(entry);
  }

  /** The entry must be in this heap. */
  remove(entry: T): void {
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#put(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }

  #rise(entry: T): void {
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

  #sink(entry: T): void {
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

  #put(entry: T, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}

export function isBefore(left: HeapEntry, right: HeapEntry): boolean {
  return left.at < right.at || (left.at === right.at && left.turn < right.turn);
}
