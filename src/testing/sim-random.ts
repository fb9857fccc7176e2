/**
 * A seeded source of chance: the same seed gives the same numbers. Weyl steps through a 32-bit mixer, which is
 * plenty for losing packets and makes no number twice; it keeps no secret.
 */
import type { Random } from '../world/world.ts';

const goldenRatio = 0x9e3779b9;

export class SimRandom implements Random {
  #state: number;

  /** `stream` gives independent sequences under one seed, so that one host's draws do not shift another's. */
  constructor(seed: number, stream = '') {
    this.#state = mix(seed >>> 0);
    for (const char of stream) this.#state = mix(this.#state ^ (char.codePointAt(0) ?? 0));
  }

  u32(): number {
    this.#state = (this.#state + goldenRatio) >>> 0;
    return mix(this.#state);
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    let word = 0;
    for (let i = 0; i < length; i++) {
      if (i % 4 === 0) word = this.u32();
      out[i] = word & 0xff;
      word >>>= 8;
    }
    return out;
  }

  /** From 0 up to but not including 1. */
  fraction(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** True in about `probability` of the calls. Certainties draw nothing. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }
}

/** A bijection on 32 bits: each input bit reaches every output bit. */
function mix(value: number): number {
  let word = (value + goldenRatio) >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
}

/** The seed to use: `VIADUCT_SEED` from the given environment, else `fallback`. */
export function seedFrom(environment: Readonly<Record<string, string | undefined>>, fallback = 1): number {
  const text = environment['VIADUCT_SEED'];
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) >>> 0 : fallback;
}
