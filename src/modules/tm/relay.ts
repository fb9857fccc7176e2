/**
 * From a request in a route to branches on the wire: one per target, each with its own copy of the message, its branch
 * route and its next hop (RFC 3261 section 16.6). Waits only where a name has to be resolved or a branch route waits.
 */
import type { BranchTarget, RequestContext, RequestRoute, Winning } from '../../engine/context.ts';
import { stampRequest } from '../../engine/hop-by-hop.ts';
import type { Hop, HopResult } from '../../engine/next-hop.ts';
import { heldBack, runRoute } from '../../engine/run-route.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import type { LocatedTarget } from '../../transport/locate.ts';
import { Branch } from './branch.ts';
import type { TmCore } from './core.ts';
import type { Fork } from './fork.ts';
import { type Plan, planOfBranch } from './plan.ts';

export type RelayOutcome = 'relayed' | 'failed';

/** A branch that is built but not sent. */
interface Draft {
  readonly ctx: RequestContext;
  readonly plan: Plan;
  readonly hop: HopResult;
}

interface Ready {
  readonly ctx: RequestContext;
  readonly plan: Plan;
  readonly hop: Hop;
}

/** undefined when the branch route dropped the branch. */
type Drafting = Draft | undefined | Promise<Draft | undefined>;

export const failure = (status: number, reason: string): Winning => ({ status, reason, response: undefined });
/** Kamailio's E_CFG: what the route asked for leaves nothing to send. */
const NO_BRANCH = failure(500, "I'm terribly sorry, server error occurred (6/TM)");
export const UNSENT = failure(477, 'Unfortunately error on sending to next hop occurred (477/TM)');
/** Topology hiding refused to let it go as it was. */
const UNHIDDEN = failure(503, 'Service Unavailable');

/** Makes branches of what the route has put up and sends them. */
export function relay(core: TmCore, fork: Fork, ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
  const first = fork.branches.length;
  const targets = targetsOf(fork, ctx);
  const room = core.settings.maxBranches - first;
  if (targets.length > room)
    core.log.write('warn', 'more branches than max_branches', { refused: targets.length - room });
  fork.spent = { uri: ctx.message.uri, destination: ctx.destination.uri };
  fork.batch = first;
  ctx.branches = [];
  const name = fork.plan.branch;
  fork.plan.branch = undefined;
  const route = name === undefined ? undefined : core.routes.branch?.[name];
  const drafts = targets.slice(0, room).map((target, i): Drafting => {
    const own = branchContext(ctx, target, first + i);
    return route === undefined ? resolve(core, own, fork.plan) : routed(core, fork, own, route);
  });
  if (drafts.every(isReady)) return launch(core, fork, drafts);
  fork.busy++;
  return Promise.all(drafts.map(async (one) => one)).then((ready) => {
    fork.busy--;
    const outcome = launch(core, fork, ready);
    fork.settle();
    return outcome;
  });
}

const isReady = (one: Drafting): one is Draft | undefined => !(one instanceof Promise);

/** The Request-URI, unless it was relayed already or `append_branch` made a branch of it, then the appended branches. */
function targetsOf(fork: Fork, ctx: RequestContext): readonly BranchTarget[] {
  const { message, destination, branches } = ctx;
  const { spent } = fork;
  const isSpent = spent !== undefined && spent.uri === message.uri && spent.destination === destination.uri;
  const isAppended = ({ uri, destination: { uri: hop } }: BranchTarget): boolean =>
    uri === message.uri && hop === destination.uri;
  if (isSpent || branches.some(isAppended)) return branches;
  return [{ uri: message.uri, destination, q: ctx.uriQ, flags: ctx.branchFlags }, ...branches];
}

function branchContext(ctx: RequestContext, target: BranchTarget, branchIndex: number): RequestContext {
  const own = ctx.derive(ctx.message.fork(), { route: 'branch', branchIndex });
  if (target.uri !== own.message.uri) own.message.uri = target.uri;
  own.branchFlags = target.flags;
  own.destination.set(target.destination);
  return own;
}

/** Runs the branch route, with a plan of its own. */
function routed(core: TmCore, fork: Fork, ctx: RequestContext, route: RequestRoute): Drafting {
  const plan = planOfBranch(fork.plan);
  fork.branchPlans ??= new Map();
  fork.branchPlans.set(ctx, plan);
  const ended = (): Drafting => {
    fork.branchPlans?.delete(ctx);
    return ctx.dropped ? undefined : resolve(core, ctx, plan);
  };
  const ran = runRoute(core.log, 'branch', () => route(ctx));
  return ran === undefined ? ended() : ran.then(ended);
}

