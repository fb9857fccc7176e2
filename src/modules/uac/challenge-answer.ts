/** The answer to a digest challenge, for a request that we send or relay (RFC 3261 section 22.2, RFC 8760). */
import { parseChallenge } from '../../sip/credentials.ts';
import { type DigestAlgorithm, digestAlgorithm, digestResponse, ha1 } from '../../sip/digest.ts';
import { H, type HeaderId } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { quote } from '../../sip/quoted.ts';

export interface Secret {
  readonly user: string;
  readonly password: string;
  /** The password is H(user:realm:password) in hexadecimal digits. */
  readonly hashed?: boolean;
}

/** Who we are in a realm. */
export type SecretOf = (realm: string) => Secret | undefined;

export interface AnsweredChallenge {
  readonly header: HeaderId;
  readonly value: string;
}

/** Challenges of one reply that are looked at. */
export const MAX_CHALLENGES = 8;

/** Of the first challenge that we know a secret for; they stand in the order that the server prefers. */
export function answerChallenge(
  request: SipRequest,
  response: SipResponse,
  secretOf: SecretOf,
  cnonce: string,
): AnsweredChallenge | undefined {
  const proxy = response.status === 407;
  const challenges = response.headers.getAll(proxy ? H.ProxyAuthenticate : H.WwwAuthenticate).slice(0, MAX_CHALLENGES);
  for (const text of challenges) {
    const challenge = parseChallenge(text);
    const realm = challenge?.params.get('realm');
    const secret = realm === undefined ? undefined : secretOf(realm);
    if (challenge?.scheme.toLowerCase() !== 'digest' || realm === undefined || secret === undefined) continue;
    const value = credentials(request, challenge.params, { ...secret, realm, cnonce });
    if (value !== undefined) return { header: proxy ? H.ProxyAuthorization : H.Authorization, value };
  }
  return undefined;
}

interface Own extends Secret {
  readonly realm: string;
  readonly cnonce: string;
}

function credentials(request: SipRequest, challenge: ReadonlyMap<string, string>, own: Own): string | undefined {
  const algorithm = digestAlgorithm(challenge.get('algorithm'));
  const nonce = challenge.get('nonce');
  const qop = qopOf(challenge.get('qop'));
  if (algorithm === undefined || nonce === undefined || qop === 'unknown') return undefined;
  const { method, uri } = request;
  const { user, realm, password, cnonce } = own;
  const nc = '00000001';
  if (own.hashed === true && !fits(password, algorithm)) return undefined;
  const text = Buffer.from(realm, 'latin1').toString('utf8');
  const secret = own.hashed === true ? password.toLowerCase() : ha1(algorithm, user, text, password);
  const body = Buffer.from(request.body, 'latin1');
  const response = digestResponse({ algorithm, ha1: secret, nonce, nc, cnonce, qop, method, uri, body });
  const opaque = challenge.get('opaque');
  const parts = [
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`, `cnonce="${cnonce}"`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ];
  return `Digest ${parts.join(', ')}`;
}

/** A hash is good for the algorithm that made it. */
const fits = (hash: string, algorithm: DigestAlgorithm): boolean =>
  /^[0-9a-f]*$/i.test(hash) && hash.length === (algorithm.startsWith('MD5') ? 32 : 64);

function qopOf(text: string | undefined): 'auth' | 'auth-int' | 'unknown' | undefined {
  if (text === undefined || text === '') return undefined;
  const offered = text.split(',').map((one) => one.trim().toLowerCase());
  if (offered.includes('auth')) return 'auth';
  return offered.includes('auth-int') ? 'auth-int' : 'unknown';
}
