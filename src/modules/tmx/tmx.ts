/**
 * tmx, what a script may ask of the transaction around its message: which branch, which reply, which kind of route it is in.
 * It only looks; tm does the work.
 */
import { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { RouteKind } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { parseBranch } from '../../transaction/branch.ts';
import type { TmApi } from '../tm/api.ts';
import type {} from './api.ts';

type Context = RequestContext | ReplyContext;

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;

const inRoute = <const N extends string>(name: N, what: string) =>
  ({
    cfg: [name],
    routes: anywhere,
    args: [],
    returns: 'boolean',
    doc: `Whether this runs in ${what} route.`,
  }) as const;

export const tmx = defineModule(
  {
    name: 'tmx',
    doc: 'What a script may ask of the transaction around its message.',
    needs: ['tm'],
    functions: {
      isRequestRoute: inRoute('t_is_request_route', 'a request'),
      isBranchRoute: inRoute('t_is_branch_route', 'a branch'),
      isFailureRoute: inRoute('t_is_failure_route', 'a failure'),
      isReplyRoute: inRoute('t_is_reply_route', 'a reply'),
      precheck: {
        cfg: ['t_precheck_trans'],
        routes: ['request'],
        args: [],
        returns: 'boolean',
        doc: 'Whether the same request is being processed already. It never is: a repeated request reaches no route.',
      },
    },
    pvs: {
      T_branch_idx: {
        type: 'int',
        doc: 'Index of the branch that this is about; in a request or failure route the number of branches so far; -1 for a reply outside a transaction.',
      },
      T_reply_code: {
        type: 'int',
        doc: 'Status that this is about; in a request route that of the last reply sent, 0 before the first one.',
      },
      T_reply_reason: { type: 'str', doc: 'Reason phrase that this is about; empty in a request route.' },
      T: {
        type: 'any',
        inner: 'required',
        doc: '`reply_code`, `reply_reason`, `reply_type` (1 when made here), `branch_index` or `method`.',
      },
      T_req: { type: 'any', inner: 'required', doc: 'The pseudo-variable in the parentheses, of the request.' },
      T_rpl: { type: 'any', inner: 'required', doc: 'The pseudo-variable in the parentheses, of the winning reply.' },
    },
  },
  (host) => {
    const inner = { read: (_: Context, ref: { readonly inner: string }) => ref.inner };
    return {
      functions: {
        isRequestRoute: (ctx) => isOneOf(ctx, ['request']),
        isBranchRoute: (ctx) => isOneOf(ctx, ['branch']),
        isFailureRoute: (ctx) => isOneOf(ctx, ['failure']),
        isReplyRoute: (ctx) => isOneOf(ctx, ['reply', 'onreply']),
        precheck: () => false,
      },
      pvs: {
        T_branch_idx: { read: (ctx) => branchIndex(host.use('tm'), ctx) },
        T_reply_code: { read: (ctx) => replyCode(host.use('tm'), ctx) },
        T_reply_reason: { read: replyReason },
        T: { read: (ctx, ref) => transactionPart(host.use('tm'), ctx, ref.inner) },
        T_req: inner,
        T_rpl: inner,
      },
      api: { scopes: { T_req: requestOf, T_rpl: replyOf } },
    };
  },
);

const isOneOf = (ctx: Context, kinds: readonly RouteKind[]): boolean => kinds.includes(ctx.route);

/** A reply carries the branch that we wrote into its topmost Via. */
function branchIndex(tm: TmApi, ctx: Context): number {
  if (ctx instanceof RequestContext) return ctx.branchIndex < 0 ? tm.branchCount(ctx) : ctx.branchIndex;
  const branch = ctx.route === 'onreply' ? ctx.message.topVia?.branch : undefined;
  return (branch === undefined ? undefined : parseBranch(branch)?.index) ?? -1;
}

const replyCode = (tm: TmApi, ctx: Context): number =>
  ctx instanceof RequestContext ? (ctx.winning?.status ?? tm.lastSent(ctx)) : ctx.message.status;

const replyReason = (ctx: Context): string =>
  ctx instanceof RequestContext ? (ctx.winning?.reason ?? '') : ctx.message.reason;

function transactionPart(tm: TmApi, ctx: Context, part: string): string | number | null {
  switch (part) {
    case 'reply_code':
      return replyCode(tm, ctx);
    case 'reply_reason':
      return replyReason(ctx);
    case 'reply_type':
      return ctx instanceof RequestContext && ctx.winning !== undefined && ctx.winning.response === undefined ? 1 : 0;
    case 'branch_index':
      return branchIndex(tm, ctx);
    case 'method':
      return requestOf(ctx)?.message.method ?? null;
    default:
      return null;
  }
}

const requestOf = (ctx: Context): RequestContext | undefined => (ctx instanceof RequestContext ? ctx : ctx.request);

/** In a failure route the reply that won; one made here has no message. */
function replyOf(ctx: Context): ReplyContext | undefined {
  if (!(ctx instanceof RequestContext)) return ctx;
  const message = ctx.winning?.response;
  if (message === undefined) return undefined;
  return new ReplyContext({ message, received: ctx.received, exchange: ctx.exchange, request: ctx }, 'onreply');
}
