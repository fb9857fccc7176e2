/**
 * Trace rules that an operator starts while the proxy runs: one user, address, call or method to one target for a limited
 * time, without touching the script. They outlive a reload.
 */
import { exchangeOf, type WireEvent } from '../../engine/exchange.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import { detached } from '../../util/detached.ts';
import { Lru } from '../../util/lru.ts';
import { after, type Instant } from '../../util/time.ts';
import { type Criterion, holds } from './criteria.ts';
import type { Scope } from './scope.ts';

/** Rules of one proxy: each is looked at for each request that arrives. */
export const MAX_RULES = 16;
/** Seconds that a rule may live. */
export const MAX_TTL_SECONDS = 86_400;
/** Calls that a rule of scope `dialog` follows; beyond, the one that was silent for longest is left. */
export const MAX_RULE_CALLS = 1_000;

export interface RuleOrder {
  readonly criteria: readonly Criterion[];
  /** Name or URI of the target. */
  readonly uri: string;
  readonly scope: Scope;
  readonly ttlSeconds: number;
}

export interface TraceRule extends RuleOrder {
  readonly id: number;
  /** From then on it traces nothing any more, not even what runs. */
  expires: Instant;
  /** Requests that it had traced. */
  matched: number;
  /** Call-IDs of the dialogs it follows. */
  readonly calls: Lru<string, true>;
}

export const isOver = (rule: TraceRule, now: Instant): boolean => rule.expires <= now;

export class TraceRules {
  #rules: readonly TraceRule[] = [];
  #lastId = 0;

  /** Rules that may be over already: 0 says that there is nothing to look for. */
  get size(): number {
    return this.#rules.length;
  }

  start(order: RuleOrder, now: Instant): TraceRule | 'full' {
    this.#forget(now);
    if (this.#rules.length >= MAX_RULES) return 'full';
    const expires = after(now, order.ttlSeconds * 1000);
    const rule = { ...order, id: ++this.#lastId, expires, matched: 0, calls: new Lru<string, true>(MAX_RULE_CALLS) };
    this.#rules = [...this.#rules, rule];
    return rule;
  }

  /** How many ended. */
  stop(id: number | 'all', now: Instant): number {
    const ended = this.list(now).filter((rule) => id === 'all' || rule.id === id);
    for (const rule of ended) rule.expires = now;
    this.#forget(now);
    return ended.length;
  }

  list(now: Instant): readonly TraceRule[] {
    this.#forget(now);
    return this.#rules;
  }

  /** The rules that a message which came in falls under; a reply never does. */
  matching(
    { bytes, flow, cause }: WireEvent,
    now: Instant,
  ): { request: SipRequest; rules: readonly TraceRule[] } | undefined {
    this.#forget(now);
    if (this.#rules.length === 0) return undefined;
    const parsed = parseMessage(bytes);
    if (parsed.kind !== 'request') return undefined;
    const request = parsed.message;
    // Of a call that goes by another Call-ID on this wire, operators know the one that its caller gave it.
    const callId = exchangeOf(cause)?.callId;
    if (callId !== undefined && callId !== request.callId) request.headers.set(H.CallId, callId);
    const rules = this.#rules.filter((rule) => covers(rule, request, flow.remote.address));
    return rules.length === 0 ? undefined : { request, rules };
  }

  #forget(now: Instant): void {
    if (this.#rules.some((rule) => isOver(rule, now))) this.#rules = this.#rules.filter((rule) => !isOver(rule, now));
  }
}

/** A dialog keeps its Call-ID, whoever of the two sends the request. */
function covers(rule: TraceRule, request: SipRequest, sourceAddress: string): boolean {
  const { callId } = request;
  if (callId !== undefined && rule.calls.get(callId) === true) return true;
  if (!rule.criteria.every((criterion) => holds(criterion, request, sourceAddress))) return false;
  if (rule.scope === 'dialog' && callId !== undefined) rule.calls.set(detached(callId), true);
  return true;
}
