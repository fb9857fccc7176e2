/** A HEP receiver for tests: hears UDP and TCP on one port, decodes what comes and keeps it in order. Works over any `Net`. */
import { decodeHep } from '../hep/decode.ts';
import { HepFramer } from '../hep/framer.ts';
import { capturedAt, type HepPacket } from '../hep/packet.ts';
import type { Instant, WallTime } from '../util/time.ts';
import type { Endpoint, Stream, StreamListener, UdpSocket, World } from '../world/world.ts';
import { Waiters } from './waiters.ts';
import { firstLine, showEndpoint } from './wire-log.ts';

export interface HepSinkOptions {
  readonly world: World;
  readonly local: Endpoint;
  /** Both, unless told. */
  readonly transports?: readonly ('udp' | 'tcp')[];
}

export interface SunkFrame {
  readonly over: 'udp' | 'tcp';
  /** When the sink got it. */
  readonly heardAt: Instant;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** The capture time that the frame carries. */
  readonly at: WallTime | undefined;
  readonly correlationId: string | undefined;
  /** Bytes as latin1. */
  readonly payload: string;
  readonly firstLine: string;
  readonly packet: HepPacket;
}

/** Free ports tried when none was named. */
const PORT_TRIES = 20;

export class HepSink {
  readonly #options: HepSinkOptions;
  readonly #frames: SunkFrame[] = [];
  readonly #others: Buffer[] = [];
  readonly #streams = new Set<Stream>();
  readonly #waiters: Waiters;
  #sockets: (UdpSocket | StreamListener)[] = [];
  #local: Endpoint;
  #connections = 0;

  private constructor(options: HepSinkOptions) {
    this.#options = options;
    this.#local = options.local;
    this.#waiters = new Waiters(options.world.clock);
  }

  static async start(options: HepSinkOptions): Promise<HepSink> {
    // A port that is free for UDP may be taken for TCP: then another one is asked for.
    for (let tries = options.local.port === 0 ? PORT_TRIES : 1; ; tries--) {
      const sink = new HepSink(options);
      try {
        await sink.reopen();
        return sink;
      } catch (error) {
        sink.close();
        if (tries <= 1) throw error;
      }
    }
  }

  get local(): Endpoint {
    return this.#local;
  }

  get frames(): readonly SunkFrame[] {
    return this.#frames;
  }

  /** What came and was no HEP: raw SIP copies, garbage. */
  get others(): readonly Buffer[] {
    return this.#others;
  }

  /** How many TCP connections were ever accepted. */
  get connections(): number {
    return this.#connections;
  }

  /** `10.0.0.1:5060 > 10.0.0.2:5060 INVITE sip:bob@example.com`, or `... 407 Proxy Authentication Required`. */
  lines(): readonly string[] {
    return this.#frames.map(
      ({ source, destination, firstLine: line }) =>
        `${showEndpoint(source)} > ${showEndpoint(destination)} ${line.replace(/^SIP\/2\.0 | SIP\/2\.0$/, '')}`,
    );
  }

  /** Resolves when enough has come; rejects, with what came, when the time is over. */
  until(isDone: () => boolean, withinMs?: number): Promise<void> {
    return this.#waiters.until(isDone, () => this.lines(), withinMs);
  }

  forget(): void {
    this.#frames.length = 0;
    this.#others.length = 0;
  }

  /** Stops hearing and drops all connections; the port is closed until `reopen`. */
  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets = [];
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  async reopen(): Promise<void> {
    const { world, transports = ['udp', 'tcp'] } = this.#options;
    for (const transport of transports) {
      const socket =
        transport === 'udp'
          ? await world.net.bindUdp(this.#local, {
              datagram: (bytes) => this.#take(bytes, 'udp'),
              fault: () => undefined,
            })
          : await world.net.listen('tcp', this.#local, undefined, {
              connection: (stream) => this.#accept(stream),
              fault: () => undefined,
            });
      this.#sockets.push(socket);
      // Port 0: the second transport takes the port that the first one got.
      this.#local = socket.local;
    }
  }

  #accept(stream: Stream) {
    const framer = new HepFramer();
    this.#streams.add(stream);
    this.#connections++;
    return {
      open: () => undefined,
      data: (bytes: Buffer) => {
        const { frames, broken } = framer.push(bytes);
        for (const frame of frames) this.#take(Buffer.from(frame), 'tcp');
        if (broken === undefined) return;
        this.#others.push(bytes);
        stream.destroy();
      },
      drain: () => undefined,
      closed: () => {
        this.#streams.delete(stream);
      },
    };
  }

  #take(bytes: Buffer, over: 'udp' | 'tcp'): void {
    const decoded = decodeHep(bytes);
    if (decoded.kind !== 'packet') {
      this.#others.push(bytes);
      return;
    }
    const { packet } = decoded;
    const payload = Buffer.from(packet.payload ?? new Uint8Array(0));
    this.#frames.push({
      over,
      heardAt: this.#options.world.clock.now(),
      source: { address: packet.source.address ?? '', port: packet.source.port ?? 0 },
      destination: { address: packet.destination.address ?? '', port: packet.destination.port ?? 0 },
      at: capturedAt(packet),
      correlationId: packet.correlationId,
      payload: payload.toString('latin1'),
      firstLine: firstLine(payload),
      packet,
    });
    this.#waiters.check();
  }
}
