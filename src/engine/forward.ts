/**
 * Stateless forwarding (RFC 3261 section 16.11): requests by `forward()`, ACKs to 2xx, and replies that no transaction
 * claims, which follow the Via below ours.
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest } from '../sip/message.ts';
import { hostAddress } from '../sip/uri.ts';
import { parseBranch } from '../transaction/branch.ts';
import { MAGIC_COOKIE } from '../transaction/keys.ts';
import { hashText } from '../util/hash.ts';
import type { ReplyContext, RequestContext, Routes } from './context.ts';
import type { Engine } from './engine.ts';
import { stampRequest } from './hop-by-hop.ts';
import { type Log, silentLog } from './log.ts';
import type { HopResult } from './next-hop.ts';
import { heldBack } from './run-route.ts';
import type { Arrival } from './screen.ts';

const DEFAULT_PORT = 5060;

export type ForwardOutcome = 'forwarded' | 'failed';

/** The onsend route that may keep the request back, and where to complain about it. */
export interface Gate {
  readonly log: Log;
  readonly onsend: Routes['onsend'];
}

const OPEN: Gate = { log: silentLog, onsend: undefined };

/** Sends the request on without keeping state. */
export function forwardRequest(
  engine: Engine,
  ctx: RequestContext,
  gate: Gate = OPEN,
): ForwardOutcome | Promise<ForwardOutcome> {
  const hop = engine.hops.resolve(ctx.message.parsedUri, ctx.destination, ctx.received.flow, ctx.noConnect);
  return hop instanceof Promise
    ? hop.then((found) => sendOn(engine, ctx, found, gate))
    : sendOn(engine, ctx, hop, gate);
}

/** Kamailio's words for it. */
const UNSENT = { status: 477, reason: 'Unfortunately error on sending to next hop occurred (477/SL)' };

function sendOn(engine: Engine, ctx: RequestContext, hop: HopResult, { log, onsend }: Gate): ForwardOutcome {
  const { state } = ctx;
  state.forwardFailure = UNSENT;
  if (hop.kind === 'none') {
    state.forwardFailure = { status: hop.status, reason: hop.reason.replace('/TM)', '/SL)') };
    return 'failed';
  }
  if (heldBack(log, onsend, ctx, hop.flow)) return 'failed';
  const branch = statelessBranch(ctx.message);
  const bytes = stampRequest(ctx, ctx.message.fork(), hop.flow, branch);
  if (bytes === undefined) return 'failed';
  // Nobody replies to an ACK.
  if (ctx.message.method !== 'ACK') engine.memory.rememberBranch(branch, ctx.exchange, engine.world.clock.now());
  if (engine.door.send(bytes, hop.flow, ctx.cause) !== 'sent') return 'failed';
  state.forwardFailure = undefined;
  if (ctx.closeAfter) engine.transport.end(hop.flow);
  return 'forwarded';
}

/**
 * RFC 3261 16.11: the branch of a stateless proxy has to be the same for a request and its retransmissions. It names no
 * owner, so that any worker forwards the reply.
 */
function statelessBranch(request: SipRequest): string {
  const via = request.topVia;
  const hop = `${via?.branch ?? ''}|${via?.host ?? ''}|${via?.port ?? ''}`;
  const seed = `${hop}|${request.callId ?? ''}|${request.cseq?.number ?? ''}|${request.uri}`;
  return `${MAGIC_COOKIE}vs.${hashText(seed, 0)}.${hashText(seed, 1)}`;
}

const STATELESS_BRANCH = new RegExp(`^${MAGIC_COOKIE}vs\\.[0-9a-z]{1,7}\\.[0-9a-z]{1,7}$`);

/** Whether it has the form of those that requests forwarded without a transaction get. */
export const isStatelessBranch = (branch: string): boolean => STATELESS_BRANCH.test(branch);

/**
 * Removes our Via and sends the reply to the next one. Replies without a second Via were for us and end here, and so do
 * those to a request that had a transaction here: RFC 6026 section 7.3 lets no stateful proxy forward them, for the
 * request got its final reply from that transaction. `adopted`: it had its transaction elsewhere, or before a restart.
 */
export function forwardReply(
  engine: Engine,
  ctx: ReplyContext,
  arrival: Arrival = 'own',
): 'forwarded' | 'ended' | 'unroutable' {
  const { message } = ctx;
  const branch = message.topVia?.branch;
  if (arrival === 'own' && parseBranch(branch ?? '') !== undefined) return 'ended';
  const copy = message.fork();
  copy.headers.removeFirstValue(H.Via);
  const via = copy.topVia;
  if (via === undefined) return 'ended';
  const transport = via.transport.toLowerCase();
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return 'unroutable';
  const address = via.received ?? via.params.get('maddr') ?? hostAddress(via.host);
  // The connection that the request came on was another life's: RFC 3261 18.2.2 has one opened to the sent-by port.
  const hasPort = typeof via.rport === 'number' && (arrival === 'own' || transport === 'udp');
  const port = hasPort ? via.rport : (via.port ?? DEFAULT_PORT);
  const flow = engine.transport.flowTo(transport, { address, port });
  if (flow === undefined) return 'unroutable';
  engine.screen?.relay(copy, { exchange: ctx.exchange, branch, to: flow });
  return engine.door.send(copy.serialize(), flow, ctx.cause) === 'sent' ? 'forwarded' : 'unroutable';
}
