/** UDP sockets over node:dgram. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint, UdpEvents, UdpSocket } from '../world.ts';
import { SocketFaultError } from '../socket-fault-error.ts';
import { faultOf, localFault } from './faults.ts';
import { literalLookup } from './literal-lookup.ts';

export interface UdpOptions {
  /** Asked of the system for each socket; Linux caps it at net.core.rmem_max. */
  readonly receiveBufferBytes: number;
}

export const defaultUdpOptions: UdpOptions = { receiveBufferBytes: 4 * 1024 * 1024 };

export async function bindUdp(local: Endpoint, on: UdpEvents, options: UdpOptions): Promise<UdpSocket> {
  const socket = newSocket(local.address, options);
  await settled(socket, (done) => socket.bind({ address: local.address, port: local.port, exclusive: true }, done));
  return adopt(socket, undefined, on);
}

export async function connectUdp(
  remote: Endpoint,
  local: Endpoint | undefined,
  on: UdpEvents,
  options: UdpOptions,
): Promise<UdpSocket> {
  const socket = newSocket(remote.address, options);
  if (local !== undefined) {
    await settled(socket, (done) => socket.bind({ address: local.address, port: local.port, exclusive: true }, done));
  }
  await settled(socket, (done) => socket.connect(remote.port, remote.address, done));
  return adopt(socket, remote, on);
}

function newSocket(address: string, options: UdpOptions): Socket {
  const six = isIPv6(address);
  return createSocket({
    type: six ? 'udp6' : 'udp4',
    // An IPv6 wildcard takes IPv6 only, so that a flow's family is always that of its listener.
    ipv6Only: six,
    recvBufferSize: options.receiveBufferBytes,
    lookup: literalLookup(),
  });
}

/** Runs one step of setting up; a failure closes the socket and rejects with its fault. */
function settled(socket: Socket, step: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const finish = (error?: Error): void => {
      if (!waiting) return;
      waiting = false;
      socket.off('error', finish);
      if (error === undefined) return resolve();
      socket.close();
      reject(new SocketFaultError(faultOf(error)));
    };
    socket.on('error', finish);
    try {
      step(finish);
    } catch (error) {
      finish(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function adopt(socket: Socket, peer: Endpoint | undefined, on: UdpEvents): UdpSocket {
  const { address, port } = socket.address();
  let open = true;

  // One function for all sends. Node reports a failed send only to a callback (never as 'error'), and names the
  // remote on the error itself, so neither a closure nor a table is needed; it costs about 0.1 us a datagram.
  const sent = (error: NodeJS.ErrnoException | null): void => {
    if (error !== null && open) on.fault(faultOf(error), peer ?? remoteOf(error));
  };
  socket.on('message', (bytes: Buffer, remote: RemoteInfo) => on.datagram(bytes, remote));
  // What the network sends back (ECONNREFUSED) arrives here, for connected sockets.
  socket.on('error', (error) => on.fault(faultOf(error), peer));

  return {
    local: { address, port },
    send(bytes, remote, more) {
      if (!open) return;
      try {
        // Node makes a tick of every callback.
        if (peer !== undefined) socket.send(bytes, more === true ? undefined : sent);
        else socket.send(bytes, remote.port, remote.address, sent);
      } catch (error) {
        // Only a port outside 1-65535 gets here.
        const fault = localFault('EINVAL', faultOf(error).message);
        queueMicrotask(() => open && on.fault(fault, remote));
      }
    },
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}

function remoteOf(error: Error): Endpoint | undefined {
  if (!('address' in error && 'port' in error)) return undefined;
  const { address, port } = error;
  return typeof address === 'string' && typeof port === 'number' ? { address, port } : undefined;
}
