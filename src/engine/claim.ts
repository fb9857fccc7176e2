/**
 * How modules tell the driver that a message belongs to something they keep: a transaction, or a stateless reply's ACK.
 */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { ReplyContext, RequestContext } from './context.ts';
import type { Exchange } from './exchange.ts';

export interface RequestClaim {
  /** The exchange that the message joins; undefined leaves that to the driver. */
  readonly exchange: Exchange | undefined;
  /** Called once the message was shown to the taps. `route`: the request route runs on it, within the same exchange. */
  takeRequest(request: SipRequest, flow: Flow): 'absorbed' | 'route';
}

export interface ResponseClaim {
  readonly exchange: Exchange;
  /** The request it answers; undefined when that has been forgotten. */
  readonly request: RequestContext | undefined;
  /** Called after the core reply route, unless that dropped the reply. */
  takeResponse(ctx: ReplyContext): void | Promise<void>;
}

export interface Claimer {
  request?(request: SipRequest, flow: Flow): RequestClaim | undefined;
  response?(response: SipResponse): ResponseClaim | undefined;
  /** Nothing can be sent on this flow any more. */
  flowFailed?(flow: Flow, code: string): void;
}
