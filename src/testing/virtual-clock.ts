/**
 * Virtual time: stands still until the simulator advances it, then jumps from one deadline to the next.
 * Events of the same instant run in the order in which they were asked for, so a run depends on nothing but its inputs.
 */
import { DeadlineQueue } from '../util/deadlines.ts';
import type { Instant, WallTime } from '../util/time.ts';
import type { Clock } from '../world/world.ts';

/** 2026-01-01T00:00:00Z: every simulation begins here. */
const wallOriginUs = Date.UTC(2026, 0, 1) * 1000;

export class VirtualClock implements Clock {
  #now = 0 as Instant;
  #lastWall = wallOriginUs - 1;
  #uses = 0;
  #deferred: (() => void)[] = [];
  readonly #waiting = new DeadlineQueue<() => void>();

  now(): Instant {
    return this.#now;
  }

  /** Two calls never give the same value, as two messages never share a capture time. */
  wall(): WallTime {
    this.#lastWall = Math.max(this.#lastWall + 1, wallOriginUs + Math.floor(this.#now * 1000));
    return this.#lastWall as WallTime;
  }

  wake(at: Instant, fn: () => void): () => void {
    this.#uses++;
    const entry = this.#waiting.add(later(at, this.#now), fn);
    return () => {
      this.#uses++;
      this.#waiting.remove(entry);
    };
  }

  defer(fn: () => void): void {
    this.#uses++;
    this.#deferred.push(fn);
  }

  /** Grows whenever somebody asks for a wake-up: how the simulator sees that asynchronous code is still busy. */
  get uses(): number {
    return this.#uses;
  }

  /** When the next wake-up is due; undefined when nothing waits. */
  get nextDeadline(): Instant | undefined {
    return this.#waiting.next;
  }

  /** Ends the turn: runs what was deferred in it. False when there was nothing. */
  endTurn(): boolean {
    if (this.#deferred.length === 0) return false;
    const turn = this.#deferred;
    this.#deferred = [];
    for (const fn of turn) fn();
    return true;
  }

  /** Jumps to the next deadline, if it is not later than `limit`, and runs one wake-up. */
  step(limit: number = Number.POSITIVE_INFINITY): boolean {
    const next = this.#waiting.next;
    if (next === undefined || next > limit) return false;
    this.#now = later(next, this.#now);
    this.#waiting.popDue(this.#now)?.();
    return true;
  }

  /** Moves on without running anything: only for the end of a period in which nothing more is due. */
  advanceTo(at: Instant): void {
    this.#now = later(at, this.#now);
  }
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
