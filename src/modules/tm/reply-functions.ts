/** What a route may do about the replies of its transaction: give one, repeat one, forget those that came. */
import { choice, int, str } from '../../engine/spec.ts';
import { REASONS } from '../../sip/reasons.ts';
import type { AnyContext, Transactions } from './transactions.ts';
import type { RequestContext } from '../../engine/context.ts';

const status = int({ min: 100, max: 699, doc: 'Status code.' });
const reason = str({ optional: true, doc: 'Reason phrase.' });
const callId = str({ doc: 'Call-ID of its request.' });
const cseq = int({ min: 0, doc: 'CSeq number of its request.' });
const replying = ['request', 'failure', 'branch_failure', 'onreply', 'reply'] as const;
const everywhere = [...replying, 'branch', 'onsend', 'event'] as const;

export const replyFunctions = {
  reply: {
    cfg: ['t_reply'],
    routes: replying,
    args: [status, reason],
    cfgArity: [2],
    returns: { sent: 1, answered: -1, noTransaction: -1, ack: -1 },
    doc: 'Answers through the transaction.',
  },
  createAndReply: {
    cfg: ['t_send_reply'],
    routes: replying,
    args: [status, reason],
    cfgArity: [2],
    returns: { sent: 1, answered: -1, noTransaction: -1, ack: -1 },
    doc: 'Answers through the transaction, which it creates where there is none.',
  },
  repeatReply: {
    cfg: ['t_retransmit_reply'],
    routes: ['request'],
    args: [],
    returns: { sent: 1, none: -1 },
    doc: 'Sends the last reply of the transaction again.',
  },
  dropReplies: {
    cfg: ['t_drop_replies'],
    routes: ['failure'],
    args: [
      choice({
        choices: { all: ['a', ''], last: ['l'], none: ['n'] },
        optional: true,
        doc: 'All (when absent), those of the last relay, or none.',
      }),
    ],
    returns: { dropped: 1 },
    doc: 'Replies that came so far are not chosen any more: without new branches the request gets 500.',
  },
  cancelBranches: {
    cfg: ['t_cancel_branches'],
    routes: ['onreply', 'reply'],
    args: [
      choice({
        choices: { all: ['all'], others: ['others'], this: ['this'] },
        optional: true,
        doc: 'All (when absent), all but the one that the reply is from, or only that.',
      }),
    ],
    returns: { cancelled: 1, noTransaction: -1 },
    doc: 'Cancels branches that are still pending.',
  },
  cancelCall: {
    cfg: ['t_cancel_callid'],
    routes: everywhere,
    args: [
      callId,
      cseq,
      int({ min: 0, max: 31, doc: 'Flag that its request gets.' }),
      int({ min: 0, max: 699, optional: true, doc: 'Status to answer it with.' }),
    ],
    returns: { cancelled: 1, unknown: -1 },
    doc: 'Ends another INVITE that has no final reply yet.',
  },
  replyToCall: {
    cfg: ['t_reply_callid'],
    routes: everywhere,
    args: [callId, cseq, status, str({ doc: 'Reason phrase.' })],
    returns: { sent: 1, answered: -1, ack: -1, unknown: -1 },
    doc: 'Answers another request that has a transaction and no final reply yet.',
  },
} as const;

/** What stands behind them. */
export const repliesOf = (transactions: Transactions) => ({
  reply: (ctx: AnyContext, code: number, phrase?: string) => transactions.reply(ctx, code, phrase),
  createAndReply(ctx: AnyContext, code: number, phrase?: string) {
    if ('branches' in ctx && !transactions.has(ctx)) transactions.create(ctx);
    return transactions.reply(ctx, code, phrase);
  },
  repeatReply: (ctx: RequestContext) => (transactions.of(ctx)?.repeatReply() === true ? 'sent' : 'none'),
  dropReplies(ctx: RequestContext, which: 'all' | 'last' | 'none' = 'all') {
    const transaction = transactions.of(ctx);
    if (transaction !== undefined) transaction.dropReplies = which;
    return 'dropped' as const;
  },
  cancelBranches: (ctx: AnyContext, which: 'all' | 'others' | 'this' = 'all') =>
    transactions.cancelBranches(ctx, which),
  cancelCall(_: AnyContext, id: string, number: number, ...[flag, code = 0]: readonly [flag: number, code?: number]) {
    const transaction = transactions.find(id, number);
    if (transaction?.ctx === undefined || !transaction.isInvite) return 'unknown';
    transaction.ctx.state.flags |= 1 << flag;
    if (code >= 300) transaction.reply({ status: code, reason: REASONS[code] });
    else transaction.cancel([]);
    return 'cancelled';
  },
  replyToCall: (
    _: AnyContext,
    id: string,
    number: number,
    ...[code, phrase]: readonly [code: number, phrase: string]
  ) => transactions.find(id, number)?.reply({ status: code, reason: phrase }) ?? 'unknown',
});
