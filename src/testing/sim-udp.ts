/** Simulated UDP sockets: bound or connected, over links that may lose, repeat and reorder. */
import { isIp } from '../util/ip.ts';
import { after } from '../util/time.ts';
import type { Clock, Endpoint, SocketFault, UdpEvents, UdpSocket } from '../world/world.ts';
import { largestDatagram, type SimLinks } from './sim-links.ts';
import {
  canonicalAddress,
  isSameFamily,
  isWildcard,
  PortTable,
  type SimHost,
  sourceAddress,
  systemError,
} from './sim-ports.ts';
import type { WireEventKind, WireLog } from './wire-log.ts';

export interface SimFabric {
  readonly clock: Clock;
  readonly links: SimLinks;
  readonly wire: WireLog;
}

export class SimUdp {
  readonly #fabric: SimFabric;
  readonly #ports = new PortTable<SimUdpSocket>();

  constructor(fabric: SimFabric) {
    this.#fabric = fabric;
  }

  bind(host: SimHost, local: Endpoint, peer: Endpoint | undefined, on: UdpEvents): UdpSocket {
    if (peer !== undefined && !isSameFamily(local.address, peer.address)) {
      throw systemError('EAFNOSUPPORT', `connect EAFNOSUPPORT ${peer.address}`);
    }
    return this.#ports.bind(host, local, (bound) => new SimUdpSocket(this, host, bound, { peer, on }));
  }

  release(socket: SimUdpSocket): void {
    this.#ports.release(socket, socket.local.port);
  }

  send(socket: SimUdpSocket, source: Endpoint, destination: Endpoint, bytes: Buffer): void {
    const { links } = this.#fabric;
    this.#record('sent', source, destination, bytes);
    const delays = links.copies(source.address, destination.address, bytes.length);
    if (delays.length === 0) this.#record('lost', source, destination, bytes);
    for (const delayMs of delays) {
      this.later(delayMs, () => this.#arrive(socket, source, destination, Buffer.from(bytes)));
    }
  }

  later(delayMs: number, fn: () => void): void {
    const { clock } = this.#fabric;
    clock.wake(after(clock.now(), delayMs), fn);
  }

  #arrive(sender: SimUdpSocket, source: Endpoint, destination: Endpoint, bytes: Buffer): void {
    const { links } = this.#fabric;
    const receiver = this.#ports.find(destination);
    if (receiver?.hears(source)) {
      this.#record('received', source, destination, bytes);
      receiver.deliver(bytes, source);
      return;
    }
    this.#record('refused', source, destination, bytes);
    // ICMP port unreachable: the kernel tells connected sockets only.
    if (links.isSevered(destination.address, source.address)) return;
    this.later(links.between(destination.address, source.address).latencyMs, () => sender.refused());
  }

  #record(kind: WireEventKind, source: Endpoint, destination: Endpoint, bytes: Buffer): void {
    const { clock, wire } = this.#fabric;
    wire.record({ kind, at: clock.now(), transport: 'udp', source, destination, bytes });
  }
}

class SimUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  readonly #udp: SimUdp;
  readonly #host: SimHost;
  readonly #peer: Endpoint | undefined;
  readonly #on: UdpEvents;
  #open = true;

  constructor(
    udp: SimUdp,
    host: SimHost,
    local: Endpoint,
    { peer, on }: { readonly peer: Endpoint | undefined; readonly on: UdpEvents },
  ) {
    this.#udp = udp;
    this.#host = host;
    this.local = local;
    this.#peer = peer;
    this.#on = on;
  }

  send(bytes: Uint8Array, remote: Endpoint): void {
    if (!this.#open) return;
    const wanted = this.#peer ?? remote;
    const refusal = refusalOf(this.local, wanted, bytes.length);
    if (refusal !== undefined) {
      this.#udp.later(0, () => this.#open && this.#on.fault(refusal, wanted));
      return;
    }
    const destination = { address: canonicalAddress(wanted.address), port: wanted.port };
    const address = isWildcard(this.local.address)
      ? sourceAddress(this.#host, destination.address)
      : this.local.address;
    this.#udp.send(this, { address, port: this.local.port }, destination, Buffer.from(bytes));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#udp.release(this);
  }

  /** A connected socket hears its peer only. */
  hears(source: Endpoint): boolean {
    return this.#peer === undefined || (this.#peer.address === source.address && this.#peer.port === source.port);
  }

  deliver(bytes: Buffer, source: Endpoint): void {
    if (this.#open) this.#on.datagram(bytes, source);
  }

  refused(): void {
    if (!this.#open || this.#peer === undefined) return;
    this.#on.fault({ by: 'peer', code: 'ECONNREFUSED', message: 'recvmsg ECONNREFUSED' }, this.#peer);
  }
}

/** Why the system would not take this datagram. */
function refusalOf(local: Endpoint, remote: Endpoint, size: number): SocketFault | undefined {
  if (!Number.isInteger(remote.port) || remote.port < 1 || remote.port > 65_535) {
    return { by: 'local', code: 'EINVAL', message: `send EINVAL port ${remote.port}` };
  }
  if (!isIp(remote.address)) return { by: 'system', code: 'EINVAL', message: `${remote.address} is not an IP address` };
  if (!isSameFamily(local.address, remote.address)) {
    return { by: 'system', code: 'EAFNOSUPPORT', message: `send EAFNOSUPPORT ${remote.address}:${remote.port}` };
  }
  if (remote.address === '255.255.255.255') {
    return { by: 'system', code: 'EACCES', message: `send EACCES ${remote.address}:${remote.port}` };
  }
  if (size > largestDatagram) {
    return { by: 'system', code: 'EMSGSIZE', message: `send EMSGSIZE ${remote.address}:${remote.port}` };
  }
  return undefined;
}
