/**
 * Which reply of a forked request goes back (RFC 3261 section 16.7 items 6 and 7), in Kamailio's order: 6xx first, then
 * 3xx, 4xx with those that ask for something (401, 407, 415, 420, 484) ahead, then 5xx; the lower branch wins a tie.
 */
import type { Winning } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';

const ASKING: ReadonlySet<number> = new Set([401, 407, 415, 420, 484]);

/** Lower is better. Only for final replies of 300 and above. */
export function rank(status: number): number {
  if (status >= 600) return 1000 + (status % 100);
  if (status < 400) return 3000 + (status % 100);
  if (status < 500) return ASKING.has(status) ? 4000 + (status % 100) : 4100 + (status % 100);
  return 5000 + (status % 100);
}

/** `finals` in branch order; undefined when there is none. */
export function pickBest<T extends { readonly status: number }>(finals: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const final of finals) if (best === undefined || rank(final.status) < rank(best.status)) best = final;
  return best;
}

/** The chosen reply as it goes back, our Via still on top. */
export function relayedCopy(
  chosen: SipResponse,
  finals: readonly Winning[],
  { remap503, aggregateChallenges }: { readonly remap503: boolean; readonly aggregateChallenges: boolean },
): SipResponse {
  const copy = chosen.fork();
  // RFC 3261 16.7 item 6: "it SHOULD generate a 500": the 503 is about the next hop, not about us.
  if (copy.status === 503 && remap503) copy.setStatus(500, 'Service Unavailable');
  if (aggregateChallenges) addChallenges(copy, chosen, finals);
  return copy;
}

/**
 * RFC 3261 16.7 item 7: when the best reply is a 401 or 407, the proxy "MUST collect any WWW-Authenticate and
 * Proxy-Authenticate header field values from all other 401 and 407" replies "and add them".
 */
function addChallenges(reply: SipResponse, from: SipResponse, finals: readonly Winning[]): void {
  if (reply.status !== 401 && reply.status !== 407) return;
  for (const { status, response } of finals) {
    if (response === undefined || response === from || (status !== 401 && status !== 407)) continue;
    for (const value of response.headers.getAll(H.WwwAuthenticate)) reply.headers.append('WWW-Authenticate', value);
    for (const value of response.headers.getAll(H.ProxyAuthenticate)) reply.headers.append('Proxy-Authenticate', value);
  }
}
