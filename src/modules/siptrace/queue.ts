/**
 * The frames that wait for a target: encoded back to back in slabs, oldest first, bounded in number and in bytes. No object a frame:
 * only its length is kept. Bytes that were handed out are never written again.
 */

export interface QueueLimits {
  readonly frames: number;
  readonly bytes: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { frames: 10_000, bytes: 16 * 1024 * 1024 };

/** Holds about 75 traced messages; a longer frame gets a slab of its own. */
export const SLAB_BYTES = 64 * 1024;

/** A piece of memory that fills from its start. `start` to `end` is waiting. */
export class Slab {
  readonly bytes: Buffer;
  /** What `bytes` is a view of, from its start: it has been asked for once. */
  readonly memory: ArrayBufferLike;
  start = 0;
  end = 0;

  constructor(size: number) {
    // Not from Node's shared pool: a slab lives long and would pin it.
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.memory = this.bytes.buffer;
  }

  get room(): number {
    return this.bytes.length - this.end;
  }
}

export class FrameQueue {
  readonly #limits: QueueLimits;
  readonly #slabs: Slab[] = [];
  readonly #lengths = new LengthRing();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get frames(): number {
    return this.#lengths.count;
  }

  get bytes(): number {
    return this.#lengths.total;
  }

  /** Drops the oldest frames until one more of this length fits, and returns how many; -1 if it never will. */
  makeRoom(length: number): number {
    if (length > this.#limits.bytes || this.#limits.frames < 1) return -1;
    let dropped = 0;
    while (this.frames >= this.#limits.frames || this.bytes + length > this.#limits.bytes) {
      this.#skip(this.#lengths.shift());
      dropped++;
    }
    return dropped;
  }

  /** The slab whose `end` is the place for a frame of at most this length. Write there, then `commit`. */
  reserve(length: number): Slab {
    let last = this.#slabs.at(-1);
    if (last === undefined || last.room < length) {
      if (last !== undefined && last.start === last.end) this.#slabs.pop();
      last = new Slab(Math.max(SLAB_BYTES, length));
      this.#slabs.push(last);
    }
    return last;
  }

  commit(length: number): void {
    const last = this.#slabs.at(-1);
    if (last === undefined) return;
    last.end += length;
    this.#lengths.push(length);
  }

  /** The oldest frame, taken out; undefined when there is none. */
  takeOne(): Uint8Array | undefined {
    const slab = this.#slabs[0];
    if (slab === undefined || this.frames === 0) return undefined;
    const length = this.#lengths.shift();
    // `subarray` of a Buffer asks for its memory and its species first.
    const frame = new Uint8Array(slab.memory, slab.start, length);
    this.#skip(length);
    return frame;
  }

  /** The oldest frames that lie in one piece, taken out; their lengths go to `taken`. */
  takePiece(taken: LengthRing): Uint8Array | undefined {
    const slab = this.#slabs[0];
    if (slab === undefined || this.frames === 0) return undefined;
    const piece = slab.bytes.subarray(slab.start, slab.end);
    for (let left = piece.length; left > 0; ) {
      const length = this.#lengths.shift();
      taken.push(length);
      left -= length;
    }
    this.#skip(piece.length);
    return piece;
  }

  /** Forgets everything and returns how many frames there were. */
  clear(): number {
    const count = this.frames;
    this.#slabs.length = 0;
    this.#lengths.clear();
    return count;
  }

  #skip(length: number): void {
    const slab = this.#slabs[0];
    if (slab === undefined) return;
    slab.start += length;
    // The last slab goes on filling behind what was taken.
    if (slab.start === slab.end && this.#slabs.length > 1) this.#slabs.shift();
  }
}

/** A first-in-first-out list of positive numbers that allocates only when it grows. */
export class LengthRing {
  #values = new Uint32Array(64);
  #head = 0;
  count = 0;
  total = 0;

  push(value: number): void {
    if (this.count === this.#values.length) this.#grow();
    this.#values[(this.#head + this.count) & (this.#values.length - 1)] = value;
    this.count++;
    this.total += value;
  }

  /** The oldest; 0 when there is none. */
  peek(): number {
    return this.count === 0 ? 0 : (this.#values[this.#head] ?? 0);
  }

  shift(): number {
    const value = this.peek();
    if (this.count === 0) return 0;
    this.#head = (this.#head + 1) & (this.#values.length - 1);
    this.count--;
    this.total -= value;
    return value;
  }

  clear(): void {
    this.#head = 0;
    this.count = 0;
    this.total = 0;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#values.length * 2);
    larger.set(this.#values.subarray(this.#head));
    larger.set(this.#values.subarray(0, this.#head), this.#values.length - this.#head);
    this.#values = larger;
    this.#head = 0;
  }
}
