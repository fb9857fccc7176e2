/** Cryptographic randomness from Node, drawn in blocks so that one number does not cost one system call. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../world.ts';

const poolBytes = 4096;

export function nodeRandom(): Random {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;

  const take = (length: number): number => {
    if (used + length > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    used += length;
    return used - length;
  };

  return {
    bytes(length) {
      if (length > poolBytes) return randomBytes(length);
      const from = take(length);
      return Uint8Array.prototype.slice.call(pool, from, from + length);
    },
    u32: () => pool.readUInt32LE(take(4)),
  };
}
