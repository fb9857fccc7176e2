/** The tree in time: periods end and silent addresses are forgotten while there is anything in it, else no timer runs. */
import type { Timers, TimerEntry, Waiting } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import { FloodTree, type Verdict } from './flood-tree.ts';

export interface WatchSettings {
  readonly density: number;
  readonly periodMs: number;
  readonly silenceMs: number;
}

export class Watch implements Waiting {
  readonly tree: FloodTree;
  readonly #periodMs: number;
  readonly #timers: Timers;
  #periodEnd: Instant | undefined = undefined;
  #timer: TimerEntry | undefined = undefined;

  constructor(settings: WatchSettings, timers: Timers) {
    this.tree = new FloodTree(settings);
    this.#periodMs = settings.periodMs;
    this.#timers = timers;
  }

  hit(address: Uint8Array, now: Instant): Verdict {
    const verdict = this.tree.hit(address, now);
    if (this.#periodEnd === undefined) {
      this.#periodEnd = after(now, this.#periodMs);
      this.#timer = this.#timers.set(this.#timer, this.#periodEnd, this);
    }
    return verdict;
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    this.tree.nextPeriod();
    this.tree.sweep(now);
    this.#periodEnd = this.tree.size === 0 ? undefined : after(now, this.#periodMs);
    this.#timer = this.#timers.set(undefined, this.#periodEnd, this);
  }
}
