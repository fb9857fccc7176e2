/**
 * What another node needs to go on with our calls, written behind the messages: a record for each dialog and for each
 * request that waits for replies. No message waits for it, and what is written behind one message leaves as one command.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Via } from '../../sip/via.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Parcel, Store, StoredRecord, WriteOutcome } from '../../world/store.ts';
import type { Crossing } from './crossing.ts';
import { type Dialog, isKeyless, type StoredMark } from './dialog.ts';
import { type Dialogs, type DialogWatcher, LINGER_MS } from './dialogs.ts';
import { crossingPlace, dialogPlace, invitePlace, keylessPlace, markPlace, ticketPlace } from './places.ts';
import { changeable, crossingText, dialogText, keylessText } from './record.ts';
import { MAX_RECORD } from './record-fields.ts';
import { type RingingInvite, RingingInvites } from './ringing-invites.ts';
import { type IssuedTicket, type Tickets, ticketText, type TicketWatcher } from './tickets.ts';

/** A dialog that does not change is written again when this part of its time is over. */
export const RENEW_PART = 4;
/** Records written at a time when the store has to be told more than messages bring. */
export const BATCH = 64;
/** What a crash may take with it waits this long for others like it: an INVITE, a ringing, the end of a dialog. */
export const PATIENCE_MS = 10;
/** After this time, what could not be written is tried again. */
export const RETRY_MS = 5_000;
/** What was written so shortly before the store went away may not have reached its replica. */
const RECENT_MS = 10_000;
const MARK_MS = 86_400_000;

export interface LedgerParts {
  readonly engine: Engine;
  readonly dialogs: Dialogs;
  readonly tickets: Tickets;
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
  /** Whether the store may have a record of it. */
  isWritten: boolean;
  /** undefined for what no CANCEL of ours could end. */
  readonly invite: RingingInvite | undefined;
}

/** A request that leaves. */
export interface Leaving {
  readonly crossing: Crossing;
  readonly callId: string;
  readonly copy: SipRequest;
  /** Its Via as it came. */
  readonly caller: Via | undefined;
  /** Whether its caller still has no final reply. */
  readonly rings: () => boolean;
}

