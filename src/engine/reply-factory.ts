/**
 * Builds the replies we make ourselves and gives them To-tags. RFC 3261 8.2.7: a stateless server "MUST generate the
 * same To tag" for a request and its retransmissions, so the tag is a keyed hash of the request; by it we know the ACK
 * to a stateless reply when it comes.
 */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { buildReply, REASONS } from '../sip/reply.ts';
import { hashText } from '../util/hash.ts';
import type { Random } from '../world/world.ts';
import { asReceived } from './as-received.ts';
import type { ReplyOrder, RequestState } from './context.ts';

const STATELESS_PREFIX = 'vs';
const STATEFUL_PREFIX = 'vt';

export type ReplyHeader = readonly [name: string, value: string];

export class ReplyFactory {
  /** The last one of each reply. */
  readonly #last: readonly ReplyHeader[];
  readonly #key1: number;
  readonly #key2: number;

  constructor(random: Random, last?: ReplyHeader) {
    this.#last = last === undefined ? [] : [last];
    this.#key1 = random.u32();
    this.#key2 = random.u32();
  }

  stateless(request: SipRequest, order: ReplyOrder, state?: RequestState): SipResponse {
    return this.#build(request, order, { prefix: STATELESS_PREFIX, state });
  }

  /** A reply of a transaction: its ACK is the transaction's business. */
  stateful(request: SipRequest, order: ReplyOrder, state: RequestState): SipResponse {
    return this.#build(request, order, { prefix: STATEFUL_PREFIX, state });
  }

  /** Whether this ACK answers a stateless reply of ours: it bears the To-tag that only we can compute. */
  isAckToStateless(ack: SipRequest): boolean {
    const tag = ack.toTag;
    return tag?.startsWith(STATELESS_PREFIX) === true && tag === this.#tag(STATELESS_PREFIX, ack);
  }

  /** The To-tag that our replies to this request bear. */
  toTag(request: SipRequest, kind: 'stateless' | 'stateful'): string {
    return this.#tag(kind === 'stateless' ? STATELESS_PREFIX : STATEFUL_PREFIX, asReceived(request));
  }

  #build(
    edited: SipRequest,
    order: ReplyOrder,
    { prefix, state }: { readonly prefix: string; readonly state: RequestState | undefined },
  ): SipResponse {
    // Topology hiding has restored the request before any route, and hides the reply that is made from it.
    const asItIs = state?.editsApplied === true || state?.passage !== undefined;
    const request = asItIs ? edited : asReceived(edited);
    const headers = [...(state?.replyHeaders ?? []), ...(order.headers ?? []), ...this.#last];
    const body = order.body ?? state?.replyBody?.text;
    const contentType = order.body === undefined ? state?.replyBody?.contentType : order.contentType;
    const reply = buildReply(request, order.status, order.reason ?? REASONS[order.status] ?? 'Unknown', {
      ...(order.status === 100 ? {} : { toTag: this.#tag(prefix, request) }),
      headers,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    state?.passage?.answer(reply);
    return reply;
  }

  /** Enough that a stranger does not hit a tag by chance; an ACK that does is absorbed and does no harm. */
  #tag(prefix: string, request: SipRequest): string {
    const seed = `${request.callId ?? ''} ${request.fromTag ?? ''} ${request.cseq?.number ?? ''}`;
    return `${prefix}${hashText(seed, this.#key1)}${hashText(seed, this.#key2)}`;
  }
}
