/**
 * The trace context of an exchange: the targets its route chose, with scope and correlation id. It hangs on the
 * exchange, so every message the exchange causes finds it, whatever the route did in which order.
 */
import type { WireEvent } from '../../engine/exchange.ts';
import { detached } from '../../util/detached.ts';
import type { TraceRule } from './dynamic.ts';
import type { Exporter, TraceTarget } from './exporter.ts';
import type { Scope } from './scope.ts';

export interface TraceEntry {
  /** What the route wrote, to find the target again when a reload brings another exporter. */
  readonly text: string;
  exporter: Exporter;
  target: TraceTarget;
  scope: Scope;
  correlationId: string | undefined;
  /** Set while only a rule asks for it: it ends with the rule. */
  rule?: TraceRule | undefined;
  /** The message that a rule of scope `message` is for. */
  readonly opening?: WireEvent | undefined;
}

/** Targets that routes choose for one request: each gets its own copy of every message. */
export const MAX_TARGETS = 16;

const NONE: readonly TraceEntry[] = [];

export class TraceContext {
  /** A list that grows by one would make room for many. */
  entries: readonly TraceEntry[] = NONE;
  /** The request was answered statelessly: its ACK belongs to the same message. */
  answeredStatelessly = false;
  /** Call-ID of the caller's leg. */
  readonly callId: string | undefined;

  constructor(callId: string | undefined) {
    this.callId = callId === undefined ? undefined : detached(callId);
  }

  /** Adds a target. One that is there already only widens its scope: nothing is sent there twice. */
  add(entry: TraceEntry): 'added' | 'known' | 'full' {
    const known = this.entries.find(({ target }) => target === entry.target);
    if (known === undefined) {
      if (entry.rule === undefined && this.#chosen >= MAX_TARGETS) return 'full';
      this.entries = [...this.entries, entry];
      return 'added';
    }
    if (known.scope === 'message') known.scope = entry.scope;
    known.correlationId ??= entry.correlationId;
    if (lastsLonger(entry.rule, known.rule)) known.rule = entry.rule;
    return 'known';
  }

  get #chosen(): number {
    return this.entries.filter(({ rule }) => rule === undefined).length;
  }
}

/** What no rule asks for has no end. */
const lastsLonger = (one: TraceRule | undefined, other: TraceRule | undefined): boolean =>
  other !== undefined && (one === undefined || one.expires > other.expires);

const SIP_VERSION = 'SIP/2.0 ';
const ACK = 'ACK ';

/** A reply that the engine made without a transaction. */
export function isStatelessReply({ direction, cause, bytes }: WireEvent): boolean {
  return direction === 'out' && cause.kind === 'route' && startsWith(bytes, SIP_VERSION);
}

export const isAckIn = ({ direction, bytes }: WireEvent): boolean => direction === 'in' && startsWith(bytes, ACK);

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}
