/** The commands of tm, with Kamailio's names in the answers; what Kamailio has no name for follows them. */
import type { RpcHandler } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { measured, type Statistic } from '../../engine/statistic.ts';
import { formatCSeq } from '../../sip/cseq.ts';
import { H } from '../../sip/header-names.ts';
import type { Clock } from '../../world/world.ts';
import { FINAL_CLASSES, type TmStats } from './core.ts';
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
      total_local: 0,
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

  /** Under the names of Kamailio's tmx. */
  statistics(): readonly Statistic[] {
    const { tables, stats } = this.#parts;
    return [
      measured('tmx', 'UAS_transactions', stats.transactions.value),
      measured('tmx', 'UAC_transactions', 0),
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
