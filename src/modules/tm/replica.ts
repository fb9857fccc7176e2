/**
 * A copy of a request that goes elsewhere for its own sake: branches like those of a transaction, whose replies run their
 * onreply route and go no further. The request itself is answered by its route.
 */
import { ReplyContext, type RequestContext, type Winning } from '../../engine/context.ts';
import { sendDialogAck } from '../../engine/dialog-ack.ts';
import type { Cause, Exchange } from '../../engine/exchange.ts';
import { runRoute } from '../../engine/run-route.ts';
import { buildDialogAck } from '../../sip/reply.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Branch } from './branch.ts';
import type { TmCore } from './core.ts';
import type { Fork, Spent } from './fork.ts';
import type { Plan } from './plan.ts';
import { failover, type RelayOutcome, relay } from './relay.ts';

export class Replica implements Fork {
  readonly id: string;
  readonly exchange: Exchange;
  readonly cause: Cause;
  readonly plan: Plan;
  readonly endOfLife: Instant | undefined;
  branches: Branch[] = [];
  branchPlans: Map<RequestContext, Plan> | undefined = undefined;
  relayFailure: Winning | undefined = undefined;
  spent: Spent | undefined = undefined;
  batch = 0;
  busy = 0;
  ctx: RequestContext | undefined;
  readonly #core: TmCore;

  private constructor(core: TmCore, ctx: RequestContext, plan: Plan) {
    const { maxInviteMs, maxOtherMs } = plan.ways;
    const ms = ctx.message.method === 'INVITE' ? maxInviteMs : maxOtherMs;
    this.#core = core;
    this.ctx = ctx;
    this.exchange = ctx.exchange;
    this.cause = { kind: 'transaction', exchange: ctx.exchange };
    this.id = core.engine.branches.nextId();
    this.plan = plan;
    this.endOfLife = ms === 0 ? undefined : after(core.engine.world.clock.now(), ms);
  }

  /** Sends the copies. `plan`: what the route armed for them. */
  static send(core: TmCore, ctx: RequestContext, plan: Plan): RelayOutcome | Promise<RelayOutcome> {
    const replica = new Replica(core, ctx, { ...plan, failure: undefined, branchFailure: undefined });
    core.tables.underWay++;
    const outcome = relay(core, replica, ctx);
    if (!(outcome instanceof Promise)) replica.settle();
    return outcome;
  }

  get open(): boolean {
    return this.ctx !== undefined;
  }

  branchReplied(branch: Branch, { message, received, exchange }: ReplyContext): void {
    const name = branch.replyRoute;
    const route = name === undefined ? undefined : this.#core.routes.onreply?.[name];
    if (route !== undefined) {
      const ctx = new ReplyContext({ message, received, exchange, request: this.ctx }, 'onreply');
      void runRoute(this.#core.log, 'onreply', () => route(ctx));
    }
    const { status, reason } = message;
    const invite = branch.parts?.sent;
    if (status >= 200 && status < 300 && invite?.method === 'INVITE') {
      sendDialogAck(this.#core.engine, buildDialogAck(invite, message), { flow: branch.flow, cause: this.cause });
    }
    if (status < 200 || !branch.pending) return;
    branch.end({ status, reason, response: message });
    this.settle();
  }

  branchFailed(branch: Branch, winning: Winning): void {
    branch.end(winning);
    if (this.plan.ways.failover) failover(this.#core, this, branch);
    this.settle();
  }

  settle(): void {
    if (this.ctx === undefined || this.busy > 0 || this.branches.some(({ pending }) => pending)) return;
    for (const branch of this.branches) branch.forget();
    this.branches = [];
    this.ctx = undefined;
    this.#core.tables.underWay--;
  }
}
