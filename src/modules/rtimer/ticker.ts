/** One timer: runs its routes at each interval. A run that is still waiting for something is not overtaken by the next. */
import type { TimerEntry, Timers, Waiting } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';

/** A promise when some route has to wait. */
export type Run = () => Promise<void> | undefined;

export class Ticker implements Waiting {
  readonly #intervalMs: number;
  readonly #timers: Timers;
  readonly #run: Run;
  #timer: TimerEntry | undefined = undefined;
  #running = false;
  skipped = 0;

  constructor(intervalMs: number, timers: Timers, run: Run) {
    this.#intervalMs = intervalMs;
    this.#timers = timers;
    this.#run = run;
  }

  start(now: Instant): void {
    this.#timer = this.#timers.set(this.#timer, after(now, this.#intervalMs), this);
  }

  stop(): void {
    this.#timer = this.#timers.set(this.#timer, undefined, this);
  }

  onDeadline(now: Instant): void {
    this.#timer = this.#timers.set(undefined, after(now, this.#intervalMs), this);
    if (this.#running) {
      this.skipped++;
      return;
    }
    const waiting = this.#run();
    if (waiting === undefined) return;
    this.#running = true;
    void waiting.finally(() => {
      this.#running = false;
    });
  }
}
