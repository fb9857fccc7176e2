/** All transactions of one program: how they are found, created and relayed, and what routes may ask of them. */
import type { Claimer, RequestClaim, ResponseClaim } from '../../engine/claim.ts';
import type { ReplyContext, ReplyOutcome, RequestContext } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import { forwardRequest } from '../../engine/forward.ts';
import { ViaductError } from '../../errors.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { cancelTargetKey, type MatchParts, mergedKey, serverKey } from '../../transaction/keys.ts';
import type { Flow } from '../../transport/flow.ts';
import type { BranchFacts, CancelReason, ReplyListener, Suspended, TmApi } from './api.ts';
import type { Branch } from './branch.ts';
import { CancelSide } from './cancel-side.ts';
import type { TmCore } from './core.ts';
import type { Ident, Resumed } from './idents.ts';
import { dialogKey, matchParts } from './match.ts';
import { newPlan, type Plan, type Ways } from './plan.ts';
import { relay, type RelayOutcome } from './relay.ts';
import { Replica } from './replica.ts';
import { ServerSide } from './server-side.ts';
import { Transaction } from './transaction.ts';

export type AnyContext = RequestContext | ReplyContext;

/** The route blocks that `t_on_*` arms, by what they are called in a plan. */
const BLOCKS = { branch: 'branch', reply: 'onreply', failure: 'failure', branchFailure: 'branch_failure' } as const;

/** Where a message may be suspended: nowhere else would anybody let it go on. */
const SUSPENDABLE: ReadonlySet<string> = new Set(['request', 'failure', 'branch_failure', 'onreply']);

export interface TmSlots {
  /** The transaction of the exchange's request; a CANCEL finds its INVITE here. */
  readonly invite: Slot<Transaction>;
  /** What a route planned before there was a transaction. */
  readonly early: Slot<Plan | undefined>;
}

/** A request, what it is matched by, and the key of its transaction. */
interface Latest {
  readonly request: SipRequest;
  readonly parts: MatchParts;
  readonly server: string;
}

/**
 * Why there is no new transaction. `repeated`: the request came again while its route was waiting. `answered`: it has its
 * final reply already, a stateless one.
 */
type Refusal = 'full' | 'merged' | 'repeated' | 'answered';

export class Transactions implements Claimer, TmApi {
  readonly #core: TmCore;
  readonly #slots: TmSlots;
  /** The request that came last and what it is matched by: asked again when its transaction is made. */
  #latest: Latest | undefined = undefined;

  constructor(core: TmCore, slots: TmSlots) {
    this.#core = core;
    this.#slots = slots;
  }

  onReply(listener: ReplyListener): void {
    this.#core.replyListeners.push(listener);
  }

