/**
 * What another node needs to go on with our calls, written behind the messages: a record for each dialog and for each
 * request that waits for replies. No message waits for it, and what is written behind one message leaves as one command.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Parcel, Store, StoredRecord, WriteOutcome } from '../../world/store.ts';
import type { Crossing } from './crossing.ts';
import type { Dialog, StoredMark } from './dialog.ts';
import { type Dialogs, type DialogWatcher, LINGER_MS } from './dialogs.ts';
import { crossingPlace, dialogPlace, markPlace } from './places.ts';
import { changeable, crossingText, dialogText, MAX_RECORD } from './record.ts';

/** A dialog that does not change is written again when this part of its time is over. */
export const RENEW_PART = 4;
/** Records written at a time when the store has to be told more than messages bring. */
export const BATCH = 64;
/** What a crash may take with it waits this long for what must be written: a ringing, the end of a dialog. */
export const PATIENCE_MS = 10;
/** After this time, what could not be written is tried again. */
export const RETRY_MS = 5_000;
/** What was written so shortly before the store went away may not have reached its replica. */
const RECENT_MS = 10_000;
const MARK_MS = 86_400_000;

export interface LedgerParts {
  readonly engine: Engine;
  readonly dialogs: Dialogs;
  readonly store: Store;
  /** How long another node can answer for a transaction. */
  readonly branchMs: number;
  /** Another node has written this dialog since. */
  readonly superseded: (dialog: Dialog) => void;
}

/** A request that waits for replies. */
interface Waiting {
  readonly crossing: Crossing;
  readonly callId: string;
  /** Whether its caller still has no final reply. */
  readonly rings: () => boolean;
  /** Its caller has its final reply, but the fork may have lost and still be to answer. */
  isLeftOver: boolean;
}

