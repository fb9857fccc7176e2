/** The commands of tm, with Kamailio's names in the answers; what Kamailio has no name for follows them. */
import type { ReplyOrder } from '../../engine/context.ts';
import type { RpcHandler } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { measured, type Statistic } from '../../engine/statistic.ts';
import { formatCSeq } from '../../sip/cseq.ts';
import { H } from '../../sip/header-names.ts';
import type { Clock } from '../../world/world.ts';
import { FINAL_CLASSES, type TmStats } from './core.ts';
import type { Named } from './idents.ts';
import type { Tables } from './tables.ts';
import type { Transaction } from './transaction.ts';

/** Transactions in one answer. */
export const MAX_LISTED = 1_000;

export interface TmRpcParts {
  readonly tables: Tables;
  readonly stats: TmStats;
  readonly clock: Pick<Clock, 'wall'>;
  /** Those whose request is not answered, or whose branches still wait. */
  readonly running: () => Iterable<Transaction>;
  readonly find: (callId: string, cseqNumber: number) => Transaction | undefined;
  /** Requests of our own so far. */
  readonly sentOwn: () => number;
}

export class TmRpc {
  readonly #parts: TmRpcParts;

  constructor(parts: TmRpcParts) {
    this.#parts = parts;
  }

  readonly stats: RpcHandler = () => {
    const { tables, stats } = this.#parts;
    const current = tables.servers.size;
    const total = stats.transactions.value;
    return {
      current,
      waiting: Math.max(0, current - tables.underWay),
      total,
      total_local: this.#parts.sentOwn(),
      rpl_received: stats.replies_received.value,
      rpl_generated: stats.replies_local.value,
      rpl_sent: stats.replies_local.value + stats.replies_relayed.value,
      ...Object.fromEntries(FINAL_CLASSES.toReversed().map((name) => [name, stats[`final_${name}`].value])),
      created: total,
      freed: Math.max(0, total - current),
      delayed_free: 0,
      peak: tables.servers.peak,
      branches: tables.clients.size,
      retransmissions_in: stats.retransmissions_in.value,
      retransmissions_out: stats.retransmissions_out.value,
      timeouts: stats.timeouts.value,
      cancels: stats.cancels.value,
      refused: stats.refused.value,
    };
  };

  readonly list: RpcHandler = () => {
    const rows: unknown[] = [];
    for (const transaction of this.#parts.running()) {
      if (rows.length >= MAX_LISTED) break;
      const row = this.#shown(transaction);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  };

  /** Ends a call that is ringing as if its caller had. */
  readonly cancel: RpcHandler = ([callId, number]) => {
    if (callId === undefined || number === undefined) throw new RpcFault(400, 'Callid and CSeq expected as parameters');
    for (const transaction of this.#parts.running()) {
      const message = transaction.ctx?.message;
      const isIt = message?.callId === String(callId) && message.cseq?.number === Number(number);
      if (!isIt || !transaction.isInvite) continue;
      transaction.cancelByCaller([]);
      return transaction.pending ? 'branches remaining (waiting for timeout)' : {};
    }
    throw new RpcFault(400, 'Transaction not found');
  };

  readonly reply: RpcHandler = ([code, reason, id, tag, headers = '', body = '']) => {
    const order = orderOf(code, reason, { headers, body });
    if (id === undefined) throw new RpcFault(400, 'Transaction ID expected');
    if (tag === undefined) throw new RpcFault(400, 'To tag expected');
    const [, index, label] = /^(\d+):(\d+)$/.exec(String(id)) ?? [];
    const found = this.#parts.tables.idents.find(Number(index), Number(label));
    if (found === undefined) throw new RpcFault(481, 'No such transaction');
    return answered(found, order);
  };

  readonly replyCallId: RpcHandler = ([code, reason, callId, number, tag, ...more]) => {
    const [headers = '', body = ''] = more;
    const order = orderOf(code, reason, { headers, body });
    if (callId === undefined) throw new RpcFault(400, 'Call-ID expected');
    if (number === undefined) throw new RpcFault(400, 'CSeq expected');
    if (tag === undefined) throw new RpcFault(400, 'To tag expected');
    const found = this.#parts.find(String(callId), Number(number));
    if (found === undefined) throw new RpcFault(404, 'Transaction not found');
    return answered(found, order);
  };

  get commands() {
    return {
      'tm.stats': this.stats,
      'tm.list': this.list,
      'tm.cancel': this.cancel,
      'tm.reply': this.reply,
      'tm.reply_callid': this.replyCallId,
      'tm.clean': () => ({}),
      'tm.hash_stats': () => {
        throw new RpcFault(500, 'Hash statistics not supported');
      },
    };
  }

  /** Under the names of Kamailio's tmx. */
  statistics(): readonly Statistic[] {
    const { tables, stats } = this.#parts;
    return [
      measured('tmx', 'UAS_transactions', stats.transactions.value),
      measured('tmx', 'UAC_transactions', this.#parts.sentOwn()),
      measured('tmx', 'active_transactions', tables.underWay),
      measured('tmx', 'inuse_transactions', tables.servers.size),
      measured('tmx', 'rpl_received', stats.replies_received.value),
      measured('tmx', 'rpl_generated', stats.replies_local.value),
      measured('tmx', 'rpl_relayed', stats.replies_relayed.value),
      measured('tmx', 'rpl_sent', stats.replies_local.value + stats.replies_relayed.value),
      ...FINAL_CLASSES.map((name) => measured('tmx', `${name}_transactions`, stats[`final_${name}`].value)),
    ];
  }

  #shown({ id, ctx, branches, canceled }: Transaction) {
    if (ctx === undefined) return undefined;
    const { message, received, state } = ctx;
    const { cseq } = message;
    return {
      id,
      method: message.method,
      from: message.headers.get(H.From) ?? '',
      to: message.headers.get(H.To) ?? '',
      callid: message.callId ?? '',
      cseq: cseq === undefined ? '' : formatCSeq(cseq),
      uas_request: 'yes',
      outgoings: branches.length,
      pending: branches.filter((branch) => branch.pending).length,
      canceled: canceled ? 'yes' : 'no',
      answered: state.answered ? 'yes' : 'no',
      age: Math.max(0, Math.floor((this.#parts.clock.wall() - received.at) / 1_000_000)),
    };
  }
}

interface Extra {
  readonly headers: string | number;
  readonly body: string | number;
}

function orderOf(code: Param, reason: Param, { headers, body }: Extra): ReplyOrder {
  const status = Number(code);
  if (code === undefined) throw new RpcFault(400, 'Reply code expected');
  if (!Number.isInteger(status) || status < 100 || status > 699) throw new RpcFault(400, 'Invalid reply code');
  if (reason === undefined) throw new RpcFault(400, 'Reason phrase expected');
  const lines = String(headers)
    .split(/\r?\n/)
    .flatMap((line): readonly (readonly [string, string])[] => {
      const [, name, value] = HEADER_LINE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    });
  const text = String(body);
  return { status, reason: String(reason), headers: lines, ...(text === '' ? {} : { body: text }) };
}

type Param = string | number | undefined;

const HEADER_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:[ \t]*(.*)$/;

function answered(transaction: Named, order: ReplyOrder): object {
  if (transaction.reply(order) !== 'sent') throw new RpcFault(500, 'Reply failed');
  return {};
}
