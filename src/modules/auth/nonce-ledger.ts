/**
 * Nonces that were used, so that an answer heard on the wire cannot be used again: the nonce count must grow
 * (`nonce_count`), or the nonce is good for one request (`one_time_nonce`).
 */
import type { Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';

/** Used nonces remembered. Beyond, the one used longest ago is forgotten and only its age protects it. */
export const MAX_NONCES = 100_000;

/** By how much the clock that nonces are dated with may move against the one that counts. */
const CLOCK_DRIFT_MS = 1_000;

export type ReplayRule = 'off' | 'count' | 'once';

export class NonceLedger {
  readonly #used: TtlMap<string, number>;

  /** A nonce from a clock ahead of ours is fresh for up to twice its lifetime: so long it is remembered. */
  constructor(lifetimeSeconds: number, max: number = MAX_NONCES) {
    this.#used = new TtlMap({ max, ttlMs: lifetimeSeconds * 2000 + CLOCK_DRIFT_MS });
  }

  /** Nonces that had to be forgotten before their time. */
  get forgotten(): number {
    return this.#used.evicted;
  }

  /** `count` is 0 for an answer without nc: it uses the nonce up. */
  isReplay(nonce: string, count: number, rule: ReplayRule, now: Instant): boolean {
    if (rule === 'off') return false;
    const last = this.#used.get(nonce, now);
    if (last === undefined) return false;
    return rule === 'once' || count <= last;
  }

  /** To be called for valid answers only: nobody may use up a nonce of somebody else. */
  use(nonce: string, count: number, rule: ReplayRule, now: Instant): void {
    if (rule === 'off') return;
    // A copy: a slice of the message would keep all of it in memory.
    const own = Buffer.from(nonce, 'latin1').toString('latin1');
    this.#used.set(own, count === 0 ? Number.POSITIVE_INFINITY : count, now);
  }
}
