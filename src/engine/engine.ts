/** The parts of a proxy that modules build on, made once and shared by all its programs. */
import type { BranchFactory } from '../transaction/branch.ts';
import type { Locator } from '../transport/locate.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';
import type { World } from '../world/world.ts';
import type { ReplyOrder, ReplyOutcome, RequestContext } from './context.ts';
import { CommandTable } from './command.ts';
import { Door, type SendResult } from './door.ts';
import type { Cause } from './exchange.ts';
import { ExchangeMemory } from './exchange-memory.ts';
import { replyFlow } from './hop-by-hop.ts';
import { NextHops } from './next-hop.ts';
import { ReplyFactory, type ReplyHeader } from './reply-factory.ts';
import type { Screen } from './screen.ts';
import { StatusCounts } from './status-counts.ts';
import { Timers } from './timers.ts';

export interface OutgoingReply {
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly cause: Cause;
}

export interface EngineParts {
  readonly world: World;
  readonly transport: TransportLayer;
  readonly locator: Locator;
  readonly branches: BranchFactory;
  readonly replyHeader?: ReplyHeader | undefined;
  readonly requestHeader?: ReplyHeader | undefined;
}

export class Engine {
  readonly world: World;
  readonly transport: TransportLayer;
  readonly door: Door;
  readonly timers: Timers;
  readonly hops: NextHops;
  readonly memory = new ExchangeMemory();
  /** Replies that no transaction sent. */
  readonly stateless = new StatusCounts();
  /** What may be called over RPC. */
  readonly commands = new CommandTable();
  readonly branches: BranchFactory;
  readonly replies: ReplyFactory;
  /** In every request that is made here. */
  readonly requestHeader: ReplyHeader | undefined;
  /** Topology hiding of the program in force, or of the last one that had any. */
  screen: Screen | undefined = undefined;

  constructor(parts: EngineParts) {
    this.world = parts.world;
    this.transport = parts.transport;
    this.branches = parts.branches;
    this.replies = new ReplyFactory(parts.world.random, parts.replyHeader);
    this.requestHeader = parts.requestHeader;
    this.door = new Door(parts.transport, parts.world.clock);
    this.timers = new Timers(parts.world.clock);
    this.hops = new NextHops(parts.transport, parts.locator);
  }

  /**
   * Answers a request: through its transaction where it has one, else statelessly. RFC 3261 gives a request one final
   * response, so a second one is refused.
   */
  reply(ctx: RequestContext, order: ReplyOrder): ReplyOutcome {
    if (ctx.message.method === 'ACK') return 'ack';
    if (ctx.state.answered) return 'answered';
    if (ctx.state.replier !== undefined) return ctx.state.replier.reply(order);
    const bytes = this.replies.stateless(ctx.message, order, ctx.state).serialize();
    this.sendReply(ctx, { status: order.status, bytes, cause: ctx.cause });
    return 'sent';
  }

  /** Sends the bytes of a reply to where the request came from. A final one is noted, so that its ACK finds the exchange. */
  sendReply(ctx: RequestContext, { status, bytes, cause }: OutgoingReply): SendResult {
    if (cause.kind === 'route') this.stateless.count(status);
    if (status >= 200) {
      ctx.state.answered = true;
      if (ctx.message.method === 'INVITE') {
        const now = this.world.clock.now();
        this.memory.rememberInvite(ctx.message, ctx.exchange, now);
        const isTagged = ctx.message.toTag !== undefined;
        if (status >= 300 && isTagged && cause.kind === 'route') {
          this.memory.rememberRefusal(ctx.message, ctx.message.topVia?.branch, now);
        }
      }
    }
    const { message, received, state } = ctx;
    const bound = state.replyNoConnect && received.flow.connection !== 0;
    const flow = bound
      ? (this.transport.flowOf(received.flow.connection) ?? received.flow)
      : replyFlow(message, received.flow, this.transport);
    const result = this.door.send(bytes, flow, cause);
    if (state.replyClose && status >= 200) this.transport.end(flow);
    return result;
  }
}
