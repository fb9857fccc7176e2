/** All tables by name, and the timer of each: a value goes when its time is over. They outlive a reload. */
import type { TimerEntry, Timers, Waiting } from '../../engine/timers.ts';
import type { Instant } from '../../util/time.ts';
import type { Clock } from '../../world/world.ts';
import { type Cell, type CellValue, HashTable, type HashTableSettings } from './hash-table.ts';

export type OnExpired = (table: string, cell: Cell) => void;

/** Tables of one proxy. */
export const MAX_TABLES = 1_000;

/** A table that runs its own timer while there is anything in it that expires. */
export class TimedTable implements Waiting {
  readonly table: HashTable;
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #expired: (cell: Cell) => void;
  #timer: TimerEntry | undefined = undefined;

  constructor(table: HashTable, parts: { timers: Timers; clock: Clock; expired: (cell: Cell) => void }) {
    this.table = table;
    this.#timers = parts.timers;
    this.#clock = parts.clock;
    this.#expired = parts.expired;
  }

  read(name: string): CellValue | undefined {
    return this.table.read(name, this.#clock.now());
  }

  get(name: string): Cell | undefined {
    return this.table.get(name, this.#clock.now());
  }

  set(name: string, value: CellValue): boolean {
    const stored = this.table.set(name, value, this.#clock.now());
    this.#arm();
    return stored;
  }

  add(name: string, amount: number): number | undefined {
    const sum = this.table.add(name, amount, this.#clock.now());
    this.#arm();
    return sum;
  }

  expireIn(name: string, seconds: number): boolean {
    const known = this.table.expireIn(name, Math.max(seconds, 0) * 1000, this.#clock.now());
    this.#arm();
    return known;
  }

  /** 0 when it lives for ever, or is not there. */
  secondsLeft(name: string): number {
    const expires = this.get(name)?.expires;
    return expires === undefined ? 0 : Math.ceil((expires - this.#clock.now()) / 1000);
  }

  cells(): Generator<Cell> {
    return this.table.cells(this.#clock.now());
  }

  count(fits: (cell: Cell) => boolean): number {
    let count = 0;
    for (const cell of this.cells()) if (fits(cell)) count++;
    return count;
  }

  deleteWhere(fits: (cell: Cell) => boolean): number {
    return this.table.deleteWhere(fits, this.#clock.now());
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    for (let cell = this.table.popExpired(now); cell !== undefined; cell = this.table.popExpired(now)) {
      this.#expired(cell);
    }
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#timers.set(this.#timer, this.table.deadline, this);
  }
}

export class Tables {
  /** What happens when a value expires; the program in force says it. */
  onExpired: OnExpired = () => undefined;
  readonly #tables = new Map<string, TimedTable>();
  readonly #parts: { readonly timers: Timers; readonly clock: Clock };

  constructor(timers: Timers, clock: Clock) {
    this.#parts = { timers, clock };
  }

  find(name: string): TimedTable | undefined {
    return this.#tables.get(name);
  }

  all(): Iterable<TimedTable> {
    return this.#tables.values();
  }

  /** Makes the table, or gives the one there is other settings: it keeps its values. */
  define(settings: HashTableSettings): void {
    const known = this.#tables.get(settings.name);
    if (known !== undefined) {
      known.table.settings = settings;
      return;
    }
    const { name } = settings;
    const expired = (cell: Cell): void => this.onExpired(name, cell);
    this.#tables.set(name, new TimedTable(new HashTable(settings), { ...this.#parts, expired }));
  }

  /** Forgets the tables that no program defines any more. */
  keep(names: ReadonlySet<string>): void {
    for (const [name, { table }] of this.#tables) {
      if (names.has(name)) continue;
      table.clear();
      this.#tables.delete(name);
    }
  }
}
