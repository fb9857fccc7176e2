/**
 * One TCP or TLS connection: opens at the first send, frames what arrives, bounds what waits, and knows when it has
 * lived too long. It fires no timer; the table that holds it asks with `overdue`.
 */
import { StreamFramer } from '../sip/framing.ts';
import { after, type Instant } from '../util/time.ts';
import type { SocketFault, Stream, StreamEvents, TlsSession } from '../world/world.ts';
import type { Flow } from './flow.ts';
import type { DropReason, TransportCounters, TransportLimits } from './limits.ts';
import type { StreamFlow } from './stream-flow.ts';

export interface ConnectionHost {
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  now(): Instant;
  packet(bytes: Buffer, flow: Flow): void;
  /** The deadline has come nearer than it was. */
  sooner(connection: Connection): void;
  /** Called exactly once; the connection is of no use afterwards. */
  ended(connection: Connection, fault: SocketFault | undefined): void;
}

/** How a connection comes by its stream: a peer gave it, or it is made when first needed. */
export type Origin =
  | { readonly kind: 'accepted'; readonly stream: Stream }
  | { readonly kind: 'ours'; readonly connect: (on: StreamEvents) => Stream };

type State =
  | { readonly name: 'waiting'; readonly connect: (on: StreamEvents) => Stream; readonly since: Instant }
  | { readonly name: 'opening'; readonly stream: Stream; readonly since: Instant }
  | { readonly name: 'open'; readonly stream: Stream }
  | { readonly name: 'closing'; readonly stream: Stream; readonly since: Instant }
  | { readonly name: 'closed' };

/** Bytes that wait for the peer since then, and how many had been taken. */
type Stall = { readonly since: Instant; readonly taken: number };

const pong = Buffer.from('\r\n');
const never = Number.POSITIVE_INFINITY;

export type ConnectionState = State['name'];

export class Connection implements StreamEvents {
  readonly flow: StreamFlow;
  readonly inbound: boolean;
  readonly #host: ConnectionHost;
  readonly #framer: StreamFramer;
  #state: State;
  #lastByte: Instant;
  /** Since when a message is awaited: the start of an inbound connection, and the first byte of each message. */
  #awaiting: Instant | undefined;
  #stall: Stall | undefined;
  #given = 0;

  constructor(flow: StreamFlow, origin: Origin, host: ConnectionHost) {
    const now = host.now();
    this.flow = flow;
    this.inbound = origin.kind === 'accepted';
    this.#host = host;
    this.#framer = new StreamFramer({ maxBytes: host.limits.messageBytes });
    this.#lastByte = now;
    this.#awaiting = this.inbound ? now : undefined;
    this.#state =
      origin.kind === 'accepted'
        ? { name: 'opening', stream: origin.stream, since: now }
        : { name: 'waiting', connect: origin.connect, since: now };
  }

  get state(): ConnectionState {
    return this.#state.name;
  }

  /** Bytes that the peer has not taken yet. */
  get queuedBytes(): number {
    return 'stream' in this.#state ? this.#state.stream.buffered : 0;
  }

  get session(): TlsSession | undefined {
    return 'stream' in this.#state ? this.#state.stream.session : undefined;
  }

  get usable(): boolean {
    return this.#state.name !== 'closing' && this.#state.name !== 'closed';
  }

  send(bytes: Uint8Array): 'sent' | 'full' | 'closed' {
    const { limits, counters } = this.#host;
    switch (this.#state.name) {
      case 'waiting':
        this.#connect(this.#state.connect);
        return this.send(bytes);
      case 'opening':
        if (this.#state.stream.buffered + bytes.length > limits.writeBufferBytes) {
          counters.dropped.bufferFull++;
          return 'full';
        }
        this.#write(this.#state.stream, bytes);
        return 'sent';
      case 'open':
        if (this.#state.stream.buffered + bytes.length > limits.writeBufferBytes) {
          this.drop('slowReader', `the peer left ${this.#state.stream.buffered} bytes unread`);
          return 'full';
        }
        this.#write(this.#state.stream, bytes);
        return 'sent';
      case 'closing':
      case 'closed':
        counters.dropped.noConnection++;
        return 'closed';
    }
  }

