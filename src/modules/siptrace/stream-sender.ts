/**
 * Frames over one TCP or TLS connection: collected in slabs and written together, kept in a bounded queue while the collector is
 * away or slow, and sent when it is back. Always whole frames, in order, each at most once.
 */
import type { HepFrame } from '../../hep/packet.ts';
import { after, type Instant } from '../../util/time.ts';
import type { SocketFault, Stream, StreamEvents } from '../../world/world.ts';
import { TargetAddresses } from './addresses.ts';
import { FrameQueue, LengthRing, type Slab } from './queue.ts';
import {
  backoffMs,
  type DropReason,
  DrainWaiters,
  type Sender,
  type SenderOptions,
  type SenderState,
} from './sender.ts';
import { encode, lengthOf, longestOf } from './wire.ts';

/** So many waiting bytes leave without waiting for more. */
export const FLUSH_BYTES = 48 * 1024;
/** The most that lies in the socket untaken by the system before we hold back: what a broken connection can cost. */
export const MAX_BUFFERED = 64 * 1024;
/** Written in one turn of the event loop: SIP goes on in between, however long the queue grew in an outage. */
export const MAX_BURST = 512 * 1024;
export const CONNECT_TIMEOUT_MS = 10_000;
/** A collector that takes nothing for so long is gone, whatever TCP still hopes for. */
export const STALL_MS = 30_000;
/** A connection that lasted so long was a good one: the next reconnect is quick again. */
export const STEADY_MS = 5_000;

type State =
  | { readonly name: 'idle' | 'resolving' | 'closed' }
  | { readonly name: 'connecting'; readonly stream: Stream }
  | { readonly name: 'open'; readonly stream: Stream; readonly since: Instant }
  | { readonly name: 'waiting' };

