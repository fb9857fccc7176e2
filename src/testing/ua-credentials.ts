/** The answer of a scripted user agent to a digest challenge (RFC 3261 section 22, RFC 8760). */
import { parseChallenge } from '../sip/credentials.ts';
import { digestAlgorithm, digestResponse, ha1 } from '../sip/digest.ts';
import { H } from '../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';

export interface UaCredentials {
  readonly user: string;
  readonly password: string;
}

export interface ChallengeAnswer {
  readonly name: typeof H.Authorization | typeof H.ProxyAuthorization;
  readonly value: string;
}

/** For the first challenge that we can answer; undefined when there is none. */
export function answerChallenge(
  request: SipRequest,
  response: SipResponse,
  { user, password }: UaCredentials,
  cnonce: string,
): ChallengeAnswer | undefined {
  const proxy = response.status === 407;
  for (const text of response.headers.getAll(proxy ? H.ProxyAuthenticate : H.WwwAuthenticate)) {
    const challenge = parseChallenge(text);
    const algorithm = digestAlgorithm(challenge?.params.get('algorithm'));
    const realm = challenge?.params.get('realm');
    const nonce = challenge?.params.get('nonce');
    if (challenge?.scheme.toLowerCase() !== 'digest' || !algorithm || realm === undefined || nonce === undefined)
      continue;
    const qops = challenge.params
      .get('qop')
      ?.split(',')
      .map((qop) => qop.trim());
    const qop = qops?.includes('auth') ? 'auth' : qops?.includes('auth-int') ? 'auth-int' : undefined;
    const nc = '00000001';
    const { method, uri } = request;
    const secret = ha1(algorithm, user, realm, password);
    const body = Buffer.from(request.body, 'latin1');
    const answer = digestResponse({ algorithm, ha1: secret, nonce, nc, cnonce, qop, method, uri, body });
    const opaque = challenge.params.get('opaque');
    const parts = [
      `username="${user}"`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${uri}"`,
      `response="${answer}"`,
      `algorithm=${algorithm}`,
      ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`, `cnonce="${cnonce}"`]),
      ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ];
    return { name: proxy ? H.ProxyAuthorization : H.Authorization, value: `Digest ${parts.join(', ')}` };
  }
  return undefined;
}
