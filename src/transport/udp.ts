/** One UDP listener: its socket, and a flow for each peer it talks with. */
import { detached } from '../util/detached.ts';
import type { WallTime } from '../util/time.ts';
import type { Endpoint, SocketFault, UdpEvents, UdpSocket } from '../world/world.ts';
import type { Flow, Listener } from './flow.ts';
import type { TransportCounters, TransportLimits } from './limits.ts';

export interface UdpPortHost {
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  wall(): WallTime;
  /** The address that `remote` sees; a socket on a wildcard address does not know it. */
  localFor(listener: Listener, remote: Endpoint): Endpoint;
  packet(bytes: Buffer, flow: Flow, at: WallTime): void;
  flowFailed(flow: Flow, fault: SocketFault): void;
}

const cr = 0x0d;
const lf = 0x0a;

export class UdpPort implements UdpEvents {
  readonly #host: UdpPortHost;
  /**
   * Each peer has one place, found from its address and port without making a key, so that a packet from a peer that
   * is known allocates nothing. Two peers on one place take turns; that costs an object, nothing else.
   */
  readonly #flows: (Flow | undefined)[];
  #bound: { readonly socket: UdpSocket; readonly listener: Listener } | undefined;

  constructor(host: UdpPortHost) {
    this.#host = host;
    this.#flows = new Array<Flow | undefined>(host.limits.udpFlows).fill(undefined);
  }

  begin(socket: UdpSocket, listener: Listener): void {
    this.#bound = { socket, listener };
  }

  send(bytes: Uint8Array, remote: Endpoint): 'sent' | 'closed' {
    if (this.#bound === undefined) return 'closed';
    this.#bound.socket.send(bytes, remote);
    this.#host.counters.sent++;
    return 'sent';
  }

  flowTo(remote: Endpoint): Flow | undefined {
    if (this.#bound === undefined) return undefined;
    const place = placeOf(remote) % this.#flows.length;
    const known = this.#flows[place];
    if (known !== undefined && known.remote.port === remote.port && known.remote.address === remote.address)
      return known;
    const { listener } = this.#bound;
    const flow: Flow = {
      transport: 'udp',
      listener,
      local: this.#host.localFor(listener, remote),
      // It outlives the message that it may have been read from.
      remote: { address: detached(remote.address), port: remote.port },
      connection: 0,
    };
    this.#flows[place] = flow;
    return flow;
  }

  datagram(bytes: Buffer, remote: Endpoint): void {
    const { counters, limits } = this.#host;
    const at = this.#host.wall();
    if (isKeepalive(bytes)) {
      counters.keepalives++;
      return;
    }
    if (bytes.length > limits.messageBytes) {
      counters.dropped.oversize++;
      return;
    }
    const flow = this.flowTo(remote);
    if (flow === undefined) return;
    counters.received++;
    this.#host.packet(bytes, flow, at);
  }

  fault(fault: SocketFault, remote: Endpoint | undefined): void {
    this.#host.counters.faults++;
    const flow = remote === undefined ? undefined : this.flowTo(remote);
    if (flow !== undefined) this.#host.flowFailed(flow, fault);
  }

  close(): void {
    this.#bound?.socket.close();
    this.#bound = undefined;
  }
}

function placeOf(remote: Endpoint): number {
  const { address, port } = remote;
  let hash = port;
  for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** A datagram of nothing but CR, LF and NUL keeps a NAT open; an empty one does, too. */
function isKeepalive(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== cr && byte !== lf && byte !== 0) return false;
  }
  return true;
}