export class StreamSender implements Sender {
  readonly #options: SenderOptions;
  readonly #addresses: TargetAddresses;
  readonly #queue: FrameQueue;
  readonly #waiters: DrainWaiters;
  /** Lengths of the frames that the stream has and the system has not taken. */
  readonly #inFlight = new LengthRing();
  #state: State = { name: 'idle' };
  /** Tells events of the present connection from those of an earlier one. */
  #generation = 0;
  #attempt = 0;
  #opened = 0;
  #noAddress = false;
  #trouble: string | undefined;
  #flushPending = false;
  /** Frames that the system took, ever. */
  #taken = 0;
  #takenAtWatch = -1;
  #cancelWatch: () => void = nothing;
  /** The connect timeout, or the wait before the next attempt. */
  #cancelTimer: () => void = nothing;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#addresses = new TargetAddresses(options);
    this.#queue = new FrameQueue(options.limits);
    this.#waiters = new DrainWaiters(options.world.clock);
  }

  get state(): SenderState {
    return this.#state.name;
  }

  get up(): boolean {
    return this.#state.name === 'open';
  }

  get queueFrames(): number {
    this.#settle();
    return this.#queue.frames + this.#inFlight.count;
  }

  get queueBytes(): number {
    this.#settle();
    return this.#queue.bytes + this.#inFlight.total;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  submit(frame: HepFrame): boolean {
    const { version, counters } = this.#options;
    counters.submitted++;
    const length = lengthOf(version, frame);
    if (length > longestOf(version)) {
      counters.dropped.tooBig++;
      return false;
    }
    const slab = this.#place(length);
    if (slab === undefined) return false;
    this.#queue.commit(encode(version, slab.bytes, slab.end, frame));
    this.#added();
    return true;
  }

  adopt(bytes: Uint8Array): boolean {
    this.#options.counters.submitted++;
    const slab = this.#place(bytes.length);
    if (slab === undefined) return false;
    slab.bytes.set(bytes, slab.end);
    this.#queue.commit(bytes.length);
    this.#added();
    return true;
  }

  wake(): void {
    if (this.#state.name === 'idle') this.#connect();
  }

  discard(reason: DropReason): void {
    this.#options.counters.dropped[reason] += this.#queue.clear();
    this.#releaseIfEmpty();
  }

  drain(ms: number): Promise<void> {
    this.#flush();
    if (this.queueFrames === 0) return Promise.resolve();
    if (this.#state.name === 'idle' || this.#state.name === 'waiting') this.#connect();
    return this.#waiters.wait(ms);
  }

  close(): void {
    if (this.#state.name === 'closed') return;
    this.#settle();
    const stream = this.#leave({ name: 'closed' });
    // What is in flight goes on its way while the stream ends.
    this.#countSent(this.#inFlight.count, this.#inFlight.total);
    this.#inFlight.clear();
    stream?.end();
    this.discard('off');
    this.#waiters.release();
  }

  /** Room for one frame, at the cost of the oldest ones; undefined when this one is dropped. */
  #place(length: number): Slab | undefined {
    const { counters } = this.#options;
    if (this.#state.name === 'closed' || length === 0) {
      counters.dropped[length === 0 ? 'tooBig' : 'off']++;
      return undefined;
    }
    const dropped = this.#queue.makeRoom(length);
    if (dropped !== 0) counters.dropped[this.#noAddress ? 'noAddress' : 'queue'] += Math.abs(dropped);
    return dropped < 0 ? undefined : this.#queue.reserve(length);
  }

  #added(): void {
    if (this.#state.name === 'idle') this.#connect();
    if (this.#state.name !== 'open' || this.#state.stream.buffered >= MAX_BUFFERED) return;
    if (this.#queue.bytes >= FLUSH_BYTES) this.#flush();
    else this.#flushIn(this.#options.coalesceMs);
  }

  #flushIn(ms: number): void {
    if (this.#flushPending) return;
    this.#flushPending = true;
    const { clock } = this.#options.world;
    if (ms === 0) clock.defer(this.#onFlushTime);
    else clock.wake(after(clock.now(), ms), this.#onFlushTime);
  }

  readonly #onFlushTime = (): void => {
    this.#flushPending = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#state.name !== 'open') return;
    const { stream } = this.#state;
    let written = 0;
    while (this.#queue.frames > 0 && stream.buffered < MAX_BUFFERED && written < MAX_BURST) {
      const piece = this.#queue.takePiece(this.#inFlight);
      if (piece === undefined) break;
      stream.write(piece);
      written += piece.length;
    }
    this.#settle();
    // Else the stream's drain event brings us back.
    if (this.#queue.frames > 0 && stream.buffered < MAX_BUFFERED) this.#flushIn(1);
    if (this.#inFlight.count > 0 && this.#takenAtWatch < 0) this.#watch();
    this.#releaseIfEmpty();
  }

  /** Counts the frames that the system took whole since we last looked. */
  #settle(): void {
    if (this.#state.name !== 'open' || this.#inFlight.count === 0) return;
    let taken = this.#inFlight.total - this.#state.stream.buffered;
    while (this.#inFlight.count > 0 && this.#inFlight.peek() <= taken) {
      const length = this.#inFlight.shift();
      taken -= length;
      this.#taken++;
      this.#countSent(1, length);
    }
  }

  #countSent(frames: number, bytes: number): void {
    this.#options.counters.sent += frames;
    this.#options.counters.bytes += bytes;
  }

  #releaseIfEmpty(): void {
    if (this.#queue.frames === 0 && this.#inFlight.count === 0) this.#waiters.release();
  }

  /** While something is in flight: looks now and then whether it moves. */
  #watch(): void {
    const { clock } = this.#options.world;
    this.#takenAtWatch = this.#taken;
    this.#cancelWatch = clock.wake(after(clock.now(), STALL_MS), this.#onWatch);
  }

  readonly #onWatch = (): void => {
    const before = this.#takenAtWatch;
    this.#takenAtWatch = -1;
    this.#settle();
    if (this.#state.name !== 'open') return;
    if (this.#inFlight.count > 0 && this.#taken === before) {
      this.#lost(`the collector took nothing for ${STALL_MS / 1000} s`);
    } else this.#flush();
  };

  #connect(): void {
    this.#leave({ name: 'resolving' });
    void this.#open(this.#generation);
  }

  async #open(generation: number): Promise<void> {
    const endpoint = await this.#addresses.next();
    if (generation !== this.#generation) return;
    this.#noAddress = endpoint === undefined;
    if (endpoint === undefined) {
      this.#retryLater(`no address to use for ${this.#options.host}`);
      return;
    }
    const { world, transport, local, tls, isName, host } = this.#options;
    const stream = world.net.connect(
      transport === 'tls' ? 'tls' : 'tcp',
      endpoint,
      {
        ...(local === undefined ? {} : { local: local.address }),
        ...(tls === undefined ? {} : { tls }),
        ...(isName ? { servername: host } : {}),
      },
      this.#eventsOf(generation),
    );
    this.#state = { name: 'connecting', stream };
    this.#cancelTimer = world.clock.wake(after(world.clock.now(), CONNECT_TIMEOUT_MS), () =>
      this.#lost(`no connection after ${CONNECT_TIMEOUT_MS / 1000} s`),
    );
  }

  #eventsOf(generation: number): StreamEvents {
    return {
      open: () => {
        if (generation === this.#generation) this.#isOpen();
      },
      // Collectors have nothing to say.
      data: nothing,
      drain: () => {
        if (generation === this.#generation) this.#flush();
      },
      closed: (fault) => {
        if (generation === this.#generation) this.#lost(reasonOf(fault));
      },
    };
  }

  #isOpen(): void {
    if (this.#state.name !== 'connecting') return;
    this.#cancelTimer();
    const { clock } = this.#options.world;
    this.#state = { name: 'open', stream: this.#state.stream, since: clock.now() };
    this.#trouble = undefined;
    this.#addresses.settled();
    if (this.#opened++ > 0) this.#options.counters.reconnects++;
    this.#options.onUp();
    this.#flush();
  }

  /**
   * What the stream had and the system had not taken is dropped whole, not sent again: nobody can tell how much of it the collector
   * read, and the same message must never arrive twice. What waits in the queue was never written, so it begins with a whole frame.
   */
  #lost(why: string): void {
    const { clock } = this.#options.world;
    if (this.#state.name === 'open' && clock.now() - this.#state.since >= STEADY_MS) this.#attempt = 0;
    this.#options.counters.dropped.send += this.#inFlight.count;
    this.#inFlight.clear();
    this.#retryLater(why);
  }

  #retryLater(why: string): void {
    const { clock, random } = this.#options.world;
    this.#trouble = why;
    this.#leave({ name: 'waiting' })?.destroy();
    const wait = backoffMs(this.#attempt++, random);
    this.#cancelTimer = clock.wake(after(clock.now(), wait), () => this.#connect());
    this.#releaseIfEmpty();
  }

  /** Nothing of the state before reaches us any more; its stream is the caller's to end. */
  #leave(next: State): Stream | undefined {
    const stream = 'stream' in this.#state ? this.#state.stream : undefined;
    this.#generation++;
    this.#cancelTimer();
    this.#cancelWatch();
    this.#takenAtWatch = -1;
    this.#state = next;
    return stream;
  }
}

const nothing = (): void => undefined;

function reasonOf(fault: SocketFault | undefined): string {
  return fault === undefined ? 'the collector closed the connection' : fault.message;
}
