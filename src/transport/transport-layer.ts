/**
 * The one place that owns listeners, connections and flows. It hands whole messages up with the flow they came on, and
 * sends bytes down a flow; what the bytes mean is not its business.
 */
import type { WallTime } from '../util/time.ts';
import type {
  Endpoint,
  SocketFault,
  Stream,
  StreamEvents,
  StreamListener,
  TlsOptions,
  TlsSession,
  World,
} from '../world/world.ts';
import { type ConnectionStatus, ConnectionTable, peerKey } from './connections.ts';
import type { Flow, Listener, Transport } from './flow.ts';
import {
  defaultTransportLimits,
  newTransportCounters,
  type TransportCounters,
  type TransportLimits,
} from './limits.ts';
import { type ListenSpec } from './listen-address.ts';
import { ListenError } from './listen-error.ts';
import { type Alias, chooseListener, localFor, LocalNames, makeListener, sourceFor } from './listener-choice.ts';
import { detached } from '../util/detached.ts';
import { flat } from '../util/flat.ts';
import { after } from '../util/time.ts';
import { findOwnAddresses, type OwnAddresses, unknownOwn } from './own-addresses.ts';
import { UdpPort, type UdpPortHost } from './udp.ts';
import { isIp } from '../util/ip.ts';
import { oneProfile, type TlsProfiles, verifiesAll } from './tls-profiles.ts';

export interface TransportEvents {
  packet(bytes: Buffer, flow: Flow, at: WallTime): void;
  /** What was sent on this flow may be lost. A flow of a stream is of no use afterwards. */
  flowFailed(flow: Flow, fault: SocketFault): void;
}

export interface TransportOptions {
  readonly world: Pick<World, 'clock' | 'net'>;
  readonly listeners: readonly ListenSpec[];
  readonly limits?: Partial<TransportLimits>;
  /** For TLS in both directions. */
  readonly tls?: TlsOptions;
  /** More names that are ours. */
  readonly aliases?: readonly Alias[];
}

export interface FlowOptions {
  /** Preferred to the listener that would be chosen. */
  readonly from?: Listener;
  /** The name that the peer's certificate must show (RFC 5922). Without it, its address is meant. */
  readonly servername?: string;
  /** Only a connection that exists. */
  readonly existing?: boolean;
}

