/**
 * Masked Call-IDs: what stands in place of a Call-ID on the other side of a hidden call. The original is encrypted under an
 * IV that is its own HMAC (a synthetic IV, RFC 5297), so the same id always looks the same, nobody can make one up, and
 * every node with the key can read it without having seen the call.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export const MASK_PREFIX = 'tpsc-';
/** 96 bits: the chance that a made-up id passes is one in 2**96. */
export const IV_BYTES = 12;
/** Longer ones cannot be masked: the message would grow too much. Phones write 20 to 80. */
export const MAX_MASKABLE = 512;
/** What base64url makes of an IV and the longest id. */
const MAX_MASKED = Math.ceil(((IV_BYTES + MAX_MASKABLE) * 4) / 3);

const KEY_BYTES = 32;
const CIPHER = 'aes-256-ctr';
/** The IV of the cipher: ours, and a counter of blocks that begins at 0. */
const COUNTER = Buffer.alloc(16 - IV_BYTES);

export class CallIdMask {
  readonly #macKey: Buffer;
  readonly #cipherKey: Buffer;

  /** `secret`: the same on all nodes that are to read each other's ids. */
  constructor(secret: string | Uint8Array) {
    this.#macKey = derived(secret, 'topos call-id mac');
    this.#cipherKey = derived(secret, 'topos call-id cipher');
  }

  /** undefined when it is too long. */
  mask(callId: string): string | undefined {
    if (callId.length > MAX_MASKABLE) return undefined;
    const plain = Buffer.from(callId, 'latin1');
    const iv = this.#ivOf(plain);
    const cipher = createCipheriv(CIPHER, this.#cipherKey, Buffer.concat([iv, COUNTER]));
    return MASK_PREFIX + Buffer.concat([iv, cipher.update(plain)]).toString('base64url');
  }

  /** The original; undefined for what was not made with this key. */
  unmask(text: string): string | undefined {
    if (!text.startsWith(MASK_PREFIX) || text.length > MASK_PREFIX.length + MAX_MASKED) return undefined;
    const code = text.slice(MASK_PREFIX.length);
    const bytes = Buffer.from(code, 'base64url');
    // The decoder forgives; two spellings of one id would be two calls to everybody else.
    if (bytes.length <= IV_BYTES || bytes.toString('base64url') !== code) return undefined;
    const iv = bytes.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#cipherKey, Buffer.concat([iv, COUNTER]));
    const plain = decipher.update(bytes.subarray(IV_BYTES));
    return timingSafeEqual(this.#ivOf(plain), iv) ? plain.toString('latin1') : undefined;
  }

  #ivOf(plain: Buffer): Buffer {
    return createHmac('sha256', this.#macKey).update(plain).digest().subarray(0, IV_BYTES);
  }
}

const derived = (secret: string | Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
