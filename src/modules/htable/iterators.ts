/** Walks through tables, by name, of one request: `sht_iterator_start` to `sht_iterator_end`. */
import type { Exchange, Slot } from '../../engine/exchange.ts';
import type { Cell } from './hash-table.ts';
import type { TimedTable } from './tables.ts';

/** Walks of one request at the same time. */
export const MAX_ITERATORS = 16;

interface Walk {
  readonly table: TimedTable;
  readonly cells: Generator<Cell>;
  current: Cell | undefined;
}

export class Iterators {
  readonly #slot: Slot<Map<string, Walk>>;

  constructor(slot: Slot<Map<string, Walk>>) {
    this.#slot = slot;
  }

  /** False when there are too many. A walk of the same name begins anew. */
  start(exchange: Exchange, name: string, table: TimedTable): boolean {
    let walks = this.#slot.of(exchange);
    if (walks === undefined) {
      walks = new Map();
      this.#slot.put(exchange, walks);
    }
    if (walks.size >= MAX_ITERATORS && !walks.has(name)) return false;
    walks.set(name, { table, cells: table.cells(), current: undefined });
    return true;
  }

  /** False at the end, and for a walk that was not started. */
  next(exchange: Exchange, name: string): boolean {
    const walk = this.#slot.of(exchange)?.get(name);
    if (walk === undefined) return false;
    const { value, done } = walk.cells.next();
    walk.current = done === true ? undefined : value;
    return walk.current !== undefined;
  }

  end(exchange: Exchange, name: string): boolean {
    return this.#slot.of(exchange)?.delete(name) ?? false;
  }

  /** Where the walk stands; undefined before the first `next` and after the last. */
  at(exchange: Exchange, name: string): { readonly table: TimedTable; readonly cell: Cell } | undefined {
    const walk = this.#slot.of(exchange)?.get(name);
    return walk?.current === undefined ? undefined : { table: walk.table, cell: walk.current };
  }
}
