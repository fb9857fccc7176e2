/**
 * The tracer: a tap that gives every message to the targets of its trace context, and what routes may ask of it.
 * No part of it can fail a SIP message: what cannot be traced is counted.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { type Exchange, exchangeOf, type Slot, type WireEvent } from '../../engine/exchange.ts';
import type { Log } from '../../engine/log.ts';
import { PayloadType } from '../../hep/chunks.ts';
import { RateLimit } from '../../util/rate-limit.ts';
import type { Clock, Endpoint } from '../../world/world.ts';
import { isOver, type TraceRules } from './dynamic.ts';
import { eventContext } from './event-context.ts';
import type { Exporter, Mutable, TracedMessage, TraceTarget } from './exporter.ts';
import type { TracerOptions } from './options.ts';
import type { Scope } from './scope.ts';
import { isAckIn, isStatelessReply, TraceContext, type TraceEntry } from './trace-context.ts';
import type { WireCopy } from './xheaders.ts';

/** At most one line about each bad target in this time. */
const COMPLAINT_MS = 10_000;
const COMPLAINTS = 256;

export type TraceOutcome = 'traced' | 'off' | 'noTarget' | 'badTarget' | 'tooMany';

export interface TraceRequest {
  readonly to: readonly string[];
  readonly scope: Scope;
  readonly correlationId: string | undefined;
}

export interface TracerParts {
  readonly options: TracerOptions;
  readonly exporter: Exporter;
  readonly slot: Slot<TraceContext>;
  readonly log: Log;
  readonly switch: TraceSwitch;
  readonly rules: TraceRules;
  readonly clock: Clock;
  readonly eventRoute: () => ((ctx: RequestContext | ReplyContext) => unknown) | undefined;
}

/** The master switch; it outlives reloads. */
export interface TraceSwitch {
  on: boolean;
}

export class Tracer {
  readonly #parts: TracerParts;
  /** While its event route runs. */
  #shown: { readonly ctx: object; readonly event: WireEvent } | undefined = undefined;
  readonly #complaints = new RateLimit<string>({ intervalMs: COMPLAINT_MS, burst: 1, maxKeys: COMPLAINTS });

  #lastEvent: WireEvent | undefined = undefined;
  #lastCopy: WireCopy | undefined = undefined;
  /** Nobody keeps it: one object is enough. */
  readonly #message: Mutable<TracedMessage>;

