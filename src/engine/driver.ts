/**
 * The driver loop: bytes, parse, verdict, whose message is it, show it to the taps, run the route. Synchronous unless a
 * route waits. It owns no state but counters; a throw in a route becomes a 500 and a log line, and nothing else.
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { type ParseResult, parseMessage } from '../sip/parse.ts';
import { judge } from '../sip/verdict.ts';
import { hostAddress } from '../sip/uri.ts';
import type { Via } from '../sip/via.ts';
import type { Flow } from '../transport/flow.ts';
import { defaultPort } from '../transport/listen-address.ts';
import { RateLimit } from '../util/rate-limit.ts';
import { Arrivals } from './arrivals.ts';
import type { RequestClaim, ResponseClaim } from './claim.ts';
import { type Passage, type Received, ReplyContext, RequestContext, type RouteResult } from './context.ts';
import type { Engine } from './engine.ts';
import { Exchange } from './exchange.ts';
import { forwardReply } from './forward.ts';
import { markSource } from './hop-by-hop.ts';
import type { Log, LogFields } from './log.ts';
import type { Program } from './program.ts';
import type { Admission, Arrival } from './screen.ts';
import { answerOnFlow, isHttp } from './web.ts';

/** At most one line about bad messages per source address in this time. */
export const BAD_MESSAGE_LOG_MS = 10_000;
const BAD_MESSAGE_SOURCES = 1_000;

export const newDriverCounters = () => ({
  requests: 0,
  replies: 0,
  /** Answered with 4xx or 5xx before any route, or discarded. */
  malformed: 0,
  /** Replies whose topmost Via is not ours. */
  foreignReplies: 0,
  /** Replies forwarded without a transaction, and those for nobody. */
  strayReplies: 0,
  routeErrors: 0,
});
export type DriverCounters = ReturnType<typeof newDriverCounters>;

export interface DriverPolicy {
  /** Kamailio's tcp_accept_aliases. */
  readonly acceptAliases: boolean;
}

/** What a proxy that is being stopped tells a caller who begins something new. */
const RETRY_AFTER_SECONDS = '10';

