/**
 * From a request in a route to branches on the wire: one per target, each with its own copy of the message, its branch
 * route and its next hop (RFC 3261 section 16.6). Waits only where a name has to be resolved or a branch route waits.
 */
import type { BranchTarget, RequestContext } from '../../engine/context.ts';
import { forwardRequest } from '../../engine/forward.ts';
import { stampRequest } from '../../engine/hop-by-hop.ts';
import type { Hop, HopResult } from '../../engine/next-hop.ts';
import type { LocatedTarget } from '../../transport/locate.ts';
import { Branch } from './branch.ts';
import type { TmCore } from './core.ts';
import { runRoute } from './run-route.ts';
import type { Transaction } from './transaction.ts';

export type RelayOutcome = 'relayed' | 'failed';

/** A branch that is built but not sent. */
interface Draft {
  readonly ctx: RequestContext;
  readonly hop: HopResult;
}

interface Ready {
  readonly ctx: RequestContext;
  readonly hop: Hop;
}

export function relay(
  core: TmCore,
  transaction: Transaction,
  ctx: RequestContext,
): RelayOutcome | Promise<RelayOutcome> {
  const targets = targetsOf(ctx);
  if (targets.length + transaction.branches.length > core.settings.maxBranches) {
    transaction.relayFailure = { status: 500, reason: 'Too many branches', response: undefined };
    return 'failed';
  }
  ctx.branches = [];
  transaction.busy++;
  const first = transaction.branches.length;
  const drafts = targets.map((target, i) => draft(core, transaction, ctx, { target, index: first + i }));
  return drafts.every(isReady)
    ? launch(core, transaction, drafts)
    : Promise.all(drafts).then((ready) => launch(core, transaction, ready));
}

const isReady = (one: Draft | undefined | Promise<Draft | undefined>): one is Draft | undefined =>
  !(one instanceof Promise);

function targetsOf(ctx: RequestContext): readonly BranchTarget[] {
  const own: BranchTarget = { uri: ctx.message.uri, destination: ctx.destination, q: 1000, flags: ctx.branchFlags };
  return [own, ...ctx.branches];
}

function draft(
  core: TmCore,
  transaction: Transaction,
  ctx: RequestContext,
  { target, index }: { readonly target: BranchTarget; readonly index: number },
): Draft | undefined | Promise<Draft | undefined> {
  const own = ctx.derive(ctx.message.fork(), { route: 'branch', branchIndex: index });
  own.message.uri = target.uri;
  own.branchFlags = target.flags;
  Object.assign(own.destination, target.destination);
  const name = transaction.plan.branch;
  const route = name === undefined ? undefined : core.routes.branch?.[name];
  if (route === undefined) return resolve(core, own);
  const ran = runRoute(core.log, 'branch', () => route(own));
  return ran instanceof Promise ? ran.then(() => resolve(core, own)) : resolve(core, own);
}

/** undefined when the branch route dropped the branch. */
function resolve(core: TmCore, ctx: RequestContext): Draft | undefined | Promise<Draft> {
  if (ctx.dropped) return undefined;
  const hop = core.engine.hops.resolve(ctx.message.uri, ctx.destination, ctx.received.flow);
  return hop instanceof Promise ? hop.then((found) => ({ ctx, hop: found })) : { ctx, hop };
}

function launch(core: TmCore, transaction: Transaction, drafts: readonly (Draft | undefined)[]): RelayOutcome {
  transaction.busy--;
  let sent = 0;
  for (const one of drafts) {
    if (one === undefined) {
      transaction.relayFailure ??= { status: 500, reason: 'No branch left to relay to', response: undefined };
    } else if (one.hop.kind === 'none') {
      transaction.relayFailure = { status: one.hop.status, reason: one.hop.reason, response: undefined };
    } else if (!transaction.canceled && start(core, transaction, { ctx: one.ctx, hop: one.hop })) {
      sent++;
    }
  }
  return sent > 0 ? 'relayed' : 'failed';
}

/** Sends one branch; the further addresses of its name are tried when one cannot be sent to. */
function start(core: TmCore, transaction: Transaction, { ctx, hop }: Ready): boolean {
  if (leavingDropped(core, ctx)) return unsent(transaction);
  for (let next: HopResult = hop; next.kind === 'hop'; next = nextOf(core, next.others, ctx)) {
    const branch = core.engine.branches.branch(transaction.id, transaction.branches.length);
    const sent = next.others.length === 0 ? ctx.message : ctx.message.fork();
    const bytes = stampRequest(ctx, sent, next.flow, branch);
    const { reply, branchFailure, frTimerMs, frInvTimerMs } = transaction.plan;
    const parts = { ctx, branch, sent, flow: next.flow, others: next.others, frTimerMs, frInvTimerMs };
    const started = Branch.start(core, transaction, { ...parts, armed: { reply, branchFailure } }, bytes);
    if (started !== undefined) {
      transaction.branches.push(started);
      return true;
    }
    if (!core.settings.dnsFailover) break;
  }
  return unsent(transaction);
}

function nextOf(core: TmCore, others: readonly LocatedTarget[], ctx: RequestContext): HopResult {
  return core.engine.hops.first(others, ctx.destination.listener ?? ctx.received.flow.listener);
}

/** Sends a failed branch again, to the next address of its name, as a new branch. */
export function failover(core: TmCore, transaction: Transaction, failed: Branch): boolean {
  const { others, ctx } = failed.parts;
  if (others.length === 0 || transaction.branches.length >= core.settings.maxBranches) return false;
  const hop = nextOf(core, others, ctx);
  return hop.kind === 'hop' && start(core, transaction, { ctx, hop });
}

/** Whether the onsend route kept the request back. */
function leavingDropped(core: TmCore, ctx: RequestContext): boolean {
  const { onsend } = core.routes;
  if (onsend === undefined) return false;
  const leaving = ctx.derive(ctx.message, { route: 'onsend', branchIndex: ctx.branchIndex });
  runRoute(core.log, 'onsend', () => onsend(leaving));
  return leaving.dropped;
}

function unsent(transaction: Transaction): false {
  transaction.relayFailure = {
    status: 477,
    reason: 'Unfortunately error on sending to next hop occurred (477/TM)',
    response: undefined,
  };
  return false;
}

/** ACK to a 2xx: there is no transaction for it, it goes on statelessly. */
export function relayAck(core: TmCore, ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
  const outcome = forwardRequest(core.engine, ctx);
  const named = (one: 'forwarded' | 'failed'): RelayOutcome => (one === 'forwarded' ? 'relayed' : 'failed');
  return outcome instanceof Promise ? outcome.then(named) : named(outcome);
}
