/** A HEP receiver in the simulator, and messages to send it. */
import { HepFramer } from '../../../src/hep/framer.ts';
import { decodeHep } from '../../../src/hep/decode.ts';
import type { HepFrame, HepPacket } from '../../../src/hep/packet.ts';
import type { TracedMessage } from '../../../src/modules/siptrace/exporter.ts';
import type { SenderOptions } from '../../../src/modules/siptrace/sender.ts';
import { TargetCounters } from '../../../src/modules/siptrace/sender.ts';
import type { WallTime } from '../../../src/util/time.ts';
import type { Endpoint, Stream, StreamListener, UdpSocket, World } from '../../../src/world/world.ts';

/** What a collector on TCP or TLS heard, connection by connection. */
export class StreamCollector {
  readonly connections: Buffer[] = [];
  readonly #world: World;
  readonly #kind: 'tcp' | 'tls';
  readonly #local: Endpoint;
  readonly #streams: Stream[] = [];
  #listener: StreamListener | undefined;

  constructor(world: World, local: Endpoint, kind: 'tcp' | 'tls' = 'tcp') {
    this.#world = world;
    this.#local = local;
    this.#kind = kind;
  }

  async start(): Promise<this> {
    this.#listener = await this.#world.net.listen(this.#kind, this.#local, undefined, {
      connection: (stream) => {
        const index = this.connections.push(Buffer.alloc(0)) - 1;
        this.#streams.push(stream);
        return {
          open() {},
          data: (bytes) => {
            this.connections[index] = Buffer.concat([this.connections[index] ?? Buffer.alloc(0), bytes]);
          },
          drain() {},
          closed() {},
        };
      },
      fault() {},
    });
    return this;
  }

  stop(): void {
    this.#listener?.close();
    for (const stream of this.#streams) stream.destroy();
    this.#streams.length = 0;
  }

  /** Whole frames of each connection; throws where a connection does not begin with one, or holds anything else. */
  get framesByConnection(): readonly (readonly HepPacket[])[] {
    return this.connections.map((bytes) => {
      const { frames, broken } = new HepFramer().push(bytes);
      if (broken !== undefined) throw new Error(`not a HEP stream: ${broken}`);
      return frames.map(decoded);
    });
  }

  get payloads(): readonly string[] {
    return this.framesByConnection.flat().map(payloadOf);
  }
}

export class UdpCollector {
  readonly datagrams: Buffer[] = [];
  #socket: UdpSocket | undefined;

  async start(world: World, local: Endpoint): Promise<this> {
    this.#socket = await world.net.bindUdp(local, {
      datagram: (bytes) => this.datagrams.push(bytes),
      fault() {},
    });
    return this;
  }

  stop(): void {
    this.#socket?.close();
  }

  get packets(): readonly HepPacket[] {
    return this.datagrams.map(decoded);
  }

  get payloads(): readonly string[] {
    return this.packets.map(payloadOf);
  }
}

export function decoded(bytes: Uint8Array): HepPacket {
  const result = decodeHep(bytes);
  if (result.kind !== 'packet') throw new Error(`not a HEP frame: ${result.kind}`);
  return result.packet;
}

export const payloadOf = (packet: HepPacket): string => Buffer.from(packet.payload ?? []).toString('latin1');

export function frame(payload: string | Uint8Array, at = 1): HepFrame {
  return {
    protocol: 17,
    sourceAddress: '192.0.2.1',
    sourcePort: 5060,
    destinationAddress: '192.0.2.2',
    destinationPort: 5062,
    at: at as WallTime,
    type: 1,
    captureId: 1,
    correlationId: undefined,
    authKey: undefined,
    nodeName: undefined,
    payload: typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload,
  };
}

export function senderOptions(world: World, more: Partial<SenderOptions> = {}): SenderOptions {
  return {
    world,
    host: '10.0.0.9',
    isName: false,
    port: 9060,
    transport: 'tcp',
    version: 3,
    counters: new TargetCounters(),
    limits: { frames: 1_000, bytes: 1_000_000 },
    coalesceMs: 5,
    local: undefined,
    tls: undefined,
    refuses: () => false,
    onUp() {},
    ...more,
  };
}

const invite = [
  'INVITE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'Call-ID: call-1',
  'CSeq: 1 INVITE',
  'Proxy-Authorization: Digest username="alice", nonce="abcdef", response="0123456789abcdef"',
  '',
  '',
].join('\r\n');

export function message(more: Partial<TracedMessage> = {}): TracedMessage {
  return {
    bytes: Buffer.from(invite, 'latin1'),
    transport: 'udp',
    source: { address: '192.0.2.1', port: 5060 },
    destination: { address: '192.0.2.2', port: 5060 },
    at: 1_800_000_000_000_000 as WallTime,
    type: 1,
    ...more,
  };
}

/** Every frame that was ever given to a sender is sent, dropped or waiting. */
export function balance(counters: TargetCounters, waiting: number): { readonly in: number; readonly out: number } {
  const dropped = Object.values(counters.dropped).reduce((sum, count) => sum + count, 0);
  return { in: counters.submitted, out: counters.sent + dropped + waiting };
}
