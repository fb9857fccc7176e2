/** What other modules may know of tm. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange } from '../../engine/exchange.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import type { Ident, Resumed } from './idents.ts';

/** Sees each reply of a branch before the routes and the transaction do, and may edit it. */
export type ReplyListener = (reply: ReplyContext) => void;

/** `reasons`: the Reason headers of the CANCEL that came (RFC 3326). */
export interface CancelReason {
  readonly exchange: Exchange;
  readonly reasons: readonly string[];
}

/** `answered`: it has its final reply. `full`: too much of it waits already. */
export type Suspended = 'suspended' | 'answered' | 'full' | 'noTransaction';

/** What is known of a branch. */
export interface BranchFacts {
  /** The Request-URI that it went out with; undefined once nobody will try it again. */
  readonly uri: string | undefined;
  readonly flags: number;
  readonly lastStatus: number;
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
  /** The message waits until `resume`, or until fr_timer ends it; a request gets its transaction where it has none. */
  suspend(ctx: RequestContext | ReplyContext): Suspended;
  /** Lets what is suspended of this transaction go on in one of the `resume` routes. */
  resume(index: number, label: number, route: string): Resumed | 'unknown';
  /** The numbers by which the transaction of this message is named. */
  identOf(ctx: RequestContext | ReplyContext): Ident | undefined;
  /** The INVITE that a CANCEL is for. */
  inviteOf(ctx: RequestContext | ReplyContext): RequestContext | undefined;
  /** The branch that a reply is from, or that a failure route is about. */
  branchOf(ctx: RequestContext | ReplyContext): BranchFacts | undefined;
  /** Transactions whose server side is still in the table. */
  readonly current: number;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly tm: TmApi;
  }
}
