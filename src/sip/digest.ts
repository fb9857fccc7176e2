/**
 * Digest access authentication as arithmetic: RFC 7616 with the algorithms that RFC 8760 gives to SIP. Reads and writes
 * no headers.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Strongest first, the order in which to offer them (RFC 8760 section 2.3). */
export const DIGEST_ALGORITHMS = [
  'SHA-512-256',
  'SHA-256',
  'MD5',
  'SHA-512-256-sess',
  'SHA-256-sess',
  'MD5-sess',
] as const;

export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];
export type DigestQop = 'auth' | 'auth-int';

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** As `ha1` gives it, also for the -sess algorithms. */
  readonly ha1: string;
  readonly nonce: string;
  /** Without qop (RFC 2069) nc is not used, and cnonce only by the -sess algorithms. */
  readonly nc: string;
  readonly cnonce: string;
  readonly qop: DigestQop | undefined;
  readonly method: string;
  readonly uri: string;
  /** Used by auth-int only; absent is the same as empty. */
  readonly body: Uint8Array | undefined;
}

/**
 * The algorithm that a header names; a token, so case does not matter. RFC 7616 section 3.3: if not present, MD5 is
 * assumed.
 */
export function digestAlgorithm(token: string | undefined): DigestAlgorithm | undefined {
  if (token === undefined) return 'MD5';
  const wanted = token.toLowerCase();
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm.toLowerCase() === wanted);
}

/** What a password store may keep: H(user:realm:password), as lower-case hex. The three are text, hashed as UTF-8. */
export function ha1(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return hash(algorithm, Buffer.from(`${user}:${realm}:${password}`, 'utf8'));
}

/**
 * The `response` value (RFC 7616 section 3.4.1); with an empty method the `rspauth` of Authentication-Info (section
 * 3.5). The strings are as they stood in the message, one char a byte.
 */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, nc, cnonce, qop, method, uri } = input;
  const secret = algorithm.endsWith('-sess') ? hashWire(algorithm, `${input.ha1}:${nonce}:${cnonce}`) : input.ha1;
  const tail = qop === 'auth-int' ? `:${hash(algorithm, input.body ?? NO_BODY)}` : '';
  const ha2 = hashWire(algorithm, `${method}:${uri}${tail}`);
  if (qop === undefined) return hashWire(algorithm, `${secret}:${nonce}:${ha2}`);
  return hashWire(algorithm, `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

/** Compares in a time that does not tell how many characters agree. */
export function sameDigest(left: string, right: string): boolean {
  const a = Buffer.from(left, 'utf8');
  const b = Buffer.from(right, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

const NO_BODY = new Uint8Array(0);

const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: 'md5',
  'MD5-sess': 'md5',
  'SHA-256': 'sha256',
  'SHA-256-sess': 'sha256',
  'SHA-512-256': 'sha512-256',
  'SHA-512-256-sess': 'sha512-256',
};

const hash = (algorithm: DigestAlgorithm, bytes: Uint8Array): string =>
  createHash(hashNames[algorithm]).update(bytes).digest('hex');

const hashWire = (algorithm: DigestAlgorithm, text: string): string => hash(algorithm, Buffer.from(text, 'latin1'));
