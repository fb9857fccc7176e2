/**
 * What the store is to be told of calls, ready to be sent: a parcel for each dialog, each request that waits for replies,
 * each INVITE that a CANCEL may come for at another node, and each ticket. Who makes none hears that the store is behind.
 */
import type { Engine } from '../../engine/engine.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Parcel, Store, StoredRecord, WriteOutcome } from '../../world/store.ts';
import { type Dialog, isKeyless, type StoredMark } from './dialog.ts';
import { type Dialogs, LINGER_MS } from './dialogs.ts';
import { crossingPlace, dialogPlace, keylessPlace, ticketPlace } from './places.ts';
import { changeable, crossingText, dialogText, keylessText } from './record.ts';
import { MAX_RECORD } from './record-fields.ts';
import type { WaitingRequest } from './ringing-branches.ts';
import type { RingingInvites } from './ringing-invites.ts';
import { type IssuedTicket, ticketText } from './tickets.ts';

/** A dialog that does not change is written again when this part of its time is over. */
export const RENEW_PART = 4;
/** Records written at a time when the store has to be told more than messages bring. */
export const BATCH = 64;

export interface ParcelParts {
  readonly engine: Engine;
  readonly dialogs: Dialogs;
  readonly invites: RingingInvites;
  readonly store: Store;
  /** How long another node can answer for a transaction. */
  readonly branchMs: number;
  /** Another node has written this dialog since. */
  readonly superseded: (dialog: Dialog) => void;
  /** The store was not there to be told. */
  readonly missed: () => void;
  /** The store was told, and may not have heard. */
  readonly fellBehind: () => void;
}

export class Parcels {
  readonly #parts: ParcelParts;
  /** Names our records. */
  readonly owner: string;
  /** Records that were too large. */
  oversized = 0;

  constructor(parts: ParcelParts) {
    this.#parts = parts;
    this.owner = parts.engine.branches.life;
  }

  crossing(waiting: WaitingRequest): Parcel | undefined {
    const { crossing, callId } = waiting;
    const { store, branchMs } = this.#parts;
    if (!store.isUp) return undefined;
    const lifeMs = crossing.method === 'INVITE' ? branchMs : Math.min(branchMs, LINGER_MS);
    const parcel = this.#parcel(crossingPlace(callId, crossing.branch), crossingText(crossing, this.owner), lifeMs);
    if (parcel !== undefined) waiting.isWritten = true;
    return parcel;
  }

  invite(key: string): Parcel | undefined {
    const { invites, branchMs } = this.#parts;
    const text = invites.text(key, this.owner);
    const parcel = text === undefined ? undefined : this.#parcel(key, text, branchMs);
    if (parcel !== undefined) invites.written(key);
    return parcel;
  }

  ticket({ id, target, expires }: IssuedTicket): Parcel | undefined {
    const { store, engine, missed } = this.#parts;
    const leftMs = expires - engine.world.clock.now();
    if (leftMs <= 0) return undefined;
    if (!store.isUp) missed();
    return this.#parcel(ticketPlace(id), ticketText(target, this.owner), leftMs);
  }

  /** As long as the longest of them; undefined when there is none. */
  keyless(callId: string): Parcel | undefined {
    const { dialogs } = this.#parts;
    const known = dialogs.ofCall(callId).filter(isKeyless);
    if (known.length === 0) return undefined;
    const lifeMs = Math.max(...known.map((one) => dialogs.lifeOf(one)));
    return this.#parcel(keylessPlace(callId), keylessText(known, this.owner), lifeMs + lifeMs / RENEW_PART);
  }

  dialog(dialog: Dialog, values = changeable(dialog)): Parcel | undefined {
    const { store, dialogs, engine, missed } = this.#parts;
    if (!store.isUp) {
      dialog.stored = undefined;
      missed();
      return undefined;
    }
    const value = dialogText(dialog, this.owner);
    if (!this.#fits(value)) return undefined;
    const { stored } = dialog;
    const { clock } = engine.world;
    const lifeMs = dialogs.lifeOf(dialog);
    const mark = { values, renew: after(clock.now(), lifeMs / RENEW_PART) };
    dialog.stored = mark;
    // What has not changed here must not displace what another node has changed meanwhile.
    if (stored === undefined || !areSame(stored.values, values)) dialog.version = this.version(dialog.version);
    // Whoever was heard of just before it has to be written again lives as long as all others.
    const expires = endOf(clock.wall(), lifeMs + lifeMs / RENEW_PART);
    const record = { version: dialog.version, expires, value };
    return new DialogParcel(this, { key: dialogPlace(dialog.callId, dialog.id), record, dialog, mark });
  }

  /** What became of a dialog on its way. */
  heard({ dialog, mark }: DialogParcel, outcome: WriteOutcome): void {
    if (outcome === 'down' && dialog.stored === mark) {
      dialog.stored = undefined;
      this.#parts.fellBehind();
    } else if (outcome === 'older') this.#parts.superseded(dialog);
  }

  /** Another node's clock may be ahead of ours: a change comes after what it changes. */
  version(last: number): number {
    return Math.max(this.#parts.engine.world.clock.wall(), last + 1);
  }

  /** Of what is not read again here. */
  #parcel(key: string, value: string, lifeMs: number): Parcel | undefined {
    if (!this.#parts.store.isUp || !this.#fits(value)) return undefined;
    const version = this.version(0);
    return { key, record: { version, expires: endOf(version, lifeMs), value }, settled: UNHEARD };
  }

  #fits(value: string): boolean {
    if (value.length <= MAX_RECORD) return true;
    this.oversized++;
    return false;
  }
}

interface Told {
  readonly key: string;
  readonly record: StoredRecord;
  readonly dialog: Dialog;
  readonly mark: StoredMark;
}

/** A dialog on its way to the store. */
class DialogParcel implements Parcel {
  readonly key: string;
  readonly record: StoredRecord;
  readonly dialog: Dialog;
  readonly mark: StoredMark;
  readonly #parcels: Parcels;

  constructor(parcels: Parcels, { key, record, dialog, mark }: Told) {
    this.#parcels = parcels;
    this.key = key;
    this.record = record;
    this.dialog = dialog;
    this.mark = mark;
  }

  settled(outcome: WriteOutcome): void {
    this.#parcels.heard(this, outcome);
  }
}

/** What becomes of a request that waits for replies changes nothing here. */
const UNHEARD = (): void => undefined;

/** Adds what there is. */
export function push(parcels: Parcel[], parcel: Parcel | undefined): void {
  if (parcel !== undefined) parcels.push(parcel);
}

/** Whether the store has it as it is, for a good while yet. */
export const isTold = ({ stored }: Dialog, values: readonly unknown[], now: Instant): boolean =>
  stored !== undefined && stored.renew > now && areSame(stored.values, values);

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/** Versions are wall clock times; ends are milliseconds. */
export const endOf = (wall: number, lifeMs: number): number => Math.ceil(wall / 1000 + lifeMs);
