/**
 * Locks of route blocks, by key. A route runs alone as long as it does not wait for anything; a lock keeps others out while
 * it does. Who holds one may take it again; it ends with `release`, with the route, or after a bounded time.
 */
import { after } from '../util/time.ts';
import type { Clock } from '../world/world.ts';
import type { TimerEntry, Timers, Waiting } from './timers.ts';

/** Nobody holds a lock longer: a route that forgot it must not stop all others. */
export const MAX_HELD_MS = 10_000;
/** Routes that wait for one lock. */
export const MAX_WAITING = 1_000;
/** Locks that are held at the same time. */
export const MAX_LOCKS = 100_000;

/** `overdue` is called when it was held for too long. */
class Lock implements Waiting {
  readonly key: string;
  readonly waiting: { readonly owner: object; readonly enter: () => void }[] = [];
  owner: object;
  depth = 1;
  timer: TimerEntry | undefined = undefined;
  readonly #overdue: (lock: Lock) => void;

  constructor(key: string, owner: object, overdue: (lock: Lock) => void) {
    this.key = key;
    this.owner = owner;
    this.#overdue = overdue;
  }

  onDeadline(): void {
    this.timer = undefined;
    this.#overdue(this);
  }
}

export type Locked = 'locked' | 'full';

export class RouteLocks {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #held = new Map<string, Lock>();
  readonly #byOwner = new Map<object, Set<Lock>>();

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  get size(): number {
    return this.#held.size;
  }

  /** A promise only when somebody else holds it. */
  acquire(key: string, owner: object): Locked | Promise<Locked> {
    const lock = this.#held.get(key);
    if (lock === undefined) return this.#held.size >= MAX_LOCKS ? 'full' : this.#take(key, owner);
    if (lock.owner === owner) {
      lock.depth++;
      return 'locked';
    }
    if (lock.waiting.length >= MAX_WAITING) return 'full';
    return new Promise((resolve) => {
      lock.waiting.push({ owner, enter: () => resolve('locked') });
    });
  }

  /** Takes it only if nobody else holds it. */
  tryAcquire(key: string, owner: object): boolean {
    const lock = this.#held.get(key);
    if (lock !== undefined && lock.owner !== owner) return false;
    return this.acquire(key, owner) === 'locked';
  }

  /** False when this owner does not hold it. */
  release(key: string, owner: object): boolean {
    const lock = this.#held.get(key);
    if (lock === undefined || lock.owner !== owner) return false;
    lock.depth--;
    if (lock.depth === 0) this.#pass(lock);
    return true;
  }

  /** The route of this owner has ended. */
  releaseAll(owner: object): void {
    for (const lock of [...(this.#byOwner.get(owner) ?? [])]) this.#pass(lock);
  }

  #take(key: string, owner: object): 'locked' {
    const lock = new Lock(key, owner, this.#pass);
    this.#held.set(key, lock);
    this.#own(lock, owner);
    return 'locked';
  }

  #own(lock: Lock, owner: object): void {
    lock.owner = owner;
    lock.depth = 1;
    lock.timer = this.#timers.set(lock.timer, after(this.#clock.now(), MAX_HELD_MS), lock);
    const mine = this.#byOwner.get(owner);
    if (mine === undefined) this.#byOwner.set(owner, new Set([lock]));
    else mine.add(lock);
  }

  readonly #pass = (lock: Lock): void => {
    lock.timer = this.#timers.set(lock.timer, undefined, lock);
    const mine = this.#byOwner.get(lock.owner);
    mine?.delete(lock);
    if (mine?.size === 0) this.#byOwner.delete(lock.owner);
    const next = lock.waiting.shift();
    if (next === undefined) {
      this.#held.delete(lock.key);
      return;
    }
    this.#own(lock, next.owner);
    next.enter();
  };
}
