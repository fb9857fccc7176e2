/**
 * Who may log in: users by name and realm, each with a password or with hashes of it. Read from lines
 * `user[@realm]:password` and `user@realm:ha1=<hex>`. What is said about a bad line never repeats the secret.
 */
import { type DigestAlgorithm, ha1 } from '../../sip/digest.ts';
import type { Credential } from './api.ts';

/** Users of one table. */
export const MAX_CREDENTIALS = 1_000_000;

type Entry = { -readonly [K in keyof Credential]: Credential[K] };

/** A user name may hold an @, but not at its ends; a realm holds none. */
const LINE = /^([^:@](?:[^:]*?[^:@])??)(?:@(\[[^\]]*\]|[^:@]+))?:(.+)$/s;
const HA1 = 'ha1=';
const HEX_MD5 = /^[0-9a-f]{32}$/i;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;

export class CredentialTable {
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;

  constructor(max: number = MAX_CREDENTIALS) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes one line. Undefined when it is good, else what is wrong with it. */
  add(line: string): string | undefined {
    const [, user, realm, secret] = LINE.exec(line) ?? [];
    if (user === undefined || secret === undefined) return 'expected user[@realm]:password or user@realm:ha1=<hex>';
    const hash = secret.startsWith(HA1) ? secret.slice(HA1.length).toLowerCase() : undefined;
    if (hash !== undefined && realm === undefined) return 'a hash belongs to one realm: write user@realm:ha1=<hex>';
    const key = keyOf(user, realm);
    const entry: Entry = this.#entries.get(key) ?? { user, password: undefined, md5: undefined, sha256: undefined };
    const slot = hash === undefined ? 'password' : slotOfHash(hash);
    if (slot === undefined) return 'ha1= takes 32 hexadecimal digits (MD5) or 64 (SHA-256)';
    if (entry[slot] !== undefined) return `${user} is listed twice`;
    if (!this.#entries.has(key) && this.#entries.size >= this.#max) return `more than ${this.#max} users`;
    entry[slot] = hash ?? secret;
    this.#entries.set(key, entry);
    return undefined;
  }

  /** The user in this realm, or else the one listed without a realm. `user@realm` finds `user`, as phones may send it. */
  find(user: string, realm: string): Credential | undefined {
    const found = this.#lookUp(user, realm);
    const at = user.lastIndexOf('@');
    if (found !== undefined || at < 0 || user.slice(at + 1).toLowerCase() !== realm.toLowerCase()) return found;
    return this.#lookUp(user.slice(0, at), realm);
  }

  #lookUp(user: string, realm: string): Credential | undefined {
    return this.#entries.get(keyOf(user, realm)) ?? this.#entries.get(keyOf(user, undefined));
  }
}

/** Realms are mostly host names: their case does not tell users apart. No realm has a NUL. */
const keyOf = (user: string, realm: string | undefined): string => `${user}\0${realm?.toLowerCase() ?? ''}`;

function slotOfHash(hash: string): 'md5' | 'sha256' | undefined {
  if (HEX_MD5.test(hash)) return 'md5';
  return HEX_SHA256.test(hash) ? 'sha256' : undefined;
}

export interface Expected {
  readonly ha1: string;
  /** False: nothing that a client sends may pass, also when it fits `ha1`. */
  readonly usable: boolean;
}

/**
 * What to compute the response with. One hash is made in any case, so that an unknown user, a stored hash and a password
 * cost the same time.
 */
export function expectedHa1(
  entry: Credential | undefined,
  algorithm: DigestAlgorithm,
  user: string,
  realm: string,
): Expected {
  const computed = ha1(algorithm, user, realm, entry?.password ?? '');
  const stored = storedHa1(entry, algorithm);
  return { ha1: stored ?? computed, usable: stored !== undefined || entry?.password !== undefined };
}

function storedHa1(entry: Credential | undefined, algorithm: DigestAlgorithm): string | undefined {
  if (algorithm === 'MD5') return entry?.md5;
  return algorithm === 'SHA-256' ? entry?.sha256 : undefined;
}