export class Ledger implements DialogWatcher {
  readonly #parts: LedgerParts;
  /** Names our records. */
  readonly #owner: string;
  readonly #ringing = new Map<string, Waiting>();
  readonly #dialogs = new Set<Dialog>();
  readonly #gone = new Set<Dialog>();
  readonly #crossings = new Map<string, Waiting>();
  #over: { readonly key: string; readonly version: number }[] = [];
  #isDeferred = false;
  /** Whether there is something to write that cannot wait. */
  #isUrgent = false;
  /** The store does not know everything. */
  #isBehind = false;
  #recovery: Promise<void> | undefined = undefined;
  #timer: TimerEntry | undefined = undefined;
  #retry: TimerEntry | undefined = undefined;
  #patience: TimerEntry | undefined = undefined;
  /** Turns in which something was written: round trips. */
  turns = 0;
  /** Records that were too large. */
  oversized = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#owner = parts.engine.branches.life;
  }

  start(): void {
    this.#arm();
  }

  async stop(): Promise<void> {
    const { timers } = this.#parts.engine;
    this.#timer = timers.set(this.#timer, undefined, this);
    this.#retry = timers.set(this.#retry, undefined, this);
    this.#patience = timers.set(this.#patience, undefined, this);
    this.#flush();
    await this.#recovery;
  }

  /** A request has left on a branch. Nobody replies to an ACK, and a CANCEL has the branch of its INVITE. */
  left(crossing: Crossing, callId: string, rings: () => boolean): void {
    if (crossing.method === 'ACK' || crossing.method === 'CANCEL') return;
    const waiting = { crossing, callId, rings, isLeftOver: false };
    this.#crossings.set(crossing.branch, waiting);
    if (crossing.method === 'INVITE') this.#ringing.set(crossing.branch, waiting);
    // Whoever hangs up and hears nothing says so again.
    if (crossing.method === 'BYE') this.#sometime();
    else this.#soon();
  }

  /** A reply has come. What succeeded is kept a while for what is sent again, what failed is not. */
  answered({ branch, method }: Crossing, status: number): void {
    const waiting = method === 'INVITE' ? this.#ringing.get(branch) : undefined;
    if (waiting === undefined || status < 200) return;
    this.#ringing.delete(branch);
    if (status < 300) return;
    this.#crossings.delete(branch);
    this.#over.push({ key: crossingPlace(waiting.callId, branch), version: this.#version(0) });
    this.#soon();
  }

  changed(dialog: Dialog): void {
    this.#gone.delete(dialog);
    this.#dialogs.add(dialog);
    // The call goes on from what is written of a confirmed one. What an early one was told comes with the next reply.
    if (dialog.phase === 'confirmed') this.#later();
    else this.#sometime();
  }

  gone(dialog: Dialog): void {
    this.#dialogs.delete(dialog);
    this.#gone.add(dialog);
    this.#soon();
  }

  /** The store has come, or come back. */
  cameUp(): void {
    this.#isBehind = true;
    this.#recover();
  }

  onDeadline(now: Instant): void {
    if (this.#timer !== undefined && this.#timer.at <= now) {
      this.#timer = undefined;
      this.#arm();
      void this.#writeAll(this.#stillRinging());
    }
    if (this.#retry !== undefined && this.#retry.at <= now) {
      this.#retry = undefined;
      this.#recover();
    }
    if (this.#patience !== undefined && this.#patience.at <= now) {
      this.#patience = undefined;
      this.#flush();
    }
  }

  #arm(): void {
    const { engine, branchMs } = this.#parts;
    this.#timer = engine.timers.set(this.#timer, after(engine.world.clock.now(), branchMs / 2), this);
  }

  /** With the next write that cannot wait, or a little later. */
  #sometime(): void {
    const { timers, world } = this.#parts.engine;
    this.#patience ??= timers.set(undefined, after(world.clock.now(), PATIENCE_MS), this);
  }

  #soon(): void {
    this.#isUrgent = true;
    this.#later();
  }

  /** The message goes first, but no other message comes between: what is not written dies with this process. */
  #later(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    void SETTLED.then(this.#written);
  }

  readonly #written = (): void => {
    this.#isDeferred = false;
    if (this.#isUrgent || this.#hasNews()) this.#flush();
  };

  /** Whether a confirmed dialog has changed. Those that have not are done with. */
  #hasNews(): boolean {
    const now = this.#parts.engine.world.clock.now();
    for (const dialog of this.#dialogs) {
      if (dialog.phase !== 'confirmed') continue;
      if (!isTold(dialog, now)) return true;
      this.#dialogs.delete(dialog);
    }
    return false;
  }

  #flush(): void {
    this.#isUrgent = false;
    const [dialogs, gone, crossings, over] = [this.#dialogs, this.#gone, this.#crossings, this.#over];
    const { store, engine } = this.#parts;
    const before = store.counters.commands;
    const now = engine.world.clock.now();
    const parcels: Parcel[] = [];
    for (const waiting of crossings.values()) push(parcels, this.#crossingParcel(waiting));
    for (const dialog of dialogs) if (!isTold(dialog, now)) push(parcels, this.#dialogParcel(dialog));
    if (dialogs.size > 0) dialogs.clear();
    if (crossings.size > 0) crossings.clear();
    if (parcels.length > 0) void this.#post(parcels);
    for (const dialog of gone) this.#dropDialog(dialog);
    for (const { key, version } of over) void store.drop({ key }, version);
    if (gone.size > 0) gone.clear();
    if (over.length > 0) this.#over = [];
    if (store.counters.commands > before) this.turns++;
  }

  async #post(parcels: readonly Parcel[]): Promise<void> {
    for (let at = 0; at < parcels.length; at += BATCH) {
      await this.#parts.store.post(at === 0 && parcels.length <= BATCH ? parcels : parcels.slice(at, at + BATCH));
    }
  }

  #crossingParcel({ crossing, callId }: Waiting): Parcel | undefined {
    const { store, branchMs } = this.#parts;
    if (!store.isUp) return undefined;
    const value = crossingText(crossing, this.#owner);
    if (!this.#fits(value)) return undefined;
    const lifeMs = crossing.method === 'INVITE' ? branchMs : Math.min(branchMs, LINGER_MS);
    const version = this.#version(0);
    const record = { version, expires: endOf(version, lifeMs), value };
    return { key: crossingPlace(callId, crossing.branch), record, settled: UNHEARD };
  }

  #dialogParcel(dialog: Dialog): Parcel | undefined {
    const { store, dialogs, engine } = this.#parts;
    if (!store.isUp) {
      dialog.stored = undefined;
      this.#isBehind = true;
      return undefined;
    }
    const value = dialogText(dialog, this.#owner);
    if (!this.#fits(value)) return undefined;
    const { stored } = dialog;
    const { clock } = engine.world;
    const values = changeable(dialog);
    const lifeMs = dialogs.lifeOf(dialog);
    const mark = { values, renew: after(clock.now(), lifeMs / RENEW_PART) };
    dialog.stored = mark;
    // What has not changed here must not displace what another node has changed meanwhile.
    if (stored === undefined || !areSame(stored.values, values)) dialog.version = this.#version(dialog.version);
    // Whoever was heard of just before it has to be written again lives as long as all others.
    const expires = endOf(clock.wall(), lifeMs + lifeMs / RENEW_PART);
    const record = { version: dialog.version, expires, value };
    return new DialogParcel(this, { key: dialogPlace(dialog.callId, dialog.id), record, dialog, mark });
  }

  /** What became of a dialog on its way. */
  heard({ dialog, mark }: DialogParcel, outcome: WriteOutcome): void {
    if (outcome === 'down' && dialog.stored === mark) {
      dialog.stored = undefined;
      this.#fellBehind();
    } else if (outcome === 'older') this.#parts.superseded(dialog);
  }

  #dropDialog(dialog: Dialog): void {
    dialog.stored = undefined;
    dialog.version = this.#version(dialog.version);
    void this.#parts.store.drop({ key: dialogPlace(dialog.callId, dialog.id) }, dialog.version);
  }

  #fits(value: string): boolean {
    if (value.length <= MAX_RECORD) return true;
    this.oversized++;
    return false;
  }

  /** Another node's clock may be ahead of ours: a change comes after what it changes. */
  #version(last: number): number {
    return Math.max(this.#parts.engine.world.clock.wall(), last + 1);
  }

  #fellBehind(): void {
    this.#isBehind = true;
    const { timers, world } = this.#parts.engine;
    this.#retry ??= timers.set(undefined, after(world.clock.now(), RETRY_MS), this);
  }

  #recover(): void {
    if (this.#recovery !== undefined || !this.#isBehind || !this.#parts.store.isUp) return;
    this.#isBehind = false;
    this.#recovery = this.#recovered().finally(() => {
      this.#recovery = undefined;
      if (this.#isBehind) this.#fellBehind();
    });
  }

  /** A store that has forgotten us is told everything, another one what it missed. */
  async #recovered(): Promise<void> {
    const { store, engine } = this.#parts;
    const mark = markPlace(this.#owner);
    const known = await store.get(mark);
    await this.#writeAll(this.#unwritten(known.kind === 'none'));
    await this.#writeAll(this.#stillRinging());
    const version = engine.world.clock.wall();
    await store.put({ key: mark }, { version, expires: endOf(version, MARK_MS), value: 'known' });
  }

  *#unwritten(isEverything: boolean): Iterable<Parcel | undefined> {
    const { dialogs, engine } = this.#parts;
    const soon = after(engine.world.clock.now(), -RECENT_MS);
    for (const dialog of dialogs.values()) {
      const writtenAt = dialog.stored && after(dialog.stored.renew, -dialogs.lifeOf(dialog) / RENEW_PART);
      if (isEverything || writtenAt === undefined || writtenAt > soon) yield this.#dialogParcel(dialog);
    }
  }

  /** Records of what rings begin their time anew. */
  *#stillRinging(): Iterable<Parcel | undefined> {
    for (const [branch, waiting] of this.#ringing) {
      if (!waiting.rings()) {
        if (waiting.isLeftOver) this.#ringing.delete(branch);
        waiting.isLeftOver = true;
        continue;
      }
      yield this.#crossingParcel(waiting);
      const { role } = waiting.crossing;
      if (role.kind === 'opens') yield this.#dialogParcel(role.dialog);
    }
  }

  /** In portions, so that messages come between. */
  async #writeAll(parcels: Iterable<Parcel | undefined>): Promise<void> {
    const { store } = this.#parts;
    let batch: Parcel[] = [];
    for (const parcel of parcels) {
      push(batch, parcel);
      if (batch.length < BATCH) continue;
      await store.post(batch);
      batch = [];
      if (!store.isUp) return this.#fellBehind();
    }
    if (batch.length > 0) await store.post(batch);
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
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, { key, record, dialog, mark }: Told) {
    this.#ledger = ledger;
    this.key = key;
    this.record = record;
    this.dialog = dialog;
    this.mark = mark;
  }

  settled(outcome: WriteOutcome): void {
    this.#ledger.heard(this, outcome);
  }
}

const SETTLED = Promise.resolve();
/** What becomes of a request that waits for replies changes nothing here. */
const UNHEARD = (): void => undefined;

function push(parcels: Parcel[], parcel: Parcel | undefined): void {
  if (parcel !== undefined) parcels.push(parcel);
}

/** Whether the store has it as it is, for a good while yet. */
const isTold = (dialog: Dialog, now: Instant): boolean =>
  dialog.stored !== undefined && dialog.stored.renew > now && areSame(dialog.stored.values, changeable(dialog));

const areSame = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((value, i) => value === others[i]);

/** Versions are wall clock times; ends are milliseconds. */
const endOf = (wall: number, lifeMs: number): number => Math.ceil(wall / 1000 + lifeMs);
