/**
 * The store behind topos, as one program has it: none, or one that is opened when the first program wants it and handed
 * from program to program.
 */
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import type { Sample } from '../../engine/sample.ts';
import { ViaductError } from '../../errors.ts';
import type { Store, StoreState } from '../../world/store.ts';
import type { Dialogs } from './dialogs.ts';
import { Ledger } from './ledger.ts';
import { Lookups } from './lookups.ts';
import type { Tickets } from './tickets.ts';

/** How long a start waits for the store to be there: the first message may need it. */
export const START_MS = 2_000;

/** What is open for one URL. */
interface Shelf {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly lookups: Lookups;
  users: number;
}

/** Outlives programs. */
export class Shelves {
  readonly open = new Map<string, Shelf>();
}

export interface StorageParts {
  readonly engine: Engine;
  readonly log: Log;
  readonly dialogs: Dialogs;
  readonly tickets: Tickets;
  readonly shelves: Shelves;
  readonly branchMs: number;
}

export class Storage {
  readonly #parts: StorageParts;
  #url: string | undefined = undefined;
  #shelf: Shelf | undefined = undefined;

  constructor(parts: StorageParts) {
    this.#parts = parts;
  }

  get ledger(): Ledger | undefined {
    return this.#shelf?.ledger;
  }

  get lookups(): Lookups | undefined {
    return this.#shelf?.lookups;
  }

  get store(): Store | undefined {
    return this.#shelf?.store;
  }

  /** undefined for memory alone. */
  async open(url: string | undefined): Promise<void> {
    const { shelves } = this.#parts;
    if (url === undefined) return;
    const known = shelves.open.get(url);
    const shelf = known ?? this.#made(url);
    shelf.users++;
    shelves.open.set(url, shelf);
    this.#url = url;
    this.#shelf = shelf;
    this.#watch(shelf.ledger);
    if (known === undefined) await shelf.store.ready(START_MS);
  }

  /** The last program to leave closes it. */
  async close(): Promise<void> {
    const [url, shelf] = [this.#url, this.#shelf];
    this.#shelf = undefined;
    if (shelf === undefined || url === undefined || --shelf.users > 0) return;
    const { dialogs, shelves } = this.#parts;
    shelves.open.delete(url);
    // That of the program that stays, if it has one.
    if (dialogs.watcher === shelf.ledger) this.#watch([...shelves.open.values()].at(-1)?.ledger);
    await shelf.ledger.stop();
    await shelf.store.close();
  }

  #watch(ledger: Ledger | undefined): void {
    const { dialogs, tickets } = this.#parts;
    dialogs.watcher = ledger;
    tickets.watcher = ledger;
  }

  samples(): readonly Sample[] {
    if (this.#shelf === undefined) return [];
    const { store, ledger, lookups } = this.#shelf;
    const counter = (name: string, help: string, counts: Readonly<Record<string, number>>): readonly Sample[] =>
      Object.entries(counts).map(([event, value]) => ({ name, kind: 'counter', help, labels: { event }, value }));
    const { oversized, turns } = ledger;
    return [
      { name: 'topos_store_up', kind: 'gauge', help: 'Whether the store answers.', value: store.isUp ? 1 : 0 },
      ...counter('topos_store', 'Commands to the store, and what became of them.', { ...store.counters }),
      ...counter('topos_records', 'Records read for messages, and those not written.', {
        ...lookups.counts,
        ...{ oversized, turns },
      }),
    ];
  }

  #made(url: string): Shelf {
    const { engine, dialogs, tickets, branchMs, log } = this.#parts;
    const told: { kind: StoreState['kind'] | undefined } = { kind: undefined };
    const opened = engine.world.stores?.open(url, {
      changed: (state) => {
        if (state.kind === 'up') ledger.cameUp();
        if (told.kind === state.kind) return;
        told.kind = state.kind;
        if (state.kind === 'up') log.write('notice', `${store.label} is up`);
        else log.write('warn', `${store.label} is down: calls go on from memory`, { reason: state.reason });
      },
      refused: (message) => log.write('error', `${store.label} refused`, { reason: message }),
    });
    if (opened?.kind !== 'store') {
      throw new ViaductError('PARAM_VALUE', `topos.storage: ${opened?.message ?? 'there is no client for Redis here'}`);
    }
    const { store } = opened;
    const lookups = new Lookups(store, engine.world.clock);
    const superseded = (dialog: { readonly id: string; readonly callId: string }): void =>
      void lookups.dialog(dialog.id, dialog.callId).then((found) => {
        const own = dialogs.get(dialog.id, engine.world.clock.now());
        if (found.kind === 'found' && own !== undefined) own.take(found.value);
      });
    const ledger = new Ledger({ engine, dialogs, tickets, store, branchMs, superseded });
    ledger.start();
    return { store, ledger, lookups, users: 0 };
  }
}

/** What `storage` asks for, and whether that is not to be had. */
export interface Wish {
  readonly url: string | undefined;
  readonly notice?: string;
}

/** `named`: the server of topos_redis. */
export function storageWish(storage: string, named: string | undefined): Wish {
  if (storage === '' || storage === 'memory') return { url: undefined };
  if (storage === 'redis') {
    if (named !== undefined) return { url: named };
    throw new ViaductError('PARAM_VALUE', 'topos.storage is redis: load topos_redis with a serverid, or give a URL');
  }
  if (/^rediss?[:+]/i.test(storage)) return { url: storage };
  if (storage === 'db' || storage === 'htable') {
    return { url: undefined, notice: `there is no storage ${storage}: dialogs are in memory` };
  }
  throw new ViaductError(
    'PARAM_VALUE',
    `topos.storage is memory, redis or a URL of Redis, not ${JSON.stringify(storage)}`,
  );
}
