/** All TCP and TLS connections of one proxy: found by number or by peer, counted by address, closed when overdue. */
import { type Deadline, DeadlineQueue } from '../util/deadlines.ts';
import type { Instant, WallTime } from '../util/time.ts';
import type { Clock, Endpoint, SocketFault } from '../world/world.ts';
import type { Flow, Listener, Transport } from './flow.ts';
import type { TransportCounters, TransportLimits } from './limits.ts';
import { Connection, type ConnectionHost, type ConnectionState, type Origin } from './stream.ts';
import { StreamFlow } from './stream-flow.ts';

export interface ConnectionTableOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  packet(bytes: Buffer, flow: Flow, at: WallTime): void;
  flowFailed(flow: Flow, fault: SocketFault): void;
  /** The last connection has gone. */
  emptied(): void;
}

/** A connection, as it is shown to people. */
export interface ConnectionStatus {
  readonly flow: Flow;
  readonly state: ConnectionState;
  /** Until it is closed if nothing happens. */
  readonly idleSeconds: number;
  /** As long as it may be silent. */
  readonly lifeSeconds: number;
  readonly queuedBytes: number;
}

export type { ConnectionState } from './stream.ts';

interface Entry {
  readonly connection: Connection;
  /** The names under which peers are found here. */
  readonly keys: string[];
  deadline: Deadline<Connection>;
}

/** What names a peer: a TLS connection made for one server name is not used for another. */
export const peerKey = (transport: Transport, remote: Endpoint, servername: string): string =>
  `${transport} ${remote.address} ${remote.port} ${servername}`;

export class ConnectionTable implements ConnectionHost {
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  readonly #options: ConnectionTableOptions;
  readonly #byNumber = new Map<number, Entry>();
  readonly #byPeer = new Map<string, Connection>();
  readonly #inboundFrom = new Map<string, number>();
  readonly #deadlines = new DeadlineQueue<Connection>();
  #lastNumber = 0;
  #alarm: { readonly at: Instant; readonly cancel: () => void } | undefined;

  constructor(options: ConnectionTableOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.counters = options.counters;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  byNumber(number: number): Connection | undefined {
    return this.#byNumber.get(number)?.connection;
  }

  /** A connection to this peer that can still be sent on; with `from`, only one of that listener. */
  toPeer(key: string, from: Listener | undefined): Connection | undefined {
    const connection = this.#byPeer.get(key);
    if (connection === undefined || !connection.usable) return undefined;
    return from === undefined || connection.flow.listener === from ? connection : undefined;
  }

  /** undefined, and counted, when a limit forbids one more. */
  add(listener: Listener, remote: Endpoint, origin: Origin, key: string): Connection | undefined {
    if (this.size >= this.limits.connections) {
      this.counters.dropped.connectionLimit++;
      return undefined;
    }
    const inbound = origin.kind === 'accepted';
    const fromAddress = this.#inboundFrom.get(remote.address) ?? 0;
    if (inbound && fromAddress >= this.limits.connectionsPerAddress) {
      this.counters.dropped.addressLimit++;
      return undefined;
    }
    if (inbound) this.#inboundFrom.set(remote.address, fromAddress + 1);
    const local = inbound ? origin.stream.local : { address: listener.local.address, port: 0 };
    const flow = new StreamFlow(listener, local, { address: remote.address, port: remote.port }, ++this.#lastNumber);
    const connection = new Connection(flow, origin, this);
    this.#keep(connection, key);
    return connection;
  }

  /** Lets a connection be found under one more name of its peer; false when it has enough. */
  name(number: number, key: string): boolean {
    const entry = this.#byNumber.get(number);
    if (entry === undefined) return false;
    if (!entry.keys.includes(key)) {
      // The first name is where the peer really is.
      if (entry.keys.length > this.limits.aliases) return false;
      entry.keys.push(key);
    }
    this.#byPeer.set(key, entry.connection);
    return true;
  }

  list(): readonly ConnectionStatus[] {
    const now = this.now();
    return [...this.#byNumber.values()].map(({ connection: { flow, state, deadline, queuedBytes } }) => ({
      flow,
      state,
      idleSeconds: Math.max(0, Math.ceil((deadline - now) / 1000)),
      lifeSeconds: Math.floor(this.limits.idleMs / 1000),
      queuedBytes,
    }));
  }

  endAll(): void {
    for (const { connection } of [...this.#byNumber.values()]) connection.end();
  }

  abortAll(): void {
    for (const { connection } of [...this.#byNumber.values()]) connection.abort();
  }

  now(): Instant {
    return this.#options.clock.now();
  }

  packet(bytes: Buffer, flow: Flow): void {
    this.#options.packet(bytes, flow, this.#options.clock.wall());
  }

  sooner(connection: Connection): void {
    const entry = this.#byNumber.get(connection.flow.connection);
    if (entry === undefined || connection.deadline >= entry.deadline.at) return;
    this.#deadlines.update(entry.deadline, connection.deadline);
    this.#setAlarm();
  }

  ended(connection: Connection, fault: SocketFault | undefined): void {
    const { flow } = connection;
    const entry = this.#byNumber.get(flow.connection);
    if (entry === undefined) return;
    this.#byNumber.delete(flow.connection);
    this.#deadlines.remove(entry.deadline);
    for (const key of entry.keys) {
      if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
    }
    if (connection.inbound) this.#forgetInbound(flow.remote.address);
    this.counters.connections = this.size;
    this.#setAlarm();
    if (fault !== undefined) {
      this.counters.faults++;
      this.#options.flowFailed(flow, fault);
    }
    if (this.size === 0) this.#options.emptied();
  }

  #keep(connection: Connection, key: string): void {
    const number = connection.flow.connection;
    this.#byNumber.set(number, {
      connection,
      keys: [],
      deadline: this.#deadlines.add(connection.deadline, connection),
    });
    this.name(number, key);
    this.counters.connections = this.size;
    this.#setAlarm();
  }

  #forgetInbound(address: string): void {
    const left = (this.#inboundFrom.get(address) ?? 1) - 1;
    if (left === 0) this.#inboundFrom.delete(address);
    else this.#inboundFrom.set(address, left);
  }

  /** One timer for all connections: the earliest deadline. */
  #setAlarm(): void {
    const next = this.#deadlines.next;
    if (next === this.#alarm?.at) return;
    // A timer that is early does no harm: it looks, finds nothing due and is set again.
    if (next !== undefined && this.#alarm !== undefined && this.#alarm.at < next) return;
    this.#alarm?.cancel();
    this.#alarm =
      next === undefined ? undefined : { at: next, cancel: this.#options.clock.wake(next, () => this.#ring()) };
  }

  #ring(): void {
    this.#alarm = undefined;
    const now = this.now();
    for (let due = this.#deadlines.popDue(now); due !== undefined; due = this.#deadlines.popDue(now)) {
      due.overdue(now);
      // Most have been used since: their deadline lies further ahead than the queue knew.
      const entry = this.#byNumber.get(due.flow.connection);
      if (entry !== undefined) entry.deadline = this.#deadlines.add(due.deadline, due);
    }
    this.#setAlarm();
  }
}
