/** What other modules may know of tm. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange } from '../../engine/exchange.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';

/** Sees each reply of a branch before the routes and the transaction do, and may edit it. */
export type ReplyListener = (reply: ReplyContext) => void;

/** `reasons`: the Reason headers of the CANCEL that came (RFC 3326). */
export interface CancelReason {
  readonly exchange: Exchange;
  readonly reasons: readonly string[];
}

export interface TmApi {
  /** Whether a transaction exists for this request. */
  has(ctx: RequestContext): boolean;
  /** To be called in `setup` or `start`. */
  onReply(listener: ReplyListener): void;
  /** Branches of the transaction of this message so far. */
  branchCount(ctx: RequestContext | ReplyContext): number;
  /** Status of the last reply that the transaction of this request sent; 0 before the first one. */
  lastSent(ctx: RequestContext): number;
  /** Sends a CANCEL for an INVITE that left elsewhere, as `invite`, and repeats it until it is answered. */
  cancel(invite: SipRequest, flow: Flow, because: CancelReason): void;
  /** Transactions whose server side is still in the table. */
  readonly current: number;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly tm: TmApi;
  }
}
