/**
 * A request and all that becomes of it: the server transaction towards the caller, the branches, and the response
 * context of RFC 3261 section 16.7 that decides which reply goes back. It is what answers its request.
 */
import type { RequestClaim } from '../../engine/claim.ts';
import {
  ReplyContext,
  type ReplyOrder,
  type ReplyOutcome,
  type Replier,
  type RequestContext,
  type RequestRoute,
  type Winning,
} from '../../engine/context.ts';
import type { Exchange } from '../../engine/exchange.ts';
import type { TimerEntry, Waiting } from '../../engine/timers.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import type { Effects } from '../../transaction/effect.ts';
import { InviteServer } from '../../transaction/invite-server.ts';
import { NonInviteServer } from '../../transaction/non-invite-server.ts';
import { type Flow, isReliable } from '../../transport/flow.ts';
import type { Branch, BranchOwner } from './branch.ts';
import type { TmCore } from './core.ts';
import { addChallenges, pickBest } from './pick.ts';
import type { Plan } from './plan.ts';
import { runRoute } from './run-route.ts';
import type { ServerSide } from './tables.ts';

const ELSEWHERE = ['SIP;cause=200;text="Call completed elsewhere"'];

export interface TransactionParts {
  readonly ctx: RequestContext;
  readonly plan: Plan;
  readonly keys: { readonly server: string; readonly merged: string | undefined };
  /** Tries the next address of a failed branch. */
  readonly failover: (transaction: Transaction, failed: Branch) => boolean;
}

export class Transaction implements ServerSide, RequestClaim, BranchOwner, Replier, Waiting {
  readonly ctx: RequestContext;
  readonly id: string;
  readonly branches: Branch[] = [];
  readonly plan: Plan;
  canceled = false;
  /** Relaying has begun and waits for a name to resolve or a route to end. */
  busy = 0;
  /** Why relaying failed: the reply to give when the route ends without another. */
  relayFailure: Winning | undefined = undefined;
  readonly #core: TmCore;
  readonly #parts: TransactionParts;
  readonly #server: InviteServer | NonInviteServer;
  #timer: TimerEntry | undefined = undefined;

  constructor(core: TmCore, parts: TransactionParts) {
    this.#core = core;
    this.#parts = parts;
    this.ctx = parts.ctx;
    this.plan = parts.plan;
    this.id = core.engine.branches.nextId();
    const { message, received } = parts.ctx;
    const config = { timers: core.settings.timers, reliable: isReliable(received.flow.transport) };
    this.#server = message.method === 'INVITE' ? new InviteServer(config) : new NonInviteServer(config);
  }

  get exchange(): Exchange {
    return this.ctx.exchange;
  }

  get received(): Flow {
    return this.ctx.received.flow;
  }

  get pending(): boolean {
    return this.branches.some((branch) => branch.pending);
  }

  /** A request that matches: the same again, an ACK to our negative reply, or a CANCEL, which only the route handles. */
  takeRequest(request: SipRequest): 'absorbed' | 'route' {
    if (request.method === 'CANCEL' && this.ctx.message.method === 'INVITE') return 'route';
    if (request.method === 'ACK') {
      if (!(this.#server instanceof InviteServer)) return 'absorbed';
      const effects = this.#server.onAck(this.#core.engine.world.clock.now());
      this.#perform(effects);
      return effects.some(({ kind }) => kind === 'deliver') ? 'route' : 'absorbed';
    }
    this.#core.stats.retransmissions_in.value++;
    this.#perform(this.#server.onRetransmission());
    return 'absorbed';
  }

  /** A reply of our own. */
  reply(order: ReplyOrder): ReplyOutcome {
    const { state, message } = this.ctx;
    if (state.answered) return 'answered';
    this.#core.stats.replies_local.value++;
    const response = this.#core.engine.replies.stateful(message, order, state);
    this.#respond(order.status, response);
    return 'sent';
  }

  /** Ends every pending branch of an INVITE. */
  cancel(reasons: readonly string[]): void {
    for (const branch of this.branches) branch.cancel(reasons);
  }

  branchReplied(branch: Branch, reply: ReplyContext): void | Promise<void> {
    const name = branch.parts.armed.reply;
    const route = name === undefined ? undefined : this.#core.routes.onreply?.[name];
    if (route === undefined) return this.#decide(branch, reply);
    const { message, received, exchange } = reply;
    const ctx = new ReplyContext({ message, received, exchange, request: this.ctx }, 'onreply');
    const result = runRoute(this.#core.log, 'onreply', () => route(ctx));
    return result instanceof Promise ? result.then(() => this.#decide(branch, ctx)) : this.#decide(branch, ctx);
  }

  branchFailed(branch: Branch, winning: Winning): void | Promise<void> {
    return this.#branchEnded(branch, winning);
  }

  onDeadline(): void {
    this.#timer = undefined;
    this.#perform(this.#server.onDeadline(this.#core.engine.world.clock.now()));
  }

  /** Called when the request route has ended: a transaction that nobody relays or answers must not stay. */
  routeEnded(): void {
    if (this.busy > 0 || this.pending || this.ctx.state.answered) return;
    if (this.relayFailure !== undefined) {
      this.reply(this.relayFailure);
    } else if (this.branches.length === 0) {
      this.#core.log.write('warn', 'the route ended without relaying or answering its transaction', {
        method: this.ctx.message.method,
      });
      this.release();
    }
  }

  /** Forgets the server side: a retransmission of the request will be a new one. */
  release(): void {
    const { server, merged } = this.#parts.keys;
    this.#core.tables.servers.delete(server);
    if (merged !== undefined) this.#core.tables.merged.delete(merged);
    this.#timer = this.#core.engine.timers.set(this.#timer, undefined, this);
    if (this.ctx.state.replier === this) this.ctx.state.replier = undefined;
  }

  #decide(branch: Branch, reply: ReplyContext): void | Promise<void> {
    const { message } = reply;
    const { status } = message;
    if (status === 100) return undefined;
    if (status < 200) {
      if (!reply.dropped && !this.ctx.state.answered) this.#relayReply(status, message.fork());
      return undefined;
    }
    if (status < 300) return this.#succeeded(branch, message);
    if (!branch.pending) return undefined;
    return this.#branchEnded(branch, { status, reason: message.reason, response: message });
  }

  /** RFC 3261 16.7 item 5: a 2xx to an INVITE is forwarded at once, however many there are. */
  #succeeded(branch: Branch, response: SipResponse): void {
    branch.final ??= { status: response.status, reason: response.reason, response: undefined };
    if (this.ctx.message.method === 'INVITE' || !this.ctx.state.answered) {
      this.#relayReply(response.status, response.fork());
    }
    for (const other of this.branches) if (other !== branch) other.cancel(ELSEWHERE);
  }

