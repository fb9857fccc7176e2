/**
 * A 2xx to an INVITE that a route gave itself. RFC 3261 13.3.1.4: it "is passed to the transport with an interval that
 * starts at T1 seconds and doubles for each retransmission until it reaches T2 seconds", over any transport, until the
 * ACK comes or 64*T1 are over.
 */
import type { RequestClaim } from '../../engine/claim.ts';
import type { Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import { backOff, lifetime } from '../../transaction/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import type { TmCore } from './core.ts';
import type { ServerSide } from './server-side.ts';

export class LocalAnswer implements RequestClaim, Waiting {
  readonly #core: TmCore;
  readonly #server: ServerSide;
  /** By which its ACK finds it. */
  readonly #key: string;
  readonly #bytes: Uint8Array;
  readonly #end: Instant;
  #interval: number;
  #timer: TimerEntry | undefined;

  private constructor(core: TmCore, server: ServerSide, key: string, bytes: Uint8Array) {
    const now = core.engine.world.clock.now();
    const { timers } = core.settings;
    this.#core = core;
    this.#server = server;
    this.#key = key;
    this.#bytes = bytes;
    this.#interval = timers.t1;
    this.#end = after(now, lifetime(timers));
    this.#timer = core.engine.timers.set(undefined, after(now, timers.t1), this);
  }

  /** To be called when the reply went out for the first time. */
  static start(core: TmCore, server: ServerSide, key: string, bytes: Uint8Array): void {
    core.tables.answers.set(key, new LocalAnswer(core, server, key, bytes));
  }

  get exchange(): Exchange {
    return this.#server.exchange;
  }

  /** The ACK: it was for us and goes no further. */
  takeRequest(): 'absorbed' {
    this.#finish();
    return 'absorbed';
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    if (now >= this.#end) {
      this.#finish();
      return;
    }
    this.#core.stats.retransmissions_out.value++;
    this.#server.repeat(this.#bytes);
    this.#interval = backOff(this.#interval, this.#core.settings.timers);
    const next = after(now, this.#interval);
    this.#timer = this.#core.engine.timers.set(undefined, next < this.#end ? next : this.#end, this);
  }

  #finish(): void {
    const { answers } = this.#core.tables;
    if (answers.get(this.#key) === this) answers.delete(this.#key);
    this.#timer = this.#core.engine.timers.set(this.#timer, undefined, this);
  }
}
