/**
 * A request and all that becomes of it: the server transaction towards the caller, the branches, and the response
 * context of RFC 3261 section 16.7 that decides which reply goes back. It is what answers its request.
 */
import {
  type EventRoute,
  ReplyContext,
  type ReplyOrder,
  type ReplyOutcome,
  type Replier,
  type RequestContext,
  type RequestRoute,
  type Winning,
} from '../../engine/context.ts';
import type { Cause, Exchange } from '../../engine/exchange.ts';
import { runRoute } from '../../engine/run-route.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage, SipResponse } from '../../sip/message.ts';
import { parseBranch } from '../../transaction/branch.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Branch } from './branch.ts';
import type { DropReplies, TmCore } from './core.ts';
import type { Fork, Spent } from './fork.ts';
import type { Ident, Named, Resumed } from './idents.ts';
import { LocalAnswer } from './local-answer.ts';
import { dialogKey, matchParts } from './match.ts';
import { pickBest, relayedCopy } from './pick.ts';
import type { Plan } from './plan.ts';
import { failover, failure, UNSENT } from './relay.ts';
import type { ServerSide } from './server-side.ts';
import { BLIND, type Blind, type Held, Suspensions } from './suspension.ts';

const ELSEWHERE = ['SIP;cause=200;text="Call completed elsewhere"'];
const NO_REASONS: readonly string[] = [];
/** Kamailio's E_UNSPEC: the failure route dropped the replies and left nothing instead. */
const NO_REPLY = failure(500, "I'm terribly sorry, server error occurred (1/TM)");

export class Transaction implements Fork, Replier, Named {
  readonly id: string;
  readonly isInvite: boolean;
  /** Until the request has its final reply and no branch waits any more. */
  ctx: RequestContext | undefined;
  branches: Branch[] = [];
  readonly plan: Plan;
  branchPlans: Map<RequestContext, Plan> | undefined = undefined;
  canceled = false;
  busy = 0;
  relayFailure: Winning | undefined = undefined;
  spent: Spent | undefined = undefined;
  batch = 0;
  /** Until when its branches may wait. */
  endOfLife: Instant | undefined = undefined;
  /** Status of the last reply that went out; 0 before the first one. */
  lastStatus = 0;
  /** What the failure route that runs wants of the replies that there are. */
  dropReplies: DropReplies = 'none';
  #repliesDropped = false;
  /** What waits to go on; undefined until a route suspends something. */
  #suspended: Suspensions | undefined = undefined;
  /** Of a request that nobody let go on. */
  #blind: Blind | undefined = undefined;
  #ident: Ident | undefined = undefined;
  /** The request route has ended. */
  #routeOver = false;
  readonly #core: TmCore;
  readonly #server: ServerSide;

  constructor(core: TmCore, server: ServerSide, ctx: RequestContext, plan: Plan) {
    this.#core = core;
    this.#server = server;
    this.ctx = ctx;
    this.plan = plan;
    this.id = core.engine.branches.nextId();
    this.isInvite = ctx.message.method === 'INVITE';
    this.live();
  }

  get exchange(): Exchange {
    return this.#server.exchange;
  }

  get cause(): Cause {
    return this.#server.cause;
  }

  get answered(): boolean {
    return this.ctx === undefined || this.ctx.state.answered;
  }

  get expired(): boolean {
    return this.endOfLife !== undefined && this.endOfLife <= this.#core.engine.world.clock.now();
  }

  get open(): boolean {
    return !this.canceled && !this.answered;
  }

  get pending(): boolean {
    for (const branch of this.branches) if (branch.pending) return true;
    return false;
  }

  /** The branch that the topmost Via names; that of a copy of the request, or of another proxy, is none of these. */
  branchIn({ topVia }: SipMessage): Branch | undefined {
    const named = parseBranch(topVia?.branch ?? '');
    return named?.id === this.id ? this.branches[named.index] : undefined;
  }