export class Driver {
  /** New calls are refused from now on; those that run go on. */
  draining = false;
  readonly counters: DriverCounters = newDriverCounters();
  readonly arrivals = new Arrivals();
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #policy: DriverPolicy;
  readonly #badSources = new RateLimit<string>({
    intervalMs: BAD_MESSAGE_LOG_MS,
    burst: 1,
    maxKeys: BAD_MESSAGE_SOURCES,
  });
  #program: Program;

  constructor(engine: Engine, program: Program, log: Log, policy: DriverPolicy = { acceptAliases: false }) {
    this.#engine = engine;
    this.#program = program;
    this.#log = log;
    this.#policy = policy;
  }

  get program(): Program {
    return this.#program;
  }

  /** Messages that arrive from now on run through `program`; transactions keep the one they were born in. */
  set program(program: Program) {
    this.#program = program;
    this.#engine.door.taps = program.taps;
    if (program.screen === undefined) this.#engine.screen?.retire();
    else this.#engine.screen = program.screen;
    this.#engine.commands.program = program;
  }

  packet(received: Received): void {
    const parsed = parseMessage(received.bytes);
    switch (parsed.kind) {
      case 'request':
        this.#request(parsed.message, received);
        return;
      case 'response':
        this.#response(parsed.message, received);
        return;
      case 'malformed':
        this.#malformed(parsed, received);
        return;
    }
  }

  #request(message: SipRequest, received: Received): void {
    this.counters.requests++;
    this.arrivals.request(message.method);
    const verdict = judge(message);
    const via = message.topVia;
    if (verdict.kind !== 'ok' || via === undefined) {
      const { flow } = received;
      if (isHttp(message, flow)) return answerOnFlow({ message, flow, program: this.#program, engine: this.#engine });
      if (verdict.kind === 'reject') this.#refuse(message, received, verdict);
      else this.#discard(received, verdict.kind === 'discard' ? verdict.rule : 'no Via');
      return;
    }
    markSource(message, via, received.flow);
    if (this.#policy.acceptAliases && via.params.has('alias')) this.#alias(received.flow, via.port);
    const { screen } = this.#engine;
    screen?.recognise(message);
    const claim = this.#claimRequest(message, received);
    // What a transaction absorbs needs no restoring; a CANCEL goes through the route.
    if (screen === undefined || (claim !== undefined && message.method !== 'CANCEL') || this.#isOurAck(message)) {
      this.#enter(message, received, claim);
      return;
    }
    const admission = screen.request(message, received, claim !== undefined);
    if (!(admission instanceof Promise)) {
      this.#admit(message, received, { claim, admission });
      return;
    }
    // It may have come again while we waited.
    void admission.then(
      (late) => this.#admit(message, received, { claim: this.#claimRequest(message, received), admission: late }),
      (error: unknown) => this.#screenThrew(message, received, error),
    );
  }

  #screenThrew(message: SipRequest, received: Received, error: unknown): void {
    this.#log.write('error', 'topology hiding threw', { ...place(error), ...about(message) });
    this.#refuse(message, received, { status: 500, reason: 'Server Internal Error' });
  }

  #admit(message: SipRequest, received: Received, { claim, admission }: Admitted): void {
    if (admission.kind === 'enter') {
      this.#enter(message, received, claim, admission.passage);
      return;
    }
    const ctx = new RequestContext({ message, received, exchange: this.#exchangeOf(message, claim) });
    ctx.state.passage = admission.passage;
    this.#engine.door.arrived(received.bytes, received.flow, received.at, ctx.cause);
    this.#engine.reply(ctx, { status: admission.status, reason: admission.reason });
  }

  #exchangeOf(message: SipRequest, claim: RequestClaim | undefined): Exchange {
    const exchange = claim?.exchange ?? this.#acknowledged(message) ?? new Exchange();
    if (this.#engine.screen?.renamesCalls === true) exchange.callId ??= message.callId;
    return exchange;
  }

  #enter(message: SipRequest, received: Received, claim: RequestClaim | undefined, passage?: Passage): void {
    const exchange = this.#exchangeOf(message, claim);
    const ctx = new RequestContext({ message, received, exchange });
    ctx.state.passage = passage;
    if (passage?.nextHop !== undefined) ctx.destination.set(passage.nextHop);
    if (this.#engine.door.watched) exchange.journal ??= [];
    this.#engine.door.arrived(received.bytes, received.flow, received.at, ctx.cause);
    const taken = claim?.takeRequest(message, received.flow);
    if (taken === 'absorbed' || this.#isOurAck(message)) {
      exchange.journal = undefined;
      return;
    }
    if (taken === 'route' && message.method === 'ACK') {
      this.#acknowledge(ctx);
      return;
    }
    if (this.draining && beginsSomething(message)) {
      this.#engine.reply(ctx, { status: 503, headers: [['Retry-After', RETRY_AFTER_SECONDS]] });
      exchange.journal = undefined;
      return;
    }
    this.#run(ctx);
  }

  /** Some peers acknowledge a 2xx with the branch of its INVITE: it goes on like any request inside the dialog. */
  #acknowledge(ctx: RequestContext): void {
    const admission = this.#engine.screen?.request(ctx.message, ctx.received, true);
    const goOn = (found: Admission | undefined): void => {
      if (found?.kind === 'answer') return;
      const passage = found?.passage;
      ctx.state.passage = passage;
      if (passage?.nextHop !== undefined) ctx.destination.set(passage.nextHop);
      this.#run(ctx);
    };
    if (admission instanceof Promise) {
      void admission.then(goOn, (error: unknown) => this.#screenThrew(ctx.message, ctx.received, error));
    } else {
      goOn(admission);
    }
  }

  /** RFC 5923: the peer asks that requests to its sent-by port use this connection. */
  #alias(flow: Flow, port: number | undefined): void {
    if (flow.connection !== 0) this.#engine.transport.aliasFor(flow, port ?? defaultPort(flow.transport));
  }

  #claimRequest(message: SipRequest, received: Received): RequestClaim | undefined {
    for (const claimer of this.#program.claimers) {
      const claim = claimer.request?.(message, received.flow);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  #acknowledged(message: SipRequest): Exchange | undefined {
    return message.method === 'ACK' ? this.#engine.memory.ofAck(message, this.#engine.world.clock.now()) : undefined;
  }

  /** RFC 3261 17.1.1.3: the ACK to a negative reply is hop-by-hop; it ends here and is never forwarded. */
  #isOurAck(message: SipRequest): boolean {
    if (message.method !== 'ACK') return false;
    const { replies, memory, world } = this.#engine;
    return replies.isAckToStateless(message) || memory.isRefused(message, world.clock.now());
  }

  #run(ctx: RequestContext): void {
    const program = this.#program;
    let result: RouteResult | Promise<RouteResult>;
    try {
      result = program.routes.request(ctx);
    } catch (error) {
      this.#threw(ctx, error);
    }
    if (result instanceof Promise) {
      result.catch((error: unknown) => this.#threw(ctx, error)).finally(() => ended(program, ctx));
    } else {
      ended(program, ctx);
    }
  }

  #threw(ctx: RequestContext, error: unknown): void {
    this.counters.routeErrors++;
    this.#log.write('error', 'the request route threw', { ...place(error), ...about(ctx.message) });
    this.#engine.reply(ctx, { status: 500, reason: 'Server Internal Error' });
  }

  #response(message: SipResponse, received: Received): void {
    this.counters.replies++;
    this.arrivals.reply(message.status);
    const verdict = judge(message);
    if (verdict.kind !== 'ok') {
      this.#discard(received, verdict.kind === 'discard' ? verdict.rule : verdict.reason);
      return;
    }
    const { screen } = this.#engine;
    screen?.recognise(message);
    const via = message.topVia;
    const claim = this.#claimResponse(message);
    const known = claim?.exchange ?? this.#forwarded(via?.branch);
    // RFC 3261 18.1.2: a response whose topmost sent-by is not ours "MUST be silently discarded". A branch of ours says
    // that it is, whatever address a route has put there.
    if (via === undefined || (known === undefined && !this.#isOurs(via))) {
      this.counters.foreignReplies++;
      return;
    }
    const exchange = known ?? new Exchange();
    if (screen?.renamesCalls === true) exchange.callId ??= message.callId;
    const ctx = new ReplyContext({ message, received, exchange, request: claim?.request });
    this.#engine.door.arrived(received.bytes, received.flow, received.at, ctx.cause);
    const arrival = screen?.response(message, received, exchange) ?? 'own';
    if (!(arrival instanceof Promise)) this.#replied(ctx, { claim, arrival });
    else {
      void arrival.then(
        (late) => this.#replied(ctx, { claim, arrival: late }),
        (error: unknown) => this.#log.write('error', 'topology hiding threw', place(error)),
      );
    }
  }

  #replied(ctx: ReplyContext, origin: ReplyOrigin): void {
    const { reply } = this.#program.routes;
    if (reply === undefined) this.#pass(ctx, origin);
    else this.#replyRoute(ctx, origin, () => reply(ctx));
  }

  #replyRoute(ctx: ReplyContext, origin: ReplyOrigin, route: () => RouteResult | Promise<RouteResult>): void {
    let result: RouteResult | Promise<RouteResult>;
    try {
      result = route();
    } catch (error) {
      this.#replyRouteThrew(error);
    }
    if (result instanceof Promise) {
      result.catch((error: unknown) => this.#replyRouteThrew(error)).finally(() => this.#pass(ctx, origin));
    } else {
      this.#pass(ctx, origin);
    }
  }

  /** The reply goes on all the same: a bug in a script must not cost the call. */
  #replyRouteThrew(error: unknown): void {
    this.counters.routeErrors++;
    this.#log.write('error', 'the reply route threw', place(error));
  }

  #claimResponse(message: SipResponse): ResponseClaim | undefined {
    for (const claimer of this.#program.claimers) {
      const claim = claimer.response?.(message);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  #isOurs({ host, port }: Via): boolean {
    return this.#engine.transport.isLocal(hostAddress(host), port);
  }

  #forwarded(branch: string | undefined): Exchange | undefined {
    return branch === undefined ? undefined : this.#engine.memory.ofBranch(branch, this.#engine.world.clock.now());
  }

  #pass(ctx: ReplyContext, { claim, arrival }: ReplyOrigin): void {
    if (ctx.dropped) return;
    if (claim === undefined) {
      this.counters.strayReplies++;
      forwardReply(this.#engine, ctx, arrival);
      return;
    }
    const taken = claim.takeResponse(ctx);
    taken?.catch((error: unknown) => this.#replyRouteThrew(error));
  }

  #malformed(parsed: Extract<ParseResult, { kind: 'malformed' }>, received: Received): void {
    const { message } = parsed;
    if (message?.kind === 'request') this.#refuse(message, received, { status: 400, reason: parsed.text });
    else this.#discard(received, parsed.rule);
  }

  /** Answers what cannot be routed, to its source when the Via cannot be read; an ACK is never answered. */
  #refuse(message: SipRequest, received: Received, order: Refusal): void {
    this.#discard(received, order.reason);
    if (!message.headers.has(H.Via) || message.method === 'ACK') return;
    const via = message.topVia;
    if (via !== undefined) markSource(message, via, received.flow);
    const ctx = new RequestContext({ message, received, exchange: new Exchange() });
    this.#engine.door.arrived(received.bytes, received.flow, received.at, ctx.cause);
    const headers = order.header === undefined ? [] : [order.header];
    this.#engine.reply(ctx, { status: order.status, reason: order.reason, headers });
  }

  #discard({ flow }: Received, rule: string): void {
    this.counters.malformed++;
    const { address } = flow.remote;
    const suppressed = this.#badSources.pass(address, this.#engine.world.clock.now());
    if (suppressed === undefined) return;
    this.#log.write('warn', 'bad message', { rule, source: `${address}:${flow.remote.port}`, suppressed });
  }
}

/** What the screen says to a request, and whose it is. */
interface Admitted {
  readonly claim: RequestClaim | undefined;
  readonly admission: Admission;
}

/** Whose reply it is, and how it came to be ours. */
interface ReplyOrigin {
  readonly claim: ResponseClaim | undefined;
  readonly arrival: Arrival;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly header?: readonly [string, string];
}

/** A request outside of any dialog that is not about one we know. */
const beginsSomething = ({ method, toTag }: SipRequest): boolean =>
  toTag === undefined && method !== 'ACK' && method !== 'CANCEL';

function ended(program: Program, ctx: RequestContext): void {
  for (const instance of program.enders) instance.routeEnded?.(ctx);
  ctx.exchange.journal = undefined;
}

function place(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const at = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '));
  return { error: error.message, place: at?.trim() };
}

const about = (message: SipRequest): LogFields => ({ method: message.method, callId: message.headers.get(H.CallId) });
