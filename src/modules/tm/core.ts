/** What all transactions of one program share: its routes, the timers' lengths, and the tables that outlive a reload. */
import type { Routes } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LocalRequests } from '../../engine/local-requests.ts';
import type { Log } from '../../engine/log.ts';
import type { Counter } from '../../engine/module.ts';
import type { Timers, TransactionConfig } from '../../transaction/timers.ts';
import type { ReplyListener } from './api.ts';
import type { Ways } from './plan.ts';
import type { Tables } from './tables.ts';

export interface Settings {
  readonly timers: Timers;
  /** For the server transactions of one kind of transport, all alike. */
  readonly overStream: TransactionConfig;
  readonly overDatagram: TransactionConfig;
  /** These two change at run time. */
  frTimerMs: number;
  frInvTimerMs: number;
  readonly maxBranches: number;
  readonly reason100: string;
  /** Of a transaction whose routes say nothing else. */
  readonly ways: Ways;
  /** Larger requests leave over TCP; 0 for no limit. */
  readonly udpMtu: number;
  readonly aggregateChallenges: boolean;
  readonly remap503: boolean;
  readonly detectMerged: boolean;
  /** Which replies a failure route leaves to choose from. */
  readonly failureReplies: DropReplies;
  /** What a CANCEL does to a branch that nobody has answered: wait for the first reply, end at once, or be sent all the same. */
  readonly unansweredCancel: 'wait' | 'end' | 'send';
  /** Every provisional reply starts fr_inv_timer again. */
  readonly restartsTimerC: boolean;
  /** A 100 of a branch goes back. */
  readonly relays100: boolean;
  /** What becomes of a CANCEL whose INVITE nobody knows. */
  readonly unmatchedCancel: 'stateful' | 'stateless' | 'drop';
  /** Headers of an INVITE that begin so are copied into its CANCEL and its ACK; empty for none. */
  readonly copiedPrefix: string;
  /** A Reason in the CANCELs that we send of our own accord. */
  readonly localCancelReason: boolean;
}

/** Replies that do not count any more when the failure route is through. */
export type DropReplies = 'none' | 'all' | 'last' | 'ifMore';

/** Of the final reply that a request gets. */
export const FINAL_CLASSES = ['2xx', '3xx', '4xx', '5xx', '6xx'] as const;
type FinalClass = (typeof FINAL_CLASSES)[number];

export interface TmStats extends Readonly<Record<`final_${FinalClass}`, Counter>> {
  readonly transactions: Counter;
  readonly replies_relayed: Counter;
  readonly replies_local: Counter;
  readonly replies_received: Counter;
  readonly replies_without_via: Counter;
  readonly retransmissions_in: Counter;
  readonly retransmissions_out: Counter;
  readonly timeouts: Counter;
  readonly cancels: Counter;
  readonly refused: Counter;
}

/** What the engine gives to the module. */
interface TmHost {
  readonly engine: Engine;
  readonly log: Log;
  readonly stats: TmStats;
  /** Known once all modules are set up. */
  readonly routes: Routes;
}

/** A class, as a literal with a getter in it would be a dictionary to V8, and every message reads this many times. */
export class TmCore {
  readonly engine: Engine;
  readonly log: Log;
  readonly stats: TmStats;
  readonly settings: Settings;
  readonly tables: Tables;
  /** Requests of our own. */
  readonly locals: LocalRequests;
  readonly replyListeners: ReplyListener[] = [];
  readonly #host: TmHost;

  constructor(host: TmHost, { settings, tables, locals }: Pick<TmCore, 'settings' | 'tables' | 'locals'>) {
    this.engine = host.engine;
    this.log = host.log;
    this.stats = host.stats;
    this.settings = settings;
    this.tables = tables;
    this.locals = locals;
    this.#host = host;
  }

  get routes(): Routes {
    return this.#host.routes;
  }
}
