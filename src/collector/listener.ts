/**
 * A HEP listener on UDP and TCP: hands each packet on with where it came from, survives whatever else arrives, and
 * counts it. It stores nothing.
 */
import { decodeHep } from '../hep/decode.ts';
import { HepFramer } from '../hep/framer.ts';
import type { HepPacket } from '../hep/packet.ts';
import type { ListenSpec } from '../transport/listen-address.ts';
import { ListenError } from '../transport/listen-error.ts';
import type { Instant } from '../util/time.ts';
import type { Endpoint, Stream, StreamEvents, StreamListener, UdpSocket, World } from '../world/world.ts';

export interface Collected {
  readonly packet: HepPacket;
  readonly transport: 'udp' | 'tcp';
  /** The agent that sent it. */
  readonly agent: Endpoint;
}

export interface HepListenerOptions {
  readonly world: Pick<World, 'clock' | 'net'>;
  readonly listen: readonly ListenSpec[];
  readonly packet: (collected: Collected) => void;
  readonly limits?: Partial<HepListenerLimits>;
}

export interface HepListenerLimits {
  /** Streams open at a time; one more ends the stream that was silent for longest. */
  readonly connections: number;
}

export const defaultHepListenerLimits: HepListenerLimits = { connections: 1_000 };

export interface HepListenerCounters {
  packets: number;
  /** Datagrams and streams that are no HEP. */
  notHep: number;
  /** HEP that breaks its own rules. */
  malformed: number;
  accepted: number;
  /** Streams ended to make room. */
  evicted: number;
  faults: number;
}

interface Agent {
  readonly stream: Stream;
  readonly framer: HepFramer;
  heard: Instant;
}

export class HepListener {
  readonly counters: HepListenerCounters = {
    packets: 0,
    notHep: 0,
    malformed: 0,
    accepted: 0,
    evicted: 0,
    faults: 0,
  };
  readonly #options: HepListenerOptions;
  readonly #limits: HepListenerLimits;
  readonly #sockets: (UdpSocket | StreamListener)[] = [];
  readonly #agents = new Set<Agent>();

  constructor(options: HepListenerOptions) {
    this.#options = options;
    this.#limits = { ...defaultHepListenerLimits, ...options.limits };
  }

  /** The bound addresses, in the order of the specifications. */
  get local(): readonly Endpoint[] {
    return this.#sockets.map(({ local }) => local);
  }

  get connections(): number {
    return this.#agents.size;
  }

  /** Opens all sockets or none; throws a `ListenError`. */
  async start(): Promise<void> {
    for (const spec of this.#options.listen) {
      try {
        this.#sockets.push(await this.#open(spec));
      } catch (error) {
        this.stop();
        throw new ListenError(spec, error);
      }
    }
  }

  stop(): void {
    for (const socket of this.#sockets) socket.close();
    for (const { stream } of this.#agents) stream.destroy();
    this.#sockets.length = 0;
  }

  #open({ transport, address, port }: ListenSpec): Promise<UdpSocket | StreamListener> {
    const { net } = this.#options.world;
    const local = { address, port };
    const fault = (): void => {
      this.counters.faults++;
    };
    if (transport === 'udp') {
      return net.bindUdp(local, { datagram: (bytes, agent) => this.#take(bytes, 'udp', agent), fault });
    }
    return net.listen('tcp', local, undefined, { connection: (stream) => this.#accept(stream), fault });
  }

  #accept(stream: Stream): StreamEvents {
    const { clock } = this.#options.world;
    this.counters.accepted++;
    if (this.#agents.size >= this.#limits.connections) this.#evict();
    const agent: Agent = { stream, framer: new HepFramer(), heard: clock.now() };
    this.#agents.add(agent);
    return {
      open() {},
      drain() {},
      data: (bytes) => {
        agent.heard = clock.now();
        this.#read(agent, bytes);
      },
      closed: (fault) => {
        if (fault !== undefined) this.counters.faults++;
        this.#agents.delete(agent);
      },
    };
  }

  #evict(): void {
    const oldest = [...this.#agents].reduce<Agent | undefined>(
      (best, agent) => (best === undefined || agent.heard < best.heard ? agent : best),
      undefined,
    );
    if (oldest === undefined) return;
    this.counters.evicted++;
    this.#agents.delete(oldest);
    oldest.stream.destroy();
  }

  /** HEP has nothing to find the next frame by: a stream that broke once is closed. */
  #read({ framer, stream }: Agent, bytes: Buffer): void {
    const { frames, broken } = framer.push(bytes);
    for (const frame of frames) this.#take(frame, 'tcp', stream.remote);
    if (broken === undefined) return;
    if (broken === 'magic') this.counters.notHep++;
    else this.counters.malformed++;
    stream.destroy();
  }

  #take(bytes: Uint8Array, transport: 'udp' | 'tcp', agent: Endpoint): void {
    const decoded = decodeHep(bytes);
    switch (decoded.kind) {
      case 'packet':
        this.counters.packets++;
        this.#options.packet({ packet: decoded.packet, transport, agent });
        return;
      case 'not-hep':
        this.counters.notHep++;
        return;
      case 'malformed':
        this.counters.malformed++;
        return;
    }
  }
}
