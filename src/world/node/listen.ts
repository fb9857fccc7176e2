/** TCP and TLS listeners over node:net and node:tls. */
import { createServer as createTcp, type AddressInfo, isIPv6, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTls, type SecureContext, type Server as TlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Endpoint, Net, StreamListener, StreamListenerEvents, TlsClients, TlsOptions } from '../world.ts';
import { SocketFaultError } from '../socket-fault-error.ts';
import { faultOf, localFault } from './faults.ts';
import { acceptStream } from './stream.ts';
import { contextOf } from './tls-session.ts';

export interface HandshakeLimits {
  /** A TLS client gets this long to finish its handshake. */
  readonly handshakeMs: number;
  /** Clients that may be at it at the same time, for each listener. */
  readonly handshakes: number;
}

export const defaultHandshakeLimits: HandshakeLimits = { handshakeMs: 5_000, handshakes: 1_000 };

const backlog = 1024;

export function streamListener(limits: HandshakeLimits): Net['listen'] {
  return async (kind, local, tls, on) => {
    try {
      if (kind === 'tcp') return await listening(tcpServer(on), local, on, () => {});
      const { server, reload } = tlsServer(tls, on, limits);
      return await listening(server, local, on, reload);
    } catch (error) {
      throw error instanceof SocketFaultError ? error : new SocketFaultError(faultOf(error));
    }
  };
}

function listening(
  server: Server,
  local: Endpoint,
  on: StreamListenerEvents,
  reload: (tls: TlsOptions) => void,
): Promise<StreamListener> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(new SocketFaultError(faultOf(error)));
    server.once('error', refuse);
    // An IPv6 wildcard takes IPv6 only, so that a flow's family is always that of its listener.
    const ipv6Only = isIPv6(local.address);
    server.listen({ host: local.address, port: local.port, backlog, ipv6Only, exclusive: true }, () => {
      server.off('error', refuse);
      server.on('error', (error) => on.fault(faultOf(error)));
      resolve({ local: localOf(server), reload, close: () => void server.close() });
    });
  });
}

function localOf(server: Server): Endpoint {
  const bound: AddressInfo | string | null = server.address();
  return bound === null || typeof bound === 'string'
    ? { address: '', port: 0 }
    : { address: bound.address, port: bound.port };
}

const tcpServer = (on: StreamListenerEvents): Server => createTcp({ noDelay: true }, (socket) => accept(socket, on));

function tlsServer(tls: TlsOptions | undefined, on: StreamListenerEvents, limits: HandshakeLimits) {
  if (tls?.cert === undefined || tls.key === undefined) {
    throw new SocketFaultError(localFault('ERR_TLS_NO_CERTIFICATE', 'TLS needs a certificate and its key'));
  }
  let names = contextsOf(tls);
  const clients = wanted(tls);
  const server = createTls({
    ...contextOf(tls),
    noDelay: true,
    handshakeTimeout: limits.handshakeMs,
    requestCert: clients !== 'nothing',
    rejectUnauthorized: clients === 'verified',
    SNICallback: (name, done) => done(null, named(name.toLowerCase(), names)),
  });
  server.on('secureConnection', (socket) => {
    if (isWelcome(socket, clients)) return accept(socket, on);
    on.fault(localFault('ERR_TLS_CLIENT_CERTIFICATE', 'the certificate of a client is missing or does not verify'));
    socket.destroy();
  });
  server.on('tlsClientError', (error, socket) => {
    on.fault(faultOf(error));
    // Node leaves a client open that was too slow.
    socket.destroy();
  });
  boundHandshakes(server, on, limits.handshakes);

  const reload = (next: TlsOptions): void => {
    try {
      const nextNames = contextsOf(next);
      server.setSecureContext(contextOf(next));
      names = nextNames;
    } catch (error) {
      throw new SocketFaultError(faultOf(error));
    }
  };
  return { server, reload };
}

/** One context for each name of SNI; throws on PEM text that is none. */
function contextsOf(tls: TlsOptions): ReadonlyMap<string, SecureContext> {
  const shared = contextOf(tls);
  return new Map(
    Object.entries(tls.names ?? {}).map(([name, pem]) => [
      name.toLowerCase(),
      createSecureContext({ ...shared, cert: pem.cert, key: pem.key }),
    ]),
  );
}

/** The name itself, then `*` before each of its parents. */
function named(name: string, contexts: ReadonlyMap<string, SecureContext>): SecureContext | undefined {
  let found = contexts.get(name);
  for (let dot = name.indexOf('.'); found === undefined && dot >= 0; dot = name.indexOf('.', dot + 1)) {
    found = contexts.get(`*${name.slice(dot)}`);
  }
  return found;
}

const wanted = ({ clients, verify }: TlsOptions): TlsClients => clients ?? (verify ? 'verified' : 'nothing');

function isWelcome(socket: TLSSocket, clients: TlsClients): boolean {
  const presented = (): boolean => Object.keys(socket.getPeerCertificate()).length > 0;
  switch (clients) {
    case 'nothing':
    case 'asked':
      return true;
    case 'verifiedIfPresented':
      return socket.authorized || !presented();
    case 'presented':
      return presented();
    case 'verified':
      return socket.authorized;
  }
}

/** Until the handshake is done a connection is not ours to count, so it is counted here. */
function boundHandshakes(server: TlsServer, on: StreamListenerEvents, most: number): void {
  const pending = new Set<string>();
  server.on('connection', (raw: Socket) => {
    const key = keyOf(raw);
    if (pending.size >= most) {
      on.fault(localFault('EMFILE', `more than ${most} TLS handshakes at once`));
      raw.destroy();
      return;
    }
    pending.add(key);
    raw.once('close', () => pending.delete(key));
  });
  server.on('secureConnection', (socket) => pending.delete(keyOf(socket)));
}

const keyOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

function accept(socket: Socket, on: StreamListenerEvents): void {
  // A peer may be gone before we look; its address is, too.
  if (socket.remoteAddress === undefined) socket.destroy();
  else acceptStream(socket, (stream) => on.connection(stream));
}
