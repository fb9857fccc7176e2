/**
 * Keeps copies of small byte strings close together. Bytes from Node's shared pool that live longer than their neighbours
 * would keep the whole pool with them; those on a shelf are of one age and go together.
 */
const BOARD_BYTES = 32 * 1024;

export class Shelf {
  #board = new Uint8Array(0);
  #used = 0;

  /** A copy. */
  keep(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > BOARD_BYTES / 4) return bytes.slice();
    if (this.#used + length > this.#board.length) {
      this.#board = new Uint8Array(BOARD_BYTES);
      this.#used = 0;
    }
    const copy = this.#board.subarray(this.#used, this.#used + length);
    copy.set(bytes);
    this.#used += length;
    return copy;
  }
}
