/**
 * What the store is told beside what messages bring: everything when it has forgotten us, what it missed when it comes
 * back, and again and again what rings, whose records would end before it does.
 */
import type { Engine } from '../../engine/engine.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Parcel, Store } from '../../world/store.ts';
import { isKeyless } from './dialog.ts';
import type { Dialogs } from './dialogs.ts';
import { BATCH, endOf, type Parcels, push, RENEW_PART } from './parcels.ts';
import { markPlace } from './places.ts';
import type { RingingBranches } from './ringing-branches.ts';
import type { Tickets } from './tickets.ts';

/** After this time, what could not be written is tried again. */
export const RETRY_MS = 5_000;
/** What was written so shortly before the store went away may not have reached its replica. */
const RECENT_MS = 10_000;
const MARK_MS = 86_400_000;

export interface RecoveryParts {
  readonly engine: Engine;
  readonly dialogs: Dialogs;
  readonly tickets: Tickets;
  readonly branches: RingingBranches;
  readonly parcels: Parcels;
  readonly store: Store;
  /** How long records of what rings live. */
  readonly branchMs: number;
}

export class Recovery {
  readonly #parts: RecoveryParts;
  /** The store does not know everything. */
  #isBehind = false;
  #running: Promise<void> | undefined = undefined;
  #renewal: TimerEntry | undefined = undefined;
  #retry: TimerEntry | undefined = undefined;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  start(): void {
    const { engine, branchMs } = this.#parts;
    this.#renewal = engine.timers.set(this.#renewal, after(engine.world.clock.now(), branchMs / 2), this);
  }

  /** Begins nothing more. */
  stop(): void {
    const { timers } = this.#parts.engine;
    this.#renewal = timers.set(this.#renewal, undefined, this);
    this.#retry = timers.set(this.#retry, undefined, this);
  }

  /** Resolves when what is under way is done. */
  async settled(): Promise<void> {
    await this.#running;
  }

  onDeadline(now: Instant): void {
    if (this.#renewal !== undefined && this.#renewal.at <= now) {
      this.#renewal = undefined;
      this.start();
      void this.#writeAll(this.#stillRinging());
    }
    if (this.#retry !== undefined && this.#retry.at <= now) {
      this.#retry = undefined;
      this.#recover();
    }
  }

  /** The store has come, or come back. */
  cameUp(): void {
    this.#isBehind = true;
    this.#recover();
  }

  /** It is told when it comes. */
  missed(): void {
    this.#isBehind = true;
  }

  /** It is told after a while. */
  fellBehind(): void {
    this.#isBehind = true;
    const { timers, world } = this.#parts.engine;
    this.#retry ??= timers.set(undefined, after(world.clock.now(), RETRY_MS), this);
  }

  #recover(): void {
    if (this.#running !== undefined || !this.#isBehind || !this.#parts.store.isUp) return;
    this.#isBehind = false;
    this.#running = this.#recovered().finally(() => {
      this.#running = undefined;
      if (this.#isBehind) this.fellBehind();
    });
  }

  /** A store that has forgotten us is told everything, another one what it missed. */
  async #recovered(): Promise<void> {
    const { store, engine, parcels } = this.#parts;
    const mark = markPlace(parcels.owner);
    const known = await store.get(mark);
    await this.#writeAll(this.#unwritten(known.kind === 'none'));
    await this.#writeAll(this.#stillRinging());
    await this.#writeAll(this.#allTickets());
    const version = engine.world.clock.wall();
    await store.put({ key: mark }, { version, expires: endOf(version, MARK_MS), value: 'known' });
  }

  *#unwritten(isEverything: boolean): Iterable<Parcel | undefined> {
    const { dialogs, engine, parcels } = this.#parts;
    const soon = after(engine.world.clock.now(), -RECENT_MS);
    for (const dialog of dialogs.values()) {
      const writtenAt = dialog.stored && after(dialog.stored.renew, -dialogs.lifeOf(dialog) / RENEW_PART);
      if (isEverything || writtenAt === undefined || writtenAt > soon) {
        yield parcels.dialog(dialog);
        if (isKeyless(dialog)) yield parcels.keyless(dialog.callId);
      }
    }
  }

  /** Records of what rings begin their time anew. */
  *#stillRinging(): Iterable<Parcel | undefined> {
    const { branches, parcels } = this.#parts;
    for (const waiting of branches.ringing()) {
      yield parcels.crossing(waiting);
      if (waiting.invite !== undefined) yield parcels.invite(waiting.invite.key);
      const { role } = waiting.crossing;
      if (role.kind === 'opens') yield parcels.dialog(role.dialog);
    }
  }

  *#allTickets(): Iterable<Parcel | undefined> {
    const { tickets, parcels } = this.#parts;
    for (const ticket of tickets.values()) yield parcels.ticket(ticket);
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
      if (!store.isUp) return this.fellBehind();
    }
    if (batch.length > 0) await store.post(batch);
  }
}
