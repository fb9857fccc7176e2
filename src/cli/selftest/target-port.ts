/** A trace target of the self test: one loopback port that hears HEP over UDP and TCP and keeps the frames as they came. */
import { HepFramer } from '../../hep/framer.ts';
import type { Stream, StreamEvents, World } from '../../world/world.ts';

const LOOPBACK = '127.0.0.1';
/** A port that is free for UDP may be taken for TCP. */
const TRIES = 10;
/** One run makes about a hundred frames; a proxy that floods is stopped from filling the memory. */
export const MAX_FRAMES = 10_000;

export class TargetPort {
  readonly frames: Buffer[] = [];
  readonly #closers: (() => void)[] = [];
  readonly #streams = new Set<Stream>();
  #port = 0;

  private constructor() {}

  static async open(world: World): Promise<TargetPort> {
    for (let left = TRIES; ; left--) {
      const target = new TargetPort();
      try {
        await target.#listen(world);
        return target;
      } catch (error) {
        target.close();
        if (left === 1) throw error;
      }
    }
  }

  get uri(): string {
    return `sip:${LOOPBACK}:${this.#port}`;
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  async #listen({ net }: World): Promise<void> {
    const ignore = (): void => undefined;
    const udp = await net.bindUdp(
      { address: LOOPBACK, port: 0 },
      { datagram: (bytes) => this.#take(bytes), fault: ignore },
    );
    this.#closers.push(() => udp.close());
    this.#port = udp.local.port;
    const tcp = await net.listen('tcp', udp.local, undefined, {
      connection: (stream) => this.#connected(stream),
      fault: ignore,
    });
    this.#closers.push(() => tcp.close());
  }

  #connected(stream: Stream): StreamEvents {
    const framer = new HepFramer();
    this.#streams.add(stream);
    return {
      open: () => undefined,
      drain: () => undefined,
      data: (bytes) => {
        const { frames, broken } = framer.push(bytes);
        for (const frame of frames) this.#take(Buffer.from(frame));
        if (broken === undefined) return;
        // What is no HEP shows up in the table as a frame that nobody can read.
        this.#take(bytes);
        stream.destroy();
      },
      closed: () => {
        this.#streams.delete(stream);
      },
    };
  }

  #take(frame: Buffer): void {
    if (this.frames.length < MAX_FRAMES) this.frames.push(frame);
  }
}