  open(): void {
    if (this.#state.name !== 'opening') return;
    const { stream } = this.#state;
    this.flow.local = stream.local;
    this.#state = { name: 'open', stream };
    if (this.inbound) this.#host.counters.accepted++;
    else this.#host.counters.connected++;
    this.#touch();
  }

  data(bytes: Buffer): void {
    if (this.#state.name !== 'open') return;
    this.#touch();
    for (const frame of this.#framer.push(bytes)) {
      switch (frame.kind) {
        case 'message':
          this.#awaiting = undefined;
          this.#host.counters.received++;
          this.#host.packet(frame.bytes, this.flow);
          break;
        case 'keepalive':
          // RFC 5626 section 3.5.1: the double CRLF is a ping, and the answer is a single one.
          this.#host.counters.keepalives++;
          this.send(pong);
          break;
        case 'pong':
          break;
        case 'error':
          this.drop(frame.rule.endsWith('-too-large') ? 'oversize' : 'framing', frame.rule);
          return;
      }
      if (!this.usable) return;
    }
    this.#watchRest();
  }

  drain(): void {
    this.#stall = undefined;
  }

  closed(fault: SocketFault | undefined): void {
    const state = this.#state;
    const lost = state.name === 'opening' || (state.name === 'open' && state.stream.buffered > 0);
    this.#end(fault ?? (lost ? { by: 'peer', code: 'ECONNRESET', message: 'closed before all was sent' } : undefined));
  }

  /** Sends what is buffered, then closes. */
  end(): void {
    const state = this.#state;
    if (state.name === 'waiting') this.#end(undefined);
    if (state.name !== 'opening' && state.name !== 'open') return;
    this.#state = { name: 'closing', stream: state.stream, since: this.#host.now() };
    state.stream.end();
    this.#host.sooner(this);
  }

  /** Closes at once, and tells why. */
  drop(reason: DropReason, message: string): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    this.#host.counters.dropped[reason]++;
    const by = reason === 'framing' || reason === 'oversize' ? 'peer' : 'local';
    this.#end(reason === 'idle' ? undefined : { by, code: reason, message });
    if (state.name !== 'waiting') state.stream.destroy();
  }

  /** When `overdue` wants to be asked next. */
  get deadline(): Instant {
    const { limits } = this.#host;
    switch (this.#state.name) {
      case 'waiting':
        return after(this.#state.since, limits.idleMs);
      case 'opening':
        return after(this.#state.since, limits.connectMs);
      case 'open':
        return Math.min(
          after(this.#lastByte, limits.idleMs),
          this.#awaiting === undefined ? never : after(this.#awaiting, limits.firstMessageMs),
          this.#stall === undefined ? never : after(this.#stall.since, limits.writeMs),
        ) as Instant;
      case 'closing':
        return after(this.#state.since, limits.stopMs);
      case 'closed':
        return never as Instant;
    }
  }

  /** Closes what has waited too long. */
  overdue(now: Instant): void {
    const { limits } = this.#host;
    this.#reviewStall(now);
    if (this.deadline > now) return;
    switch (this.#state.name) {
      case 'waiting':
        return this.drop('idle', 'never used');
      case 'opening':
        return this.drop('connectTimeout', `no connection within ${limits.connectMs} ms`);
      case 'open':
        if (this.#stall !== undefined && after(this.#stall.since, limits.writeMs) <= now) {
          return this.drop('slowReader', `the peer took nothing for ${limits.writeMs} ms`);
        }
        if (this.#awaiting !== undefined && after(this.#awaiting, limits.firstMessageMs) <= now) {
          return this.drop('slowSender', `no whole message within ${limits.firstMessageMs} ms`);
        }
        return this.drop('idle', 'idle');
      case 'closing':
        return this.abort();
      case 'closed':
        return;
    }
  }

  /** Closes at once, without a reason to count. */
  abort(): void {
    const state = this.#state;
    this.#end(undefined);
    if (state.name !== 'waiting' && state.name !== 'closed') state.stream.destroy();
  }

  #connect(connect: (on: StreamEvents) => Stream): void {
    const stream = connect(this);
    this.#state = { name: 'opening', stream, since: this.#host.now() };
    this.#host.sooner(this);
  }

  #write(stream: Stream, bytes: Uint8Array): void {
    this.#touch();
    this.#given += bytes.length;
    stream.write(bytes);
    if (this.#stall !== undefined || stream.buffered === 0) return;
    this.#stall = { since: this.#lastByte, taken: this.#given - stream.buffered };
    this.#host.sooner(this);
  }

  #touch(): void {
    this.#lastByte = this.#host.now();
  }

  /** The rest of a message must come in time, however slowly its bytes trickle. */
  #watchRest(): void {
    if (!this.#framer.midMessage || this.#awaiting !== undefined) return;
    this.#awaiting = this.#lastByte;
    this.#host.sooner(this);
  }

  /** A peer that took something since the last look has time again. */
  #reviewStall(now: Instant): void {
    if (this.#state.name !== 'open' || this.#stall === undefined) return;
    const waiting = this.#state.stream.buffered;
    const taken = this.#given - waiting;
    if (waiting === 0) this.#stall = undefined;
    else if (taken > this.#stall.taken) this.#stall = { since: now, taken };
  }

  #end(fault: SocketFault | undefined): void {
    if (this.#state.name === 'closed') return;
    this.#state = { name: 'closed' };
    this.#host.ended(this, fault);
  }
}
