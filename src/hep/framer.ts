/**
 * Cuts a HEPv3 byte stream (TCP, TLS) into frames by the length in each header. HEP has nothing to find the next frame
 * by, so the first byte that fits no frame ends the stream: the caller closes the connection. Holds at most one frame,
 * 65535 bytes.
 */
import { FRAME_HEADER_LENGTH } from './chunks.ts';

export type HepFraming = {
  /** Whole frames, in order. Views of the pushed bytes, except for those that arrived in pieces. */
  readonly frames: readonly Uint8Array[];
  /** Why the stream is of no use any more; `frames` then holds what came before. */
  readonly broken: undefined | 'magic' | 'length';
};

const MAGIC: readonly number[] = [0x48, 0x45, 0x50, 0x33];

export class HepFramer {
  readonly #header = new Uint8Array(FRAME_HEADER_LENGTH);
  #frame: Uint8Array | undefined;
  #held = 0;
  #broken: HepFraming['broken'];

  /** Bytes of an unfinished frame. */
  get held(): number {
    return this.#held;
  }

  push(bytes: Uint8Array): HepFraming {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length && this.#broken === undefined) {
      at = this.#held > 0 ? this.#continue(bytes, at, frames) : this.#begin(bytes, at, frames);
    }
    return { frames, broken: this.#broken };
  }

  /** At a frame's first byte: a frame that is here whole is not copied. */
  #begin(bytes: Uint8Array, at: number, frames: Uint8Array[]): number {
    if (bytes.length - at >= FRAME_HEADER_LENGTH) {
      const length = this.#announced(bytes, at);
      if (length === undefined) return at;
      if (at + length <= bytes.length) {
        frames.push(bytes.subarray(at, at + length));
        return at + length;
      }
    }
    return this.#continue(bytes, at, frames);
  }

  /** Inside a frame: collects the header first, then as many bytes as it announces. */
  #continue(bytes: Uint8Array, from: number, frames: Uint8Array[]): number {
    let at = from;
    while (this.#frame === undefined && at < bytes.length) {
      this.#header[this.#held++] = bytes[at++] ?? 0;
      if (this.#held <= MAGIC.length && this.#header[this.#held - 1] !== MAGIC[this.#held - 1])
        return this.#fail('magic', at);
      if (this.#held < FRAME_HEADER_LENGTH) continue;
      const length = this.#announced(this.#header, 0);
      if (length === undefined) return at;
      this.#frame = new Uint8Array(length);
      this.#frame.set(this.#header);
    }
    if (this.#frame === undefined) return at;
    const taken = Math.min(bytes.length - at, this.#frame.length - this.#held);
    this.#frame.set(bytes.subarray(at, at + taken), this.#held);
    this.#held += taken;
    if (this.#held === this.#frame.length) {
      frames.push(this.#frame);
      this.#frame = undefined;
      this.#held = 0;
    }
    return at + taken;
  }

  /** The length of the frame whose header is at `at`. */
  #announced(bytes: Uint8Array, at: number): number | undefined {
    for (let i = 0; i < MAGIC.length; i++) {
      if (bytes[at + i] === MAGIC[i]) continue;
      this.#fail('magic', at);
      return undefined;
    }
    const length = ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
    if (length >= FRAME_HEADER_LENGTH) return length;
    this.#fail('length', at);
    return undefined;
  }

  #fail(why: 'magic' | 'length', at: number): number {
    this.#broken = why;
    this.#frame = undefined;
    this.#held = 0;
    return at;
  }
}
