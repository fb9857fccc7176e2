/** Which socket a message leaves from or counts as come to, and where it counts as come from. */
import { type ReplyContext, RequestContext } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import { hostAddress, readHostPort } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { parseListenAddress } from '../../transport/listen-address.ts';
import { listenerAt } from '../../transport/listener-choice.ts';
import { isIp } from '../../util/ip.ts';

type Ctx = RequestContext | ReplyContext;

export function sendFrom(ctx: Ctx, listener: Listener | undefined): 'set' | 'unknown' {
  if (listener === undefined) return 'unknown';
  if (ctx instanceof RequestContext) ctx.destination.listener = listener;
  return 'set';
}

/** A connection stays the one that it is: only what has none can have come elsewhere. */
export function receivedOn(ctx: Ctx, listener: Listener | undefined): 'set' | 'unknown' {
  const { received } = ctx;
  const { flow } = received;
  if (listener === undefined || listener.transport !== flow.transport || flow.connection !== 0) return 'unknown';
  ctx.received = { ...received, flow: { ...flow, listener, local: listener.local } };
  return 'set';
}

export function receivedFrom(ctx: Ctx, text: string): 'set' | 'malformed' {
  const { received } = ctx;
  const { flow } = received;
  const [, proto, place = ''] = /^(?:(udp|tcp|tls|ws|wss):)?(.*)$/is.exec(text) ?? [];
  const found = readHostPort(place);
  const address = found === undefined ? '' : hostAddress(found.host);
  const fits = proto === undefined || proto.toLowerCase() === flow.transport;
  if (found?.port === undefined || !isIp(address) || !fits || flow.connection !== 0) return 'malformed';
  ctx.received = { ...received, flow: { ...flow, remote: { address, port: found.port } } };
  if (ctx instanceof RequestContext) remark(ctx, address, found.port);
  return 'set';
}

/** What the topmost Via has been told about the source (RFC 3581) is said anew. */
function remark({ message: { headers } }: RequestContext, address: string, port: number): void {
  const via = headers.firstValue(H.Via);
  if (via === undefined) return;
  const told = via.replace(/;rport=\d+/i, `;rport=${port}`).replace(/;received=[^;,\s]*/i, `;received=${address}`);
  if (told !== via) headers.replaceFirstValue(H.Via, told);
}

/** `proto:address:port`, as the listener was asked for. */
export function listenerIn(listeners: readonly Listener[], text: string): Listener | undefined {
  const parsed = parseListenAddress(text);
  return parsed.kind === 'malformed' ? undefined : listenerAt(listeners, parsed.spec);
}
