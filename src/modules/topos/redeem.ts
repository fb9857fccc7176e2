/** Requests that are addressed to a ticket, made what they would be without hiding. */
import type { SipRequest } from '../../sip/message.ts';
import { hostAddress } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';
import type { Hiding } from './hiding.ts';

/** `unknown`: nobody knows what it stands for. `outsideOnly`: requests inside a dialog have no use for one. */
export type Redemption =
  | { readonly kind: 'none' | 'outsideOnly' | 'unknown' }
  | { readonly kind: 'redeemed'; readonly flow: Flow | undefined };

const NONE = { kind: 'none' } as const;

/** Sends a request that was addressed to a ticket to what that stands for. */
export function redeem({ engine, tickets, faces }: Hiding, request: SipRequest): Redemption {
  const uri = request.parsedUri;
  if (uri?.kind !== 'sip') return NONE;
  const target = tickets.read(uri.user, engine.world.clock.now());
  if (target === 'none') return NONE;
  // The CANCEL and the ACK of an INVITE are not refused because its ticket has run out in the meantime.
  const isFollowing = request.method === 'CANCEL' || request.method === 'ACK';
  if (target === 'unknown') {
    const isOurs = engine.transport.isLocal(hostAddress(uri.host), uri.port) || faces.isOurHost(uri.host);
    return isOurs && !isFollowing ? { kind: 'unknown' } : NONE;
  }
  if (request.toTag !== undefined && !isFollowing) return { kind: 'outsideOnly' };
  request.uri = target.uri;
  return { kind: 'redeemed', flow: target.connection === 0 ? undefined : engine.transport.flowOf(target.connection) };
}
