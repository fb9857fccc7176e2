/**
 * What every proxy hop does to a message: marks where a request came from, stamps its own Via, and finds the way back
 * for replies (RFC 3261 sections 16.6 item 8, 18.2.1 and 18.2.2; RFC 3581).
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest } from '../sip/message.ts';
import { hostAddress } from '../sip/uri.ts';
import type { Via } from '../sip/via.ts';
import type { Flow, Transport } from '../transport/flow.ts';
import { defaultPort } from '../transport/listen-address.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';
import type { RequestContext } from './context.ts';

const DEFAULT_PORT = 5060;
/** `toUpperCase` is a call into the runtime, and no message leaves without it. */
const IN_VIA: Readonly<Record<Transport, string>> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS', ws: 'WS', wss: 'WSS' };
const EMPTY_RPORT = /;\s*rport\s*(?=;|$)/i;
const RECEIVED = /;\s*received\s*=[^;]*/gi;

/**
 * RFC 3261 18.2.1: when the sent-by is not the source address, the server "MUST add a received parameter". RFC 3581
 * section 4: with an empty rport it MUST fill in the source port, and add received even if it is the same address.
 */
export function markSource(request: SipRequest, via: Via, flow: Flow): void {
  const { address, port } = flow.remote;
  const fill = via.rport === true;
  const foreign = hostAddress(via.host) !== address;
  if (!fill && !foreign && via.received === undefined) return;
  const text = request.headers.firstValue(H.Via);
  if (text === undefined) return;
  let marked = via.received === undefined ? text : text.replace(RECEIVED, '');
  if (fill) marked = marked.replace(EMPTY_RPORT, `;rport=${port}`);
  if (fill || foreign) marked += `;received=${address}`;
  request.headers.replaceFirstValue(H.Via, marked);
}

/** Kamailio's `force_rport`: what `markSource` does for a Via that asks for rport, done for one that does not. */
export function markPort(request: SipRequest, flow: Flow): void {
  const text = request.headers.firstValue(H.Via);
  if (text === undefined || request.topVia?.rport !== undefined) return;
  request.headers.replaceFirstValue(H.Via, `${text};rport=${flow.remote.port}`);
}

/** Where replies to this request go. */
export function replyFlow(request: SipRequest, came: Flow, transport: TransportLayer): Flow {
  const via = request.topVia;
  if (came.connection !== 0) return transport.flowOf(came.connection) ?? reopened(via, came, transport);
  if (via === undefined || via.rport !== undefined) return came;
  const port = via.port ?? DEFAULT_PORT;
  const address = via.params.get('maddr') ?? came.remote.address;
  if (port === came.remote.port && address === came.remote.address) return came;
  return transport.flowTo('udp', { address, port }, { from: came.listener }) ?? came;
}

/**
 * RFC 3261 18.2.2: when the connection of the request is gone, "the server SHOULD open a connection to the IP address in
 * the received parameter, if present, using the port in the sent-by value".
 */
function reopened(via: Via | undefined, came: Flow, transport: TransportLayer): Flow {
  const port = via?.port ?? defaultPort(came.transport);
  return transport.flowTo(came.transport, { address: came.remote.address, port }, { from: came.listener }) ?? came;
}

/**
 * Makes a request ready for this flow: late edits (Record-Route), our Via on top, then topology hiding. undefined when it
 * must not leave because it cannot be hidden.
 */
export function stampRequest(ctx: RequestContext, message: SipRequest, flow: Flow, branch: string): Buffer | undefined {
  for (const late of ctx.atSend) late.edit(message, flow);
  const { route } = ctx.destination;
  if (route !== undefined) message.headers.insertBefore(H.Route, H.Route, route);
  const { sentBy, advertised } = flow.listener;
  const mark = ctx.viaMark;
  const host = mark?.host ?? sentBy.host;
  const port = mark?.port ?? sentBy.port;
  const short = port === DEFAULT_PORT && advertised === undefined && mark?.port === undefined;
  const rport = mark?.rport === true ? ';rport' : '';
  message.headers.prepend(
    H.Via,
    `SIP/2.0/${IN_VIA[flow.transport]} ${short ? host : `${host}:${port}`};branch=${branch}${rport}`,
  );
  return ctx.state.passage?.leave(ctx, message, flow) === 'refused' ? undefined : message.serialize();
}
