/**
 * Tables of which each row is a hash of Redis, at `<prefix><table>:<any id>`, with one field a column. They are read when
 * the modules start and when they are told to; nothing that happens to the store later touches the rows in memory.
 */
import type { Log } from '../../engine/log.ts';
import { after } from '../../util/time.ts';
import { readStoreUrl } from '../../world/store-url.ts';
import type { Store, Stores, StoreState } from '../../world/store.ts';
import type { Clock } from '../../world/world.ts';
import type { Cell, Row } from './api.ts';
import { MemoryTable } from './memory-table.ts';
import { newCounts, type TableCounts } from './table-counts.ts';
import { MAX_COLUMNS, MAX_ROWS } from './table-text.ts';

/** Field names and values of one row together. */
export const MAX_ROW_BYTES = 65_536;
/** How long a start waits for the store to be there, and to hand over what it has. */
export const CONNECT_MS = 2_000;
export const READ_MS = 30_000;
/** After a first reading that did not come to its end. */
export const RETRY_MS = 5_000;

export interface StoreTablesParts {
  readonly url: string;
  readonly stores: Stores | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** An empty text is empty, not null. */
  readonly emptyStrings: boolean;
  /** What was read last, by URL and table. Outlives programs: a new one does not begin with nothing. */
  readonly kept: Map<string, readonly Row[]>;
  readonly maxRows?: number;
  readonly counts?: TableCounts;
}

export interface TablesRead {
  readonly kind: 'read';
  readonly tables: readonly (readonly [MemoryTable, readonly Row[]])[];
  /** Keys that are no rows. */
  readonly skipped: number;
}

/** `lasting`: the same reading would fail again. */
export type TablesOutcome = TablesRead | { readonly kind: 'passing' | 'lasting'; readonly reason: string };

/** undefined when such a store can be opened. */
export function whyNoStore(url: string, stores: Stores | undefined): string | undefined {
  const read = readStoreUrl(url);
  if (read.kind === 'malformed') return `not a URL of Redis: ${read.message}`;
  return stores === undefined ? 'there is no client for Redis here' : undefined;
}

export class StoreTables {
  readonly #parts: StoreTablesParts;
  readonly #counts: TableCounts;
  readonly #tables = new Map<string, MemoryTable>();
  #store: Store | undefined = undefined;
  #phase: 'unread' | 'read' | 'stopped' = 'unread';
  /** The first reading, while it is under way. */
  #first: Promise<void> | undefined = undefined;
  #hasTold = false;
  #why = 'no answer in time';
  #cancelRetry = (): void => undefined;

  constructor(parts: StoreTablesParts) {
    this.#parts = parts;
    this.#counts = parts.counts ?? newCounts();
  }

  /** Without user and password. */
  get label(): string {
    return this.#store?.label ?? 'redis';
  }

  get tables(): Iterable<MemoryTable> {
    return this.#tables.values();
  }