  /** From now on, as long as its ways say. */
  live(): void {
    const { maxInviteMs, maxOtherMs } = this.plan.ways;
    const ms = this.isInvite ? maxInviteMs : maxOtherMs;
    this.endOfLife = ms === 0 ? undefined : after(this.#core.engine.world.clock.now(), ms);
  }

  /** 100 to an INVITE that nobody has answered yet, if that is wanted. */
  tellTrying(): void {
    if (!this.isInvite || this.lastStatus > 0 || !this.plan.ways.auto100) return;
    this.reply({ status: 100, reason: this.#core.settings.reason100 });
  }

  /** False when no reply went out yet. */
  repeatReply(): boolean {
    if (this.lastStatus > 0) this.#server.repeatLast();
    return this.lastStatus > 0;
  }

  /** A reply of our own. A final one ends the branches. */
  reply(order: ReplyOrder): ReplyOutcome {
    const { ctx } = this;
    if (ctx === undefined || ctx.state.answered) return 'answered';
    const { status } = order;
    this.#core.stats.replies_local.value++;
    this.lastStatus = status;
    const response = this.#core.engine.replies.stateful(ctx.message, order, ctx.state);
    const bytes = response.serialize();
    this.#server.respond(ctx, status, bytes);
    const seen = this.#core.routes.event?.['tm:local-response'];
    if (seen !== undefined) this.#tellResponse(seen, response, bytes);
    if (status < 200) return 'sent';
    if (status < 300 && this.isInvite) {
      LocalAnswer.start(this.#core, this.#server, dialogKey(matchParts(ctx.message), response.toTag), bytes);
    }
    this.#endSuspensions();
    this.cancel(this.#because(status));
    this.settle();
    return 'sent';
  }

  /** By which a script may name it; one that is over gets none. */
  get ident(): Ident | undefined {
    const { engine, tables } = this.#core;
    if (this.#ident !== undefined || this.ctx === undefined) return this.#ident;
    this.#ident = tables.idents.give(this, this.ctx.message.callId ?? '', engine.world.random);
    return this.#ident;
  }

  /** The message of a route goes on when `resume` says so, and ends by fr_timer when nobody does. */
  suspend(ctx: RequestContext | ReplyContext): 'suspended' | 'answered' | 'full' {
    if (this.answered) return 'answered';
    const held = this.#heldOf(ctx);
    if (held === undefined) return 'answered';
    this.#suspended ??= new Suspensions(this.#core.engine, (one) => this.#suspensionExpired(one));
    if (this.#suspended.isFull) return 'full';
    this.#suspended.hold(held, this.#patience(this.plan.frTimerMs));
    if (held.kind === 'request') {
      this.busy++;
      this.tellTrying();
    }
    return 'suspended';
  }

  /** Lets what waits longest go on in this route. */
  resume(name: string): Resumed {
    const route = this.#core.routes.resume?.[name];
    if (route === undefined) return 'noRoute';
    const held = this.#suspended?.next();
    if (held === undefined) return 'notSuspended';
    const own = held.kind === 'request' ? continued(held) : this.#again(held.ctx);
    const ended = (): void => this.#resumed(held, own);
    const ran = runRoute(this.#core.log, 'resume', () => route(own));
    if (ran === undefined) ended();
    else void ran.then(ended);
    return 'resumed';
  }

  /** What is suspended waits so long from now on. */
  waitSuspended(frTimerMs: number): void {
    this.#suspended?.wait(this.#patience(frTimerMs));
  }

  /** Ends every pending branch of an INVITE. */
  cancel(reasons: readonly string[]): void {
    for (const branch of this.branches) branch.cancel(reasons);
  }

  /** The caller's CANCEL: ends the branches, or the request where there are none to wait for. */
  cancelByCaller(reasons: readonly string[]): void {
    this.canceled = true;
    this.#endSuspensions();
    this.cancel(this.plan.ways.callerReason ? reasons : NO_REASONS);
    if (!this.pending) this.reply({ status: 487, reason: 'Request canceled' });
  }

  branchReplied(branch: Branch, reply: ReplyContext): void {
    for (const listen of this.#core.replyListeners) listen(reply);
    const { message, received, exchange } = reply;
    const name = branch.replyRoute;
    const route = name === undefined ? undefined : this.#core.routes.onreply?.[name];
    if (route === undefined) {
      this.#decide(branch, message, false);
      return;
    }
    const ctx = new ReplyContext({ message, received, exchange, request: this.ctx }, 'onreply');
    const result = runRoute(this.#core.log, 'onreply', () => route(ctx));
    if (result === undefined) this.#replyRouteEnded(branch, ctx);
    else void result.then(() => this.#replyRouteEnded(branch, ctx));
  }

  /** Also called for a negative reply: the branch is over, the fork perhaps not. */
  branchFailed(branch: Branch, winning: Winning): void {
    branch.end(winning);
    if (this.#mayFailOver(winning) && failover(this.#core, this, branch)) {
      branch.forget();
      return;
    }
    if (winning.status >= 600 && this.plan.ways.sixHundredEnds) this.cancel(this.#because(winning.status));
    const name = branch.failureRoute;
    const route = name === undefined ? undefined : this.#core.routes.branch_failure?.[name];
    if (route === undefined || this.answered) this.settle();
    else this.#runFailure(route, branch, branch.parts?.ctx.branchIndex ?? 0);
  }

  /** The request route has ended: a transaction that nobody relays or answers must not stay. */
  routeEnded(): void {
    this.#routeOver = true;
    this.settle();
  }

  /** When nothing is left to wait for, the best reply goes back, unless a failure route has another plan. */
  settle(): void {
    if (this.busy > 0 || this.pending) return;
    if (this.answered) {
      this.#forget();
      return;
    }
    const best = pickBest(this.#outcomes());
    if (best === undefined) {
      if (this.#repliesDropped) this.reply(this.relayFailure ?? NO_REPLY);
      else if (this.#routeOver) this.#abandon();
      return;
    }
    const name = this.plan.failure;
    this.plan.failure = undefined;
    const route = name === undefined ? undefined : this.#core.routes.failure?.[name];
    const chosen = route && (this.branches.find(({ outcome }) => outcome === best) ?? this.#blind);
    if (route === undefined || chosen === undefined) this.#answerWith(best);
    else this.#runFailure(route, chosen);
  }

  #tellResponse(route: EventRoute, message: SipResponse, bytes: Uint8Array): void {
    const { ctx, exchange } = this;
    if (ctx === undefined) return;
    const received = { ...ctx.received, bytes };
    const own = new ReplyContext({ message, received, exchange, request: ctx }, 'event');
    void runRoute(this.#core.log, 'tm:local-response', () => route(own));
  }

  /** A suspended request is about the request, a suspended reply about its branch. */
  #heldOf(ctx: RequestContext | ReplyContext): Held | undefined {
    if ('branches' in ctx) return { kind: 'request', ctx, message: ctx.message.fork() };
    const branch = this.branchIn(ctx.message);
    return branch === undefined ? undefined : { kind: 'reply', ctx, branch };
  }

  #patience(frTimerMs: number): number {
    const left = this.endOfLife === undefined ? frTimerMs : this.endOfLife - this.#core.engine.world.clock.now();
    return Math.max(1, Math.min(frTimerMs, left));
  }

  #again({ message, received, exchange }: ReplyContext): ReplyContext {
    return new ReplyContext({ message, received, exchange, request: this.ctx }, 'onreply');
  }

  #replyRouteEnded(branch: Branch, ctx: ReplyContext): void {
    if (this.#suspended?.took(ctx) !== true) this.#decide(branch, ctx.message, ctx.dropped);
  }

  /** The route in which something went on has ended. */
  #resumed(held: Held, own: RequestContext | ReplyContext): void {
    if (held.kind === 'request') {
      this.busy--;
      this.#settleResumed();
    } else if (!('branches' in own)) {
      this.#replyRouteEnded(held.branch, own);
    }
  }

  /** A request that goes on and is neither relayed nor answered nor suspended again gets a reply all the same. */
  #settleResumed(): void {
    const idle = this.busy === 0 && !this.pending && !this.answered && this.#outcomes().length === 0;
    if (!idle) this.settle();
    else if (this.plan.ways.answersFailure) this.reply(this.relayFailure ?? NO_REPLY);
    else this.#abandon();
  }

  #suspensionExpired(held: Held): void {
    if (held.kind === 'reply') {
      this.#decide(held.branch, held.ctx.message, held.ctx.dropped);
      return;
    }
    this.busy--;
    this.#core.stats.timeouts.value++;
    this.#blind = BLIND;
    // A failure route says where else it is to go.
    this.spent = { uri: held.message.uri, destination: held.ctx.destination.uri };
    this.settle();
  }

  /** Nothing goes on any more: it is answered, cancelled or over. */
  #endSuspensions(): void {
    if (this.#suspended === undefined) return;
    for (const held of this.#suspended.end()) {
      if (held.kind === 'request') this.busy--;
      else this.#decide(held.branch, held.ctx.message, held.ctx.dropped);
    }
  }

  /** A dropped final reply counts all the same: only provisional ones can be dropped here. */
  #decide(branch: Branch, message: SipResponse, dropped: boolean): void {
    const { status } = message;
    if (status < 200) {
      if ((status > 100 || this.#core.settings.relays100) && !dropped && !this.answered)
        this.#relayReply(status, message.fork());
    } else if (status < 300) {
      this.#succeeded(branch, message);
    } else if (branch.pending) {
      this.branchFailed(branch, { status, reason: message.reason, response: message });
    }
  }

  /** RFC 3261 16.7 item 5: a 2xx to an INVITE is forwarded at once, however many there are. */
  #succeeded(branch: Branch, response: SipResponse): void {
    branch.pending = false;
    if (this.isInvite || !this.answered) this.#relayReply(response.status, response.fork());
    this.cancel(this.#because(response.status));
    this.settle();
  }

  /** Of our own CANCELs, as Kamailio writes it (RFC 3326). */
  #because(status: number): readonly string[] {
    if (!this.#core.settings.localCancelReason) return NO_REASONS;
    return status === 200 ? ELSEWHERE : [`SIP;cause=${status}`];
  }

  /** RFC 3263 4.3: the next address is for a next hop that failed or is overloaded, not for one that said no. */
  #mayFailOver({ status, response }: Winning): boolean {
    return this.plan.ways.failover && (response === undefined || status === 503);
  }

  /** `branchIndex`: of the branch that failed, or -1 when all have. */
  #runFailure(route: RequestRoute, { outcome, timedOut, replied }: Branch | Blind, branchIndex = -1): void {
    const { ctx } = this;
    if (ctx === undefined || outcome === undefined) return;
    const winning = { ...outcome, timedOut, replied };
    const kind = branchIndex < 0 ? 'failure' : 'branch_failure';
    const before = this.branches.length;
    const { batch } = this;
    this.dropReplies = this.#core.settings.failureReplies;
    const own = ctx.derive(ctx.message.fork(), { route: kind, branchIndex, winning });
    own.destination.set(ctx.destination);
    this.busy++;
    const ran = runRoute(this.#core.log, kind, () => route(own));
    const ended = (): void => {
      this.busy--;
      if (kind === 'failure') this.#drop(before, batch);
      this.settle();
    };
    if (ran === undefined) ended();
    else void ran.then(ended);
  }

  /** Of the branches that there were before the failure route ran. */
  #drop(before: number, batch: number): void {
    const which = this.dropReplies;
    if (which === 'none' || (which === 'ifMore' && this.branches.length === before)) return;
    for (const branch of this.branches.slice(which === 'last' ? batch : 0, before)) branch.forget();
    this.#blind = undefined;
    this.#repliesDropped = true;
  }

  #outcomes(): readonly Winning[] {
    const outcomes: Winning[] = [];
    for (const { outcome } of this.branches) if (outcome !== undefined) outcomes.push(outcome);
    if (this.#blind !== undefined) outcomes.push(this.#blind.outcome);
    return outcomes;
  }

  #answerWith({ status, reason, response }: Winning): void {
    if (response === undefined) {
      // A branch that was cancelled and never answered.
      if (this.canceled) this.reply({ status: 487, reason: 'Request Terminated' });
      else this.reply(status === 503 ? UNSENT : { status, reason });
      return;
    }
    const copy = relayedCopy(response, this.#outcomes(), this.#core.settings);
    this.#relayReply(copy.status, copy);
    this.#forget();
  }

  #relayReply(status: number, copy: SipResponse): void {
    this.#core.stats.replies_relayed.value++;
    const { engine } = this.#core;
    const branch = copy.topVia?.branch;
    this.lastStatus = status;
    copy.headers.removeFirstValue(H.Via);
    engine.screen?.relay(copy, { exchange: this.exchange, branch, to: this.#server.flow });
    // RFC 3261 16.7 item 3: without a further Via "the response was meant for this element and MUST NOT be forwarded".
    if (!copy.headers.has(H.Via)) {
      this.#core.stats.replies_without_via.value++;
      return;
    }
    this.#server.respond(this.ctx, status, copy.serialize());
  }

  /** Nobody answers: the reason why relaying failed does, or the request is forgotten and comes again as a new one. */
  #abandon(): void {
    if (this.relayFailure !== undefined) {
      this.reply(this.relayFailure);
      return;
    }
    const { ctx } = this;
    this.#core.log.write('warn', 'the route ended without relaying or answering its transaction', {
      method: ctx?.message.method,
    });
    if (ctx !== undefined) ctx.state.replier = undefined;
    this.#server.release();
    this.#close();
  }

  /** What waits for its timers from now on keeps no messages. */
  #forget(): void {
    for (const branch of this.branches) branch.forget();
    this.branches = [];
    this.spent = undefined;
    this.#close();
  }

  #close(): void {
    if (this.ctx !== undefined) this.#core.tables.underWay--;
    this.ctx = undefined;
    this.#endSuspensions();
    if (this.#ident !== undefined) this.#core.tables.idents.forget(this.#ident);
  }
}

/** The request as it was, in the kind of route that Kamailio lets it go on in. */
function continued({ ctx, message }: Extract<Held, { kind: 'request' }>): RequestContext {
  const own = ctx.derive(message, { route: 'failure', winning: ctx.winning });
  own.destination.set(ctx.destination);
  return own;
}
