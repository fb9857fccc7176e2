/**
 * A bounded table that forgets what was not used for longest.
 */
import { AgeList, AgeNode } from './age-list.ts';

export class Lru<K, V> {
  readonly #max: number;
  readonly #nodes = new Map<K, AgeNode<K, V>>();
  readonly #ages = new AgeList<K, V>();
  #evicted = 0;

  /** `max` is at least 1. */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get evicted(): number {
    return this.#evicted;
  }

  /** Counts as a use. */
  get(key: K): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    this.#ages.renew(node);
    return node.value;
  }

  set(key: K, value: V): void {
    const known = this.#nodes.get(key);
    if (known !== undefined) {
      known.value = value;
      this.#ages.renew(known);
      return;
    }
    const oldest = this.#ages.oldest;
    if (this.#nodes.size >= this.#max && oldest !== undefined) {
      this.delete(oldest.key);
      this.#evicted++;
    }
    const node = new AgeNode(key, value, 0);
    this.#nodes.set(key, node);
    this.#ages.append(node);
  }

  delete(key: K): boolean {
    const node = this.#nodes.get(key);
    if (node === undefined) return false;
    this.#nodes.delete(key);
    this.#ages.remove(node);
    return true;
  }
}
