/** A table of rows in memory with an index for each set of columns that it was asked by. */
import type { Cell, Filter, Row, Table } from './api.ts';
import { newCounts, type TableCounts } from './table-counts.ts';
import { MAX_ROWS } from './table-text.ts';

type Index = ReadonlyMap<string, readonly Row[]>;

export class MemoryTable implements Table {
  readonly name: string;
  readonly #max: number;
  readonly #counts: TableCounts;
  readonly #indexes = new Map<string, Index>();
  #rows: Row[] = [];
  #version = 0;

  constructor(name: string, max: number = MAX_ROWS, counts: TableCounts = newCounts()) {
    this.name = name;
    this.#max = max;
    this.#counts = counts;
  }

  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#rows.length;
  }

  rows(filter: Filter): readonly Row[] {
    const found = this.#fitting(filter);
    this.#counts.reads.value++;
    if (found.length === 0) this.#counts.misses.value++;
    return found;
  }

  #fitting(filter: Filter): readonly Row[] {
    const columns = Object.keys(filter);
    if (columns.length === 0) return this.#rows.slice();
    const name = columns.join('\0');
    let index = this.#indexes.get(name);
    if (index === undefined) {
      index = indexBy(this.#rows, columns);
      this.#indexes.set(name, index);
    }
    return index.get(keyOf(filter, columns)) ?? [];
  }

  insert(row: Row): boolean {
    if (this.#rows.length >= this.#max) return false;
    this.#rows.push({ ...row });
    this.#counts.writes.value++;
    this.#changed();
    return true;
  }

  update(filter: Filter, changes: Row): number {
    const chosen = new Set(this.#fitting(filter));
    if (chosen.size === 0) return 0;
    this.#counts.writes.value += chosen.size;
    this.#rows = this.#rows.map((row) => (chosen.has(row) ? { ...row, ...changes } : row));
    this.#changed();
    return chosen.size;
  }

  delete(filter: Filter): number {
    const chosen = new Set(this.#fitting(filter));
    if (chosen.size === 0) return 0;
    this.#counts.writes.value += chosen.size;
    this.#rows = this.#rows.filter((row) => !chosen.has(row));
    this.#changed();
    return chosen.size;
  }

  /** All rows at once, as a file has them. */
  replace(rows: readonly Row[]): void {
    this.#rows = rows.slice();
    this.#changed();
  }

  #changed(): void {
    this.#version++;
    this.#indexes.clear();
  }
}

function indexBy(rows: readonly Row[], columns: readonly string[]): Index {
  const index = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row, columns);
    const same = index.get(key);
    if (same === undefined) index.set(key, [row]);
    else same.push(row);
  }
  return index;
}

/** Lengths go before the values: no two lists of values give the same key. */
function keyOf(row: Row, columns: readonly string[]): string {
  let key = '';
  for (const column of columns) key += cellKey(Object.hasOwn(row, column) ? row[column] : null);
  return key;
}

function cellKey(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '-';
  const text = String(cell);
  return `${text.length}:${text}`;
}
