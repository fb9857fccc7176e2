/**
 * One place on a network where a scripted peer sends and receives SIP: UDP, TCP or TLS, over any `Net`. It frames streams
 * and keeps connections; it knows no transactions.
 */
import { StreamFramer } from '../sip/framing.ts';
import type { Endpoint, Net, Stream, StreamEvents, StreamListener, TlsOptions, UdpSocket } from '../world/world.ts';
import { showEndpoint } from './wire-log.ts';

export type PeerTransport = 'udp' | 'tcp' | 'tls';

export interface PeerPlace {
  readonly transport: PeerTransport;
  readonly local: Endpoint;
  readonly tls?: TlsOptions;
}

/** Where a message came from: a datagram's source, or the connection. */
export interface PeerChannel {
  readonly remote: Endpoint;
  send(bytes: Uint8Array, port?: number): void;
}

export type PeerHears = (bytes: Buffer, from: PeerChannel) => void;

/** What a peer accepts from a stream. */
const maxMessageBytes = 1024 * 1024;

export class PeerPort {
  readonly transport: PeerTransport;
  readonly #net: Net;
  readonly #tls: TlsOptions | undefined;
  readonly #hears: PeerHears;
  readonly #connections = new Map<string, Stream>();
  /** What went wrong on the sockets, in order. */
  readonly faults: string[] = [];
  #socket: UdpSocket | StreamListener | undefined;
  #send: (bytes: Uint8Array, remote: Endpoint) => void = () => undefined;

  constructor(net: Net, { transport, tls }: PeerPlace, hears: PeerHears) {
    this.transport = transport;
    this.#net = net;
    this.#tls = tls;
    this.#hears = hears;
  }

  static async open(net: Net, place: PeerPlace, hears: PeerHears): Promise<PeerPort> {
    const port = new PeerPort(net, place, hears);
    if (place.transport === 'udp') await port.#bind(place.local);
    else await port.#listen(place.transport, place.local);
    return port;
  }

  get local(): Endpoint {
    return this.#socket?.local ?? { address: '', port: 0 };
  }

  /** Over the connection to this remote if there is one, else over a new one. */
  send(bytes: Uint8Array, remote: Endpoint): void {
    this.#send(bytes, remote);
  }

  close(): void {
    this.#socket?.close();
    for (const stream of this.#connections.values()) stream.destroy();
  }

  async #bind(local: Endpoint): Promise<void> {
    const socket = await this.#net.bindUdp(local, {
      datagram: (bytes, remote) =>
        this.#hears(bytes, {
          remote,
          send: (reply, port = remote.port) => socket.send(reply, { address: remote.address, port }),
        }),
      fault: ({ code }) => this.faults.push(code),
    });
    this.#socket = socket;
    this.#send = (bytes, remote) => socket.send(bytes, remote);
  }

  async #listen(kind: 'tcp' | 'tls', local: Endpoint): Promise<void> {
    this.#socket = await this.#net.listen(kind, local, this.#tls, {
      connection: (stream) => this.#adopt(stream.remote, () => stream).events,
      fault: ({ code }) => this.faults.push(code),
    });
    this.#send = (bytes, remote) => this.#connectionTo(kind, remote).write(bytes);
  }

  #connectionTo(kind: 'tcp' | 'tls', remote: Endpoint): Stream {
    const open = this.#connections.get(showEndpoint(remote));
    if (open !== undefined) return open;
    const options = { local: this.local.address, ...(this.#tls && { tls: this.#tls }) };
    return this.#adopt(remote, (events) => this.#net.connect(kind, remote, options, events)).stream;
  }

  #adopt(
    remote: Endpoint,
    make: (events: StreamEvents) => Stream,
  ): { readonly stream: Stream; readonly events: StreamEvents } {
    const key = showEndpoint(remote);
    const framer = new StreamFramer({ maxBytes: maxMessageBytes });
    const events: StreamEvents = {
      open: () => undefined,
      data: (bytes) => {
        for (const frame of framer.push(bytes)) {
          if (frame.kind === 'message') this.#hears(frame.bytes, { remote, send: (reply) => stream.write(reply) });
          else if (frame.kind === 'error') stream.destroy();
        }
      },
      drain: () => undefined,
      closed: (fault) => {
        if (fault !== undefined) this.faults.push(fault.code);
        if (this.#connections.get(key) === stream) this.#connections.delete(key);
      },
    };
    const stream = make(events);
    this.#connections.set(key, stream);
    return { stream, events };
  }
}
