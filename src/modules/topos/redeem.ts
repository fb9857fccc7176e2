/** Tickets in messages: put there for an address, and made that address again in a request that comes with one. */
import type { NextHop } from '../../engine/context.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { hostAddress, type SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { Hiding } from './hiding.ts';
import { onConnection } from './standing.ts';
import type { TicketTarget } from './tickets.ts';

/** `unknown`: nobody knows what it stands for. `outsideOnly`: requests inside a dialog have no use for one. */
export type Redemption =
  | { readonly kind: 'none' | 'outsideOnly' }
  | { readonly kind: 'unknown'; readonly uri: SipUri }
  | { readonly kind: 'redeemed'; readonly target: TicketTarget; readonly nextHop: NextHop | undefined };

const NONE = { kind: 'none' } as const;

/** A URI of ours that leads to this target, from outside of its dialog. */
export function ticketUri(
  { tickets, faces, engine, stats }: Hiding,
  target: TicketTarget,
  place: { readonly listener: Listener; readonly scheme: SipUri['scheme'] },
): string {
  stats.tickets.value++;
  const user = tickets.issue(target, engine.world.random, engine.world.clock.now());
  return faces.withUser(user, place.listener, place.scheme);
}

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
    return isOurs && !isFollowing ? { kind: 'unknown', uri } : NONE;
  }
  if (request.toTag !== undefined && !isFollowing) return { kind: 'outsideOnly' };
  request.uri = target.uri;
  return { kind: 'redeemed', target, nextHop: wayTo(target, engine) };
}

/** Along its route set, which no Route of the request itself names: as a Path leads to a registered contact. */
function wayTo({ routes, connection }: TicketTarget, engine: Hiding['engine']): NextHop | undefined {
  const uri = parseNameAddr(routes[0] ?? '')?.uri;
  if (uri !== undefined) return { uri, listener: undefined, flow: undefined, route: routes.join(', ') };
  return connection === 0 ? undefined : onConnection(engine, connection);
}
