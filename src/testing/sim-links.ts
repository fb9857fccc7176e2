/** How good the simulated lines are: latency, loss, duplication, reordering, largest datagram, and hosts that are cut off. */
import type { SimRandom } from './sim-random.ts';

export interface LinkQuality {
  /** One way. */
  readonly latencyMs: number;
  /** Probabilities, 0 to 1, for each datagram. */
  readonly loss: number;
  readonly duplicate: number;
  /** Probability that a datagram is held back long enough to be overtaken. */
  readonly reorder: number;
  readonly reorderDelayMs: number;
  /** Larger datagrams vanish, as fragments do in many networks. */
  readonly maxDatagram: number;
  /** Cuts streams at random places and joins writes, so that a reader may rely on nothing but the order of bytes. */
  readonly segment: boolean;
}

/** What IPv4 allows: 65535 minus the IP and UDP headers. */
export const largestDatagram = 65_507;

const perfectLink: LinkQuality = {
  latencyMs: 1,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderDelayMs: 20,
  maxDatagram: largestDatagram,
  segment: false,
};

export class SimLinks {
  readonly #random: SimRandom;
  readonly #cutOff = new Set<string>();
  readonly #byPair = new Map<string, LinkQuality>();
  #everywhere: LinkQuality = perfectLink;

  constructor(random: SimRandom) {
    this.#random = random;
  }

  /** Changes what is named. Without addresses: everywhere that has no quality of its own; with them: that direction. */
  set(quality: Partial<LinkQuality>, from?: string, to?: string): void {
    if (from === undefined || to === undefined) this.#everywhere = { ...this.#everywhere, ...quality };
    else this.#byPair.set(`${from} ${to}`, { ...this.between(from, to), ...quality });
  }

  between(from: string, to: string): LinkQuality {
    return this.#byPair.get(`${from} ${to}`) ?? this.#everywhere;
  }

  cut(address: string): void {
    this.#cutOff.add(address);
  }

  mend(address: string): void {
    this.#cutOff.delete(address);
  }

  isSevered(from: string, to: string): boolean {
    return this.#cutOff.has(from) || this.#cutOff.has(to);
  }

  /** The delays after which copies of a datagram arrive; none when it is lost. */
  copies(from: string, to: string, size: number): readonly number[] {
    const quality = this.between(from, to);
    if (this.isSevered(from, to) || size > quality.maxDatagram || this.#random.chance(quality.loss)) return [];
    const first = this.#delay(quality);
    return this.#random.chance(quality.duplicate) ? [first, this.#delay(quality)] : [first];
  }

  #delay({ latencyMs, reorder, reorderDelayMs }: LinkQuality): number {
    return this.#random.chance(reorder) ? latencyMs + this.#random.fraction() * reorderDelayMs : latencyMs;
  }

  /** How many of `available` bytes travel together, and how late. */
  segment(from: string, to: string, available: number): { readonly size: number; readonly delayMs: number } {
    if (!this.between(from, to).segment) return { size: available, delayMs: 0 };
    return { size: this.#random.between(1, available), delayMs: this.#random.between(0, 1) };
  }
}
