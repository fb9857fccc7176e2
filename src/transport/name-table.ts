/**
 * What DNS said about names, for one record type: kept for its TTL, a "no" for a while, too. A name that many ask for
 * at once is asked for once.
 */
import { Lru } from '../util/lru.ts';
import { after, type Instant } from '../util/time.ts';
import type { Clock, DnsAnswer, RecordOf, Resolver } from '../world/world.ts';

export interface NameLimits {
  /** Names remembered, for each record type. */
  readonly names: number;
  /** Questions under way, for each record type. */
  readonly queries: number;
  /** How long "there is no such record" is believed. */
  readonly noneMs: number;
  /** How long a name is left alone after its servers failed. */
  readonly failedMs: number;
  /** Bounds of a TTL. */
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
}

interface Held<R> {
  readonly answer: DnsAnswer<R>;
  readonly expires: Instant;
}

export class NameTable<K extends keyof RecordOf> {
  readonly #type: K;
  readonly #resolver: Resolver;
  readonly #clock: Clock;
  readonly #limits: NameLimits;
  readonly #held: Lru<string, Held<RecordOf[K]>>;
  readonly #asked = new Map<string, Promise<void>>();

  constructor(type: K, world: { readonly resolver: Resolver; readonly clock: Clock }, limits: NameLimits) {
    this.#type = type;
    this.#resolver = world.resolver;
    this.#clock = world.clock;
    this.#limits = limits;
    this.#held = new Lru(limits.names);
  }

  find(name: string, at: Instant): DnsAnswer<RecordOf[K]> | undefined {
    const held = this.#held.get(name);
    return held !== undefined && held.expires > at ? held.answer : undefined;
  }

  /** Settles when `find` knows more; never rejects. */
  ask(name: string): Promise<void> {
    const asked = this.#asked.get(name);
    if (asked !== undefined) return asked;
    if (this.#asked.size >= this.#limits.queries) {
      this.#hold(name, { kind: 'failed', message: `more than ${this.#limits.queries} DNS questions at once` });
      return Promise.resolve();
    }
    const asking = this.#query(name);
    this.#asked.set(name, asking);
    return asking;
  }

  async #query(name: string): Promise<void> {
    try {
      this.#hold(name, await this.#resolver.query(this.#type, name));
    } catch (error) {
      this.#hold(name, { kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#asked.delete(name);
    }
  }

  #hold(name: string, answer: DnsAnswer<RecordOf[K]>): void {
    this.#held.set(name, { answer, expires: after(this.#clock.now(), this.#lifeOf(answer)) });
  }

  #lifeOf(answer: DnsAnswer<RecordOf[K]>): number {
    const { noneMs, failedMs, minTtlMs, maxTtlMs } = this.#limits;
    switch (answer.kind) {
      case 'records':
        return Math.min(maxTtlMs, Math.max(minTtlMs, answer.ttlSeconds * 1000));
      case 'none':
        return noneMs;
      case 'failed':
        return failedMs;
    }
  }
}
