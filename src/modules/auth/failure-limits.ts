/**
 * How often credentials may be wrong, for each source address and for each user. Who logged in from an address lately is
 * counted there by himself: neither his neighbours behind the same NAT nor strangers who guess his password shut him out.
 */
import { parseIp } from '../../util/ip.ts';
import type { Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';

/** Addresses, and users, with recent failures that are remembered. */
export const MAX_SUSPECTS = 100_000;
/** Pairs of user and address that are remembered for having logged in. */
export const MAX_ACQUAINTANCES = 100_000;
export const ACQUAINTANCE_MS = 3_600_000;

export interface FailureLimitOptions {
  /** 0: no limit. */
  readonly maxFailures: number;
  readonly windowMs: number;
  readonly maxSuspects?: number;
}

export interface Attempt {
  readonly address: string;
  readonly user: string;
  readonly realm: string;
}

export class FailureLimits {
  readonly #maxFailures: number;
  readonly #sources: TtlMap<string, { count: number }>;
  readonly #users: TtlMap<string, { count: number }>;
  readonly #pairs: TtlMap<string, { count: number }>;
  readonly #acquaintances: TtlMap<string, true>;

  constructor({ maxFailures, windowMs, maxSuspects = MAX_SUSPECTS }: FailureLimitOptions) {
    this.#maxFailures = maxFailures;
    const table = { max: maxSuspects, ttlMs: windowMs };
    this.#sources = new TtlMap(table);
    this.#users = new TtlMap(table);
    this.#pairs = new TtlMap(table);
    this.#acquaintances = new TtlMap({ max: MAX_ACQUAINTANCES, ttlMs: ACQUAINTANCE_MS });
  }

  isLimited(attempt: Attempt, now: Instant): boolean {
    if (this.#maxFailures === 0) return false;
    const pair = pairOf(attempt);
    if (this.#acquaintances.has(pair, now)) return this.#isFull(this.#pairs, pair, now);
    return (
      this.#isFull(this.#sources, networkOf(attempt.address), now) || this.#isFull(this.#users, userOf(attempt), now)
    );
  }

  /** Counts a failure; true when it was the last one allowed. */
  failed(attempt: Attempt, now: Instant): boolean {
    if (this.#maxFailures === 0) return false;
    const pair = pairOf(attempt);
    if (this.#acquaintances.has(pair, now)) return this.#count(this.#pairs, pair, now);
    const source = this.#count(this.#sources, networkOf(attempt.address), now);
    return this.#count(this.#users, userOf(attempt), now) || source;
  }

  succeeded(attempt: Attempt, now: Instant): void {
    if (this.#maxFailures > 0) this.#acquaintances.set(pairOf(attempt), true, now);
  }

  #isFull(table: TtlMap<string, { count: number }>, key: string, now: Instant): boolean {
    return (table.get(key, now)?.count ?? 0) >= this.#maxFailures;
  }

  /** All failures of a window are forgotten together, when its first one is old enough. */
  #count(table: TtlMap<string, { count: number }>, key: string, now: Instant): boolean {
    const known = table.get(key, now);
    if (known === undefined) table.set(key, { count: 1 }, now);
    else known.count++;
    return (known?.count ?? 1) === this.#maxFailures;
  }
}

const userOf = ({ user, realm }: Attempt): string => `${user}\0${realm}`;
const pairOf = (attempt: Attempt): string => `${networkOf(attempt.address)}\0${userOf(attempt)}`;

const MAPPED = '00000000000000000000ffff';

/** One host has a whole /64 of IPv6 to send from, so that is what counts as one source. */
export function networkOf(address: string): string {
  const bytes = parseIp(address);
  if (bytes?.length !== 16) return address;
  const hex = Buffer.from(bytes).toString('hex');
  return hex.startsWith(MAPPED) ? hex : hex.slice(0, 16);
}