export class Ledger implements DialogWatcher, TicketWatcher {
  readonly #parts: LedgerParts;
  /** Names our records. */
  readonly #owner: string;
  readonly #ringing = new Map<string, Waiting>();
  /** To be written behind the message that is under way. */
  #crossings: Waiting[] = [];
  #dialogs: Dialog[] = [];
  #tickets: IssuedTicket[] = [];
  /** To be written a little later. */
  #lateCrossings = new Map<string, Waiting>();
  #lateDialogs = new Set<Dialog>();
  readonly #invites = new RingingInvites();
  #gone: Dialog[] = [];
  #over: { readonly key: string; readonly version: number }[] = [];
  #isDeferred = false;
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
    this.#writeNow();
    this.#writeLate();
    await this.#recovery;
  }

  /** A request has left on a branch. Nobody replies to an ACK, and a CANCEL has the branch of its INVITE. */
  left({ crossing, callId, copy, caller, rings }: Leaving): void {
    const { branch, method, role, flow } = crossing;
    if (method === 'ACK' || method === 'CANCEL') return;
    const via = method === 'INVITE' && rings() ? caller : undefined;
    const invite = via && { key: invitePlace(callId, via, copy.cseq?.number), copy, flow };
    const waiting = { crossing, callId, rings, isLeftOver: false, isWritten: false, invite };
    if (method === 'INVITE') this.#begins(waiting);
    // Nobody talks yet or any more, and whoever hears nothing says it again.
    if (method === 'INVITE' || method === 'BYE') {
      this.#lateCrossings.set(branch, waiting);
      if (role.kind === 'opens') this.#lateDialogs.add(role.dialog);
      return this.#later();
    }
    this.#crossings.push(waiting);
    if (role.kind === 'opens') this.#dialogs.push(role.dialog);
    this.#soon();
  }

  /** A reply has come. What succeeded is kept a while for what is sent again, what failed is not. */
  answered({ branch, method }: Crossing, status: number): void {
    if (status < 200) return;
    if (method === 'BYE' || status >= 300) this.#lateCrossings.delete(branch);
    const waiting = method === 'INVITE' ? this.#ringing.get(branch) : undefined;
    if (waiting === undefined) return;
    this.#ringing.delete(branch);
    const { invite } = waiting;
    const isOver = invite !== undefined && this.#invites.ends(invite);
    if (status < 300) return;
    if (isOver) this.#over.push({ key: invite.key, version: this.#version(0) });
    if (waiting.isWritten) this.#over.push({ key: crossingPlace(waiting.callId, branch), version: this.#version(0) });
    if (this.#over.length > 0) this.#soon();
  }

  #begins(waiting: Waiting): void {
    const { branch } = waiting.crossing;
    const before = this.#ringing.get(branch);
    this.#ringing.set(branch, waiting);
    if (waiting.invite !== undefined) this.#invites.begins(waiting.invite);
    if (before === undefined) return;
    waiting.isWritten = before.isWritten;
    if (before.invite !== undefined) this.#invites.ends(before.invite);
  }

  /** A call goes on from what is written of a confirmed dialog. What an early one was told comes again with a reply. */
  changed(dialog: Dialog): void {
    if (dialog.phase === 'confirmed') {
      this.#dialogs.push(dialog);
      this.#soon();
    } else {
      this.#lateDialogs.add(dialog);
      this.#later();
    }
  }

  gone(dialog: Dialog): void {
    this.#lateDialogs.delete(dialog);
    this.#dialogs = this.#dialogs.filter((other) => other !== dialog);
    this.#gone.push(dialog);
    this.#soon();
  }

  issued(ticket: IssuedTicket): void {
    this.#tickets.push(ticket);
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
      this.#writeLate();
    }
  }

  #arm(): void {
    const { engine, branchMs } = this.#parts;
    this.#timer = engine.timers.set(this.#timer, after(engine.world.clock.now(), branchMs / 2), this);
  }

  #later(): void {
    const { timers, world } = this.#parts.engine;
    this.#patience ??= timers.set(undefined, after(world.clock.now(), PATIENCE_MS), this);
  }

  /** The message goes first, but no other message comes between: what is not written dies with this process. */
  #soon(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    void SETTLED.then(this.#writeNow);
  }

  readonly #writeNow = (): void => {
    this.#isDeferred = false;
    const { store } = this.#parts;
    const [dialogs, gone, crossings, over] = [this.#dialogs, this.#gone, this.#crossings, this.#over];
    const before = store.counters.commands;
    this.#dialogs = [];
    this.#crossings = [];
    this.#write(crossings, dialogs);
    if (gone.length > 0) this.#gone = [];
    if (over.length > 0) this.#over = [];
    for (const dialog of gone) this.#dropDialog(dialog);
    for (const { key, version } of over) void store.drop({ key }, version);
    if (store.counters.commands > before) this.turns++;
  };

  #writeLate(): void {
    const { store } = this.#parts;
    const [crossings, dialogs] = [this.#lateCrossings, this.#lateDialogs];
    const before = store.counters.commands;
    // One that is cleared keeps what was in it for the next one until a full collection.
    this.#lateCrossings = new Map();
    this.#lateDialogs = new Set();
    this.#write(crossings.values(), dialogs);
    if (store.counters.commands > before) this.turns++;
  }

  #write(crossings: Iterable<Waiting>, dialogs: Iterable<Dialog>): void {
    const now = this.#parts.engine.world.clock.now();
    const parcels: Parcel[] = [];
    for (const waiting of crossings) push(parcels, this.#crossingParcel(waiting));
    for (const dialog of dialogs) {
      const values = changeable(dialog);
      if (isTold(dialog, values, now)) continue;
      push(parcels, this.#dialogParcel(dialog, values));
      if (isKeyless(dialog)) push(parcels, this.#keylessParcel(dialog.callId));
    }
    this.#writeNews(parcels);
    this.#post(parcels);
  }

  /** INVITEs that a CANCEL may come for elsewhere, and tickets. */
  #writeNews(parcels: Parcel[]): void {
    const { news } = this.#invites;
    for (const key of news) push(parcels, this.#inviteParcel(key));
    if (news.size > 0) news.clear();
    if (this.#tickets.length === 0) return;
    for (const ticket of this.#tickets) push(parcels, this.#ticketParcel(ticket));
    this.#tickets = [];
  }

  /** All at once: what is taken back in the meantime must come after it. */
  #post(parcels: readonly Parcel[]): void {
    const { store } = this.#parts;
    if (parcels.length > 0 && parcels.length <= BATCH) return void store.post(parcels);
    for (let at = 0; at < parcels.length; at += BATCH) void store.post(parcels.slice(at, at + BATCH));
  }

  #crossingParcel(waiting: Waiting): Parcel | undefined {
    const { crossing, callId } = waiting;
    const { store, branchMs } = this.#parts;
    if (!store.isUp) return undefined;
    const value = crossingText(crossing, this.#owner);
    if (!this.#fits(value)) return undefined;
    const lifeMs = crossing.method === 'INVITE' ? branchMs : Math.min(branchMs, LINGER_MS);
    const version = this.#version(0);
    const record = { version, expires: endOf(version, lifeMs), value };
    waiting.isWritten = true;
    return { key: crossingPlace(callId, crossing.branch), record, settled: UNHEARD };
  }

  #inviteParcel(key: string): Parcel | undefined {
    const text = this.#invites.text(key, this.#owner);
    const parcel = text === undefined ? undefined : this.#parcel(key, text, this.#parts.branchMs);
    if (parcel !== undefined) this.#invites.written(key);
    return parcel;
  }

  #ticketParcel({ id, target, expires }: IssuedTicket): Parcel | undefined {
    const { store, engine } = this.#parts;
    const leftMs = expires - engine.world.clock.now();
    if (leftMs <= 0) return undefined;
    if (!store.isUp) this.#isBehind = true;
    return this.#parcel(ticketPlace(id), ticketText(target, this.#owner), leftMs);
  }

  /** As long as the longest of them; undefined when there is none. */
  #keylessParcel(callId: string): Parcel | undefined {
    const { dialogs } = this.#parts;
    const known = dialogs.ofCall(callId).filter(isKeyless);
    if (known.length === 0) return undefined;
    const lifeMs = Math.max(...known.map((one) => dialogs.lifeOf(one)));
    return this.#parcel(keylessPlace(callId), keylessText(known, this.#owner), lifeMs + lifeMs / RENEW_PART);
  }

  /** Of what is not read again here. */
  #parcel(key: string, value: string, lifeMs: number): Parcel | undefined {
    if (!this.#parts.store.isUp || !this.#fits(value)) return undefined;
    const version = this.#version(0);
    return { key, record: { version, expires: endOf(version, lifeMs), value }, settled: UNHEARD };
  }

  #dialogParcel(dialog: Dialog, values = changeable(dialog)): Parcel | undefined {
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
    const { store } = this.#parts;
    void store.drop({ key: dialogPlace(dialog.callId, dialog.id) }, dialog.version);
    if (!isKeyless(dialog)) return;
    const others = this.#keylessParcel(dialog.callId);
    if (others === undefined) void store.drop({ key: keylessPlace(dialog.callId) }, this.#version(0));
    else void store.post([others]);
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
    await this.#writeAll(this.#allTickets());
    const version = engine.world.clock.wall();
    await store.put({ key: mark }, { version, expires: endOf(version, MARK_MS), value: 'known' });
  }

  *#unwritten(isEverything: boolean): Iterable<Parcel | undefined> {
    const { dialogs, engine } = this.#parts;
    const soon = after(engine.world.clock.now(), -RECENT_MS);
    for (const dialog of dialogs.values()) {
      const writtenAt = dialog.stored && after(dialog.stored.renew, -dialogs.lifeOf(dialog) / RENEW_PART);
      if (isEverything || writtenAt === undefined || writtenAt > soon) {
        yield this.#dialogParcel(dialog);
        if (isKeyless(dialog)) yield this.#keylessParcel(dialog.callId);
      }
    }
  }

  /** Records of what rings begin their time anew. */
  *#stillRinging(): Iterable<Parcel | undefined> {
    for (const [branch, waiting] of this.#ringing) {
      if (!waiting.rings()) {
        if (waiting.isLeftOver) {
          this.#ringing.delete(branch);
          if (waiting.invite !== undefined) this.#invites.ends(waiting.invite);
        }
        waiting.isLeftOver = true;
        continue;
      }
      yield this.#crossingParcel(waiting);
      if (waiting.invite !== undefined) yield this.#inviteParcel(waiting.invite.key);
      const { role } = waiting.crossing;
      if (role.kind === 'opens') yield this.#dialogParcel(role.dialog);
    }
  }

  *#allTickets(): Iterable<Parcel | undefined> {
    for (const ticket of this.#parts.tickets.values()) yield this.#ticketParcel(ticket);
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
const isTold = ({ stored }: Dialog, values: readonly unknown[], now: Instant): boolean =>
  stored !== undefined && stored.renew > now && areSame(stored.values, values);

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}

/** Versions are wall clock times; ends are milliseconds. */
const endOf = (wall: number, lifeMs: number): number => Math.ceil(wall / 1000 + lifeMs);
