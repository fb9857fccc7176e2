/** A CANCEL whose INVITE another node has sent, or an earlier life of this one: what was sent is cancelled from here. */
import { Exchange } from '../../engine/exchange.ts';
import { H } from '../../sip/header-names.ts';
import { SipRequest } from '../../sip/message.ts';
import { buildCancel } from '../../sip/reply.ts';
import { hostAddress } from '../../sip/uri.ts';
import { parseVia } from '../../sip/via.ts';
import type { Hiding } from './hiding.ts';
import type { SentInvite } from './sent-invite.ts';

/** Ends what another node, or an earlier life of this one, has sent because of the INVITE of this CANCEL. */
export function cancelSent({ engine, cancels }: Hiding, cancel: SipRequest, sent: readonly SentInvite[]): void {
  const exchange = new Exchange();
  const reasons = cancel.headers.getAll('Reason');
  for (const one of sent) {
    const flow = flowTo(engine, one);
    if (flow === undefined) continue;
    const invite = inviteAgain(one, cancel.cseq?.number ?? 0);
    const tm = cancels();
    if (tm !== undefined) tm.cancel(invite, flow, { exchange, reasons });
    else engine.door.send(buildCancel(invite).serialize(), flow, { kind: 'route', exchange });
  }
}

/** As much of it as its CANCEL repeats. */
function inviteAgain({ uri, via, routes, from, to, callId }: SentInvite, number: number): SipRequest {
  const invite = SipRequest.create('INVITE', uri);
  invite.headers.append(H.Via, via);
  for (const route of routes) invite.headers.append(H.Route, route);
  invite.headers.append(H.From, from);
  invite.headers.append(H.To, to);
  invite.headers.append(H.CallId, callId);
  invite.headers.append(H.CSeq, `${number} INVITE`);
  return invite;
}

/** From the socket that the Via names, where this node has it. */
function flowTo({ transport: layer }: Hiding['engine'], { via, transport, address, port }: SentInvite) {
  const sentBy = parseVia(via);
  const from = layer.listeners.find(
    (listener) =>
      listener.transport === transport &&
      listener.sentBy.port === (sentBy?.port ?? listener.sentBy.port) &&
      hostAddress(listener.sentBy.host) === hostAddress(sentBy?.host ?? ''),
  );
  return layer.flowTo(transport, { address, port }, from === undefined ? {} : { from });
}
