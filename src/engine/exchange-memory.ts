/**
 * Finds the exchange of messages that carry no state of ours: the ACK to a stateless reply or to a 2xx, which names
 * the INVITE by Call-ID, From tag and CSeq number; and the reply to a statelessly forwarded request, by our branch.
 */
import type { SipMessage, SipRequest } from '../sip/message.ts';
import { flat } from '../util/flat.ts';
import type { Instant } from '../util/time.ts';
import { TtlMap } from '../util/ttl-map.ts';
import type { Exchange } from './exchange.ts';

/** Timer H: nobody retransmits an INVITE, its reply or its ACK for longer. */
export const MEMORY_MS = 32_000;
export const MAX_REMEMBERED = 100_000;

export class ExchangeMemory {
  readonly #byCall: TtlMap<string, Exchange>;
  readonly #byBranch: TtlMap<string, Exchange>;

  readonly #refusals: TtlMap<string, true>;

  constructor(max: number = MAX_REMEMBERED) {
    this.#byCall = new TtlMap({ max, ttlMs: MEMORY_MS });
    this.#refusals = new TtlMap({ max, ttlMs: MEMORY_MS });
    this.#byBranch = new TtlMap({ max, ttlMs: MEMORY_MS });
  }

  /** To be called when a final reply to this INVITE goes out. */
  rememberInvite(invite: SipRequest, exchange: Exchange, now: Instant): void {
    const key = callKey(invite);
    if (key !== undefined) this.#byCall.set(key, exchange, now);
  }

  ofAck(ack: SipRequest, now: Instant): Exchange | undefined {
    const key = callKey(ack);
    return key === undefined ? undefined : this.#byCall.get(key, now);
  }

  /**
   * To be called when a negative reply to an INVITE goes out that no transaction sends and whose To tag is not ours. Its
   * ACK has the branch of the INVITE (RFC 3261 17.1.1.3), `branch`.
   */
  rememberRefusal({ callId, cseq }: SipMessage, branch: string | undefined, now: Instant): void {
    if (branch !== undefined) this.#refusals.set(flat(`${cseq?.number} ${branch} ${callId}`), true, now);
  }

  /** Whether this ACK is to such a reply. */
  isRefused({ callId, cseq, topVia }: SipRequest, now: Instant): boolean {
    return this.#refusals.size > 0 && this.#refusals.has(`${cseq?.number} ${topVia?.branch} ${callId}`, now);
  }

  rememberBranch(branch: string, exchange: Exchange, now: Instant): void {
    this.#byBranch.set(branch, exchange, now);
  }

  ofBranch(branch: string, now: Instant): Exchange | undefined {
    return this.#byBranch.get(branch, now);
  }

  get size(): number {
    return this.#byCall.size + this.#byBranch.size + this.#refusals.size;
  }
}

function callKey(request: SipRequest): string | undefined {
  const { callId, cseq, fromTag } = request;
  if (callId === undefined || cseq === undefined) return undefined;
  return flat(`${cseq.number} ${fromTag ?? ''} ${callId}`);
}