export class TransportLayer {
  readonly counters: TransportCounters = newTransportCounters();
  readonly #world: Pick<World, 'clock' | 'net'>;
  readonly #specs: readonly ListenSpec[];
  readonly #aliases: readonly Alias[];
  readonly #limits: TransportLimits;
  readonly #events: TransportEvents;
  readonly #connections: ConnectionTable;
  readonly #udp = new Map<Listener, UdpPort>();
  readonly #streams: { readonly transport: Transport; readonly socket: StreamListener }[] = [];
  #tls: TlsProfiles;
  #listeners: readonly Listener[] = [];
  #own: OwnAddresses = unknownOwn;
  #names = new LocalNames([], this.#own, []);
  readonly #claims = new Set<(host: string) => boolean>();
  #emptied: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#world = options.world;
    this.#specs = options.listeners;
    this.#aliases = options.aliases ?? [];
    this.#limits = { ...defaultTransportLimits, ...options.limits };
    this.#tls = oneProfile(options.tls);
    this.#events = events;
    this.#connections = new ConnectionTable({
      clock: options.world.clock,
      limits: this.#limits,
      counters: this.counters,
      packet: (bytes, flow, at) => events.packet(bytes, flow, at),
      flowFailed: (flow, fault) => events.flowFailed(flow, fault),
      emptied: () => this.#emptied?.(),
    });
  }

  /** In the order of the specifications; empty before `start`. */
  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  /** The names that were given beside the listeners. */
  get aliases(): readonly Alias[] {
    return this.#aliases;
  }

  /** Whether hosts are ours by the word of a module. */
  get claimsNames(): boolean {
    return this.#claims.size > 0;
  }

  get limits(): TransportLimits {
    return this.#limits;
  }

  connections(): readonly ConnectionStatus[] {
    return this.#connections.list();
  }

  /** Opens all listeners or none; throws a `ListenError`. */
  async start(): Promise<void> {
    this.#own = await findOwnAddresses(this.#world.net, this.#specs);
    for (const spec of this.#specs) {
      try {
        await this.#listen(spec);
      } catch (error) {
        this.#closeListeners();
        throw new ListenError(spec, error);
      }
    }
    this.#names = new LocalNames(this.#listeners, this.#own, this.#aliases);
  }

  /** Stops listening at once; streams get `stopMs` to send what they hold. */
  stop(): Promise<void> {
    this.#stopped ??= this.#endAll();
    return this.#stopped;
  }

  /** New connections use these certificates. Throws, and changes nothing, when they cannot be used. */
  reloadTls(tls: TlsOptions): void {
    this.useTls(oneProfile(tls));
  }

  /** As `reloadTls`, with options by address. Whether clients are asked for certificates is fixed while it listens. */
  useTls(profiles: TlsProfiles): void {
    for (const { transport, socket } of this.#streams) {
      const options = transport === 'tls' ? profiles.server(socket.local) : undefined;
      if (options !== undefined) socket.reload(options);
    }
    this.#tls = profiles;
  }

  /** What TLS agreed on for the connection of a flow. */
  sessionOf({ connection }: Flow): TlsSession | undefined {
    return this.#connections.byNumber(connection)?.session;
  }

  /** Never throws. `full` and `closed` mean that the bytes were not taken; both are counted. */
  send(bytes: Uint8Array, flow: Flow): 'sent' | 'full' | 'closed' {
    if (flow.connection === 0) return this.#udp.get(flow.listener)?.send(bytes, flow.remote) ?? this.#unsendable();
    const outcome = this.#connections.byNumber(flow.connection)?.send(bytes) ?? this.#unsendable();
    if (outcome === 'sent') this.counters.sent++;
    return outcome;
  }

  /**
   * The flow to a peer: for streams the connection that exists, else one that opens at its first send. undefined when
   * no listener fits or there are too many connections.
   */
  flowTo(transport: Transport, remote: Endpoint, options: FlowOptions = {}): Flow | undefined {
    const listener = chooseListener(this.#listeners, transport, remote, options.from);
    if (listener === undefined) return undefined;
    if (transport === 'udp') return this.#udp.get(listener)?.flowTo(remote);
    const name = options.servername;
    const servername = transport !== 'tls' || name === undefined || isIp(name) ? '' : name.toLowerCase();
    const key = peerKey(transport, remote, servername);
    const known = this.#connections.toPeer(key, options.from === listener ? listener : undefined);
    if (known !== undefined) return known.flow;
    if (options.existing === true) return undefined;
    // It outlives the message that it may have been read from.
    const peer = { address: detached(remote.address), port: remote.port };
    return this.#newConnection(listener, peer, servername, flat(key))?.flow;
  }

  /** Closes the connection of this flow when what was given to it has gone out. */
  end(flow: Flow): void {
    this.#connections.byNumber(flow.connection)?.end();
  }

  flowOf(connection: number): Flow | undefined {
    const found = this.#connections.byNumber(connection);
    return found?.usable === true ? found.flow : undefined;
  }

  /**
   * The peer asked that requests to its `port` use this connection (RFC 5923). Over TLS this needs a verified
   * certificate (section 9), so it is refused unless we verify all.
   */
  aliasFor(flow: Flow, port: number): boolean {
    if (this.flowOf(flow.connection) === undefined) return false;
    const { address } = flow.remote;
    if (flow.transport === 'tls' && !verifiesAll(this.#tls.server(flow.listener.local))) return false;
    return this.#connections.name(flow.connection, peerKey(flow.transport, { address, port }, ''));
  }

  /** Whether a message to this host and port reaches ourselves. Without a port the default ones are meant. */
  isLocal(host: string, port?: number | 'any'): boolean {
    if (this.#names.has(host, port)) return true;
    for (const isOurs of this.#claims) if (isOurs(host)) return true;
    return false;
  }

  /** From now on hosts of which `isOurs` says so are ours, on every port. The returned function takes that back. */
  claimNames(isOurs: (host: string) => boolean): () => void {
    this.#claims.add(isOurs);
    return () => void this.#claims.delete(isOurs);
  }

  async #listen(spec: ListenSpec): Promise<void> {
    const local: Endpoint = { address: spec.address, port: spec.port };
    if (spec.transport === 'udp') {
      const port = new UdpPort(this.#udpHost());
      const socket = await this.#world.net.bindUdp(local, port);
      const listener = makeListener(spec, socket.local, this.#own);
      port.begin(socket, listener);
      this.#udp.set(listener, port);
      this.#listeners = [...this.#listeners, listener];
      return;
    }
    const bound: { listener: Listener | undefined } = { listener: undefined };
    const socket = await this.#world.net.listen(spec.transport, local, this.#tls.server(local), {
      connection: (stream) => this.#accept(bound.listener, stream),
      fault: () => {
        this.counters.faults++;
      },
    });
    bound.listener = makeListener(spec, socket.local, this.#own);
    this.#streams.push({ transport: spec.transport, socket });
    this.#listeners = [...this.#listeners, bound.listener];
  }

  #udpHost(): UdpPortHost {
    return {
      limits: this.#limits,
      counters: this.counters,
      wall: () => this.#world.clock.wall(),
      localFor: (listener, remote) => localFor(listener, remote, this.#own),
      packet: (bytes, flow, at) => this.#events.packet(bytes, flow, at),
      flowFailed: (flow, fault) => this.#events.flowFailed(flow, fault),
    };
  }

  #accept(listener: Listener | undefined, stream: Stream): StreamEvents {
    if (listener === undefined) return refused(stream);
    const key = peerKey(listener.transport, stream.remote, '');
    return this.#connections.add(listener, stream.remote, { kind: 'accepted', stream }, key) ?? refused(stream);
  }

  #newConnection(listener: Listener, remote: Endpoint, servername: string, key: string) {
    const kind = listener.transport === 'tls' ? 'tls' : 'tcp';
    const local = sourceFor(listener, remote);
    const tls = this.#tls.client(remote, servername);
    const options = {
      ...(local === undefined ? {} : { local }),
      ...(tls === undefined ? {} : { tls }),
      ...(servername === '' ? {} : { servername }),
    };
    const connect = (on: StreamEvents): Stream => this.#world.net.connect(kind, remote, options, on);
    return this.#connections.add(listener, remote, { kind: 'ours', connect }, key);
  }

  #unsendable(): 'closed' {
    this.counters.dropped.noConnection++;
    return 'closed';
  }

  #endAll(): Promise<void> {
    this.#closeListeners();
    return new Promise((resolve) => {
      if (this.#connections.size === 0) return resolve();
      const { clock } = this.#world;
      const cancel = clock.wake(after(clock.now(), this.#limits.stopMs), () => this.#connections.abortAll());
      this.#emptied = () => {
        cancel();
        resolve();
      };
      this.#connections.endAll();
    });
  }

  #closeListeners(): void {
    for (const port of this.#udp.values()) port.close();
    for (const { socket } of this.#streams) socket.close();
    this.#udp.clear();
    this.#streams.length = 0;
    this.#listeners = [];
  }
}

/** Closes a stream that we have no place for, as soon as it may be closed. */
const refused = (stream: Stream): StreamEvents => ({
  open: () => stream.destroy(),
  data() {},
  drain() {},
  closed() {},
});
