/**
 * Promises for "until this has been heard", for scripts over real sockets. In a simulation `sim.runUntil` does the same
 * and moves the time along.
 */
import { after } from '../util/time.ts';
import type { Clock } from '../world/world.ts';

const defaultWaitMs = 5_000;

interface Waiter {
  readonly isDone: () => boolean;
  readonly settle: () => void;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects after `withinMs` with what `describe` says was heard instead. */
  until(isDone: () => boolean, describe: () => readonly string[], withinMs = defaultWaitMs): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (outcome: () => void): void => {
        this.#waiting.delete(waiter);
        cancel();
        outcome();
      };
      const waiter: Waiter = { isDone, settle: () => end(resolve) };
      const cancel = this.#clock.wake(after(this.#clock.now(), withinMs), () => {
        end(() => reject(new Error([`not heard within ${withinMs} ms; heard was:`, ...describe()].join('\n'))));
      });
      this.#waiting.add(waiter);
    });
  }

  /** Whoever owns the waiters calls this after each thing heard. */
  check(): void {
    for (const waiter of [...this.#waiting]) if (waiter.isDone()) waiter.settle();
  }
}
