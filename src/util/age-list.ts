/**
 * Entries in the order of their last use, oldest first: a doubly linked list, so that dropping the oldest costs the
 * same however large the table is (a Map walks over the places of deleted keys to find its first one).
 */

export class AgeNode<K, V> {
  readonly key: K;
  value: V;
  /** When it expires; 0 in tables without time. */
  expires: number;
  /** @internal */
  older: AgeNode<K, V> | undefined;
  /** @internal */
  newer: AgeNode<K, V> | undefined;

  constructor(key: K, value: V, expires: number) {
    this.key = key;
    this.value = value;
    this.expires = expires;
  }
}

export class AgeList<K, V> {
  #oldest: AgeNode<K, V> | undefined;
  #newest: AgeNode<K, V> | undefined;

  get oldest(): AgeNode<K, V> | undefined {
    return this.#oldest;
  }

  append(node: AgeNode<K, V>): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  /** The node must be in this list. */
  remove(node: AgeNode<K, V>): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
    node.older = undefined;
    node.newer = undefined;
  }

  renew(node: AgeNode<K, V>): void {
    if (node === this.#newest) return;
    this.remove(node);
    this.append(node);
  }
}
