/**
 * Nonces that need no memory: the time of making and a keyed hash over it (RFC 7616 sections 3.3 and 5.4). Any node
 * that has the key recognises the nonces of all others.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { WallTime } from '../util/time.ts';

export type NonceVerdict = 'fresh' | 'stale' | 'forged';

/** 8 bytes of time and 16 of hash, in base64url: no character that a quoted string would escape. */
export const NONCE_LENGTH = 32;

const TIME_LENGTH = 8;
const HASH_LENGTH = 16;

export class NonceFactory {
  readonly #key: KeyObject;

  /** The key is secret; at least 16 random bytes. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** `extra` binds the nonce to what the caller likes: realm, source address. Checking needs the same. */
  make(now: WallTime, extra = ''): string {
    const nonce = Buffer.alloc(TIME_LENGTH + HASH_LENGTH);
    nonce.writeBigUInt64BE(BigInt(now), 0);
    const hmac = createHmac('sha256', this.#key);
    hmac.update(nonce.subarray(0, TIME_LENGTH)).update(extra, 'utf8');
    // RFC 2104 section 5: no less than half of the hash.
    hmac.digest().copy(nonce, TIME_LENGTH, 0, HASH_LENGTH);
    return nonce.toString('base64url');
  }

  /**
   * `stale` is a nonce of ours that is too old: the client may try again without asking its user (RFC 7616 section
   * 3.3). One from the future is ours too, made by a clock ahead of this one, and is taken as far ahead as one may be
   * old.
   */
  check(nonce: string, now: WallTime, lifetimeSeconds: number, extra = ''): NonceVerdict {
    if (nonce.length !== NONCE_LENGTH) return 'forged';
    const made = Buffer.from(nonce, 'base64url');
    if (made.length !== TIME_LENGTH + HASH_LENGTH) return 'forged';
    const time = made.readUInt32BE(0) * 0x1_0000_0000 + made.readUInt32BE(4);
    if (!Number.isSafeInteger(time)) return 'forged';
    // Compared as text: base64 has several spellings of the same bytes, and we made only one of them.
    const expected = Buffer.from(this.make(time as WallTime, extra), 'latin1');
    const given = Buffer.from(nonce, 'latin1');
    if (!timingSafeEqual(given, expected)) return 'forged';
    return Math.abs(now - time) <= lifetimeSeconds * 1_000_000 ? 'fresh' : 'stale';
  }
}
