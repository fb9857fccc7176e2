/** What crossed the simulated network: every datagram and every piece of a stream, with its virtual time and its fate. */
import type { Instant } from '../util/time.ts';
import type { Endpoint } from '../world/world.ts';

/** `sent` as the sender gave it, `received` as the receiver got it; a datagram may be `lost`, or `refused` by a closed port. */
export type WireEventKind = 'sent' | 'received' | 'lost' | 'refused';

export interface WireEntry {
  readonly kind: WireEventKind;
  readonly at: Instant;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Buffer;
}

/** Beyond this a run forgets its beginning, half of it at a time. */
const defaultEntryLimit = 200_000;

export class WireLog {
  readonly #entryLimit: number;
  #entries: WireEntry[] = [];

  constructor(entryLimit = defaultEntryLimit) {
    this.#entryLimit = entryLimit;
  }

  record(entry: WireEntry): void {
    if (this.#entries.length >= this.#entryLimit) this.#entries = this.#entries.slice(Math.ceil(this.#entryLimit / 2));
    this.#entries.push(entry);
  }

  get entries(): readonly WireEntry[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }

  /** What this host sent and received. */
  of(address: string): readonly WireEntry[] {
    return this.#entries.filter(({ kind, source, destination }) =>
      kind === 'received' || kind === 'refused' ? destination.address === address : source.address === address,
    );
  }

  /** One line an event: `12.5 received udp 10.0.0.1:5060 > 10.0.0.2:5060 INVITE sip:bob@example.com SIP/2.0`. */
  lines(entries: readonly WireEntry[] = this.#entries): readonly string[] {
    return entries.map(
      ({ at, kind, transport, source, destination, bytes }) =>
        `${at} ${kind} ${transport} ${showEndpoint(source)} > ${showEndpoint(destination)} ${firstLine(bytes)}`,
    );
  }
}

/** `10.0.0.1:5060`, `[::1]:5060`. */
export const showEndpoint = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** The first line that holds something, cut to a readable length; what cannot be printed becomes a dot. */
export function firstLine(bytes: Buffer): string {
  const head = bytes.toString('latin1', 0, Math.min(bytes.length, 1024));
  const line = head.split(/\r?\n/).find((text) => text !== '') ?? '';
  return line.slice(0, 120).replace(/[^\x20-\x7e]/g, '.');
}
