/**
 * Watches transactions to their final reply. What goes out is seen at the tap; whether it is accounted is decided by the
 * flags that the request has by then, so a script may set them in any route.
 */
import type { RequestContext } from '../../engine/context.ts';
import { exchangeOf, type Exchange, type Slot, type WireEvent } from '../../engine/exchange.ts';
import type { SipResponse } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import type { Answer, RecordKind } from './record.ts';

export interface AccountingRules {
  /** Bits of the message flags; 0 for none. */
  readonly answered: number;
  readonly missed: number;
  readonly failed: number;
  /** Negative replies that are no failure: `404`, `407`. */
  readonly notFailed: ReadonlySet<number>;
  readonly cancels: boolean;
  readonly earlyMedia: boolean;
  /** Account ACKs to a 2xx. */
  readonly acks: boolean;
  /** The reason of a reply is that of its Reason header. */
  readonly reasonHeader: boolean;
}

/** Of one exchange: a final reply that came before its request route ended, or the request that waits for one. */
export type Watched =
  | { readonly kind: 'early'; readonly bytes: Uint8Array }
  | { readonly kind: 'waiting'; readonly ctx: RequestContext };

export type Account = (kind: RecordKind, ctx: RequestContext, answer: Answer) => void;

const STATUS_LINE = Buffer.from('SIP/2.0 ');

export class Accountant {
  readonly #rules: AccountingRules;
  readonly #slot: Slot<Watched | undefined>;
  readonly #account: Account;

  constructor(rules: AccountingRules, slot: Slot<Watched | undefined>, account: Account) {
    this.#rules = rules;
    this.#slot = slot;
    this.#account = account;
  }

  /** The request route has ended on a request that may have a transaction. */
  routeEnded(ctx: RequestContext): void {
    const { method } = ctx.message;
    const { exchange } = ctx;
    if (method === 'ACK') this.#acknowledged(ctx);
    const watched = this.#slot.of(exchange);
    // The exchange of an INVITE is also that of its CANCEL and ACK, which must not take its place.
    if (watched?.kind === 'waiting' || method === 'ACK' || (method === 'CANCEL' && !this.#rules.cancels)) return;
    this.#slot.put(exchange, undefined);
    if (ctx.state.replier === undefined) return;
    this.#slot.put(exchange, { kind: 'waiting', ctx });
    if (watched !== undefined) this.#answered(exchange, ctx, watched.bytes);
  }

  sent({ bytes, direction, cause }: WireEvent): void {
    if (direction !== 'out' || cause.kind !== 'transaction' || !isReply(bytes)) return;
    const exchange = exchangeOf(cause);
    if (exchange === undefined) return;
    const watched = this.#slot.of(exchange);
    if (watched?.kind === 'waiting') this.#answered(exchange, watched.ctx, bytes);
    else if (isFinal(bytes)) this.#slot.put(exchange, { kind: 'early', bytes });
  }

  /** Only an ACK to a 2xx runs a route with a To-tag of the dialog; the others end in their transaction. */
  #acknowledged(ctx: RequestContext): void {
    const { acks, answered } = this.#rules;
    const toTag = ctx.message.toTag ?? '';
    if (!acks || toTag === '' || (ctx.state.flags & answered) === 0) return;
    this.#account('request acknowledged', ctx, { code: '200', reason: 'OK', toTag });
  }

  #answered(exchange: Exchange, ctx: RequestContext, bytes: Uint8Array): void {
    const provisional = !isFinal(bytes);
    if (provisional && !this.#rules.earlyMedia) return;
    const parsed = parseMessage(bytes);
    if (parsed.kind !== 'response' || !answers(parsed.message, ctx)) return;
    if (provisional && parsed.message.body === '') return;
    if (!provisional) this.#slot.put(exchange, undefined);
    const { message } = parsed;
    const header = this.#rules.reasonHeader ? message.headers.get('Reason') : undefined;
    const answer = { code: String(message.status), reason: header ?? message.reason, toTag: message.toTag ?? '' };
    const { flags } = ctx.state;
    const { answered, missed, failed, notFailed } = this.#rules;
    const negative = message.status >= 300;
    if (negative && ctx.message.method === 'INVITE' && (flags & missed) !== 0)
      this.#account('call missed', ctx, answer);
    const counts = !negative || ((flags & failed) !== 0 && !notFailed.has(message.status));
    if (counts && (flags & answered) !== 0) this.#account('transaction answered', ctx, answer);
  }
}

function isReply(bytes: Uint8Array): boolean {
  for (let at = 0; at < STATUS_LINE.length; at++) if (bytes[at] !== STATUS_LINE[at]) return false;
  return true;
}

/** The first digit of the status is 2 or more. */
const isFinal = (bytes: Uint8Array): boolean => (bytes[8] ?? 0) >= 0x32;

/** Not the 200 to the CANCEL of this INVITE. */
const answers = ({ cseq }: SipResponse, { message }: RequestContext): boolean =>
  cseq?.method === message.method && cseq.number === message.cseq?.number;