  cancel(invite: SipRequest, flow: Flow, { exchange, reasons }: CancelReason): void {
    const owner = { ctx: undefined, exchange, cause: { kind: 'transaction', exchange } } as const;
    const { callerReason } = this.#core.settings.ways;
    CancelSide.send(this.#core, { invite, flow, owner, reasons: callerReason ? reasons : [] });
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
  concerning(ctx: AnyContext): Transaction | undefined {
    if ('branches' in ctx && ctx.message.method !== 'CANCEL') return this.of(ctx);
    return this.#slots.invite.of(ctx.exchange);
  }

  request(request: SipRequest): RequestClaim | undefined {
    const { servers, answers } = this.#core.tables;
    const { parts, server } = this.#matchingOf(request);
    const found = servers.get(server);
    if (found !== undefined) return found;
    if (request.method === 'CANCEL') return servers.get(cancelTargetKey(parts));
    return request.method === 'ACK' && answers.size > 0 ? answers.get(dialogKey(parts, parts.toTag)) : undefined;
  }

  response(response: SipResponse): ResponseClaim | undefined {
    const branch = response.topVia?.branch;
    const cseq = response.cseq;
    if (branch === undefined || cseq === undefined) return undefined;
    const { engine, tables, stats, locals } = this.#core;
    const found = tables.clients.get(engine.branches.clientKey(branch, cseq.method));
    if (found !== undefined) {
      stats.replies_received.value++;
      return found;
    }
    return locals.size > 0 ? locals.claim(response) : undefined;
  }

  flowFailed(flow: Flow, code: string): void {
    this.#core.tables.flowFailed(flow, code);
  }

  create(ctx: RequestContext): 'created' | 'exists' | 'full' | 'merged' | 'answered' | 'ack' {
    if (ctx.message.method === 'ACK') return 'ack';
    if (this.has(ctx)) return 'exists';
    const made = this.#make(ctx);
    if (made instanceof Transaction) return 'created';
    return made === 'repeated' ? 'exists' : made;
  }

  relay(ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
    const { method } = ctx.message;
    if (method === 'ACK') return this.#relayAck(ctx);
    const invite = method === 'CANCEL' ? this.#slots.invite.of(ctx.exchange) : undefined;
    if (invite !== undefined) return this.#cancel(ctx, invite);
    if (method === 'CANCEL' && this.#core.settings.unmatchedCancel !== 'stateful') return this.#unmatched(ctx);
    const transaction = this.of(ctx) ?? this.#make(ctx);
    if (!(transaction instanceof Transaction)) return this.#refuse(ctx, transaction);
    if (!transaction.open) return 'failed';
    transaction.tellTrying();
    return relay(this.#core, transaction, ctx);
  }

  /** Sends copies; the request gets its transaction, unless it was answered without one. */
  replicate(ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
    if (ctx.message.method === 'ACK') return 'failed';
    const plan = this.#plan(ctx);
    if (!this.has(ctx)) {
      const made = this.#make(ctx);
      if (made instanceof Transaction) made.tellTrying();
      else if (made !== 'answered') return this.#refuse(ctx, made);
    }
    return Replica.send(this.#core, ctx, plan);
  }

  reply(ctx: AnyContext, status: number, reason: string | undefined): ReplyOutcome | 'noTransaction' {
    return this.#about(ctx)?.reply({ status, reason }) ?? 'noTransaction';
  }

  /** An empty name, or `0`, takes back what was armed. */
  arm(ctx: AnyContext, what: keyof typeof BLOCKS, name: string): 'armed' {
    const block = BLOCKS[what];
    const none = name === '' || name === '0';
    if (!none && this.#core.routes[block]?.[name] === undefined) {
      throw new ViaductError('ROUTE_UNKNOWN', `there is no ${block} route named ${JSON.stringify(name)}`);
    }
    // All branches share one failure route.
    const plan = what === 'failure' ? this.#wholePlan(ctx) : this.#planFor(ctx);
    if (plan !== undefined) plan[what] = none ? undefined : name;
    return 'armed';
  }

  isArmed(ctx: AnyContext, what: keyof typeof BLOCKS): boolean {
    return this.#planFor(ctx)?.[what] !== undefined;
  }

  setTimers(ctx: AnyContext, frInvTimerMs: number, frTimerMs: number): 'set' {
    const plan = this.#planFor(ctx);
    if (plan !== undefined && frInvTimerMs > 0) plan.frInvTimerMs = frInvTimerMs;
    if (plan !== undefined && frTimerMs > 0) plan.frTimerMs = frTimerMs;
    if (ctx.route !== 'branch') {
      for (const branch of this.branchesOf(ctx)) if (branch.pending) branch.wait(frTimerMs, frInvTimerMs);
      if (frTimerMs > 0) this.#about(ctx)?.waitSuspended(frTimerMs);
    }
    return 'set';
  }

  resetTimers(ctx: AnyContext): 'reset' {
    const { frTimerMs, frInvTimerMs } = this.#core.settings;
    this.setTimers(ctx, frInvTimerMs, frTimerMs);
    return 'reset';
  }

  setRepetition(ctx: AnyContext, t1: number, t2: number): 'set' {
    const plan = this.#planFor(ctx);
    if (plan === undefined) return 'set';
    const { timers } = plan.ways;
    plan.ways = { ...plan.ways, timers: { ...timers, t1: t1 > 0 ? t1 : timers.t1, t2: t2 > 0 ? t2 : timers.t2 } };
    return 'set';
  }

  resetRepetition(ctx: AnyContext): 'reset' {
    const { t1, t2 } = this.#core.settings.timers;
    this.setRepetition(ctx, t1, t2);
    return 'reset';
  }

  setLifetime(ctx: AnyContext, inviteMs: number, otherMs: number): 'set' {
    const ways = this.#wholePlan(ctx)?.ways;
    this.change(ctx, {
      maxInviteMs: inviteMs > 0 ? inviteMs : (ways?.maxInviteMs ?? 0),
      maxOtherMs: otherMs > 0 ? otherMs : (ways?.maxOtherMs ?? 0),
    });
    this.#about(ctx)?.live();
    return 'set';
  }

  resetLifetime(ctx: AnyContext): 'reset' {
    const { maxInviteMs, maxOtherMs } = this.#core.settings.ways;
    this.change(ctx, { maxInviteMs, maxOtherMs });
    this.#about(ctx)?.live();
    return 'reset';
  }

  /** How the transaction of this message behaves, or the one that will be made of it. */
  change(ctx: AnyContext, what: Partial<Ways>): 'set' {
    const plan = this.#wholePlan(ctx);
    if (plan !== undefined) plan.ways = { ...plan.ways, ...what };
    return 'set';
  }

  suspend(ctx: AnyContext): Suspended {
    if (!SUSPENDABLE.has(ctx.route)) return 'noTransaction';
    if (!('branches' in ctx)) return this.#about(ctx)?.suspend(ctx) ?? 'noTransaction';
    if (ctx.message.method === 'ACK') return 'noTransaction';
    const transaction = this.of(ctx) ?? this.#make(ctx);
    return transaction instanceof Transaction ? transaction.suspend(ctx) : 'noTransaction';
  }

  resume(index: number, label: number, route: string): Resumed | 'unknown' {
    return this.#core.tables.idents.find(index, label)?.resume(route) ?? 'unknown';
  }

  identOf(ctx: AnyContext): Ident | undefined {
    return this.#about(ctx)?.ident;
  }

  inviteOf(ctx: AnyContext): RequestContext | undefined {
    return 'branches' in ctx && ctx.message.method === 'CANCEL' ? this.#slots.invite.of(ctx.exchange)?.ctx : undefined;
  }

  branchOf(ctx: AnyContext): BranchFacts | undefined {
    const branch = this.#branchOf(ctx);
    const made = branch?.parts?.ctx;
    if (branch === undefined) return undefined;
    return { uri: made?.message.uri, flags: made?.branchFlags ?? 0, lastStatus: branch.lastStatus };
  }

  branchCount(ctx: AnyContext): number {
    return this.branchesOf(ctx).length;
  }

  lastSent(ctx: RequestContext): number {
    return this.of(ctx)?.lastStatus ?? 0;
  }

  branchesOf(ctx: AnyContext): readonly Branch[] {
    return this.#about(ctx)?.branches ?? [];
  }

  /** Of the reply, or the one that won; in a request route of the last one sent. */
  statusOf(ctx: AnyContext): number {
    return 'branches' in ctx ? (ctx.winning?.status ?? this.lastSent(ctx)) : ctx.message.status;
  }

  /** One that has no final reply yet. */
  find(callId: string, cseqNumber: number): Transaction | undefined {
    for (const transaction of this.running()) {
      const message = transaction.ctx?.message;
      if (message?.callId === callId && message.cseq?.number === cseqNumber) return transaction;
    }
    return undefined;
  }

  cancelBranches(ctx: AnyContext, which: 'all' | 'others' | 'this'): 'cancelled' | 'noTransaction' {
    const transaction = this.#about(ctx);
    if (transaction === undefined) return 'noTransaction';
    const current = transaction.branchIn(ctx.message);
    for (const branch of transaction.branches) {
      if (which === 'all' || (which === 'this') === (branch === current)) branch.cancel([]);
    }
    return 'cancelled';
  }

  /** Those that are not over. A CANCEL shares the exchange of its INVITE. */
  *running(): Iterable<Transaction> {
    const seen = new Set<Transaction>();
    for (const { exchange } of this.#core.tables.servers.values()) {
      const found = exchange === undefined ? undefined : this.#slots.invite.of(exchange);
      if (found?.ctx === undefined || seen.has(found)) continue;
      seen.add(found);
      yield found;
    }
  }

  /** That of a reply, or the one that won in a failure route. */
  #branchOf(ctx: AnyContext): Branch | undefined {
    if (!('branches' in ctx)) return this.#about(ctx)?.branchIn(ctx.message);
    const branches = this.branchesOf(ctx);
    if (ctx.branchIndex >= 0) return branches[ctx.branchIndex];
    const response = ctx.winning?.response;
    return branches.find(({ outcome }) => outcome !== undefined && outcome.response === response);
  }

  #matchingOf(request: SipRequest): Latest {
    if (this.#latest?.request === request) return this.#latest;
    const parts = matchParts(request);
    this.#latest = { request, parts, server: serverKey(parts) };
    return this.#latest;
  }

  #make(ctx: RequestContext): Transaction | Refusal {
    if (ctx.state.answered) return 'answered';
    const { tables, stats } = this.#core;
    const { parts, server } = this.#matchingOf(ctx.message);
    this.#latest = undefined;
    const merged = this.#mergedKey(parts);
    const first = merged === undefined ? undefined : tables.merged.get(merged);
    if (first !== undefined && first !== server && !this.#isSpiral(ctx.message)) return 'merged';
    const side = new ServerSide(this.#core, ctx, { server, merged: first === undefined ? merged : undefined });
    const added = tables.servers.add(server, side);
    if (added === 'taken') {
      // The other one answers, this one never does.
      ctx.state.answered = true;
      return 'repeated';
    }
    if (added === 'full') {
      stats.refused.value++;
      return 'full';
    }
    const transaction = new Transaction(this.#core, side, ctx, this.#plan(ctx));
    if (merged !== undefined && first === undefined) tables.merged.set(merged, server);
    stats.transactions.value++;
    tables.underWay++;
    ctx.state.replier = transaction;
    this.#slots.early.put(ctx.exchange, undefined);
    if (ctx.message.method !== 'CANCEL') this.#slots.invite.put(ctx.exchange, transaction);
    return transaction;
  }

  /**
   * RFC 3261 8.2.2.2 asks for a 482 when a request outside a dialog comes by two ways. One with another Request-URI was
   * forked to two of our users.
   */
  #mergedKey(parts: MatchParts): string | undefined {
    if (!this.#core.settings.detectMerged || parts.method === 'CANCEL') return undefined;
    return mergedKey(parts, parts.uri);
  }

  /** A request that bears our own Via comes round again: a spiral is not merged (RFC 3261 16.3 item 4). */
  #isSpiral({ vias }: SipRequest): boolean {
    const { transport } = this.#core.engine;
    return vias.some(({ host, port }) => transport.isLocal(host, port));
  }

  /** A CANCEL whose INVITE nobody knows, where it is not relayed like another request. */
  #unmatched(ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
    return this.#core.settings.unmatchedCancel === 'drop' ? 'relayed' : this.#relayAck(ctx);
  }

  /** There is no transaction for the ACK to a 2xx, it goes on statelessly. */
  #relayAck(ctx: RequestContext): RelayOutcome | Promise<RelayOutcome> {
    const { engine, log, routes } = this.#core;
    const outcome = forwardRequest(engine, ctx, { log, onsend: routes.onsend });
    return outcome instanceof Promise ? outcome.then(named) : named(outcome);
  }

  /** RFC 3261 16.10: a CANCEL is answered by itself and ends the branches of its INVITE. */
  #cancel(ctx: RequestContext, invite: Transaction): RelayOutcome {
    const own = this.of(ctx) ?? this.#make(ctx);
    if (!(own instanceof Transaction)) return this.#refuse(ctx, own);
    const reasons = ctx.message.headers.getAll('Reason');
    if (invite.pending) {
      own.reply({ status: 200, reason: 'canceling' });
      invite.cancelByCaller(reasons);
    } else {
      invite.cancelByCaller(reasons);
      own.reply({ status: 200, reason: 'ok -- no more pending branches' });
    }
    return 'relayed';
  }

  #refuse(ctx: RequestContext, why: Refusal): RelayOutcome {
    const { engine } = this.#core;
    if (why === 'repeated') return 'relayed';
    if (why === 'answered') return 'failed';
    if (why === 'merged') engine.reply(ctx, { status: 482, reason: 'Request Merged' });
    else engine.reply(ctx, { status: 503, reason: 'Too many transactions', headers: [['Retry-After', '5']] });
    return 'failed';
  }

  /** The transaction of this request, or of the request that this is a reply to. */
  #about(ctx: AnyContext): Transaction | undefined {
    return 'branches' in ctx ? this.of(ctx) : this.#slots.invite.of(ctx.exchange);
  }

  /** In a branch route the plan of that branch. */
  #planFor(ctx: AnyContext): Plan | undefined {
    return 'branches' in ctx ? this.#plan(ctx) : this.#about(ctx)?.plan;
  }

  /** What holds for all branches. */
  #wholePlan(ctx: AnyContext): Plan | undefined {
    return this.#about(ctx)?.plan ?? ('branches' in ctx ? this.#plan(ctx) : undefined);
  }

  #plan(ctx: RequestContext): Plan {
    const transaction = this.of(ctx);
    const made = transaction?.branchPlans?.get(ctx) ?? transaction?.plan ?? this.#slots.early.of(ctx.exchange);
    if (made !== undefined) return made;
    const plan = newPlan(this.#core.settings);
    this.#slots.early.put(ctx.exchange, plan);
    return plan;
  }
}

const named = (outcome: 'forwarded' | 'failed'): RelayOutcome => (outcome === 'forwarded' ? 'relayed' : 'failed');
