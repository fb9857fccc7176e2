/**
 * One datagram a frame over a connected UDP socket. Frames wait in a bounded queue, for a few milliseconds so that they leave in
 * bursts, or until there is a socket; one too big for a datagram takes the TCP sender beside it, where there is one.
 */
import type { HepFrame } from '../../hep/packet.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Endpoint, SocketFault, UdpEvents, UdpSocket } from '../../world/world.ts';
import { TargetAddresses } from './addresses.ts';
import { FrameQueue } from './queue.ts';
import {
  backoffMs,
  type DropReason,
  DrainWaiters,
  type Sender,
  type SenderOptions,
  type SenderState,
} from './sender.ts';
import { encode, lengthOf, longestOf, MAX_DATAGRAM } from './wire.ts';

/** After a refusal a group prefers its other members for so long; then the next frames find out. */
export const SUSPECT_MS = 5_000;
/** Datagrams in one turn: more would overrun the receiver's socket buffer. So many leave without waiting for more. */
export const MAX_BURST_DATAGRAMS = 64;
/** A name whose answer may be kept shorter is still asked for only so often. */
export const MIN_REFRESH_MS = 30_000;

type State =
  | { readonly name: 'idle' | 'resolving' | 'connecting' | 'waiting' | 'closed' }
  | { readonly name: 'open'; readonly socket: UdpSocket; readonly remote: Endpoint };

export class UdpSender implements Sender {
  readonly #options: SenderOptions;
  readonly #addresses: TargetAddresses;
  readonly #queue: FrameQueue;
  readonly #waiters: DrainWaiters;
  readonly #overflow: Sender | undefined;
  #state: State = { name: 'idle' };
  #generation = 0;
  #attempt = 0;
  #noAddress = false;
  #trouble: string | undefined;
  #suspectUntil: Instant | undefined;
  #flushPending = false;
  #cancelTimer: () => void = nothing;

  /** The overflow sender counts for itself in the same counters. */
  constructor(options: SenderOptions, overflow: Sender | undefined) {
    this.#options = options;
    this.#overflow = overflow;
    this.#addresses = new TargetAddresses(options);
    this.#queue = new FrameQueue(options.limits);
    this.#waiters = new DrainWaiters(options.world.clock);
  }

  get state(): SenderState {
    return this.#state.name;
  }

