/**
 * Topology hiding as the engine sees it: what stands between the wire and everything else. Messages are restored before
 * anything but their transaction is looked up, and hidden when they are about to leave; taps see the wire.
 */
import type { SipMessage, SipRequest, SipResponse } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { Passage, Received } from './context.ts';
import type { Exchange } from './exchange.ts';

/** `answer`: answered at once, or discarded where it is an ACK; `passage` sees to what the answer shows. */
export type Admission =
  | { readonly kind: 'enter'; readonly passage: Passage | undefined }
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string; readonly passage?: Passage };

/**
 * `own`: a reply to what this process sent. `adopted`: a reply to what another node sent, or this one before it was
 * started again; its Vias are back, so it goes on without a transaction.
 */
export type Arrival = 'own' | 'adopted';

export interface Screen {
  /** Whether a call may bear another Call-ID on one of its sides. */
  readonly renamesCalls: boolean;
  /** The program in force has no screen any more: what was begun goes on, and nothing begins. */
  retire(): void;
  /** Gives a message that has arrived the Call-ID that it goes by in here, before anything is looked up by it. */
  recognise(message: SipMessage): void;
  /**
   * Restores a request that is no retransmission. `isClaimed`: it is about a transaction of ours. A promise only when what
   * another node knows has to be looked up.
   */
  request(request: SipRequest, received: Received, isClaimed: boolean): Admission | Promise<Admission>;
  /** Restores a reply. `exchange` is that of the request it answers, when this process sent it. */
  response(response: SipResponse, received: Received, exchange: Exchange | undefined): Arrival | Promise<Arrival>;
  /** Hides what a reply shows that is passed on. */
  relay(response: SipResponse, relayed: Relayed): void;
}

export interface Relayed {
  readonly exchange: Exchange;
  /** Of our Via that was on top. */
  readonly branch: string | undefined;
  readonly to: Flow;
}
