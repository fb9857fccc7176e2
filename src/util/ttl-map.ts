/**
 * A bounded table whose entries live for a fixed time after they were set. When full, the oldest entry makes room.
 */
import { AgeList, AgeNode } from './age-list.ts';
import { after, type Instant } from './time.ts';

export interface TtlMapOptions {
  /** At least 1. */
  readonly max: number;
  readonly ttlMs: number;
}

export class TtlMap<K, V> {
  readonly #max: number;
  readonly #ttlMs: number;
  readonly #nodes = new Map<K, AgeNode<K, V>>();
  readonly #ages = new AgeList<K, V>();
  #evicted = 0;

  constructor({ max, ttlMs }: TtlMapOptions) {
    this.#max = max;
    this.#ttlMs = ttlMs;
  }

  /** Entries held, those included that expired since the last `set` or `sweep`. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Entries that had to go before their time. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Reading does not lengthen an entry's life. */
  get(key: K, now: Instant): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    if (node.expires > now) return node.value;
    this.#drop(node);
    return undefined;
  }

  has(key: K, now: Instant): boolean {
    const node = this.#nodes.get(key);
    return node !== undefined && node.expires > now;
  }

  /** Setting a key again begins its life anew. */
  set(key: K, value: V, now: Instant): void {
    this.sweep(now);
    const expires = after(now, this.#ttlMs);
    const known = this.#nodes.get(key);
    if (known !== undefined) {
      known.value = value;
      known.expires = expires;
      this.#ages.renew(known);
      return;
    }
    const oldest = this.#ages.oldest;
    if (this.#nodes.size >= this.#max && oldest !== undefined) {
      this.#drop(oldest);
      this.#evicted++;
    }
    const node = new AgeNode(key, value, expires);
    this.#nodes.set(key, node);
    this.#ages.append(node);
  }

  /** Oldest first; those that have expired may be among them. */
  *values(): Iterable<V> {
    for (const { value } of this.#nodes.values()) yield value;
  }

  delete(key: K): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    this.#drop(node);
    return true;
  }

  /** Forgets what has expired. `set` does it too, so this is for tables that fall silent. */
  sweep(now: Instant): void {
    for (let node = this.#ages.oldest; node !== undefined && node.expires <= now; node = this.#ages.oldest) {
      this.#drop(node);
    }
  }

  #drop(node: AgeNode<K, V>): void {
    this.#nodes.delete(node.key);
    this.#ages.remove(node);
  }
}
