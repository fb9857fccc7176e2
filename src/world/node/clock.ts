/** Time from Node: monotonic milliseconds, strictly increasing wall time, and timers. */
import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Instant, WallTime } from '../../util/time.ts';
import type { Clock } from '../world.ts';

/** Node turns a longer timeout into 1 ms. */
const longestTimeoutMs = 2 ** 31 - 1;

/** The system clock ticks in milliseconds here; a larger distance than this means that somebody set it. */
const toleratedDriftMs = 2;

/** How often the system clock is looked at: `Date.now` is a call into the runtime, 13 of them a traced call. */
export const DRIFT_CHECK_MS = 20;

export function nodeClock(): Clock {
  const sequence = new WallSequence();
  const now = (): Instant => performance.now() as Instant;
  return {
    now,
    wall: () => sequence.next(performance.now(), Date.now),
    wake: (at, fn) => wakeAt(now, at, fn),
    defer: (fn) => {
      setImmediate(fn);
    },
  };
}

/**
 * Wall time in microseconds that never repeats: two messages in one millisecond keep their order. It runs on the
 * monotonic clock from an anchor, and takes a new anchor when the system clock was set.
 */
export class WallSequence {
  /** What the system clock is ahead of the monotonic one. */
  #aheadMs = 0;
  #nextCheckMs = Number.NEGATIVE_INFINITY;
  #last = 0;

  next(monotonicMs: number, systemMs: () => number): WallTime {
    if (monotonicMs >= this.#nextCheckMs) this.#check(monotonicMs, systemMs());
    this.#last = Math.max(this.#last + 1, Math.floor((this.#aheadMs + monotonicMs) * 1000));
    return this.#last as WallTime;
  }

  #check(monotonicMs: number, systemMs: number): void {
    this.#nextCheckMs = monotonicMs + DRIFT_CHECK_MS;
    const aheadMs = systemMs - monotonicMs;
    if (Math.abs(aheadMs - this.#aheadMs) > toleratedDriftMs) this.#aheadMs = aheadMs;
  }
}

function wakeAt(now: () => Instant, at: Instant, fn: () => void): () => void {
  const fire = (): void => {
    if (now() < at) arm();
    else fn();
  };
  const arm = (): void => {
    // Node's timers count whole milliseconds of a cached clock: without one more, half of them fire too early and again.
    timer = setTimeout(fire, Math.min(longestTimeoutMs, Math.max(0, Math.ceil(at - now())) + 1));
  };
  let timer: NodeJS.Timeout | undefined;
  arm();
  return () => clearTimeout(timer);
}
