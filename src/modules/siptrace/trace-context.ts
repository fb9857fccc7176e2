/**
 * The trace context of an exchange: the targets its route chose, with scope and correlation id. It hangs on the
 * exchange, so every message the exchange causes finds it, whatever the route did in which order.
 */
import type { WireEvent } from '../../engine/exchange.ts';
import type { Exporter, TraceTarget } from './exporter.ts';

/** `message`: the one message, and the stateless replies made to it. `dialog` acts as `transaction` until there is a dialog module. */
export type Scope = 'message' | 'transaction' | 'dialog';

export interface TraceEntry {
  /** What the route wrote, to find the target again when a reload brings another exporter. */
  readonly text: string;
  exporter: Exporter;
  target: TraceTarget;
  scope: Scope;
  readonly correlationId: string | undefined;
}

/** Targets of one request: each gets its own copy of every message. */
export const MAX_TARGETS = 16;

export class TraceContext {
  readonly entries: TraceEntry[] = [];
  /** The request was answered statelessly: its ACK belongs to the same message. */
  answeredStatelessly = false;
  /** Call-ID of the caller's leg. */
  readonly callId: string | undefined;

  constructor(callId: string | undefined) {
    this.callId = callId;
  }

  /** Adds a target. One that is there already only widens its scope: nothing is sent there twice. */
  add(entry: TraceEntry): 'added' | 'known' | 'full' {
    const known = this.entries.find(({ target }) => target === entry.target);
    if (known === undefined) {
      if (this.entries.length >= MAX_TARGETS) return 'full';
      this.entries.push(entry);
      return 'added';
    }
    if (known.scope === 'message') known.scope = entry.scope;
    return 'known';
  }
}

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
