/**
 * Scripted DNS: answers from records that the test wrote, after a latency in virtual time. It does not follow
 * CNAMEs and knows nothing that it was not told.
 */
import { after } from '../util/time.ts';
import type { AddressRecord, Clock, DnsAnswer, NaptrRecord, RecordOf, Resolver, SrvRecord } from '../world/world.ts';

/** How long a resolver waits for servers that are down before it gives up. */
const downTimeoutMs = 5_000;
const defaultTtlSeconds = 60;

type Tables = { readonly [K in keyof RecordOf]: Map<string, DnsAnswer<RecordOf[K]>> };

export class SimResolver implements Resolver {
  readonly #clock: Clock;
  readonly #tables: Tables = { NAPTR: new Map(), SRV: new Map(), A: new Map(), AAAA: new Map() };
  readonly #queries: string[] = [];
  #down = false;
  /** Time until an answer arrives. */
  latencyMs = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every question asked so far, as `A proxy.example`. */
  get queries(): readonly string[] {
    return this.#queries;
  }

  a(name: string, addresses: readonly string[], ttlSeconds: number = defaultTtlSeconds): this {
    return this.set('A', name, addresses.map(addressRecord), ttlSeconds);
  }

  aaaa(name: string, addresses: readonly string[], ttlSeconds: number = defaultTtlSeconds): this {
    return this.set('AAAA', name, addresses.map(addressRecord), ttlSeconds);
  }

  srv(name: string, records: readonly SrvRecord[], ttlSeconds: number = defaultTtlSeconds): this {
    return this.set('SRV', name, records, ttlSeconds);
  }

  naptr(name: string, records: readonly NaptrRecord[], ttlSeconds: number = defaultTtlSeconds): this {
    return this.set('NAPTR', name, records, ttlSeconds);
  }

  /** No records removes the name: the answer is then `none`. */
  set<K extends keyof RecordOf>(type: K, name: string, records: readonly RecordOf[K][], ttlSeconds: number): this {
    const table: Map<string, DnsAnswer<RecordOf[K]>> = this.#tables[type];
    if (records.length === 0) table.delete(canonical(name));
    else table.set(canonical(name), { kind: 'records', records, ttlSeconds });
    return this;
  }

  /** This one question fails, as with SERVFAIL. */
  fail(type: keyof RecordOf, name: string, message = 'SERVFAIL'): this {
    this.#tables[type].set(canonical(name), { kind: 'failed', message });
    return this;
  }

  /** While down, every question fails after the resolver's own timeout. */
  setDown(down: boolean): void {
    this.#down = down;
  }

  query<K extends keyof RecordOf>(type: K, name: string): Promise<DnsAnswer<RecordOf[K]>> {
    this.#queries.push(`${type} ${canonical(name)}`);
    const table: Map<string, DnsAnswer<RecordOf[K]>> = this.#tables[type];
    const answer: DnsAnswer<RecordOf[K]> = this.#down
      ? { kind: 'failed', message: 'queryTimeout: no name server answered' }
      : (table.get(canonical(name)) ?? { kind: 'none' });
    const waitMs = this.#down ? downTimeoutMs : this.latencyMs;
    return new Promise((resolve) => {
      this.#clock.wake(after(this.#clock.now(), waitMs), () => resolve(answer));
    });
  }
}

const addressRecord = (address: string): AddressRecord => ({ address });
/** Names compare without case and without the root's dot (RFC 4343). */
const canonical = (name: string): string => name.toLowerCase().replace(/\.$/, '');
