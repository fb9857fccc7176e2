/** What a route may ask of its transaction: what came of the branches, whether it is cancelled or out of time. */
import type { RequestContext } from '../../engine/context.ts';
import { int } from '../../engine/spec.ts';
import type { AnyContext, Transactions } from './transactions.ts';

const routes = ['request', 'failure', 'branch', 'branch_failure', 'onreply'] as const;

const question = <const N extends string, const R extends readonly string[]>(name: N, where: R, doc: string) =>
  ({ cfg: [name], routes: where, args: [], returns: 'boolean', doc }) as const;

export const questionFunctions = {
  isCanceled: question('t_is_canceled', routes, 'Whether the caller has cancelled.'),
  branchTimedOut: question(
    't_branch_timeout',
    ['request', 'failure', 'branch_failure'],
    'Whether a timer ended the branch that the failure route is about.',
  ),
  branchReplied: question(
    't_branch_replied',
    ['request', 'failure', 'branch_failure'],
    'Whether that branch had another reply before the one that ended it.',
  ),
  anyTimedOut: question('t_any_timeout', routes, 'Whether a timer ended one of the branches.'),
  anyReplied: question(
    't_any_replied',
    routes,
    'Whether one of the branches had a reply; in a failure or reply route, one before the reply at hand.',
  ),
  hasStatus: {
    cfg: ['t_grep_status'],
    routes,
    args: [int({ min: 100, max: 699, doc: 'Status code.' })],
    returns: 'boolean',
    doc: 'Whether this is the last reply of one of the branches.',
  },
  statusCode: {
    cfg: ['t_get_status_code'],
    routes: [...routes, 'reply'],
    args: [],
    returns: 'number',
    doc: 'The status that won, that of the reply, or in a request route that of the last reply sent; -1 without a transaction.',
  },
  isExpired: question('t_is_expired', routes, 'Whether the longest life of the transaction is over.'),
  isResumedReply: question(
    't_is_retr_async_reply',
    ['onreply'],
    'Whether the reply is one that was suspended and came again. It never is.',
  ),
  hasRequest: question('t_lookup_request', ['request'], 'Whether a transaction exists for this request.'),
  hasInvite: {
    cfg: ['t_lookup_cancel'],
    routes: ['request'],
    args: [int({ optional: true, doc: '1: the CANCEL gets the flags of its INVITE.' })],
    returns: 'boolean',
    doc: 'Whether this CANCEL is for an INVITE that has a transaction.',
  },
} as const;

/** What stands behind them. */
export const answersOf = (transactions: Transactions) => ({
  isCanceled: (ctx: AnyContext) => transactions.concerning(ctx)?.canceled === true,
  branchTimedOut: (ctx: RequestContext) => ctx.winning?.timedOut === true,
  branchReplied: (ctx: RequestContext) => ctx.winning?.replied === true,
  anyTimedOut: (ctx: AnyContext) => transactions.branchesOf(ctx).some(({ timedOut }) => timedOut),
  anyReplied: (ctx: AnyContext) => transactions.branchesOf(ctx).some(({ replied }) => replied),
  hasStatus: (ctx: AnyContext, status: number) =>
    transactions.branchesOf(ctx).some(({ lastStatus }) => lastStatus === status),
  statusCode: (ctx: AnyContext) => (transactions.concerning(ctx) === undefined ? -1 : transactions.statusOf(ctx)),
  isExpired: (ctx: AnyContext) => transactions.concerning(ctx)?.expired === true,
  isResumedReply: () => false,
  hasRequest: (ctx: RequestContext) => transactions.has(ctx),
  hasInvite(ctx: RequestContext, flags = 0) {
    const invite = ctx.message.method === 'CANCEL' ? transactions.concerning(ctx) : undefined;
    if (flags !== 0 && invite?.ctx !== undefined) ctx.state.flags = invite.ctx.state.flags;
    return invite !== undefined;
  },
});
