/** Routes that wait for time to pass. Bounded, because each keeps its message. */
import type { Timers, Waiting } from '../../engine/timers.ts';
import { after } from '../../util/time.ts';
import type { Clock } from '../../world/world.ts';

/** Routes that sleep at the same time. */
export const MAX_SLEEPERS = 10_000;

class Sleeper implements Waiting {
  readonly #wake: () => void;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  onDeadline(): void {
    this.#wake();
  }
}

export class Sleepers {
  readonly #timers: Timers;
  readonly #clock: Clock;
  #sleeping = 0;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  get sleeping(): number {
    return this.#sleeping;
  }

  sleep(ms: number): 'slept' | 'full' | Promise<'slept'> {
    if (ms <= 0) return 'slept';
    if (this.#sleeping >= MAX_SLEEPERS) return 'full';
    this.#sleeping++;
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleeping--;
        resolve('slept');
      };
      this.#timers.set(undefined, after(this.#clock.now(), ms), new Sleeper(wake));
    });
  }
}
