/**
 * One request on one branch of ours, and what its replies need to find their way back: the Vias above all. It hangs on
 * the exchange, so it lives exactly as long as the transaction and needs neither a clock nor a store.
 */
import type { Received } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
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
  readonly role: Role;
  /** The Request-URI it left with. */
  readonly uri: string;
  /** Whether its receiver saw our Via alone. */
  readonly isHidden: boolean;
  /** The reply that came last, for the event routes on its way out. */
  heard: Received | undefined;
}

/** The crossings of an exchange, one a branch. */
export class Crossings {
  readonly #slot: Slot<Crossing[]>;

  constructor(slot: Slot<Crossing[]>) {
    this.#slot = slot;
  }

  of(exchange: Exchange, branch: string | undefined): Crossing | undefined {
    return this.#slot.of(exchange)?.find((crossing) => crossing.branch === branch);
  }

  /** A branch that is stamped again, for another transport, replaces itself. */
  put(exchange: Exchange, crossing: Crossing): void {
    const all = this.#slot.of(exchange);
    if (all === undefined) {
      this.#slot.put(exchange, [crossing]);
      return;
    }
    const at = all.findIndex(({ branch }) => branch === crossing.branch);
    if (at < 0) all.push(crossing);
    else all[at] = crossing;
  }
}
