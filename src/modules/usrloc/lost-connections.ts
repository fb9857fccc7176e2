/** Ends contacts whose connection is gone (`handle_lost_tcp`): looked for from time to time, as in Kamailio. */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Bindings } from './bindings.ts';

export class LostConnections {
  readonly #engine: Engine;
  readonly #bindings: Bindings;
  readonly #intervalMs: number;
  #timer: TimerEntry | undefined = undefined;

  constructor(engine: Engine, bindings: Bindings, intervalMs: number) {
    this.#engine = engine;
    this.#bindings = bindings;
    this.#intervalMs = intervalMs;
  }

  start(): void {
    this.#arm(this.#engine.world.clock.now());
  }

  stop(): void {
    this.#timer = this.#engine.timers.set(this.#timer, undefined, this);
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    for (const table of this.#bindings.tables.values()) {
      for (const binding of [...table.all()]) {
        const { connection } = binding;
        if (connection !== 0 && this.#engine.transport.flowOf(connection) === undefined) table.expire(binding);
      }
    }
    this.#arm(now);
  }

  #arm(now: Instant): void {
    this.#timer = this.#engine.timers.set(this.#timer, after(now, this.#intervalMs), this);
  }
}
