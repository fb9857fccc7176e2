/**
 * sl, stateless replies. Where the request has a transaction already, the reply goes through it: a request gets one
 * final reply. The ACK to a negative reply ends at the engine, which knows it by its To-tag.
 */
import type { ReplyOutcome } from '../../engine/context.ts';
import { forwardReply } from '../../engine/forward.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
import { byStatus, slStatistics } from './counts.ts';

const status = int({ min: 100, max: 699, doc: 'Status code.' });
const reason = str({ optional: true, doc: 'Reason phrase; that of RFC 3261 when absent.' });
const INTERNAL_ERROR = { status: 500, reason: "I'm terribly sorry, server error occurred (1/SL)" };
const outcomes = { sent: 1, answered: -1, ack: -1 };

export const sl = defineModule(
  {
    name: 'sl',
    doc: 'Stateless replies.',
    functions: {
      reply: {
        cfg: ['sl_send_reply', 'sl_reply'],
        routes: ['request'],
        args: [status, reason],
        cfgArity: [2],
        returns: outcomes,
        doc: 'Answers the request without a transaction, or through the one it has.',
      },
      send: {
        cfg: ['send_reply'],
        routes: ['request', 'failure', 'branch_failure', 'onreply', 'reply'],
        args: [status, reason],
        cfgArity: [2],
        returns: { ...outcomes, noRequest: -1 },
        doc: 'Answers through the transaction if there is one, else statelessly. In a reply route, the request that the reply is to.',
      },
      forwardReply: {
        cfg: ['sl_forward_reply'],
        routes: ['reply', 'onreply'],
        args: [
          int({ optional: true, min: 100, max: 699, doc: 'Another status code, of the same class.' }),
          str({ optional: true, doc: 'Another reason phrase.' }),
        ],
        returns: { forwarded: 1, refused: -1, failed: -1 },
        doc: 'Sends the reply on by its Via, without keeping state, with another status where one is given.',
      },
      replyError: {
        cfg: ['sl_reply_error'],
        routes: ['request'],
        args: [],
        returns: outcomes,
        doc: 'Answers what could not be processed, unless it has been answered: with the reason why relaying or forwarding failed, else with 500.',
      },
    },
    pvs: {
      ltt: {
        type: 'str',
        inner: 'required',
        doc: 'To-tag of our replies: `s` of those without a transaction, `t` of those of the transaction that there is, `x` whichever applies.',
      },
    },
    params: {
      second_final: int({
        default: 0,
        min: 0,
        max: 1,
        doc: '1: `sl_reply_error()` answers a relay that failed, and its transaction does, too, as in Kamailio.',
      }),
    },
    stats: { replies: 'Replies asked for and sent.', refused: 'Replies refused: answered already, or to an ACK.' },
    rpc: { 'sl.stats': { doc: 'Stateless replies by status; `2xx` and the like are those not shown alone.' } },
  },
  ({ engine, stats, params }) => {
    const counted = (outcome: ReplyOutcome): ReplyOutcome => {
      (outcome === 'sent' ? stats.replies : stats.refused).value++;
      return outcome;
    };
    return {
      functions: {
        reply: (ctx, code, phrase) => counted(engine.reply(ctx, { status: code, reason: phrase })),
        send(ctx, code, phrase) {
          const asked = 'branches' in ctx ? ctx : ctx.request;
          return asked === undefined ? 'noRequest' : counted(engine.reply(asked, { status: code, reason: phrase }));
        },
        forwardReply(ctx, code, phrase = '') {
          const { message } = ctx;
          const { status: old, reason: said } = message;
          // A reply of another class would mean something else to the transactions it passes.
          if (code !== undefined && Math.trunc(code / 100) !== Math.trunc(old / 100)) return 'refused';
          message.setStatus(code ?? old, phrase === '' ? said : phrase);
          const outcome = forwardReply(engine, ctx);
          message.setStatus(old, said);
          return outcome === 'forwarded' ? 'forwarded' : 'failed';
        },
        // What went wrong is known better where it did: a relay that failed says 477, 478 or 479.
        replyError(ctx) {
          const { replier, forwardFailure } = ctx.state;
          const failure = replier?.relayFailure;
          if (params.second_final === 0 || failure === undefined || ctx.state.answered) {
            return counted(engine.reply(ctx, failure ?? forwardFailure ?? INTERNAL_ERROR));
          }
          const order = { status: failure.status, reason: failure.reason.replace('/TM)', '/SL)') };
          const bytes = engine.replies.stateless(ctx.message, order, ctx.state).serialize();
          engine.sendReply(ctx, { status: order.status, bytes, cause: ctx.cause });
          ctx.state.answered = false;
          return counted('sent');
        },
      },
      pvs: {
        ltt: {
          read(ctx, { inner }) {
            if (!('branches' in ctx)) return null;
            const stateful = ctx.state.replier !== undefined;
            if (inner === 't' && !stateful) return null;
            return engine.replies.toTag(ctx.message, inner === 's' || !stateful ? 'stateless' : 'stateful');
          },
        },
      },
      rpc: { 'sl.stats': () => byStatus(engine.stateless) },
      statistics: () => slStatistics(engine.stateless, stats.refused.value),
    };
  },
);
