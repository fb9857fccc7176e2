/**
 * The addresses of one target, asked for when a connection is made and kept as long as DNS allows (A and AAAA, RFC 3263
 * section 4.2 for a URI with a port). A name server that is down does not take away addresses that were known.
 */
import { ipVersion } from '../../util/ip.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Endpoint } from '../../world/world.ts';
import type { SenderOptions } from './sender.ts';

/** Answers are kept at least so long, whatever they say: a target is asked for again on every reconnect. */
export const MIN_TTL_MS = 1_000;
export const MAX_TTL_MS = 3_600_000;
/** Addresses of one name that are tried. */
export const MAX_ADDRESSES = 16;

export class TargetAddresses {
  readonly #options: SenderOptions;
  #known: readonly string[] = [];
  #next = 0;
  #expires: Instant | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** When the answer loses its validity; undefined for an address that stands in the URI. */
  get expires(): Instant | undefined {
    return this.#expires;
  }

  /** The next address to try, undefined when there is none now. They have their turn one after the other. */
  async next(): Promise<Endpoint | undefined> {
    const { isName, host, port, world } = this.#options;
    if (!isName) return this.#usable(host) ? { address: host, port } : undefined;
    const fresh = this.#expires !== undefined && world.clock.now() < this.#expires;
    const wrapped = this.#next >= this.#known.length;
    if (!fresh || wrapped) await this.#ask();
    if (wrapped) this.#next = 0;
    const address = this.#known[this.#next++ % Math.max(1, this.#known.length)];
    return address === undefined ? undefined : { address, port };
  }

  /** The address worked: the next search begins with the first one again. */
  settled(): void {
    this.#next = 0;
  }

  has(address: string): boolean {
    return this.#known.includes(address);
  }

  async #ask(): Promise<void> {
    const { host, world } = this.#options;
    const [four, six] = await Promise.all([world.resolver.query('A', host), world.resolver.query('AAAA', host)]);
    const found: string[] = [];
    let ttlMs = MAX_TTL_MS;
    for (const answer of [four, six]) {
      if (answer.kind !== 'records') continue;
      for (const { address } of answer.records) if (this.#usable(address)) found.push(address);
      ttlMs = Math.min(ttlMs, answer.ttlSeconds * 1000);
    }
    if (found.length === 0 && (four.kind === 'failed' || six.kind === 'failed')) return;
    this.#known = found.slice(0, MAX_ADDRESSES);
    this.#expires = after(world.clock.now(), Math.max(MIN_TTL_MS, ttlMs));
  }

  /** Of the family that we send from, and not ourselves. */
  #usable(address: string): boolean {
    const { local, refuses } = this.#options;
    return (local === undefined || ipVersion(local.address) === ipVersion(address)) && !refuses(address);
  }
}
