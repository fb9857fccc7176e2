/**
 * Counts requests by source address in a tree of address bytes, as Kamailio's pike does: a prefix grows a longer one only
 * when it is busy, so that many quiet addresses cost one node and a flood is followed down to where it comes from.
 */
import { AgeList, AgeNode } from '../../util/age-list.ts';
import { after, type Instant } from '../../util/time.ts';

/** Nodes of the tree. When it is full, no prefix is made longer until others have fallen silent. */
export const MAX_NODES = 100_000;

export interface FloodLimits {
  /** Requests of one address in a sampling period. */
  readonly density: number;
  /** How long a silent address is remembered. */
  readonly silenceMs: number;
  readonly maxNodes?: number;
}

export type Verdict = 'quiet' | 'newFlood' | 'flood';

interface Hits {
  previous: number;
  current: number;
}

class Node {
  readonly byte: number;
  readonly parent: Node | undefined;
  /** Where it hangs: the kids of its parent, or a root. */
  readonly place: Map<number, Node>;
  readonly kids = new Map<number, Node>();
  /** Requests of the addresses below, while this is the longest prefix of them. */
  readonly hits: Hits = { previous: 0, current: 0 };
  /** Requests of the address that ends here. */
  readonly own: Hits = { previous: 0, current: 0 };
  /** An address ends here. */
  isAddress = false;
  isRed = false;
  /** Its place among those that will be forgotten; only addresses and nodes without kids have one. */
  age: AgeNode<Node, undefined> | undefined = undefined;

  constructor(byte: number, parent: Node | undefined, place: Map<number, Node>) {
    this.byte = byte;
    this.parent = parent;
    this.place = place;
  }
}

export interface Flooder {
  readonly address: readonly number[];
  readonly previous: number;
  readonly current: number;
  readonly expires: number | undefined;
  readonly status: 'HOT' | 'WARM' | '';
}

export class FloodTree {
  readonly density: number;
  readonly #silenceMs: number;
  readonly #maxNodes: number;
  readonly #roots: { readonly [size: number]: Map<number, Node> } = { 4: new Map(), 16: new Map() };
  readonly #ages = new AgeList<Node, undefined>();
  #size = 0;

  constructor({ density, silenceMs, maxNodes = MAX_NODES }: FloodLimits) {
    this.density = density;
    this.#silenceMs = silenceMs;
    this.#maxNodes = maxNodes;
  }

  get size(): number {
    return this.#size;
  }

  /** One more request from an address of 4 or 16 bytes. */
  hit(address: Uint8Array, now: Instant): Verdict {
    const roots = this.#roots[address.length];
    if (roots === undefined) return 'quiet';
    const [first = 0] = address;
    let node = roots.get(first);
    if (node === undefined) {
      this.#grow({ parent: undefined, place: roots, byte: first }, now);
      return 'quiet';
    }
    let depth = 1;
    for (let kid = kidOf(node, address, depth); kid !== undefined; kid = kidOf(node, address, depth)) {
      node = kid;
      depth++;
    }
    if (depth === address.length) return this.#hitAddress(node, now);
    node.hits.current++;
    if (this.#isBusy(node)) this.#grow({ parent: node, place: node.kids, byte: address[depth] ?? 0 }, now);
    else if (node.hits.current >= this.#busy) this.#renew(node, now);
    return 'quiet';
  }

  #hitAddress(node: Node, now: Instant): Verdict {
    node.isAddress = true;
    node.own.current++;
    this.#renew(node, now);
    if (node.isRed) return 'flood';
    if (!this.#isHot(node)) return 'quiet';
    node.isRed = true;
    return 'newFlood';
  }

  /** A node for the next byte; it inherits what its parent counted, so that a flood is not counted from zero at each byte. */
  #grow({ parent, place, byte }: Pick<Node, 'parent' | 'place' | 'byte'>, now: Instant): void {
    if (this.#size >= this.#maxNodes) return;
    const node = new Node(byte, parent, place);
    node.hits.current = parent === undefined ? 1 : Math.max(parent.hits.current - 1, 0);
    place.set(byte, node);
    this.#size++;
    this.#schedule(node, now);
    if (parent !== undefined && !parent.isAddress && parent.kids.size === 1) this.#unschedule(parent);
  }

  #schedule(node: Node, now: Instant): void {
    node.age = new AgeNode<Node, undefined>(node, undefined, after(now, this.#silenceMs));
    this.#ages.append(node.age);
  }

  /** Addresses and the ends of prefixes are remembered for as long as they are not silent. */
  #renew(node: Node, now: Instant): void {
    if (node.age === undefined) return;
    node.age.expires = after(now, this.#silenceMs);
    this.#ages.renew(node.age);
  }

  #unschedule(node: Node): void {
    if (node.age !== undefined) this.#ages.remove(node.age);
    node.age = undefined;
  }

  /** The sampling period ends: whoever has become slower is no longer red. */
  nextPeriod(): void {
    for (const roots of [this.#roots[4], this.#roots[16]]) for (const node of roots?.values() ?? []) this.#turn(node);
  }

  #turn(node: Node): void {
    node.hits.previous = node.hits.current;
    node.hits.current = 0;
    node.own.previous = node.own.current;
    node.own.current = 0;
    if (node.isRed && !this.#isHot(node)) node.isRed = false;
    for (const kid of node.kids.values()) this.#turn(kid);
  }

  /** Forgets what has been silent for too long. */
  sweep(now: Instant): void {
    for (let age = this.#ages.oldest; age !== undefined && age.expires <= now; age = this.#ages.oldest) {
      const node = age.key;
      this.#unschedule(node);
      if (node.kids.size > 0) {
        node.isAddress = false;
        node.own.current = 0;
      } else this.#remove(node, now);
    }
  }

  #remove(node: Node, now: Instant): void {
    const { parent, place, byte } = node;
    this.#size--;
    place.delete(byte);
    if (parent !== undefined && parent.kids.size === 0 && parent.age === undefined) this.#schedule(parent, now);
  }

  /** Addresses that are watched, for those who ask. */
  *flooders(): Generator<Flooder> {
    for (const roots of [this.#roots[4], this.#roots[16]])
      for (const node of roots?.values() ?? []) yield* this.#below(node, [node.byte]);
  }

  *#below(node: Node, address: readonly number[]): Generator<Flooder> {
    if (node.isAddress) {
      const { previous, current } = node.own;
      const status = this.#isHot(node) ? 'HOT' : node.hits.current >= this.#busy ? 'WARM' : '';
      yield { address, previous, current, expires: node.age?.expires, status };
    }
    for (const kid of node.kids.values()) yield* this.#below(kid, [...address, kid.byte]);
  }

  get #busy(): number {
    return this.density >> 2;
  }

  #isBusy({ hits }: Node): boolean {
    return exceeds(hits, this.#busy);
  }

  #isHot({ own }: Node): boolean {
    return exceeds(own, this.density);
  }
}

const kidOf = (node: Node, address: Uint8Array, depth: number): Node | undefined => {
  const byte = address[depth];
  return byte === undefined ? undefined : node.kids.get(byte);
};

const exceeds = ({ previous, current }: Hits, limit: number): boolean =>
  previous >= limit || current >= limit || (previous + current) >> 1 >= limit;