  constructor(parts: TracerParts) {
    this.#parts = parts;
    const nowhere = { address: '', port: 0 };
    this.#message = {
      bytes: new Uint8Array(0),
      transport: 'udp',
      source: nowhere,
      destination: nowhere,
      at: parts.clock.wall(),
      type: PayloadType.sip,
      correlationId: undefined,
      callId: undefined,
    };
  }

  /** Adds targets to the context of this message's exchange, and gives them what went over the wire before. */
  trace(ctx: RequestContext | ReplyContext, { to, scope, correlationId }: TraceRequest): TraceOutcome {
    if (!this.#parts.switch.on || !this.#parts.options.scripted) return 'off';
    const wanted = to.filter((text) => text !== '');
    const texts = wanted.length === 0 ? this.#defaults() : wanted;
    if (texts.length === 0) return this.#noTarget();
    if (scope === 'dialog') this.#complain('scope', 'scope dialog needs the dialog module: it acts as transaction');
    const { exporter } = this.#parts;
    const context = this.#contextOf(ctx.exchange, ctx.message.callId);
    let outcome: TraceOutcome = 'traced';
    for (const text of texts) {
      const target = exporter.target(text);
      if (target.kind === 'invalid') {
        this.#complain(text, target.why);
        outcome = 'badTarget';
        continue;
      }
      const entry: TraceEntry = { text, target, exporter, scope, correlationId };
      const added = context.add(entry);
      if (added === 'added') this.#catchUp(ctx, context, entry);
      else if (added === 'full') outcome = 'tooMany';
    }
    return outcome;
  }

  /** The tap. */
  readonly seen = (event: WireEvent): void => {
    if (!this.#parts.switch.on) return;
    const exchange = exchangeOf(event.cause);
    if (this.#parts.rules.size > 0 && event.direction === 'in' && exchange !== undefined)
      this.#byRules(event, exchange);
    const context = exchange === undefined ? undefined : this.#parts.slot.of(exchange);
    const { everything } = this.#parts.options;
    if (context === undefined && everything.length === 0 && !isAckIn(event)) return;
    if (this.#dropped(event, exchange)) return;
    const covered = context !== undefined && this.#seenInContext(event, context);
    if (everything.length > 0) this.#seenByMode(event, context);
    else if (!covered && isAckIn(event)) this.#strayAck(event, context);
  };

  /** Text of any kind at the default target, as payload type 100. */
  hlog(
    text: string,
    { correlationId, at }: { readonly correlationId: string | undefined; readonly at: Endpoint },
  ): TraceOutcome {
    const bytes = Buffer.from(text, 'utf8');
    return this.#sendText({ bytes, type: PayloadType.log, source: at, destination: at, correlationId }, []);
  }

  /** Arbitrary text as a SIP payload between two named addresses. */
  traceText(
    text: string,
    ends: { readonly source: Endpoint; readonly destination: Endpoint; readonly correlationId: string | undefined },
    to: readonly string[],
  ): TraceOutcome {
    return this.#sendText({ ...ends, bytes: Buffer.from(text, 'utf8'), type: PayloadType.sip }, to);
  }

  #contextOf(exchange: Exchange, callId: string | undefined): TraceContext {
    const known = this.#parts.slot.of(exchange);
    if (known !== undefined) return known;
    const made = new TraceContext(exchange.callId ?? callId);
    this.#parts.slot.put(exchange, made);
    return made;
  }

  /** What an operator asked to see of the requests that arrive. It comes before the route, which may ask for the same. */
  #byRules(event: WireEvent, exchange: Exchange): void {
    const { rules, clock, exporter } = this.#parts;
    const found = rules.matching(event, clock.now());
    if (found === undefined) return;
    const context = this.#contextOf(exchange, found.request.callId);
    for (const rule of found.rules) {
      const { uri: text, scope } = rule;
      const target = exporter.target(text);
      if (target.kind === 'invalid') continue;
      const opening = scope === 'message' ? event : undefined;
      const entry: TraceEntry = { text, target, exporter, scope, correlationId: undefined, rule, opening };
      if (context.add(entry) === 'added') rule.matched++;
    }
  }

  /** What happened before the route asked: kept while its request route runs, else at least the message it runs on. */
  #catchUp(ctx: RequestContext | ReplyContext, context: TraceContext, entry: TraceEntry): void {
    const { bytes, flow, at } = ctx.received;
    const self: WireEvent = { bytes, flow, direction: 'in', at, cause: ctx.cause };
    const missed = ctx.exchange.journal ?? [self];
    for (const event of missed) {
      if (isStatelessReply(event)) context.answeredStatelessly = true;
      const wanted = event.bytes === bytes || this.#covers(entry, event, context);
      if (!wanted || this.#byMode(entry.target) || this.#dropped(event, ctx.exchange)) continue;
      this.#give(entry, event, context);
    }
  }

  #seenInContext(event: WireEvent, context: TraceContext): boolean {
    if (isStatelessReply(event)) context.answeredStatelessly = true;
    let covered = false;
    for (const entry of context.entries) {
      if (!this.#covers(entry, event, context)) continue;
      covered = true;
      if (!this.#byMode(entry.target)) this.#give(entry, event, context);
    }
    return covered;
  }

  #covers(entry: TraceEntry, event: WireEvent, context: TraceContext): boolean {
    if (entry.rule !== undefined && isOver(entry.rule, this.#parts.clock.now())) return false;
    if (entry.opening === event) return true;
    const { slReplies } = this.#parts.options;
    if (slReplies && entry.scope !== 'message') return true;
    const stateless = isStatelessReply(event) || (context.answeredStatelessly && isAckIn(event));
    return stateless ? slReplies : entry.scope !== 'message';
  }

  /** trace_mode gives this target everything already, in its own way. */
  #byMode(target: TraceTarget): boolean {
    for (const text of this.#parts.options.everything) if (this.#known(text) === target) return true;
    return false;
  }

  #seenByMode(event: WireEvent, context: TraceContext | undefined): void {
    for (const text of this.#parts.options.everything) {
      const target = this.#known(text);
      if (target === undefined) continue;
      const entry = context?.entries.find((one) => one.target === target);
      this.#export(target, event, entry?.correlationId, context?.callId);
    }
  }

  /** Kamailio's trace_sl_acks: an ACK that no context claims goes to the default target, if anybody wants that. */
  #strayAck(event: WireEvent, context: TraceContext | undefined): void {
    const { slAcks, slReplies } = this.#parts.options;
    const ours = context === undefined || (!slReplies && context.answeredStatelessly);
    if (!slAcks || !ours) return;
    for (const text of this.#defaults()) {
      const target = this.#known(text);
      if (target !== undefined) this.#export(target, event, undefined, undefined);
    }
  }

  #give(entry: TraceEntry, event: WireEvent, context: TraceContext): void {
    this.#export(this.#current(entry), event, entry.correlationId, context.callId);
  }

  /** After a reload with other parameters the same text names another target. */
  #current(entry: TraceEntry): TraceTarget {
    const { exporter } = this.#parts;
    if (entry.exporter === exporter) return entry.target;
    const found = exporter.target(entry.text);
    entry.exporter = exporter;
    if (found.kind !== 'invalid') entry.target = found;
    return entry.target;
  }

  #export(target: TraceTarget, event: WireEvent, given: string | undefined, known: string | undefined): void {
    const copy = this.#copyOf(event);
    if (copy === undefined) return;
    const { bytes, source, destination, at } = copy;
    const { transport } = event.flow;
    // Only this joins the two sides of a call that bears another Call-ID on each.
    const ours = exchangeOf(event.cause)?.callId;
    const message = this.#message;
    message.bytes = bytes;
    message.transport = transport;
    message.source = source;
    message.destination = destination;
    message.at = at;
    message.correlationId = given ?? ours;
    message.callId = known ?? ours;
    this.#parts.exporter.export(target, message);
  }

  /** Made once an event, so that all targets get the same bytes and time. undefined: not to be traced. */
  #copyOf(event: WireEvent): WireCopy | undefined {
    if (this.#lastEvent !== event) {
      this.#lastEvent = event;
      this.#lastCopy = this.#parts.options.copyOf(event);
    }
    return this.#lastCopy;
  }

  #sendText(
    text: Pick<TracedMessage, 'bytes' | 'type' | 'source' | 'destination' | 'correlationId'>,
    to: readonly string[],
  ): TraceOutcome {
    if (!this.#parts.switch.on) return 'off';
    const texts = to.length === 0 ? this.#defaults() : to;
    if (texts.length === 0) return this.#noTarget();
    let outcome: TraceOutcome = 'traced';
    for (const one of texts) {
      const target = this.#parts.exporter.target(one);
      if (target.kind === 'invalid') {
        this.#complain(one, target.why);
        outcome = 'badTarget';
      } else {
        this.#parts.exporter.export(target, { ...text, transport: 'udp', at: this.#parts.clock.wall() });
      }
    }
    return outcome;
  }

  #dropped(event: WireEvent, exchange: Exchange | undefined): boolean {
    const route = this.#parts.eventRoute();
    if (route === undefined) return false;
    const ctx = eventContext(event, exchange);
    if (ctx === undefined) return false;
    this.#shown = { ctx, event };
    try {
      route(ctx);
    } catch (error) {
      this.#complain('event', `event_route[siptrace:msg] threw: ${String(error)}`);
    }
    return ctx.dropped;
  }

  /** The message that the event route sees on this context. */
  shownOn(ctx: object): WireEvent | undefined {
    return this.#shown?.ctx === ctx ? this.#shown.event : undefined;
  }

  #defaults(): readonly string[] {
    return this.#parts.options.duplicateUri;
  }

  #known(text: string): TraceTarget | undefined {
    const target = this.#parts.exporter.target(text);
    return target.kind === 'invalid' ? undefined : target;
  }

  #noTarget(): 'noTarget' {
    this.#complain('', 'there is no target: give one, or set duplicate_uri');
    return 'noTarget';
  }

  #complain(about: string, why: string): void {
    const suppressed = this.#complaints.pass(about, this.#parts.clock.now());
    if (suppressed !== undefined) this.#parts.log.write('warn', why, { target: about, suppressed });
  }
}
