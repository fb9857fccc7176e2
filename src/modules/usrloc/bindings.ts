/**
 * All tables of a proxy: what they share is the limit, the queue of what expires, the names of bindings, and who is told.
 * Outlives programs.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { DeadlineQueue } from '../../util/deadlines.ts';
import { Lru } from '../../util/lru.ts';
import { after, type Instant, type WallTime } from '../../util/time.ts';
import type { BindingValues, LocationEvent } from './api.ts';
import { type BindingRules, LocationTable, type TableHost, wallSeconds } from './location-table.ts';
import { type BindingStore, memoryOnly } from './store.ts';
import { ownText, type StoredBinding } from './stored-binding.ts';

/** Bindings that expire in one turn; the others wait for the next one, unseen. */
export const EXPIRY_BATCH = 1_000;
/** Names of user agents kept once for all bindings that have them. */
const SHARED_TEXTS = 4_096;

export class Bindings implements TableHost {
  rules: BindingRules;
  store: BindingStore = memoryOnly;
  listeners: readonly ((event: LocationEvent) => void)[] = [];
  readonly #engine: Engine;
  readonly #tables = new Map<string, LocationTable>();
  readonly #queue = new DeadlineQueue<StoredBinding>();
  readonly #texts = new Lru<string, string>(SHARED_TEXTS);
  readonly #ruidPrefix: string;
  #lastRuid = 0;
  #timer: TimerEntry | undefined = undefined;

  constructor(engine: Engine, rules: BindingRules) {
    this.#engine = engine;
    this.rules = rules;
    const { clock, random } = engine.world;
    this.#ruidPrefix = `uloc-${wallSeconds(clock.wall()).toString(16)}-${(random.u32() & 0xffff).toString(16)}-`;
  }

  /** Names this proxy among all that there are and have been. */
  get id(): string {
    return this.#ruidPrefix;
  }

  get count(): number {
    let count = 0;
    for (const table of this.#tables.values()) count += table.bindings;
    return count;
  }

  get room(): number {
    return this.rules.maxBindings - this.count;
  }

  get tables(): ReadonlyMap<string, LocationTable> {
    return this.#tables;
  }

  table(name: string): LocationTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new LocationTable(name, this);
      this.#tables.set(name, table);
    }
    return table;
  }

  now(): Instant {
    return this.#engine.world.clock.now();
  }

  wall(): WallTime {
    return this.#engine.world.clock.wall();
  }

  nextRuid(): string {
    return ownText(`${this.#ruidPrefix}${(++this.#lastRuid).toString(16)}`);
  }

  shared(values: BindingValues): BindingValues {
    let userAgent = this.#texts.get(values.userAgent);
    if (userAgent === undefined) {
      userAgent = ownText(values.userAgent);
      this.#texts.set(userAgent, userAgent);
    }
    return { ...values, userAgent };
  }

  schedule(binding: StoredBinding): void {
    const { expires } = binding;
    if (expires === undefined) this.unschedule(binding);
    else if (binding.deadline === undefined) binding.deadline = this.#queue.add(expires, binding);
    else this.#queue.update(binding.deadline, expires);
    this.#arm(this.#queue.next);
  }

  unschedule(binding: StoredBinding): void {
    if (binding.deadline !== undefined) this.#queue.remove(binding.deadline);
    binding.deadline = undefined;
  }

  tell(event: LocationEvent): void {
    this.store.changed(event);
    for (const listener of this.listeners) listener(event);
  }

  fetch(table: LocationTable, aor: string): Promise<void> | undefined {
    return this.store.fetch(table, aor);
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    for (let left = EXPIRY_BATCH; left > 0; left--) {
      const binding = this.#queue.popDue(now);
      if (binding === undefined) break;
      binding.deadline = undefined;
      binding.owner.expire(binding);
    }
    const { next } = this.#queue;
    this.#arm(next !== undefined && next <= now ? after(now, 1) : next);
  }

  /** A timer that is early does no harm: it looks, finds nothing due and is set again. */
  #arm(at: Instant | undefined): void {
    if (at === undefined || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer = this.#engine.timers.set(this.#timer, at, this);
  }
}