function resolve(core: TmCore, ctx: RequestContext, plan: Plan): Draft | Promise<Draft> {
  const { message, destination, received, noConnect } = ctx;
  const hop = core.engine.hops.resolve(message.parsedUri, destination, received.flow, noConnect);
  return hop instanceof Promise ? hop.then((found) => ({ ctx, plan, hop: found })) : { ctx, plan, hop };
}

function launch(core: TmCore, fork: Fork, drafts: readonly (Draft | undefined)[]): RelayOutcome {
  let failed: Winning | undefined = undefined;
  let sent = 0;
  for (const one of drafts) {
    if (!fork.open) break;
    if (one === undefined) failed ??= NO_BRANCH;
    else if (one.hop.kind === 'none') failed = { status: one.hop.status, reason: one.hop.reason, response: undefined };
    else {
      const fault = start(core, fork, { ctx: one.ctx, plan: one.plan, hop: one.hop });
      if (fault === undefined) sent++;
      else failed = fault;
    }
  }
  fork.relayFailure = sent > 0 || !fork.plan.ways.answersFailure ? undefined : (failed ?? NO_BRANCH);
  return sent > 0 ? 'relayed' : 'failed';
}

/** Sends one branch, or says why not; the further addresses of its name are tried when one cannot be sent to. */
function start(core: TmCore, fork: Fork, { ctx, plan, hop }: Ready): Winning | undefined {
  if (heldBack(core.log, core.routes.onsend, ctx, hop.flow)) return UNSENT;
  for (let next: HopResult = hop; next.kind === 'hop'; next = nextOf(core, next.others, ctx)) {
    const plain = core.engine.branches.branch(fork.id, fork.branches.length);
    const ready = stamped(core, ctx, next, plain);
    if (ready === undefined) return UNHIDDEN;
    const { sent, bytes, flow } = ready;
    const branch = ctx.state.passage === undefined ? plain : (sent.topVia?.branch ?? plain);
    const started = Branch.start(core, fork, { ctx, plan, branch, sent, flow, others: next.others }, bytes);
    if (started !== undefined) {
      fork.branches.push(started);
      if (ctx.closeAfter) core.engine.transport.end(flow);
      return undefined;
    }
    if (!plan.ways.failover) break;
  }
  return UNSENT;
}

interface Stamped {
  readonly sent: SipRequest;
  readonly bytes: Buffer;
  readonly flow: Flow;
}

/** Stamped for this address; what another one needs stays as it is. */
function stamped(core: TmCore, ctx: RequestContext, { flow, others }: Hop, branch: string): Stamped | undefined {
  const { udpMtu } = core.settings;
  const sent = others.length === 0 && udpMtu === 0 ? ctx.message : ctx.message.fork();
  const bytes = stampRequest(ctx, sent, flow, branch);
  if (bytes === undefined) return undefined;
  if (udpMtu === 0 || flow.transport !== 'udp' || bytes.length <= udpMtu) return { sent, bytes, flow };
  // RFC 3261 18.1.1: a request larger than that "MUST be sent using an RFC 2914 congestion controlled transport protocol".
  const stream = core.engine.transport.flowTo('tcp', flow.remote);
  if (stream === undefined) return { sent, bytes, flow };
  const copy = ctx.message.fork();
  const again = stampRequest(ctx, copy, stream, branch);
  return again === undefined ? undefined : { sent: copy, bytes: again, flow: stream };
}

function nextOf(core: TmCore, others: readonly LocatedTarget[], ctx: RequestContext): HopResult {
  return core.engine.hops.first(others, ctx.destination.listener ?? ctx.received.flow.listener, ctx.noConnect);
}

/** Sends a failed branch again, to the next address of its name, as a new branch. */
export function failover(core: TmCore, fork: Fork, { parts }: Branch): boolean {
  if (parts === undefined || parts.others.length === 0 || !fork.open) return false;
  if (fork.branches.length >= core.settings.maxBranches) return false;
  const { ctx, plan } = parts;
  const hop = nextOf(core, parts.others, ctx);
  return hop.kind === 'hop' && start(core, fork, { ctx, plan, hop }) === undefined;
}