  table(name: string): MemoryTable {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = new MemoryTable(name, this.#parts.maxRows, this.#counts);
    table.replace(this.#parts.kept.get(this.#keyOf(table)) ?? []);
    this.#tables.set(name, table);
    return table;
  }

  /** Takes so long at most; what has not been read then, is read later. */
  async start(): Promise<void> {
    const { url, stores, clock } = this.#parts;
    const opened = stores?.open(url, {
      changed: (state) => this.#turned(state),
      refused: (reason) => {
        this.#why = reason;
      },
    });
    if (opened?.kind !== 'store') return;
    this.#store = opened.store;
    if (!(await opened.store.ready(CONNECT_MS))) {
      this.#counts.errors.value++;
      return this.#tell('warn', this.#why);
    }
    await new Promise<void>((resolve) => {
      const cancel = clock.wake(after(clock.now(), READ_MS), resolve);
      void this.#readFirst().then(() => {
        cancel();
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#cancelRetry();
    await this.#store?.close();
  }

  /** What the store has; the rows in force stay until they are replaced by `take`. */
  async read(): Promise<TablesOutcome> {
    const tables: (readonly [MemoryTable, readonly Row[]])[] = [];
    let skipped = 0;
    for (const table of this.#tables.values()) {
      const read = await this.#rowsOf(table.name);
      if (read.kind !== 'rows') {
        this.#counts.errors.value++;
        return read;
      }
      tables.push([table, read.rows]);
      skipped += read.skipped;
    }
    return { kind: 'read', tables, skipped };
  }

  take({ tables, skipped }: TablesRead): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'read';
    this.#cancelRetry();
    for (const [table, rows] of tables) {
      table.replace(rows);
      this.#parts.kept.set(this.#keyOf(table), rows);
    }
    const counts = Object.fromEntries(tables.map(([{ name }, rows]) => [name, rows.length]));
    const level = skipped > 0 ? 'warn' : 'notice';
    this.#parts.log.write(level, `tables were read from ${this.label}`, {
      ...counts,
      'keys that are no rows': skipped,
    });
  }

  async #rowsOf(name: string): Promise<Rows | Exclude<TablesOutcome, TablesRead>> {
    const { emptyStrings, maxRows = MAX_ROWS } = this.#parts;
    const rows = new Map<string, Row>();
    const query = { prefix: `${name}:`, maxFields: MAX_COLUMNS, maxBytes: MAX_ROW_BYTES };
    const outcome = await this.#store?.hashes(query, (key, fields) => {
      rows.set(key, rowOf(fields, emptyStrings));
      return rows.size <= maxRows;
    });
    if (rows.size > maxRows) return { kind: 'lasting', reason: `table ${name} has more than ${maxRows} rows` };
    switch (outcome?.kind) {
      case 'read':
        return { kind: 'rows', rows: inOrder(rows), skipped: outcome.foreign };
      case 'refused':
        return { kind: 'lasting', reason: this.#why };
      case 'down':
      case undefined:
        return { kind: 'passing', reason: this.#why };
    }
  }

  #turned(state: StoreState): void {
    if (state.kind === 'up') void this.#readFirst();
    else this.#why = state.reason;
  }

  #readFirst(): Promise<void> {
    if (this.#phase !== 'unread') return Promise.resolve();
    this.#cancelRetry();
    this.#first ??= this.read().then((outcome) => {
      this.#first = undefined;
      if (this.#phase !== 'unread') return;
      if (outcome.kind === 'read') return this.take(outcome);
      this.#tell(outcome.kind === 'passing' ? 'warn' : 'error', outcome.reason);
      if (outcome.kind === 'passing') this.#retry();
    });
    return this.#first;
  }

  #retry(): void {
    const { clock } = this.#parts;
    // A store that is down tells when it comes up.
    this.#cancelRetry = clock.wake(after(clock.now(), RETRY_MS), () => {
      if (this.#store?.isUp === true) void this.#readFirst();
    });
  }

  #tell(level: 'warn' | 'error', reason: string): void {
    if (this.#hasTold || this.#phase === 'stopped') return;
    this.#hasTold = true;
    const then = level === 'warn' ? 'until it can be read' : 'until db_text.reload';
    const tables = [...this.#tables.keys()].join(' ');
    const isKept = [...this.#tables.values()].every((table) => this.#parts.kept.has(this.#keyOf(table)));
    const what = isKept ? 'its tables stay as they were' : 'its tables are empty';
    this.#parts.log.write(level, `${this.label} cannot be read: ${what} ${then}`, { tables, reason });
  }

  #keyOf({ name }: MemoryTable): string {
    return `${this.#parts.url} ${name}`;
  }
}

interface Rows {
  readonly kind: 'rows';
  readonly rows: readonly Row[];
  readonly skipped: number;
}

function rowOf(fields: readonly (readonly [string, string])[], emptyStrings: boolean): Row {
  return Object.fromEntries(
    fields.map(([name, value]): readonly [string, Cell] => [name, value === '' && !emptyStrings ? null : value]),
  );
}

/** A store gives its keys in any order: which row is found first is not to change from one reading to the next. */
function inOrder(rows: ReadonlyMap<string, Row>): readonly Row[] {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, row]) => row);
}
