/**
 * What another node needs to go on with our calls, written behind the messages: a record for each dialog and for each
 * request that waits for replies. No message waits for it, and what is written behind one message leaves as one command.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Via } from '../../sip/via.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Parcel, Store } from '../../world/store.ts';
import type { Crossing } from './crossing.ts';
import { type Dialog, isKeyless } from './dialog.ts';
import type { Dialogs, DialogWatcher } from './dialogs.ts';
import { BATCH, isTold, Parcels, push } from './parcels.ts';
import { crossingPlace, dialogPlace, invitePlace, keylessPlace } from './places.ts';
import { changeable } from './record.ts';
import { Recovery } from './recovery.ts';
import { RingingBranches, type WaitingRequest } from './ringing-branches.ts';
import type { IssuedTicket, Tickets, TicketWatcher } from './tickets.ts';

/** What a crash may take with it waits this long for others like it: an INVITE, a ringing, the end of a dialog. */
export const PATIENCE_MS = 10;

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
  readonly #parcels: Parcels;
  readonly #recovery: Recovery;
  readonly #branches = new RingingBranches();
  /** To be written behind the message that is under way. */
  #crossings: WaitingRequest[] = [];
  #dialogs: Dialog[] = [];
  #tickets: IssuedTicket[] = [];
  #gone: Dialog[] = [];
  #over: { readonly key: string; readonly version: number }[] = [];
  #isDeferred = false;
  /** To be written a little later. */
  #lateCrossings = new Map<string, WaitingRequest>();
  #lateDialogs = new Set<Dialog>();
  #patience: TimerEntry | undefined = undefined;
  /** Turns in which something was written: round trips. */
  turns = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#parcels = new Parcels({
      ...parts,
      invites: this.#branches.invites,
      missed: () => this.#recovery.missed(),
      fellBehind: () => this.#recovery.fellBehind(),
    });
    this.#recovery = new Recovery({ ...parts, branches: this.#branches, parcels: this.#parcels });
  }

  /** Records that were too large. */
  get oversized(): number {
    return this.#parcels.oversized;
  }

  start(): void {
    this.#recovery.start();
  }

  async stop(): Promise<void> {
    this.#recovery.stop();
    this.#patience = this.#parts.engine.timers.set(this.#patience, undefined, this);
    this.#writeNow();
    this.#writeLate();
    await this.#recovery.settled();
  }

  /** The store has come, or come back. */
  cameUp(): void {
    this.#recovery.cameUp();
  }

  /** A request has left on a branch. Nobody replies to an ACK, and a CANCEL has the branch of its INVITE. */
  left({ crossing, callId, copy, caller, rings }: Leaving): void {
    const { branch, method, role, flow } = crossing;
    if (method === 'ACK' || method === 'CANCEL') return;
    const via = method === 'INVITE' && rings() ? caller : undefined;
    const invite = via && { key: invitePlace(callId, via, copy.cseq?.number), copy, flow };
    const waiting = { crossing, callId, rings, isLeftOver: false, isWritten: false, invite };
    if (method === 'INVITE') this.#branches.begins(waiting);
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
    const waiting = method === 'INVITE' ? this.#branches.take(branch) : undefined;
    if (waiting === undefined) return;
    const { callId, invite, isWritten } = waiting;
    const isOver = invite !== undefined && this.#branches.invites.ends(invite);
    if (status < 300) return;
    if (isOver) this.#takeBack(invite.key);
    if (isWritten) this.#takeBack(crossingPlace(callId, branch));
  }

  #takeBack(key: string): void {
    this.#over.push({ key, version: this.#parcels.version(0) });
    this.#soon();
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

  onDeadline(now: Instant): void {
    if (this.#patience === undefined || this.#patience.at > now) return;
    this.#patience = undefined;
    this.#writeLate();
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

  #write(crossings: Iterable<WaitingRequest>, dialogs: Iterable<Dialog>): void {
    const now = this.#parts.engine.world.clock.now();
    const parcels: Parcel[] = [];
    for (const waiting of crossings) push(parcels, this.#parcels.crossing(waiting));
    for (const dialog of dialogs) {
      const values = changeable(dialog);
      if (isTold(dialog, values, now)) continue;
      push(parcels, this.#parcels.dialog(dialog, values));
      if (isKeyless(dialog)) push(parcels, this.#parcels.keyless(dialog.callId));
    }
    this.#writeNews(parcels);
    this.#post(parcels);
  }

  /** INVITEs that a CANCEL may come for elsewhere, and tickets. */
  #writeNews(parcels: Parcel[]): void {
    const { news } = this.#branches.invites;
    for (const key of news) push(parcels, this.#parcels.invite(key));
    if (news.size > 0) news.clear();
    if (this.#tickets.length === 0) return;
    for (const ticket of this.#tickets) push(parcels, this.#parcels.ticket(ticket));
    this.#tickets = [];
  }

  /** All at once: what is taken back in the meantime must come after it. */
  #post(parcels: readonly Parcel[]): void {
    const { store } = this.#parts;
    if (parcels.length > 0 && parcels.length <= BATCH) return void store.post(parcels);
    for (let at = 0; at < parcels.length; at += BATCH) void store.post(parcels.slice(at, at + BATCH));
  }

  #dropDialog(dialog: Dialog): void {
    dialog.stored = undefined;
    dialog.version = this.#parcels.version(dialog.version);
    const { store } = this.#parts;
    void store.drop({ key: dialogPlace(dialog.callId, dialog.id) }, dialog.version);
    if (!isKeyless(dialog)) return;
    const others = this.#parcels.keyless(dialog.callId);
    if (others === undefined) void store.drop({ key: keylessPlace(dialog.callId) }, this.#parcels.version(0));
    else void store.post([others]);
  }
}

const SETTLED = Promise.resolve();
