/** All transactions of one program: how they are found, created and relayed, and what routes may ask of them. */
import type { Claimer, RequestClaim, ResponseClaim } from '../../engine/claim.ts';
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import { ViaductError } from '../../errors.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { cancelTargetKey, clientKey, mergedKey, serverKey } from '../../transaction/keys.ts';
import type { Flow } from '../../transport/flow.ts';
import type { TmApi } from './api.ts';
import type { TmCore } from './core.ts';
import { matchParts } from './match.ts';
import { newPlan, type Plan } from './plan.ts';
import { failover, relay, relayAck, type RelayOutcome } from './relay.ts';
import { Transaction } from './transaction.ts';

/** The route blocks that `t_on_*` arms, by what they are called in a plan. */
const BLOCKS = { branch: 'branch', reply: 'onreply', failure: 'failure', branchFailure: 'branch_failure' } as const;

export interface TmSlots {
  /** The transaction of the exchange's request; a CANCEL finds its INVITE here. */
  readonly invite: Slot<Transaction>;
  /** What a route planned before there was a transaction. */
  readonly early: Slot<Plan | undefined>;
}

export class Transactions implements Claimer, TmApi {
  readonly #core: TmCore;
  readonly #slots: TmSlots;

  constructor(core: TmCore, slots: TmSlots) {
    this.#core = core;
    this.#slots = slots;
  }

  get current(): number {
    return this.#core.tables.servers.size;
  }

  has(ctx: RequestContext): boolean {
    return this.of(ctx) !== undefined;
  }

  /** The transaction of this request itself. */
  of(ctx: RequestContext): Transaction | undefined {
    const { replier } = ctx.state;
    return replier instanceof Transaction ? replier : undefined;
  }

  /** The transaction that this message is about: its own, for a CANCEL its INVITE's, for a reply the one it answers. */
  concerning(ctx: RequestContext | ReplyContext): Transaction | undefined {
    if ('branches' in ctx && ctx.message.method !== 'CANCEL') return this.of(ctx);
    return this.#slots.invite.of(ctx.exchange);
  }

  request(request: SipRequest): RequestClaim | undefined {
    const parts = matchParts(request);
    const { servers } = this.#core.tables;
    const found = servers.get(serverKey(parts));
    return found === undefined && request.method === 'CANCEL' ? servers.get(cancelTargetKey(parts)) : found;
  }

  response(response: SipResponse): ResponseClaim | undefined {
    const branch = response.topVia?.branch;
    const cseq = response.cseq;
    if (branch === undefined || cseq === undefined) return undefined;
    return this.#core.tables.clients.get(clientKey({ branch, cseqMethod: cseq.method }));
  }

  flowFailed(flow: Flow, code: string): void {
    this.#core.tables.flowFailed(flow, code);
  }

  create(ctx: RequestContext): 'created' | 'exists' | 'full' | 'merged' | 'ack' {
    if (ctx.message.method === 'ACK') return 'ack';
    if (this.has(ctx)) return 'exists';
    const made = this.#make(ctx);
    return made instanceof Transaction ? 'created' : made;
  }

