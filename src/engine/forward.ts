/**
 * Stateless forwarding (RFC 3261 section 16.11): requests by `forward()`, ACKs to 2xx, and replies that no transaction
 * claims, which follow the Via below ours.
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest } from '../sip/message.ts';
import { hostAddress } from '../sip/uri.ts';
import type { ReplyContext, RequestContext } from './context.ts';
import type { Engine } from './engine.ts';
import { stampRequest } from './hop-by-hop.ts';
import type { HopResult } from './next-hop.ts';

const DEFAULT_PORT = 5060;

export type ForwardOutcome = 'forwarded' | 'failed';

/** Sends the request on without keeping state; `onsend` may still drop it. */
export function forwardRequest(
  engine: Engine,
  ctx: RequestContext,
  onsend?: (ctx: RequestContext, hop: { readonly branch: string }) => boolean,
): ForwardOutcome | Promise<ForwardOutcome> {
  const hop = engine.hops.resolve(ctx.message.uri, ctx.destination, ctx.received.flow);
  return hop instanceof Promise
    ? hop.then((found) => sendOn(engine, ctx, found, onsend))
    : sendOn(engine, ctx, hop, onsend);
}

function sendOn(
  engine: Engine,
  ctx: RequestContext,
  hop: HopResult,
  onsend?: (ctx: RequestContext, hop: { readonly branch: string }) => boolean,
): ForwardOutcome {
  if (hop.kind === 'none') return 'failed';
  const copy = ctx.message.fork();
  const branch = statelessBranch(ctx.message, engine);
  if (onsend !== undefined && !onsend(ctx.derive(copy, { route: 'onsend' }), { branch })) return 'failed';
  const bytes = stampRequest(ctx, copy, hop.flow, branch);
  engine.memory.rememberBranch(branch, ctx.exchange, engine.world.clock.now());
  return engine.door.send(bytes, hop.flow, ctx.cause) === 'sent' ? 'forwarded' : 'failed';
}

/**
 * RFC 3261 16.11: a stateless proxy's branch "MUST" be a function of the request that stays the same for its
 * retransmissions. It is worker-independent and names no owner, so any worker forwards the reply.
 */
function statelessBranch(request: SipRequest, engine: Engine): string {
  const via = request.topVia;
  const own = via?.branch ?? '';
  const seed = `${own}|${via?.host ?? ''}|${via?.port ?? ''}|${request.callId ?? ''}|${request.cseq?.number ?? ''}|${request.uri}`;
  return engine.branches.branch(`s${hash(seed, 0)}${hash(seed, 1)}`, 0);
}

/** FNV-1a; equal requests give equal branches, nothing secret hangs on it. */
function hash(text: string, salt: number): string {
  let value = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(36);
}

/** Removes our Via and sends the reply to the next one. Replies without a second Via were for us and end here. */
export function forwardReply(engine: Engine, ctx: ReplyContext): 'forwarded' | 'ended' | 'unroutable' {
  const { message } = ctx;
  const copy = message.fork();
  copy.headers.removeFirstValue(H.Via);
  const via = copy.topVia;
  if (via === undefined) return 'ended';
  const transport = via.transport.toLowerCase();
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return 'unroutable';
  const address = via.received ?? via.params.get('maddr') ?? hostAddress(via.host);
  const port = typeof via.rport === 'number' ? via.rport : (via.port ?? DEFAULT_PORT);
  const flow = engine.transport.flowTo(transport, { address, port });
  if (flow === undefined) return 'unroutable';
  return engine.door.send(copy.serialize(), flow, ctx.cause) === 'sent' ? 'forwarded' : 'unroutable';
}
