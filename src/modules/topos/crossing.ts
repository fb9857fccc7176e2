/**
 * One request on one branch of ours, and what its replies need to find their way back: the Vias above all. It hangs on
 * the exchange, so it lives exactly as long as the transaction and needs neither a clock nor a store. A request that was
 * forwarded without a transaction is found by its branch, for as long as a callee may ring.
 */
import type { Received } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
import type { Flow } from '../../transport/flow.ts';
import type { Instant } from '../../util/time.ts';
import type { TtlMap } from '../../util/ttl-map.ts';
import type { ContactReading } from './contact-face.ts';
import type { Dialog, Leg, Target } from './dialog.ts';
import type { Side } from './keys.ts';

/** What a request is to the dialogs that we know. */
export type Role =
  | { readonly kind: 'opens'; readonly dialog: Dialog }
  /** `refresh`: where its sender is from now on, once a 2xx has accepted it. */
  | {
      readonly kind: 'inside';
      readonly dialog: Dialog;
      readonly leg: Leg | undefined;
      readonly refresh: Target | undefined;
    }
  /** A request of its own, OPTIONS for instance. */
  | { readonly kind: 'alone' }
  /** Inside a dialog that we know nothing of. */
  | { readonly kind: 'unknown' };

export interface Crossing {
  readonly branch: string;
  readonly method: string;
  /** As the request had them when we received it, topmost first, with our `received` and `rport`. */
  readonly vias: readonly string[];
  /** Those that the request came with. */
  readonly recordRoutes: readonly string[];
  /** Who sent the request. */
  readonly from: Side;
  /** The masked Call-ID that its sender knows the call by; undefined when that is no other than ours. */
  readonly cameAs: string | undefined;
  readonly role: Role;
  /** The Request-URI it left with. */
  readonly uri: string;
  /** Where it left to. */
  readonly flow: Flow;
  /** Whether its receiver saw our Via alone. */
  readonly isHidden: boolean;
  /** Another node sent the request, or this one before it was started again: there is no transaction for it here. */
  readonly isAdopted: boolean;
  /** A 2xx has moved who it moves: that happens once, however often the 2xx comes. */
  hasMoved: boolean;
  /** The Contact of the reply that is on its way, as it came: a route may edit it. */
  contact: ContactReading | undefined;
  /** The replies so far; undefined when no event route looks at them. */
  replies: KnownReply[] | undefined;
}

/** A reply that came, and what the event routes said of it: the same bytes again are the same reply. */
export interface KnownReply {
  readonly raw: string;
  readonly received: Received;
  isDroppedIn: boolean;
  isDroppedOut: boolean | undefined;
}

/** Replies of one request that event routes remember. */
export const MAX_KNOWN_REPLIES = 16;
/** Requests without a transaction whose replies find their way; beyond, the oldest is forgotten. */
export const MAX_STATELESS = 100_000;

/** The crossings of an exchange, one for each branch and method: a CANCEL has the branch of its INVITE. */
export class Crossings {
  readonly #slot: Slot<Crossing[]>;
  readonly #stateless: TtlMap<string, Crossing>;

  constructor(slot: Slot<Crossing[]>, stateless: TtlMap<string, Crossing>) {
    this.#slot = slot;
    this.#stateless = stateless;
  }

  of(exchange: Exchange, branch: string | undefined, method: string | undefined): Crossing | undefined {
    const all = this.#slot.of(exchange);
    if (all === undefined) return undefined;
    for (const crossing of all) if (crossing.branch === branch && crossing.method === method) return crossing;
    return undefined;
  }

  hasAny(exchange: Exchange): boolean {
    return this.#slot.of(exchange) !== undefined;
  }

  /** A branch that is stamped again, for another transport, replaces itself. */
  put(exchange: Exchange, crossing: Crossing): void {
    const all = this.#slot.of(exchange);
    if (all === undefined) {
      this.#slot.put(exchange, [crossing]);
      return;
    }
    const at = all.findIndex(({ branch, method }) => branch === crossing.branch && method === crossing.method);
    if (at < 0) all.push(crossing);
    else all[at] = crossing;
  }

  /** Of a request that was forwarded without a transaction. */
  stateless(branch: string, method: string, now: Instant): Crossing | undefined {
    return this.#stateless.get(`${method} ${branch}`, now);
  }

  /** Keeps one without a transaction, from now on for as long as a callee may ring. */
  keep(crossing: Crossing, now: Instant): void {
    this.#stateless.set(`${crossing.method} ${crossing.branch}`, crossing, now);
  }
}
