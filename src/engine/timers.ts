/**
 * All deadlines of a proxy in one queue under one host timer. Whoever waits is asked on time, or a little late, never early.
 */
import { DeadlineQueue, type Deadline } from '../util/deadlines.ts';
import type { Instant } from '../util/time.ts';
import type { Clock } from '../world/world.ts';

export interface Waiting {
  onDeadline(now: Instant): void;
}

/** A place in the queue, given back to move or remove it. */
export type TimerEntry = Deadline<Waiting>;

export class Timers {
  readonly #queue = new DeadlineQueue<Waiting>();
  readonly #clock: Clock;
  #wakeAt: Instant | undefined = undefined;
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
    if (next === undefined || (this.#wakeAt !== undefined && this.#wakeAt <= next)) return;
    this.#cancelWake();
    this.#wakeAt = next;
    this.#cancelWake = this.#clock.wake(next, this.#run);
  }

  readonly #run = (): void => {
    this.#wakeAt = undefined;
    const now = this.#clock.now();
    for (let due = this.#queue.popDue(now); due !== undefined; due = this.#queue.popDue(now)) due.onDeadline(now);
    this.#arm();
  };
}
