/** The stores that are open because a program wants them: one a URL, handed from program to program. */
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import type { Sample } from '../../engine/sample.ts';
import { ViaductError } from '../../errors.ts';
import type { Store, StoreEvents } from '../../world/store.ts';
import type { Bindings } from './bindings.ts';
import type { Database, StoreDatabase } from './database.ts';
import { WriteThrough } from './write-through.ts';

interface Shared {
  readonly through: WriteThrough;
  users: number;
}

/** Outlives programs. */
export class Links {
  readonly #open = new Map<string, Shared>();

  /** The one of this database; made when no program in force has it. */
  async enter(database: StoreDatabase, make: () => WriteThrough): Promise<WriteThrough> {
    const known = this.#open.get(keyOf(database));
    if (known !== undefined) {
      known.users++;
      return known.through;
    }
    const through = make();
    this.#open.set(keyOf(database), { through, users: 1 });
    await through.start();
    return through;
  }

  /** The last one to leave closes it. */
  async leave(database: StoreDatabase): Promise<void> {
    const shared = this.#open.get(keyOf(database));
    if (shared === undefined || --shared.users > 0) return;
    this.#open.delete(keyOf(database));
    await shared.through.stop();
  }
}

const keyOf = ({ url, isReadOnly }: StoreDatabase): string => `${isReadOnly ? 'read' : 'write'} ${url}`;

export interface StoreLinkParts {
  readonly engine: Engine;
  readonly bindings: Bindings;
  readonly log: Log;
  readonly database: Database;
  readonly links: Links;
}

/** What one program has of a store. */
export class StoreLink {
  readonly #parts: StoreLinkParts;
  #through: WriteThrough | undefined = undefined;

  constructor(parts: StoreLinkParts) {
    this.#parts = parts;
  }

  /** undefined when the program wants none. */
  async open(): Promise<WriteThrough | undefined> {
    const { engine, bindings, log, database, links } = this.#parts;
    if (database.kind !== 'store') return undefined;
    const { url, isReadOnly } = database;
    const open = (on: StoreEvents): Store => {
      const opened = engine.world.stores?.open(url, on);
      if (opened?.kind === 'store') return opened.store;
      throw new ViaductError('PARAM_VALUE', `usrloc.db_url: ${opened?.message ?? 'there is no client for Redis here'}`);
    };
    this.#through = await links.enter(database, () => new WriteThrough({ engine, bindings, log, isReadOnly, open }));
    return this.#through;
  }

  async close(): Promise<void> {
    const { database, links } = this.#parts;
    if (this.#through === undefined || database.kind !== 'store') return;
    this.#through = undefined;
    await links.leave(database);
  }

  samples(): readonly Sample[] {
    if (this.#through === undefined) return [];
    const { store, missed } = this.#through;
    const help = 'Commands to the store behind the contacts, and what became of them.';
    const counts = Object.entries(store.counters).map(
      ([event, value]): Sample => ({ name: 'usrloc_store', kind: 'counter', help, labels: { event }, value }),
    );
    const up = 'Whether the store behind the contacts answers.';
    const late = 'Contacts whose changes the store was not told yet.';
    return [
      { name: 'usrloc_store_up', kind: 'gauge', help: up, value: store.isUp ? 1 : 0 },
      { name: 'usrloc_store_missed', kind: 'gauge', help: late, value: missed },
      ...counts,
    ];
  }
}