  relay(ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
    const { method } = ctx.message;
    if (method === 'ACK') return relayAck(this.#core, ctx);
    const invite = method === 'CANCEL' ? this.#slots.invite.of(ctx.exchange) : undefined;
    if (invite !== undefined) return this.#cancel(ctx, invite);
    const transaction = this.of(ctx) ?? this.#make(ctx);
    if (!(transaction instanceof Transaction)) return this.#refuse(ctx, transaction);
    if (transaction.canceled) return 'failed';
    const { auto100 } = this.#core.settings;
    if (auto100 !== undefined && method === 'INVITE' && ctx.route === 'request') {
      transaction.reply({ status: 100, reason: auto100 });
    }
    return relay(this.#core, transaction, ctx);
  }

  arm(ctx: RequestContext, what: keyof typeof BLOCKS, name: string): 'armed' {
    const block = BLOCKS[what];
    if (this.#core.routes[block]?.[name] === undefined) {
      throw new ViaductError('ROUTE_UNKNOWN', `there is no ${block} route named ${JSON.stringify(name)}`);
    }
    this.#plan(ctx)[what] = name;
    return 'armed';
  }

  setTimers(ctx: RequestContext, frInvTimerMs: number, frTimerMs: number): 'set' {
    const plan = this.#plan(ctx);
    if (frInvTimerMs > 0) plan.frInvTimerMs = frInvTimerMs;
    if (frTimerMs > 0) plan.frTimerMs = frTimerMs;
    return 'set';
  }

  cancelBranches(ctx: ReplyContext): 'cancelled' | 'noTransaction' {
    const transaction = this.#slots.invite.of(ctx.exchange);
    transaction?.cancel([]);
    return transaction === undefined ? 'noTransaction' : 'cancelled';
  }

  summary() {
    const { servers, clients } = this.#core.tables;
    const counts = Object.entries(this.#core.stats).map(([name, { value }]) => [name, value]);
    return { current: servers.size, peak: servers.peak, branches: clients.size, ...Object.fromEntries(counts) };
  }

  #make(ctx: RequestContext): Transaction | 'full' | 'merged' {
    const { tables, stats } = this.#core;
    const parts = matchParts(ctx.message);
    const server = serverKey(parts);
    const merged = this.#mergedKey(ctx, mergedKey(parts));
    const first = merged === undefined ? undefined : tables.merged.get(merged);
    if (first !== undefined && first !== server) return 'merged';
    const plan = this.#plan(ctx);
    this.#slots.early.put(ctx.exchange, undefined);
    const transaction = new Transaction(this.#core, {
      ctx,
      plan,
      keys: { server, merged },
      failover: (of, failed) => failover(this.#core, of, failed),
    });
    if (tables.servers.add(server, transaction) !== 'added') {
      stats.refused.value++;
      return 'full';
    }
    if (merged !== undefined) tables.merged.set(merged, server);
    stats.transactions.value++;
    ctx.state.replier = transaction;
    if (ctx.message.method !== 'CANCEL') this.#slots.invite.put(ctx.exchange, transaction);
    return transaction;
  }

  /**
   * RFC 3261 8.2.2.2 asks for a 482 when a request outside a dialog comes by two ways. One that bears our own Via is a
   * spiral and not merged; one with another Request-URI was forked to two of our users.
   */
  #mergedKey(ctx: RequestContext, key: string | undefined): string | undefined {
    if (!this.#core.settings.detectMerged || key === undefined) return undefined;
    if (ctx.message.headers.count('Via') > 1 || ctx.message.vias.length > 1) {
      const { transport } = this.#core.engine;
      if (ctx.message.vias.some(({ host, port }) => transport.isLocal(host, port))) return undefined;
    }
    return `${key} ${ctx.message.uri}`;
  }

  /** RFC 3261 16.10: a CANCEL is answered by itself and ends the branches of its INVITE. */
  #cancel(ctx: RequestContext, invite: Transaction): RelayOutcome {
    const own = this.of(ctx) ?? this.#make(ctx);
    if (!(own instanceof Transaction)) return 'failed';
    own.reply({ status: 200, reason: 'canceling' });
    invite.canceled = true;
    invite.cancel(ctx.message.headers.getAll('Reason'));
    if (!invite.pending) invite.reply({ status: 487, reason: 'Request canceled' });
    return 'relayed';
  }

  #refuse(ctx: RequestContext, why: 'full' | 'merged'): 'failed' {
    const { engine } = this.#core;
    if (why === 'merged') engine.reply(ctx, { status: 482, reason: 'Request Merged' });
    else engine.reply(ctx, { status: 503, reason: 'Too many transactions', headers: [['Retry-After', '5']] });
    return 'failed';
  }

  #plan(ctx: RequestContext): Plan {
    const made = this.of(ctx)?.plan ?? this.#slots.early.of(ctx.exchange);
    if (made !== undefined) return made;
    const plan = newPlan(this.#core.settings);
    this.#slots.early.put(ctx.exchange, plan);
    return plan;
  }
}
