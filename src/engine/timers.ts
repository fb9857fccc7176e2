/**
 * All deadlines of a proxy in one queue under one host timer. Whoever waits is asked on time, or a little late, never early.
 */
import { DeadlineQueue, type Deadline } from '../util/deadlines.ts';
import { after, type Instant } from '../util/time.ts';
import type { Clock } from '../world/world.ts';

export interface Waiting {
  onDeadline(now: Instant): void;
}

/** A place in the queue, given back to move or remove it. */
export type TimerEntry = Deadline<Waiting>;

/**
 * Wake-ups are at least this far apart, so that thousands of transactions that end one after the other share a few. A
 * deadline is never met early, and at most this much late.
 */
export const GRANULARITY_MS = 10;

export class Timers {
  readonly #queue = new DeadlineQueue<Waiting>();
  readonly #clock: Clock;
  #wakeAt: Instant | undefined = undefined;
  #notBefore: Instant | undefined = undefined;
  #cancelWake: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Moves `entry` to `at`, makes one when there is none, and removes it when there is no deadline any more. */
  set(entry: TimerEntry | undefined, at: Instant | undefined, waiting: Waiting): TimerEntry | undefined {
    if (at === undefined) {
      if (entry !== undefined) this.#queue.remove(entry);
      return undefined;
    }
    if (entry === undefined) entry = this.#queue.add(at, waiting);
    else if (entry.at !== at) this.#queue.update(entry, at);
    this.#arm();
    return entry;
  }

  stop(): void {
    this.#cancelWake();
    this.#wakeAt = undefined;
  }

  #arm(): void {
    const next = this.#queue.next;
    if (next === undefined) return;
    const at = this.#notBefore !== undefined && this.#notBefore > next ? this.#notBefore : next;
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) return;
    // What has fired is left alone: Node forgets the list of timers of that length with it, and makes another.
    if (this.#wakeAt !== undefined) this.#cancelWake();
    this.#wakeAt = at;
    this.#cancelWake = this.#clock.wake(at, this.#run);
  }

  readonly #run = (): void => {
    this.#wakeAt = undefined;
    const now = this.#clock.now();
    this.#notBefore = after(now, GRANULARITY_MS);
    for (let due = this.#queue.popDue(now); due !== undefined; due = this.#queue.popDue(now)) due.onDeadline(now);
    this.#arm();
  };
}
