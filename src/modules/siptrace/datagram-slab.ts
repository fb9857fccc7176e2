/**
 * Memory for datagrams: large pieces cut from the front, so that a frame costs no buffer of its own. Bytes given out are not written
 * again, because a socket may still hold them.
 */
export const DATAGRAM_SLAB_BYTES = 256 * 1024;

export class DatagramSlab {
  #bytes: Buffer | undefined;
  #end = 0;

  /** Where `place` found room. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(DATAGRAM_SLAB_BYTES);
    return this.#bytes;
  }

  /** The offset in `bytes` where the next datagram of at most this length goes. */
  place(length: number): number {
    if (this.#end + length > DATAGRAM_SLAB_BYTES) {
      this.#bytes = undefined;
      this.#end = 0;
    }
    return this.#end;
  }

  /** The datagram that was written there. */
  take(length: number): Buffer {
    const from = this.#end;
    this.#end += length;
    return this.bytes.subarray(from, this.#end);
  }
}