  #branchEnded(branch: Branch, winning: Winning): void | Promise<void> {
    branch.final = winning;
    if (this.#mayFailOver(winning) && this.#parts.failover(this, branch)) return undefined;
    if (winning.status >= 600) this.cancel([]);
    const name = branch.parts.armed.branchFailure;
    const route = name === undefined ? undefined : this.#core.routes.branch_failure?.[name];
    if (route === undefined || this.ctx.state.answered) return this.#settle();
    return this.#runFailure(route, winning, { route: 'branch_failure', branchIndex: branch.parts.ctx.branchIndex });
  }

  /** RFC 3263 4.3: the next address is for a next hop that failed or is overloaded, not for one that said no. */
  #mayFailOver({ status, response }: Winning): boolean {
    return this.#core.settings.dnsFailover && !this.canceled && (response === undefined || status === 503);
  }

  /** When no branch is left waiting, the best reply goes back, unless a failure route has another plan. */
  #settle(): void | Promise<void> {
    if (this.ctx.state.answered || this.pending || this.busy > 0) return undefined;
    const best = this.#best();
    if (best === undefined) return undefined;
    const name = this.plan.failure;
    this.plan.failure = undefined;
    const route = name === undefined ? undefined : this.#core.routes.failure?.[name];
    if (route === undefined) return this.#answerWith(best);
    return this.#runFailure(route, best, { route: 'failure' });
  }

  #runFailure(
    route: RequestRoute,
    winning: Winning,
    as: { readonly route: 'failure' | 'branch_failure'; readonly branchIndex?: number },
  ): void | Promise<void> {
    const ctx = this.ctx.derive(this.ctx.message.fork(), { ...as, winning });
    this.busy++;
    const result = runRoute(this.#core.log, as.route, () => route(ctx));
    const ended = (): void | Promise<void> => {
      this.busy--;
      return this.#settle();
    };
    return result instanceof Promise ? result.then(ended) : ended();
  }

  #best(): Winning | undefined {
    return pickBest(this.branches.flatMap(({ final }) => (final === undefined || final.status < 300 ? [] : [final])));
  }

  #answerWith(best: Winning): void {
    const { response } = best;
    if (response === undefined) {
      this.reply({ status: best.status, reason: best.reason });
      return;
    }
    const copy = response.fork();
    const { remap503, aggregateChallenges } = this.#core.settings;
    const status = remap503 && best.status === 503 ? 500 : best.status;
    if (status !== best.status) copy.setStatus(status, 'Server Internal Error');
    const finals = this.branches.flatMap(({ final }) => (final === undefined ? [] : [final]));
    if (aggregateChallenges) addChallenges(copy, response, finals);
    this.#relayReply(status, copy);
  }

  #relayReply(status: number, copy: SipResponse): void {
    this.#core.stats.replies_relayed.value++;
    copy.headers.removeFirstValue(H.Via);
    this.#respond(status, copy);
  }

  #respond(status: number, response: SipResponse): void {
    const bytes = response.serialize();
    const effects = this.#server.onResponse(this.#core.engine.world.clock.now(), status, bytes);
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(status, effect.bytes);
    }
    this.#rearm();
    if (status >= 300) this.cancel([]);
  }

  #perform(effects: Effects): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        this.#core.stats.retransmissions_out.value++;
        this.#send(0, effect.bytes);
      } else if (effect.kind === 'terminated') {
        this.release();
        return;
      }
    }
    this.#rearm();
  }

  #send(status: number, bytes: Uint8Array): void {
    this.#core.engine.sendReply(this.ctx, { status, bytes, cause: { kind: 'transaction', exchange: this.exchange } });
  }

  #rearm(): void {
    this.#timer = this.#core.engine.timers.set(this.#timer, this.#server.deadline, this);
  }
}
