/** One table of names and values, with a time after which a value is gone. Holds no clock and fires nothing. */
import { type Deadline, DeadlineQueue } from '../../util/deadlines.ts';
import { after, type Instant } from '../../util/time.ts';

export type CellValue = string | number;

export interface Cell {
  readonly name: string;
  readonly value: CellValue;
  readonly expires: Instant | undefined;
}

interface Entry {
  readonly name: string;
  value: CellValue;
  due: Deadline<Entry> | undefined;
}

export interface HashTableSettings {
  readonly name: string;
  /** What an absent name gives. */
  readonly initial: CellValue | undefined;
  /** How long a value lives; 0 for ever. */
  readonly lifeMs: number;
  /** A new value lives its whole time, else what was left of the old one's. */
  readonly renew: boolean;
  readonly maxItems: number;
}

export class HashTable {
  settings: HashTableSettings;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new DeadlineQueue<Entry>();

  constructor(settings: HashTableSettings) {
    this.settings = settings;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** When the next value expires. */
  get deadline(): Instant | undefined {
    return this.#due.next;
  }

  /** The value, else what the table says of absent names. */
  read(name: string, now: Instant): CellValue | undefined {
    return this.get(name, now)?.value ?? this.settings.initial;
  }

  get(name: string, now: Instant): Cell | undefined {
    const entry = this.#live(name, now);
    return entry === undefined ? undefined : cellOf(entry);
  }

  /** False when the table is full. */
  set(name: string, value: CellValue, now: Instant): boolean {
    const known = this.#live(name, now);
    if (known === undefined) this.delete(name);
    if (known === undefined && this.#entries.size >= this.settings.maxItems) {
      this.#dropExpired(now);
      if (this.#entries.size >= this.settings.maxItems) return false;
    }
    const entry = known ?? { name, value, due: undefined };
    entry.value = value;
    if (known === undefined) this.#entries.set(name, entry);
    const { lifeMs, renew } = this.settings;
    if (lifeMs > 0 && (renew || entry.due === undefined)) this.#schedule(entry, after(now, lifeMs));
    return true;
  }

  /** Adds to a number. Undefined when there is no number, and none to begin with. */
  add(name: string, amount: number, now: Instant): number | undefined {
    const value = this.read(name, now);
    if (typeof value !== 'number') return undefined;
    return this.set(name, value + amount, now) ? value + amount : undefined;
  }

  delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    if (entry.due !== undefined) this.#due.remove(entry.due);
    return this.#entries.delete(name);
  }

  clear(): void {
    for (const name of [...this.#entries.keys()]) this.delete(name);
  }

  /** How long a value lives from now on; 0 for ever. False when there is none. */
  expireIn(name: string, ms: number, now: Instant): boolean {
    const entry = this.#live(name, now);
    if (entry === undefined) return false;
    if (ms > 0) this.#schedule(entry, after(now, ms));
    else if (entry.due !== undefined) {
      this.#due.remove(entry.due);
      entry.due = undefined;
    }
    return true;
  }

  /** Takes out one value whose time is over. */
  popExpired(now: Instant): Cell | undefined {
    const entry = this.#due.popDue(now);
    if (entry === undefined) return undefined;
    this.#entries.delete(entry.name);
    return cellOf(entry);
  }

  *cells(now: Instant): Generator<Cell> {
    for (const entry of this.#entries.values()) {
      if (entry.due === undefined || entry.due.at > now) yield cellOf(entry);
    }
  }

  /** Deletes what fits and says how much that was. */
  deleteWhere(fits: (cell: Cell) => boolean, now: Instant): number {
    const found = [...this.cells(now)].filter(fits);
    for (const { name } of found) this.delete(name);
    return found.length;
  }

  /** Expired values are not seen, but stay until they are popped: their event route still has to run. */
  #live(name: string, now: Instant): Entry | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined || entry.due === undefined || entry.due.at > now ? entry : undefined;
  }

  #dropExpired(now: Instant): void {
    for (let cell = this.popExpired(now); cell !== undefined; cell = this.popExpired(now));
  }

  #schedule(entry: Entry, at: Instant): void {
    if (entry.due === undefined) entry.due = this.#due.add(at, entry);
    else this.#due.update(entry.due, at);
  }
}

const cellOf = ({ name, value, due }: Entry): Cell => ({ name, value, expires: due?.at });
