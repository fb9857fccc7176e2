/** The tables that modules asked for, by where they come from, and their reading from files and stores. */
import { ViaductError } from '../../errors.ts';
import type { Files } from '../../world/world.ts';
import type { DbTextApi, Row, TableSource } from './api.ts';
import { MemoryTable } from './memory-table.ts';
import { StoreTables, type StoreTablesParts, whyNoStore } from './store-tables.ts';
import { newCounts, type TableCounts } from './table-counts.ts';
import { MAX_ROWS, parseTable } from './table-text.ts';

export interface TablesSettings {
  readonly files: Files;
  readonly defaultConnection: string | undefined;
  readonly emptyStrings: boolean;
  /** Rows of tables in memory, by name. */
  readonly memory: ReadonlyMap<string, readonly Row[]>;
  readonly stores: Omit<StoreTablesParts, 'url' | 'emptyStrings' | 'counts'>;
  readonly counts?: TableCounts;
}

interface Entry {
  readonly table: MemoryTable;
  /** undefined for a table in memory. */
  readonly path: string | undefined;
}

type Origin =
  | { readonly kind: 'memory' }
  | { readonly kind: 'text'; readonly directory: string }
  | { readonly kind: 'store'; readonly url: string };

/** What to say to the URLs of other databases. Credentials stand in a URL, so it is never shown. */
const ADVICE =
  'viaduct reads its tables from text files or from Redis: export the tables in the form of db_text (one file a table), ' +
  'put them into one directory and set the URL to "text:///that/directory", or write one hash a row into Redis and set it ' +
  'to "redis://host:port/db"';

export class Tables implements DbTextApi {
  readonly #settings: TablesSettings;
  readonly #counts: TableCounts;
  readonly #entries = new Map<string, Entry>();
  readonly #stores = new Map<string, StoreTables>();

  constructor(settings: TablesSettings) {
    this.#settings = settings;
    this.#counts = settings.counts ?? newCounts();
  }

  table(name: string, source: TableSource): MemoryTable {
    if (!NAME.test(name)) {
      throw new ViaductError('PARAM_VALUE', `${source.param}: ${JSON.stringify(name)} is not the name of a table`);
    }
    const origin = this.#originOf(source);
    if (origin.kind === 'store') return this.#storeOf(origin.url).table(name);
    const path = origin.kind === 'memory' ? undefined : `${origin.directory.replace(/\/+$/, '')}/${name}`;
    const key = path ?? `memory:${name}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known.table;
    const table = new MemoryTable(name, MAX_ROWS, this.#counts);
    if (path === undefined) table.replace(this.#settings.memory.get(name) ?? []);
    this.#entries.set(key, { table, path });
    return table;
  }

  /** A file that cannot be read stops the start. A store that is not there is read when it comes. */
  async start(): Promise<void> {
    await this.#readFiles();
    await Promise.all([...this.#stores.values()].map((store) => store.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#stores.values()].map((store) => store.stop()));
  }

  /** Reads every file and store, then replaces the rows of all of them: after an error the old rows stay. Gives rows by table. */
  async reload(): Promise<Readonly<Record<string, number>>> {
    const reads = await Promise.all(
      [...this.#stores.values()].map(async (store) => [store, await store.read()] as const),
    );
    for (const [store, read] of reads) {
      if (read.kind !== 'read') throw new ViaductError('CONFIG_FILE_UNREADABLE', `${store.label}: ${read.reason}`);
    }
    await this.#readFiles();
    for (const [store, read] of reads) if (read.kind === 'read') store.take(read);
    return Object.fromEntries(this.all().map((table) => [table.name, table.size]));
  }

  all(): readonly MemoryTable[] {
    const own = [...this.#entries.values()].map(({ table }) => table);
    return [...own, ...[...this.#stores.values()].flatMap(({ tables }) => [...tables])];
  }

  async #readFiles(): Promise<void> {
    const read: (readonly [MemoryTable, readonly Row[]])[] = [];
    for (const { table, path } of this.#entries.values()) {
      if (path !== undefined) read.push([table, await this.#readCounted(path)]);
    }
    for (const [table, rows] of read) table.replace(rows);
  }

  #readCounted(path: string): Promise<readonly Row[]> {
    return this.#read(path).catch((error: unknown) => {
      this.#counts.errors.value++;
      throw error;
    });
  }

  async #read(path: string): Promise<readonly Row[]> {
    const text = await this.#textOf(path);
    const parsed = parseTable(text, this.#settings.emptyStrings);
    if (parsed.kind === 'table') return parsed.rows;
    throw new ViaductError('CONFIG_FILE_UNREADABLE', `${path}:${parsed.line}: ${parsed.message}`);
  }

  async #textOf(path: string): Promise<string> {
    try {
      return await this.#settings.files.readText(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ViaductError('CONFIG_FILE_UNREADABLE', `cannot read the table ${path}: ${why}`, { cause });
    }
  }

  #storeOf(url: string): StoreTables {
    const known = this.#stores.get(url);
    if (known !== undefined) return known;
    const { stores, emptyStrings } = this.#settings;
    const made = new StoreTables({ ...stores, url, emptyStrings, counts: this.#counts });
    this.#stores.set(url, made);
    return made;
  }

  #originOf({ param, url }: TableSource): Origin {
    const wanted = url === undefined || url === 'text://' ? (this.#settings.defaultConnection ?? 'memory:') : url;
    const [, scheme = '', rest = ''] = URL.exec(wanted) ?? [];
    switch (scheme.toLowerCase().replace(/^(rediss?)\+.*/, '$1')) {
      case 'memory':
        return { kind: 'memory' };
      case 'text':
        return { kind: 'text', directory: rest.replace(/^\/\//, '') };
      case '':
        // Kamailio's own shorthand: a directory alone.
        return { kind: 'text', directory: wanted };
      case 'redis':
      case 'rediss': {
        const fault = whyNoStore(wanted, this.#settings.stores.stores);
        if (fault === undefined) return { kind: 'store', url: wanted };
        throw new ViaductError('PARAM_VALUE', `${param}: ${fault}`);
      }
    }

    throw new ViaductError(
      'PARAM_VALUE',
      `${param} is a URL of ${scheme}, and there is no client for it here: ${ADVICE}`,
    );
  }
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const URL = /^([A-Za-z][A-Za-z0-9+_-]+):(.*)$/s;
