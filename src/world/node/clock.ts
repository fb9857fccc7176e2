/** Time from Node: monotonic milliseconds, strictly increasing wall time, and timers. */
import { performance } from 'node:perf_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { Instant, WallTime } from '../../util/time.ts';
import type { Clock } from '../world.ts';

/** Node turns a longer timeout into 1 ms. */
const longestTimeoutMs = 2 ** 31 - 1;

/** The system clock ticks in milliseconds here; a larger distance than this means that somebody set it. */
const toleratedDriftMs = 2;

export function nodeClock(): Clock {
  const sequence = new WallSequence();
  const now = (): Instant => performance.now() as Instant;
  return {
    now,
    wall: () => sequence.next(Date.now(), performance.now()),
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
  #anchorSystemMs = 0;
  #anchorMonotonicMs = 0;
  #last = 0;

  next(systemMs: number, monotonicMs: number): WallTime {
    let ms = this.#anchorSystemMs + (monotonicMs - this.#anchorMonotonicMs);
    if (Math.abs(ms - systemMs) > toleratedDriftMs) {
      this.#anchorSystemMs = systemMs;
      this.#anchorMonotonicMs = monotonicMs;
      ms = systemMs;
    }
    this.#last = Math.max(this.#last + 1, Math.floor(ms * 1000));
    return this.#last as WallTime;
  }
}

function wakeAt(now: () => Instant, at: Instant, fn: () => void): () => void {
  const fire = (): void => {
    // Node's timers count whole milliseconds of a cached clock, so one may fire a little early.
    if (now() < at) arm();
    else fn();
  };
  const arm = (): void => {
    timer = setTimeout(fire, Math.min(longestTimeoutMs, Math.max(0, Math.ceil(at - now()))));
  };
  let timer: NodeJS.Timeout | undefined;
  arm();
  return () => clearTimeout(timer);
}