  get up(): boolean {
    if (this.#state.name !== 'open') return false;
    return this.#suspectUntil === undefined || this.#options.world.clock.now() >= this.#suspectUntil;
  }

  get queueFrames(): number {
    return this.#queue.frames + (this.#overflow?.queueFrames ?? 0);
  }

  get queueBytes(): number {
    return this.#queue.bytes + (this.#overflow?.queueBytes ?? 0);
  }

  get trouble(): string | undefined {
    return this.#trouble ?? this.#overflow?.trouble;
  }

  submit(frame: HepFrame): boolean {
    const { version, counters } = this.#options;
    const length = lengthOf(version, frame);
    if (length > MAX_DATAGRAM) {
      if (this.#overflow !== undefined && length <= longestOf(version)) return this.#overflow.submit(frame);
      return this.#refuse('tooBig');
    }
    counters.submitted++;
    if (!this.#makeRoom(length)) return false;
    const place = this.#queue.reserve(length);
    this.#queue.commit(encode(version, place.bytes, place.end, frame));
    if (this.#state.name === 'open') this.#added();
    else this.wake();
    return true;
  }

  adopt(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_DATAGRAM) return this.#overflow?.adopt(bytes) ?? this.#refuse('tooBig');
    this.#options.counters.submitted++;
    if (!this.#makeRoom(bytes.length)) return false;
    const place = this.#queue.reserve(bytes.length);
    place.bytes.set(bytes, place.end);
    this.#queue.commit(bytes.length);
    this.wake();
    this.#flush();
    return true;
  }

  wake(): void {
    if (this.#state.name === 'idle') this.#connect();
  }

  discard(reason: DropReason): void {
    this.#options.counters.dropped[reason] += this.#queue.clear();
    this.#overflow?.discard(reason);
    this.#waiters.release();
  }

  async drain(ms: number): Promise<void> {
    if (this.#state.name === 'waiting') this.#connect();
    this.#flushNow();
    const own = this.#queue.frames === 0 ? undefined : this.#waiters.wait(ms);
    await Promise.all([own, this.#overflow?.drain(ms)]);
  }

  close(): void {
    if (this.#state.name === 'closed') return;
    if (this.#state.name === 'open') this.#state.socket.close();
    this.#generation++;
    this.#cancelTimer();
    this.#state = { name: 'closed' };
    this.#overflow?.close();
    this.discard('off');
  }

  #refuse(reason: DropReason): false {
    this.#options.counters.submitted++;
    this.#options.counters.dropped[reason]++;
    return false;
  }

  #makeRoom(length: number): boolean {
    const { dropped } = this.#options.counters;
    if (this.#state.name === 'closed') {
      dropped.off++;
      return false;
    }
    const count = this.#queue.makeRoom(length);
    if (count !== 0) dropped[this.#noAddress ? 'noAddress' : 'queue'] += Math.abs(count);
    return count >= 0;
  }

  #send(open: State & { readonly name: 'open' }, bytes: Uint8Array, more: boolean): void {
    open.socket.send(bytes, open.remote, more);
    this.#options.counters.sent++;
    this.#options.counters.bytes += bytes.length;
  }

  /** Datagrams that leave back to back wake the receiver once: each costs half of one that leaves alone. */
  #added(): void {
    const { coalesceMs } = this.#options;
    if (coalesceMs === 0 || this.#queue.frames >= MAX_BURST_DATAGRAMS) this.#flushNow();
    else this.#flushIn(coalesceMs);
  }

  #flushIn(ms: number): void {
    if (this.#flushPending) return;
    this.#flushPending = true;
    const { clock } = this.#options.world;
    clock.wake(after(clock.now(), ms), this.#onFlushTime);
  }

  /** It goes on as long as frames come: a timer that follows one of the same length costs Node half of one that comes alone. */
  readonly #onFlushTime = (): void => {
    this.#flushPending = false;
    if (this.#state.name !== 'open' || this.#queue.frames === 0) return;
    this.#flushNow();
    if (this.#options.coalesceMs > 0) this.#flushIn(this.#options.coalesceMs);
  };

  #flush(): void {
    if (!this.#flushPending) this.#flushNow();
  }

  #flushNow(): void {
    if (this.#state.name !== 'open') return;
    for (let sent = 0; sent < MAX_BURST_DATAGRAMS; sent++) {
      const frame = this.#queue.takeOne();
      if (frame === undefined) break;
      this.#send(this.#state, frame, sent + 1 < MAX_BURST_DATAGRAMS && this.#queue.frames > 0);
    }
    if (this.#queue.frames > 0) this.#flushIn(1);
    else this.#waiters.release();
  }

  #connect(): void {
    this.#generation++;
    this.#cancelTimer();
    this.#state = { name: 'resolving' };
    void this.#open(this.#generation);
  }

  async #open(generation: number): Promise<void> {
    const remote = await this.#addresses.next();
    if (generation !== this.#generation) return;
    this.#noAddress = remote === undefined;
    if (remote === undefined) return this.#retryLater(`no address to use for ${this.#options.host}`);
    this.#state = { name: 'connecting' };
    const socket = await this.#bind(remote, generation);
    if (generation !== this.#generation) {
      if (typeof socket !== 'string') socket.close();
      return;
    }
    if (typeof socket === 'string') return this.#retryLater(socket);
    this.#isOpen(socket, remote);
  }

  /** A socket, or why there is none. */
  async #bind(remote: Endpoint, generation: number): Promise<UdpSocket | string> {
    const events: UdpEvents = {
      datagram: nothing,
      fault: (fault) => {
        if (generation === this.#generation) this.#onFault(fault);
      },
    };
    try {
      return await this.#options.world.net.connectUdp(remote, this.#options.local, events);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #isOpen(socket: UdpSocket, remote: Endpoint): void {
    this.#state = { name: 'open', socket, remote };
    this.#attempt = 0;
    this.#suspectUntil = undefined;
    this.#trouble = undefined;
    this.#addresses.settled();
    this.#scheduleRefresh();
    this.#options.onUp();
    this.#flush();
  }

  #retryLater(why: string): void {
    const { clock, random } = this.#options.world;
    this.#trouble = why;
    this.#state = { name: 'waiting' };
    this.#cancelTimer = clock.wake(after(clock.now(), backoffMs(this.#attempt++, random)), () => this.#connect());
  }

  /** The collector is down, or the network is: sending goes on, and the next frame may find it back. */
  #onFault(fault: SocketFault): void {
    const { counters, world } = this.#options;
    counters.faults++;
    this.#trouble = fault.message;
    this.#suspectUntil = after(world.clock.now(), SUSPECT_MS);
  }

  #scheduleRefresh(): void {
    const { expires } = this.#addresses;
    if (expires === undefined) return;
    const { clock } = this.#options.world;
    const soonest = after(clock.now(), MIN_REFRESH_MS);
    this.#cancelTimer = clock.wake(expires > soonest ? expires : soonest, () => void this.#refresh(this.#generation));
  }

  /** Where the name moved, a new socket is made; the old one serves until then. */
  async #refresh(generation: number): Promise<void> {
    const remote = await this.#addresses.next();
    if (generation !== this.#generation || this.#state.name !== 'open') return;
    this.#addresses.settled();
    const old = this.#state;
    if (remote === undefined || this.#addresses.has(old.remote.address)) return this.#scheduleRefresh();
    const socket = await this.#bind(remote, generation);
    if (generation !== this.#generation || typeof socket === 'string') {
      if (typeof socket !== 'string') socket.close();
      if (generation === this.#generation) this.#scheduleRefresh();
      return;
    }
    old.socket.close();
    this.#options.counters.reconnects++;
    this.#isOpen(socket, remote);
  }
}

const nothing = (): void => undefined;
