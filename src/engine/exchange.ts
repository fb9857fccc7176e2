/**
 * Everything that one received request sets in motion: its contexts, transaction, branches, replies, CANCEL and ACK
 * share one Exchange by reference. Modules hang their own data on it through slots, so it does not matter in which
 * order they are called.
 */
import type { Flow } from '../transport/flow.ts';
import type { WallTime } from '../util/time.ts';
import { trust } from '../util/trust.ts';

/** Messages remembered while a request route runs, so that tracing asked for late misses none of them. */
export const MAX_JOURNAL = 64;

export class Exchange {
  /** What went over the wire for this exchange while its request route is running; undefined when nobody listens. */
  journal: WireEvent[] | undefined = undefined;
  /** With room for the modules that nearly every program has: an empty list grows to a size for many more. */
  readonly slots: unknown[] = [undefined, undefined, undefined, undefined, undefined, undefined];
  /** The Call-ID that its messages go by in here, where some of them may bear another one on the wire. */
  callId: string | undefined = undefined;
}

/** What modules hang their data on: an Exchange, or a RequestState where it is over with the transaction. */
export interface Slotted {
  readonly slots: unknown[];
}

/** A place on every Exchange or RequestState for the data of one module. */
export class Slot<T> {
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  of(holder: Slotted): T | undefined {
    // Only `put` writes at this index, and it takes a T.
    return trust<T | undefined>(holder.slots[this.#index]);
  }

  put(holder: Slotted, value: T): void {
    holder.slots[this.#index] = value;
  }
}

/** Why a message is on the wire. A send without a cause does not compile. */
export type Cause =
  /** A route block running on a message of this exchange: its stateless replies and forwarding, and all that arrives. */
  | { readonly kind: 'route'; readonly exchange: Exchange }
  /** A transaction: what it relays, answers, repeats, cancels and acknowledges. */
  | { readonly kind: 'transaction'; readonly exchange: Exchange }
  /** Nobody's request: what a module sends of its own accord. */
  | { readonly kind: 'local'; readonly module: string };

/** A message as it was on the wire: after every edit on the way out, before any on the way in. */
export interface WireEvent {
  readonly bytes: Uint8Array;
  readonly flow: Flow;
  readonly direction: 'in' | 'out';
  /** Taken at the socket. */
  readonly at: WallTime;
  readonly cause: Cause;
}

export type Tap = (event: WireEvent) => void;

export const exchangeOf = (cause: Cause): Exchange | undefined => (cause.kind === 'local' ? undefined : cause.exchange);
