/**
 * One end of a simulated connection: bytes in order, a bounded window, an orderly end in both directions. TLS is a tag
 * here, nothing is encrypted.
 */
import { after } from '../util/time.ts';
import type { Endpoint, SocketFault, Stream, StreamEvents } from '../world/world.ts';
import type { SimFabric } from './sim-udp.ts';
import type { WireEventKind } from './wire-log.ts';

/** What the two systems hold between a writer and a reader that does not read. */
const windowBytes = 65_536;

export interface StreamFabric extends SimFabric {
  isPaused(reader: Endpoint): boolean;
  forget(stream: SimStream): void;
}

type Phase =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly partner: SimStream }
  | { readonly name: 'closed' };
interface Arrival {
  readonly at: number;
  /** Absent: the writer has ended. */
  readonly bytes: Buffer | undefined;
}

export class SimStream implements Stream {
  readonly kind: 'tcp' | 'tls';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #fabric: StreamFabric;
  #on: StreamEvents | undefined;
  #phase: Phase = { name: 'connecting' };
  #outgoing: Buffer[] = [];
  #buffered = 0;
  #ending = false;
  #endSent = false;
  #endReceived = false;
  #owesDrain = false;
  #pumpPlanned = false;
  readonly #inbox: Arrival[] = [];
  #inboxBytes = 0;

  constructor(fabric: StreamFabric, kind: 'tcp' | 'tls', local: Endpoint, remote: Endpoint) {
    this.#fabric = fabric;
    this.kind = kind;
    this.local = local;
    this.remote = remote;
  }

  get buffered(): number {
    return this.#buffered;
  }

  get isClosed(): boolean {
    return this.#phase.name === 'closed';
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed || this.#ending || bytes.length === 0) return;
    const copy = Buffer.from(bytes);
    this.#record('sent', this.local, this.remote, copy);
    this.#outgoing.push(copy);
    this.#buffered += copy.length;
    this.#planPump();
    if (this.#buffered > 0) this.#owesDrain = true;
  }

  end(): void {
    if (this.isClosed || this.#ending) return;
    this.#ending = true;
    this.#pump();
  }

  destroy(): void {
    if (this.isClosed) return;
    const phase = this.#phase;
    this.finish(undefined);
    if (phase.name === 'open' && !this.#endSent) phase.partner.#arriveLater(undefined, this.#link(), 0);
  }

  listen(on: StreamEvents): void {
    this.#on = on;
  }

  /** Both ends call this, each when it knows. Bytes may be waiting for it on either side. */
  open(partner: SimStream): void {
    if (this.isClosed) return;
    this.#phase = { name: 'open', partner };
    this.#on?.open();
    this.#pump();
    this.readInbox();
  }

  /** Ends without ceremony; `closed` is told in a turn of its own. */
  finish(fault: SocketFault | undefined): void {
    if (this.isClosed) return;
    this.#phase = { name: 'closed' };
    this.#outgoing = [];
    this.#buffered = 0;
    this.#fabric.forget(this);
    this.#later(0, () => this.#on?.closed(fault));
  }

  /** Takes what has arrived, as far as the reader reads and the line stands. */
  readInbox(): void {
    const { clock, links } = this.#fabric;
    for (;;) {
      const phase = this.#phase;
      const first = this.#inbox[0];
      if (phase.name !== 'open' || first === undefined || first.at > clock.now()) return;
      if (this.#fabric.isPaused(this.local) || links.isSevered(this.remote.address, this.local.address)) return;
      this.#inbox.shift();
      if (first.bytes === undefined) {
        this.#peerEnded();
        continue;
      }
      this.#inboxBytes -= first.bytes.length;
      this.#record('received', this.remote, this.local, first.bytes);
      this.#on?.data(first.bytes);
      phase.partner.#pump();
    }
  }

  #peerEnded(): void {
    this.#endReceived = true;
    this.#ending = true;
    this.#pump();
    if (this.#endSent) this.finish(undefined);
  }

  /** Where streams are cut, writes of one turn are joined first. */
  #planPump(): void {
    if (!this.#link().segment) {
      this.#pump();
    } else if (!this.#pumpPlanned) {
      this.#pumpPlanned = true;
      this.#later(0, () => {
        this.#pumpPlanned = false;
        this.#pump();
      });
    }
  }

  /** Moves bytes into the window, each piece an event at the other end; then the end, if that was asked for. */
  #pump(): void {
    const phase = this.#phase;
    if (phase.name !== 'open') return;
    const { partner } = phase;
    const { segment } = this.#link();
    if (segment && this.#outgoing.length > 1) this.#outgoing = [Buffer.concat(this.#outgoing)];
    for (;;) {
      const head = this.#outgoing[0];
      const available = Math.min(head?.length ?? 0, windowBytes - partner.#inboxBytes);
      if (head === undefined || available <= 0) break;
      const { size, delayMs } = this.#fabric.links.segment(this.local.address, this.remote.address, available);
      if (size === head.length) this.#outgoing.shift();
      else this.#outgoing[0] = head.subarray(size);
      this.#buffered -= size;
      partner.#arriveLater(Buffer.from(head.subarray(0, size)), this.#link(), delayMs);
    }
    if (this.#buffered > 0) return;
    this.#payDrain();
    if (!this.#ending || this.#endSent) return;
    this.#endSent = true;
    partner.#arriveLater(undefined, this.#link(), 0);
    if (this.#endReceived) this.finish(undefined);
  }

  #payDrain(): void {
    if (!this.#owesDrain) return;
    this.#owesDrain = false;
    this.#later(0, () => {
      if (!this.isClosed) this.#on?.drain();
    });
  }

  #arriveLater(bytes: Buffer | undefined, { latencyMs }: { readonly latencyMs: number }, delayMs: number): void {
    if (this.isClosed) return;
    const { clock } = this.#fabric;
    const last = this.#inbox.at(-1)?.at ?? 0;
    const at = Math.max(last, after(clock.now(), latencyMs + delayMs));
    this.#inbox.push({ at, bytes });
    this.#inboxBytes += bytes?.length ?? 0;
    clock.wake(after(clock.now(), at - clock.now()), () => this.readInbox());
  }

  #link() {
    return this.#fabric.links.between(this.local.address, this.remote.address);
  }

  #later(delayMs: number, fn: () => void): void {
    const { clock } = this.#fabric;
    clock.wake(after(clock.now(), delayMs), fn);
  }

  #record(kind: WireEventKind, source: Endpoint, destination: Endpoint, bytes: Buffer): void {
    const { clock, wire } = this.#fabric;
    wire.record({ kind, at: clock.now(), transport: this.kind, source, destination, bytes });
  }
}
