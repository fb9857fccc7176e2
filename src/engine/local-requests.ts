/**
 * Requests that we send of our own accord, each a client transaction of its own (RFC 3261 section 17.1). They go through
 * the door; who sends one may have it sent once more, with an answer to a challenge.
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { DEFAULT_TIMERS, type InviteClientConfig } from '../transaction/timers.ts';
import { type Flow, isReliable, type Listener } from '../transport/flow.ts';
import type { ResponseClaim } from './claim.ts';
import type { NextHop, ReplyContext, RequestContext, RouteResult } from './context.ts';
import { sendDialogAck, viaOf } from './dialog-ack.ts';
import type { Engine } from './engine.ts';
import { type Cause, Exchange } from './exchange.ts';
import { ownRequest } from './internal-request.ts';
import { LocalTransaction } from './local-transaction.ts';
import type { Log } from './log.ts';
import type { HopResult } from './next-hop.ts';
import { runRoute } from './run-route.ts';

/** Requests that wait for their answer. */
export const MAX_LOCAL_REQUESTS = 10_000;

/** What came of it: the status, 408 for no answer, 477 for one that could not be sent. */
export type Answered = (status: number, reply: ReplyContext | undefined) => void;

/** What it may be before it leaves: it may be changed, or dropped. */
export interface Preparation {
  readonly route: (ctx: RequestContext) => RouteResult;
  readonly log: Log;
}

export interface LocalRequest {
  readonly module: string;
  /** Without Via. */
  readonly request: SipRequest;
  /** Next hop instead of the Request-URI. */
  readonly target: string | undefined;
  /** Where to send it from. */
  readonly listener: Listener | undefined;
  readonly prepare?: Preparation | undefined;
  /** The request to send instead, once, because of this final reply. */
  readonly retry?: (request: SipRequest, response: SipResponse) => SipRequest | undefined;
  readonly timers?: Pick<InviteClientConfig, 'timers' | 'frTimerMs' | 'frInvTimerMs'>;
  readonly answered: Answered;
}

/** A request on its way: where to, and what it is part of. */
interface Ready {
  readonly order: LocalRequest;
  readonly request: SipRequest;
  readonly exchange: Exchange;
  readonly cause: Cause;
}

export class LocalRequests {
  /** Requests that were sent since the beginning. */
  sent = 0;
  readonly #engine: Engine;
  readonly #pending = new Map<string, LocalTransaction>();
  /** Requests whose next hop DNS is asked for. */
  #locating = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get size(): number {
    return this.#pending.size + this.#locating;
  }

  /** `full`: there are too many. `dropped`: by the route that prepared it. */
  send(order: LocalRequest): 'sent' | 'full' | 'dropped' {
    if (this.size >= MAX_LOCAL_REQUESTS) return 'full';
    const { prepare, module } = order;
    const request = this.#named(order.request);
    const ctx = prepare === undefined ? undefined : this.#prepared({ ...order, request }, prepare);
    if (ctx?.dropped === true) return 'dropped';
    const exchange = ctx?.exchange ?? new Exchange();
    const cause: Cause = ctx === undefined ? { kind: 'local', module } : { kind: 'transaction', exchange };
    const ready = { order, request: ctx?.message ?? request, exchange, cause };
    const hop = this.#engine.hops.resolve(ready.request.parsedUri, destinationOf(order, ctx), undefined);
    if (hop instanceof Promise) void this.#located(ready, hop);
    else this.#go(ready, hop);
    return 'sent';
  }

  claim(response: SipResponse): ResponseClaim | undefined {
    const branch = response.topVia?.branch;
    const method = response.cseq?.method;
    if (branch === undefined || method === undefined) return undefined;
    return this.#pending.get(this.#engine.branches.clientKey(branch, method));
  }

  /** With the header that says who we are, unless it says so itself. */
  #named(request: SipRequest): SipRequest {
    const { requestHeader } = this.#engine;
    if (requestHeader === undefined || request.headers.has(requestHeader[0])) return request;
    const own = request.fork();
    own.headers.append(...requestHeader);
    return own;
  }

  #prepared({ request, target, listener }: LocalRequest, { route, log }: Preparation): RequestContext {
    const ctx = ownRequest(this.#engine, request.fork());
    ctx.destination.set({ uri: target ?? request.uri, listener, flow: undefined, route: undefined });
    void runRoute(log, 'tm:local-request', () => route(ctx));
    return ctx;
  }

  async #located(ready: Ready, hop: Promise<HopResult>): Promise<void> {
    this.#locating++;
    const found = await hop;
    this.#locating--;
    this.#go(ready, found);
  }

  #go(ready: Ready, found: HopResult): void {
    if (found.kind === 'hop') this.#start(ready, found.flow, ready.order.retry !== undefined);
    else ready.order.answered(found.status, undefined);
  }

  #start(ready: Ready, flow: Flow, mayRetry: boolean): void {
    const { branches } = this.#engine;
    const branch = branches.branch(branches.nextId(), 0);
    const sent = ready.request.fork();
    sent.headers.prepend(H.Via, viaOf(flow, branch));
    const again = (response: SipResponse): boolean => mayRetry && this.#again(ready, flow, response);
    this.sent++;
    this.#transact(ready, flow, sent, (status, reply) => {
      if (reply === undefined || !again(reply.message)) ready.order.answered(status, reply);
    });
  }

  #transact(ready: Ready, flow: Flow, sent: SipRequest, answered: Answered): void {
    const { order, exchange, cause } = ready;
    const key = this.#engine.branches.clientKey(sent.topVia?.branch ?? '', sent.method);
    const transaction = new LocalTransaction(this.#engine, {
      sent,
      flow,
      exchange,
      cause,
      config: { timers: DEFAULT_TIMERS, ...order.timers, reliable: isReliable(flow.transport) },
      answered,
      acknowledge: (ack) => sendDialogAck(this.#engine, ack, { flow, cause }),
      // Nobody waits for what a CANCEL is answered.
      cancel: (cancel) => this.#transact(ready, flow, cancel, () => undefined),
      over: () => void this.#pending.delete(key),
    });
    this.#pending.set(key, transaction);
    transaction.start();
  }

  /** RFC 3261 22.2: the request is sent again, with credentials and a CSeq that is one higher. */
  #again(ready: Ready, flow: Flow, response: SipResponse): boolean {
    const request = ready.order.retry?.(ready.request, response);
    if (request === undefined) return false;
    this.#start({ ...ready, request }, flow, false);
    return true;
  }
}

function destinationOf({ target, listener }: LocalRequest, ctx: RequestContext | undefined): NextHop {
  return ctx?.destination ?? { uri: target, listener, flow: undefined, route: undefined };
}
