/**
 * The credentials that a request presents for a realm, out of its Authorization or Proxy-Authorization headers (RFC 3261
 * sections 20.7, 20.28 and 22.3). Reads, and judges nothing but the form.
 */
import { parseCredentials } from '../../sip/credentials.ts';
import { type DigestAlgorithm, digestAlgorithm, type DigestQop } from '../../sip/digest.ts';
import { type Field, latin1 } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';

/** Bytes of a user name; longer ones are malformed. */
export const MAX_USERNAME = 256;

export type CredentialsHeader = typeof H.Authorization | typeof H.ProxyAuthorization;

export interface Presented {
  readonly field: Field;
  /** Text; what is no UTF-8 became U+FFFD. */
  readonly user: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop: DigestQop | undefined;
  /** Both are empty without qop. */
  readonly nc: string;
  readonly cnonce: string;
}

export type Found = Presented | 'none' | 'malformed';

const DIGEST = /^digest[ \t]/i;
/** `nc-value = 8LHEX` (RFC 7616 section 3.4). */
const NC = /^[0-9a-f]{8}$/i;

/** A request may carry credentials for several realms (RFC 3261 section 22.3): the first that fit this one count. */
export function presentedFor(
  headers: Headers,
  header: CredentialsHeader,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): Found {
  const wanted = latin1(realm);
  let malformed = false;
  for (const field of headers.fields(header)) {
    // A scheme that we do not know is as if it were not there (RFC 4475 section 3.3.7).
    if (!DIGEST.test(field.value)) continue;
    const params = parseCredentials(field.value)?.params;
    const theirs = params?.get('realm');
    if (theirs !== undefined && theirs !== wanted) continue;
    const read = params === undefined || theirs === undefined ? undefined : readDigest(field, params);
    if (read !== undefined && algorithms.includes(read.algorithm)) return read;
    malformed = true;
  }
  return malformed ? 'malformed' : 'none';
}

/** Whether there are digest credentials for this realm, in whichever header. */
export function hasCredentials(headers: Headers, realm: string): boolean {
  const wanted = latin1(realm);
  return [H.Authorization, H.ProxyAuthorization].some((header) =>
    headers.getAll(header).some((text) => DIGEST.test(text) && parseCredentials(text)?.params.get('realm') === wanted),
  );
}

function readDigest(field: Field, params: ReadonlyMap<string, string>): Presented | undefined {
  const username = params.get('username');
  const nonce = params.get('nonce');
  const uri = params.get('uri');
  const response = params.get('response');
  const algorithm = digestAlgorithm(params.get('algorithm'));
  if (!username || username.length > MAX_USERNAME || !nonce || !uri || !response || !algorithm) return undefined;
  const given = { field, user: utf8(username), nonce, uri, response, algorithm };
  const qop = params.get('qop');
  if (qop === undefined) return { ...given, qop, nc: '', cnonce: '' };
  const nc = params.get('nc') ?? '';
  const cnonce = params.get('cnonce') ?? '';
  if ((qop !== 'auth' && qop !== 'auth-int') || !NC.test(nc) || cnonce === '') return undefined;
  return { ...given, qop, nc, cnonce };
}

/** Also makes a string of its own, which does not keep the message in memory. */
export function utf8(wire: string): string {
  return Buffer.from(wire, 'latin1').toString('utf8');
}
