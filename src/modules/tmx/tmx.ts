/**
 * tmx, what a script may ask of the transaction around its message: which branch, which reply, which kind of route it is in.
 * It also lets it wait and go on; tm does the work.
 */
import { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { RouteKind } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
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
    params: {
      precheck_trans: int({
        optional: true,
        doc: 'Accepted: a request that comes again while its route is waiting reaches no route.',
      }),
    },
    functions: {
      isRequestRoute: inRoute('t_is_request_route', 'a request'),
      isBranchRoute: inRoute('t_is_branch_route', 'a branch'),
      isFailureRoute: inRoute('t_is_failure_route', 'a failure'),
      isReplyRoute: inRoute('t_is_reply_route', 'a reply'),
      suspend: {
        cfg: ['t_suspend'],
        routes: anywhere,
        args: [],
        returns: { suspended: 1, answered: -1, full: -1, noTransaction: -1 },
        doc: 'The message of a request, failure or onreply route waits until `resume`; a request creates its transaction. Unless somebody lets it go on, a request ends with 408 after fr_timer, through its failure route, and a reply goes on as it is.',
      },
      resume: {
        cfg: ['t_continue'],
        routes: anywhere,
        args: [
          int({ min: 0, doc: '`$T(id_index)` of the transaction.' }),
          int({ min: 0, doc: '`$T(id_label)` of it.' }),
          str({ route: 'resume', doc: 'Name of the route that it goes on in: in kamailio.cfg route[NAME].' }),
        ],
        returns: { resumed: 1, notSuspended: -1, noRoute: -1, unknown: -1 },
        doc: 'Lets what was suspended of a transaction go on: a request as in a failure route, a reply as in its onreply route. One that is then neither relayed nor answered gets 500.',
      },
      flushFlags: {
        cfg: ['t_flush_flags', 't_flush_xflags'],
        routes: anywhere,
        args: [],
        returns: { flushed: 1 },
        doc: 'Accepted: the flags of a message are those of its transaction.',
      },
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
        doc: '`id_index` and `id_label`, by which the transaction is named, `reply_code`, `reply_reason`, `reply_type` (1 when made here), `branch_index` or `method`.',
      },
      T_reply_last: { type: 'int', doc: 'In an onreply route the status of the last reply of the branch.' },
      T_branch: {
        type: 'any',
        inner: 'required',
        doc: '`flags` in a failure route: those of the branch that won; `uri` in an onreply route: where its branch went.',
      },
      T_inv: {
        type: 'any',
        inner: 'required',
        doc: 'The pseudo-variable in the parentheses, of the INVITE of a CANCEL.',
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
        suspend: (ctx) => host.use('tm').suspend(ctx),
        resume: (_, ...[index, label, route]) => host.use('tm').resume(index, label, route),
        flushFlags: () => 'flushed',
      },
      pvs: {
        T_branch_idx: { read: (ctx) => branchIndex(host.use('tm'), ctx) },
        T_reply_code: { read: (ctx) => replyCode(host.use('tm'), ctx) },
        T_reply_reason: { read: replyReason },
        T: { read: (ctx, ref) => transactionPart(host.use('tm'), ctx, ref.inner) },
        T_reply_last: { read: (ctx) => replyLast(host.use('tm'), ctx) },
        T_branch: { read: (ctx, ref) => branchPart(host.use('tm'), ctx, ref.inner) },
        T_inv: inner,
        T_req: inner,
        T_rpl: inner,
      },
      api: { scopes: { T_req: requestOf, T_rpl: replyOf, T_inv: (ctx) => host.use('tm').inviteOf(ctx) } },
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
    case 'id_index':
      return tm.identOf(ctx)?.index ?? null;
    case 'id_label':
      return tm.identOf(ctx)?.label ?? null;
    case 'method':
      return requestOf(ctx)?.message.method ?? null;
    default:
      return null;
  }
}

const replyLast = (tm: TmApi, ctx: Context): number | null =>
  ctx.route === 'onreply' ? (tm.branchOf(ctx)?.lastStatus ?? null) : null;

function branchPart(tm: TmApi, ctx: Context, part: string): string | number | null {
  if (part === 'uri') return ctx.route === 'onreply' ? (tm.branchOf(ctx)?.uri ?? null) : null;
  const isFailure = ctx.route === 'failure' || ctx.route === 'branch_failure';
  return part === 'flags' && isFailure ? (tm.branchOf(ctx)?.flags ?? null) : null;
}

const requestOf = (ctx: Context): RequestContext | undefined => (ctx instanceof RequestContext ? ctx : ctx.request);

/** In a failure route the reply that won; one made here has no message. */
function replyOf(ctx: Context): ReplyContext | undefined {
  if (!(ctx instanceof RequestContext)) return ctx;
  const message = ctx.winning?.response;
  if (message === undefined) return undefined;
  return new ReplyContext({ message, received: ctx.received, exchange: ctx.exchange, request: ctx }, 'onreply');
}
