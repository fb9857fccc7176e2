/** TCP and TLS streams over node:net and node:tls: one wrapper for all four (client and server, plain and secure). */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type PeerCertificate, TLSSocket } from 'node:tls';
import { canonicalIp } from '../../util/ip.ts';
import type { Endpoint, Net, SocketFault, Stream, StreamEvents, TlsSession } from '../world.ts';
import { faultOf } from './faults.ts';
import { contextOf, sessionOf } from './tls-session.ts';

type ConnectOptions = Parameters<Net['connect']>[2];

export function connectStream(
  kind: 'tcp' | 'tls',
  remote: Endpoint,
  options: ConnectOptions,
  on: StreamEvents,
): Stream {
  try {
    const socket = kind === 'tcp' ? openTcp(remote, options) : openTls(remote, options);
    return new NodeStream(socket, remote, kind === 'tcp' ? 'connect' : 'secureConnect', on);
  } catch (error) {
    // A port out of range, PEM text that is none: thrown by Node at once, told by us later like any other failure.
    const fault = faultOf(error);
    queueMicrotask(() => on.closed(fault));
    return deadStream(remote);
  }
}

const openTcp = (remote: Endpoint, options: ConnectOptions): Socket =>
  connectTcp({ host: remote.address, port: remote.port, noDelay: true, ...localAddress(options) });

function openTls(remote: Endpoint, options: ConnectOptions): Socket {
  const { tls, servername } = options;
  const socket = connectTls({
    host: remote.address,
    port: remote.port,
    ...localAddress(options),
    ...contextOf(tls),
    rejectUnauthorized: tls?.verify ?? true,
    // RFC 6066 section 3: "Literal IPv4 and IPv6 addresses are not permitted in HostName".
    ...(servername !== undefined && isIP(servername) === 0
      ? { servername }
      : { checkServerIdentity: (_host: string, cert: PeerCertificate) => identityOf(remote.address, cert) }),
  });
  socket.setNoDelay(true);
  return socket;
}

/** Node versions differ in how they compare IPv6 addresses: `::1` is the same as `0:0:0:0:0:0:0:1`. */
function identityOf(address: string, cert: PeerCertificate): Error | undefined {
  const wanted = canonicalIp(address);
  const named = (cert.subjectaltname ?? '').split(', ').filter((name) => name.startsWith('IP Address:'));
  const found = named.some((name) => canonicalIp(name.slice('IP Address:'.length)) === wanted);
  return found ? undefined : checkServerIdentity(address, cert);
}

const localAddress = (options: ConnectOptions) => (options.local === undefined ? {} : { localAddress: options.local });

/** A socket that a listener accepted: open already. */
export function acceptStream(socket: Socket, events: (stream: Stream) => StreamEvents): void {
  const remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  const stream = new NodeStream(socket, remote, undefined, undefined);
  stream.begin(events(stream));
}

class NodeStream implements Stream {
  readonly remote: Endpoint;
  readonly #socket: Socket;
  #local: Endpoint = { address: '', port: 0 };
  #fault: SocketFault | undefined;
  #destroyed = false;

  constructor(socket: Socket, remote: Endpoint, openedBy: 'connect' | 'secureConnect' | undefined, on?: StreamEvents) {
    this.#socket = socket;
    this.remote = remote;
    if (on === undefined) this.#readLocal();
    else this.#listen(on);
    if (on !== undefined && openedBy !== undefined) {
      socket.once(openedBy, () => {
        this.#readLocal();
        on.open();
      });
    }
  }

  get local(): Endpoint {
    return this.#local;
  }

  get session(): TlsSession | undefined {
    return this.#socket instanceof TLSSocket ? sessionOf(this.#socket) : undefined;
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  /** For accepted sockets, whose events come after the stream. */
  begin(on: StreamEvents): void {
    this.#listen(on);
    if (!this.#destroyed) on.open();
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#socket.destroy();
  }

  #listen(on: StreamEvents): void {
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => on.data(bytes));
    socket.on('drain', () => on.drain());
    socket.on('error', (error) => {
      this.#fault ??= faultOf(error);
    });
    socket.once('close', () => on.closed(this.#destroyed ? undefined : this.#fault));
  }

  #readLocal(): void {
    this.#local = { address: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 };
  }
}

/** Stands for a connection that could not even be tried. */
const deadStream = (remote: Endpoint): Stream => ({
  local: { address: '', port: 0 },
  remote,
  buffered: 0,
  write() {},
  end() {},
  destroy() {},
});
