/**
 * What another node needs to go on with our calls, written behind the messages: a record for each dialog and for each
 * request that waits for replies. No message waits for it, and what was written in one turn leaves as one pipeline.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { hash32 } from '../../util/hash.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Store, WriteOutcome } from '../../world/store.ts';
import type { Crossing } from './crossing.ts';
import type { Dialog } from './dialog.ts';
import { type Dialogs, type DialogWatcher, LINGER_MS } from './dialogs.ts';
import { crossingPlace, dialogPlace, markPlace } from './places.ts';
import { crossingText, dialogText, MAX_RECORD } from './record.ts';

/** A dialog that does not change is written again when this part of its time is over. */
export const RENEW_PART = 4;
/** Records written at a time when the store has to be told more than messages bring. */
export const BATCH = 64;
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
}

export class Ledger implements DialogWatcher {
  readonly #parts: LedgerParts;
  /** Names our records. */
  readonly #owner: string;
  readonly #ringing = new Map<string, Waiting>();
  #dialogs = new Set<Dialog>();
  #gone = new Set<Dialog>();
  #crossings = new Map<string, Waiting>();
  #over: { readonly key: string; readonly version: number }[] = [];
  #isDeferred = false;
  /** The store does not know everything. */
  #isBehind = false;
  #recovery: Promise<void> | undefined = undefined;
  #timer: TimerEntry | undefined = undefined;
  #retry: TimerEntry | undefined = undefined;
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
    this.#flush();
    await this.#recovery;
  }

  /** A request has left on a branch. Nobody replies to an ACK, and a CANCEL has the branch of its INVITE. */
  left(crossing: Crossing, callId: string, rings: () => boolean): void {
    if (crossing.method === 'ACK' || crossing.method === 'CANCEL') return;
    const waiting = { crossing, callId, rings };
    this.#crossings.set(crossing.branch, waiting);
    if (crossing.method === 'INVITE') this.#ringing.set(crossing.branch, waiting);
    this.#later();
  }

  /** A reply has come. What succeeded is kept a while for what is sent again, what failed is not. */
  answered({ branch, method }: Crossing, status: number): void {
    const waiting = method === 'INVITE' ? this.#ringing.get(branch) : undefined;
    if (waiting === undefined || status < 200) return;
    this.#ringing.delete(branch);
    if (status < 300) return;
    this.#crossings.delete(branch);
    this.#over.push({ key: crossingPlace(waiting.callId, branch), version: this.#version(0) });
    this.#later();
  }

  changed(dialog: Dialog): void {
    this.#gone.delete(dialog);
    this.#dialogs.add(dialog);
    this.#later();
  }

  gone(dialog: Dialog): void {
    this.#dialogs.delete(dialog);
    this.#gone.add(dialog);
    this.#later();
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
  }

  #arm(): void {
    const { engine, branchMs } = this.#parts;
    this.#timer = engine.timers.set(this.#timer, after(engine.world.clock.now(), branchMs / 2), this);
  }

  /** The message goes first, but no other message comes between: what is not written dies with this process. */
  #later(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    void Promise.resolve().then(() => this.#flush());
  }

  #flush(): void {
    this.#isDeferred = false;
    const [dialogs, gone, crossings, over] = [this.#dialogs, this.#gone, this.#crossings, this.#over];
    if (dialogs.size > 0) this.#dialogs = new Set();
    if (gone.size > 0) this.#gone = new Set();
    if (crossings.size > 0) this.#crossings = new Map();
    if (over.length > 0) this.#over = [];
    const { store } = this.#parts;
    const before = store.counters.commands;
    for (const waiting of crossings.values()) void this.#putCrossing(waiting);
    for (const dialog of dialogs) void this.#putDialog(dialog, false);
    for (const dialog of gone) this.#dropDialog(dialog);
    for (const { key, version } of over) void store.drop({ key }, version);
    if (store.counters.commands > before) this.turns++;
  }

  #putCrossing({ crossing, callId }: Waiting): Promise<WriteOutcome> | undefined {
    const { store, branchMs } = this.#parts;
    if (!store.isUp) return undefined;
    const value = crossingText(crossing, this.#owner);
    if (!this.#fits(value)) return undefined;
    const lifeMs = crossing.method === 'INVITE' ? branchMs : Math.min(branchMs, LINGER_MS);
    const version = this.#version(0);
    return store.put(
      { key: crossingPlace(callId, crossing.branch) },
      { version, expires: endOf(version, lifeMs), value },
    );
  }

  /** `isDue`: whatever was written before. */
  #putDialog(dialog: Dialog, isDue: boolean): Promise<WriteOutcome> | undefined {
    const { store, dialogs, engine } = this.#parts;
    if (!store.isUp) {
      dialog.stored = undefined;
      this.#isBehind = true;
      return undefined;
    }
    const value = dialogText(dialog, this.#owner);
    const hash = hash32(value, 0);
    const now = engine.world.clock.now();
    const { stored } = dialog;
    if (!isDue && stored !== undefined && stored.hash === hash && stored.renew > now) return undefined;
    if (!this.#fits(value)) return undefined;
    const lifeMs = dialogs.lifeOf(dialog);
    const mark = { hash, renew: after(now, lifeMs / RENEW_PART) };
    dialog.stored = mark;
    // What has not changed here must not displace what another node has changed meanwhile.
    if (stored?.hash !== hash) dialog.version = this.#version(dialog.version);
    // Whoever was heard of just before it has to be written again lives as long as all others.
    const expires = endOf(engine.world.clock.wall(), lifeMs + lifeMs / RENEW_PART);
    const key = dialogPlace(dialog.callId, dialog.id);
    return store.put({ key }, { version: dialog.version, expires, value }).then((outcome) => {
      if (outcome === 'down' && dialog.stored === mark) {
        dialog.stored = undefined;
        this.#fellBehind();
      } else if (outcome === 'older') this.#parts.superseded(dialog);
      return outcome;
    });
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

  *#unwritten(isEverything: boolean): Iterable<Promise<WriteOutcome> | undefined> {
    const { dialogs, engine } = this.#parts;
    const soon = after(engine.world.clock.now(), -RECENT_MS);
    for (const dialog of dialogs.values()) {
      const writtenAt = dialog.stored && after(dialog.stored.renew, -dialogs.lifeOf(dialog) / RENEW_PART);
      if (isEverything || writtenAt === undefined || writtenAt > soon) yield this.#putDialog(dialog, true);
    }
  }

  /** Records of what rings begin their time anew. */
  *#stillRinging(): Iterable<Promise<WriteOutcome> | undefined> {
    for (const [branch, waiting] of this.#ringing) {
      if (!waiting.rings()) {
        this.#ringing.delete(branch);
        continue;
      }
      yield this.#putCrossing(waiting);
      const { role } = waiting.crossing;
      if (role.kind === 'opens') yield this.#putDialog(role.dialog, true);
    }
  }

  /** In portions, so that messages come between. */
  async #writeAll(writes: Iterable<Promise<WriteOutcome> | undefined>): Promise<void> {
    let batch: Promise<WriteOutcome>[] = [];
    for (const write of writes) {
      if (write !== undefined) batch.push(write);
      if (batch.length < BATCH) continue;
      await Promise.all(batch);
      batch = [];
      if (!this.#parts.store.isUp) return this.#fellBehind();
    }
    await Promise.all(batch);
  }
}

/** Versions are wall clock times; ends are milliseconds. */
const endOf = (wall: number, lifeMs: number): number => Math.ceil(wall / 1000 + lifeMs);
