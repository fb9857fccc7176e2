/**
 * The one door: every message that leaves goes through `send` with its cause, and every message that arrived is shown
 * here once it is known what it belongs to. Taps see both, as they were on the wire.
 */
import type { Flow } from '../transport/flow.ts';
import type { WallTime } from '../util/time.ts';
import type { Clock } from '../world/world.ts';
import { type Cause, exchangeOf, MAX_JOURNAL, type Tap, type WireEvent } from './exchange.ts';

/** `full`: the peer does not read and its buffer is full. `closed`: its connection is gone. */
export type SendResult = 'sent' | 'full' | 'closed';

export interface Sender {
  send(bytes: Uint8Array, flow: Flow): SendResult;
}

export class Door {
  readonly #sender: Sender;
  readonly #clock: Clock;
  #taps: readonly Tap[] = [];

  constructor(sender: Sender, clock: Clock) {
    this.#sender = sender;
    this.#clock = clock;
  }

  /** The taps of the program in force. */
  set taps(taps: readonly Tap[]) {
    this.#taps = taps;
  }

  /** Whether exchanges are to keep a journal. */
  get watched(): boolean {
    return this.#taps.length > 0;
  }

  /** `bytes` must not change afterwards. Never throws. */
  send(bytes: Uint8Array, flow: Flow, cause: Cause): SendResult {
    if (this.#taps.length === 0) return this.#sender.send(bytes, flow);
    const at = this.#clock.wall();
    const result = this.#sender.send(bytes, flow);
    if (result === 'sent') this.#show({ bytes, flow, direction: 'out', at, cause });
    return result;
  }

  /** Shows a message that came in at `at`. */
  arrived(bytes: Uint8Array, flow: Flow, at: WallTime, cause: Cause): void {
    if (this.#taps.length > 0) this.#show({ bytes, flow, direction: 'in', at, cause });
  }

  #show(event: WireEvent): void {
    const journal = exchangeOf(event.cause)?.journal;
    if (journal !== undefined && journal.length < MAX_JOURNAL) journal.push(event);
    for (const tap of this.#taps) tap(event);
  }
}
