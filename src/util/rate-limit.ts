/**
 * How often something may happen for each key: a token bucket that counts what it held back. With a burst of 1 it is
 * "one log line per key and interval".
 */
import { Lru } from './lru.ts';
import { after, type Instant } from './time.ts';

export interface RateLimitOptions {
  /** One token comes back per interval. */
  readonly intervalMs: number;
  /** Tokens of a full bucket; at least 1. */
  readonly burst: number;
  /** Keys remembered; the one not seen for longest is forgotten, and begins with a full bucket when it comes again. */
  readonly maxKeys: number;
}

interface Bucket {
  tokens: number;
  /** Since when the next token has been growing. */
  since: Instant;
  suppressed: number;
}

export class RateLimit<K> {
  readonly #options: RateLimitOptions;
  readonly #buckets: Lru<K, Bucket>;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#buckets = new Lru(options.maxKeys);
  }

  /** Takes a token. Undefined when there is none; else how many were refused since the last one that passed. */
  pass(key: K, now: Instant): number | undefined {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: this.#options.burst, since: now, suppressed: 0 };
      this.#buckets.set(key, bucket);
    }
    this.#refill(bucket, now);
    if (bucket.tokens === 0) {
      bucket.suppressed++;
      return undefined;
    }
    const { suppressed } = bucket;
    bucket.suppressed = 0;
    bucket.tokens--;
    return suppressed;
  }

  #refill(bucket: Bucket, now: Instant): void {
    const { burst, intervalMs } = this.#options;
    const grown = Math.floor((now - bucket.since) / intervalMs);
    if (bucket.tokens + grown >= burst) {
      bucket.tokens = burst;
      bucket.since = now;
    } else if (grown > 0) {
      bucket.tokens += grown;
      bucket.since = after(bucket.since, grown * intervalMs);
    }
  }
}
