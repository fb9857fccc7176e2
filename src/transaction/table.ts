/** Running transactions by key, up to a limit. It evicts nothing: when it is full, the caller refuses new work. */

export const DEFAULT_TRANSACTION_LIMIT = 100_000;

export class TransactionTable<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;
  #peak = 0;

  constructor(limit: number = DEFAULT_TRANSACTION_LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The largest size so far. */
  get peak(): number {
    return this.#peak;
  }

  /** A key that is taken stays with its first transaction. */
  add(key: string, transaction: T): 'added' | 'full' | 'taken' {
    if (this.#entries.has(key)) return 'taken';
    if (this.#entries.size >= this.#limit) return 'full';
    this.#entries.set(key, transaction);
    this.#peak = Math.max(this.#peak, this.#entries.size);
    return 'added';
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  values(): Iterable<T> {
    return this.#entries.values();
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }
}
