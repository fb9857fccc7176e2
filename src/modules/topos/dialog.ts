/**
 * What topology hiding knows of one dialog: who the two sides really are, and what each is shown instead. The far side
 * may fork below us, so B is one leg for each To tag. Made when a request that may open a dialog leaves on a branch.
 */
import { detached, detachedAll } from '../../util/detached.ts';
import type { Instant } from '../../util/time.ts';
import { type Looks, PLAIN_LOOKS } from './contact-look.ts';
import type { Side } from './keys.ts';

/** Where requests to one end of the dialog go. */
export interface Target {
  /** The URI of its Contact. */
  readonly contact: string;
  /** Its route set, in the order that a request to it visits them. */
  readonly routes: readonly string[];
  /** The connection that its messages come on; 0 over UDP. */
  readonly connection: number;
}

/** One end. `over`: it has been hung up. */
export interface Leg {
  readonly tag: string;
  target: Target;
  state: 'early' | 'confirmed' | 'over';
}

/** What one side is shown of the other, decided at the first message towards it and kept for the life of the dialog. */
export type Face =
  /** A Contact of ours with a key, this URI. */
  | { readonly kind: 'masked'; readonly uri: string }
  /** The real Contact: an event route dropped the hiding towards this side. */
  | { readonly kind: 'real' };

export type Phase = 'early' | 'confirmed' | 'ended';

/** The last write to a store. */
export interface StoredMark {
  /** What was written, without what never changes. */
  readonly values: readonly unknown[];
  /** When it has to be written again, even if nothing has changed. */
  readonly renew: Instant;
}

export interface DialogParts {
  readonly id: string;
  readonly callId: string;
  /** Of the request that opened it. */
  readonly method: string;
  readonly aTag: string;
  readonly a: Target;
  /** Our own Record-Route, topmost first. */
  readonly ownRoutes: readonly string[];
  /** What its masked Contacts look like beside their keys. */
  readonly looks?: Looks;
}

export class Dialog {
  readonly id: string;
  readonly callId: string;
  readonly method: string;
  readonly a: Leg;
  /** By To tag; none before the first reply with a tag. */
  readonly legs: Leg[] = [];
  ownRoutes: readonly string[];
  phase: Phase = 'early';
  /** What A sees of B, and B of A. undefined until a message goes there. */
  readonly faces: Record<Side, Face | undefined> = { a: undefined, b: undefined };
  /** Which side knows the call by a masked Call-ID. Decided with the faces. */
  readonly masked: Record<Side, boolean> = { a: false, b: false };
  readonly looks: Looks;
  /** Milliseconds that it lives when confirmed; undefined for dialog_expire. A subscription says it. */
  lifeMs: number | undefined = undefined;
  /** Grows with every write to a store, so that of two the later one wins. */
  version = 0;
  /** What a store has of it; undefined when that is nothing, or old. */
  stored: StoredMark | undefined = undefined;

  constructor(parts: DialogParts) {
    this.id = parts.id;
    this.callId = detached(parts.callId);
    this.method = parts.method;
    this.a = { tag: detached(parts.aTag), target: keepable(parts.a), state: 'early' };
    this.ownRoutes = detachedAll(parts.ownRoutes);
    this.looks = parts.looks ?? PLAIN_LOOKS;
  }

  leg(tag: string): Leg | undefined {
    return this.legs.find((leg) => leg.tag === tag);
  }

  /** The leg of B with this tag, made or moved; undefined when there are too many. */
  place(tag: string, target: Target): Leg | undefined {
    const known = this.leg(tag);
    if (known !== undefined) {
      known.target = keepable(target);
      return known;
    }
    if (this.legs.length >= MAX_LEGS) return undefined;
    const leg: Leg = { tag: detached(tag), target: keepable(target), state: 'early' };
    this.legs.push(leg);
    return leg;
  }

  confirm(leg: Leg): void {
    leg.state = 'confirmed';
    this.phase = 'confirmed';
  }

  /** Another node knows better: takes its view over, and keeps what hangs on the legs that are known here. */
  take({ a, legs, phase, faces, lifeMs, version }: Dialog): void {
    if (a.target.contact !== this.a.target.contact) this.a.target = a.target;
    for (const { tag, target, state } of legs) {
      const known = this.leg(tag);
      const leg = known?.target.contact === target.contact ? known : this.place(tag, target);
      if (leg !== undefined) leg.state = state;
    }
    this.phase = phase;
    this.faces.a ??= faces.a;
    this.faces.b ??= faces.b;
    this.lifeMs = lifeMs;
    this.version = version;
  }

  /** A leg was hung up; with the last one ends the dialog. An early one waits for what its INVITE comes to. */
  hangUp(leg: Leg): void {
    if (leg.state === 'early') return;
    leg.state = 'over';
    if (this.legs.every(({ state }) => state !== 'confirmed')) this.phase = 'ended';
  }
}

/** A side that was shown the real Contact of the other sends its requests without a key. */
export const isKeyless = ({ faces }: Dialog): boolean => faces.a?.kind === 'real' || faces.b?.kind === 'real';

/** What outlives its message does not keep it. */
export const keepable = ({ contact, routes, connection }: Target): Target => ({
  contact: detached(contact),
  routes: detachedAll(routes),
  connection,
});

/** Legs of one dialog: as many as a downstream proxy may fork to. */
export const MAX_LEGS = 32;
