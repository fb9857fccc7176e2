/** The client transaction of a request of our own: it repeats the request, acknowledges what an INVITE was answered, and says what came of it. */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { buildAck, buildCancel, buildDialogAck } from '../sip/reply.ts';
import type { Effects } from '../transaction/effect.ts';
import { InviteClient } from '../transaction/invite-client.ts';
import { NonInviteClient } from '../transaction/non-invite-client.ts';
import type { InviteClientConfig } from '../transaction/timers.ts';
import type { Flow } from '../transport/flow.ts';
import type { Instant } from '../util/time.ts';
import type { ResponseClaim } from './claim.ts';
import type { ReplyContext } from './context.ts';
import type { Engine } from './engine.ts';
import type { Cause, Exchange } from './exchange.ts';
import type { TimerEntry, Waiting } from './timers.ts';

export interface LocalParts {
  /** With our Via. */
  readonly sent: SipRequest;
  readonly flow: Flow;
  readonly exchange: Exchange;
  readonly cause: Cause;
  readonly config: InviteClientConfig;
  /** Called once. */
  readonly answered: (status: number, reply: ReplyContext | undefined) => void;
  /** Sends the ACK to a 2xx, which has no Via yet. */
  readonly acknowledge: (ack: SipRequest) => void;
  /** Ends an INVITE that rang and was never answered. */
  readonly cancel: (cancel: SipRequest) => void;
  readonly over: () => void;
}

export class LocalTransaction implements ResponseClaim, Waiting {
  readonly exchange: Exchange;
  /** Nobody's request: there is no context for it. */
  readonly request = undefined;
  readonly #engine: Engine;
  readonly #parts: LocalParts;
  readonly #bytes: Uint8Array;
  readonly #machine: InviteClient | NonInviteClient;
  #answered = false;
  #rang = false;
  #timer: TimerEntry | undefined = undefined;

  constructor(engine: Engine, parts: LocalParts) {
    const now = engine.world.clock.now();
    this.exchange = parts.exchange;
    this.#engine = engine;
    this.#parts = parts;
    this.#bytes = parts.sent.serialize();
    this.#machine =
      parts.sent.method === 'INVITE'
        ? new InviteClient(now, this.#bytes, parts.config)
        : new NonInviteClient(now, this.#bytes, parts.config);
  }

  start(): void {
    this.#transmit(this.#bytes);
    this.#arm();
  }

  takeResponse(reply: ReplyContext): void {
    const { status } = reply.message;
    if (status < 200) this.#rang = true;
    this.#perform(this.#machine.onResponse(this.#engine.world.clock.now(), status), reply);
    this.#arm();
  }

  onDeadline(now: Instant): void {
    this.#timer = undefined;
    this.#perform(this.#machine.onDeadline(now), undefined);
    this.#arm();
  }

  #perform(effects: Effects, reply: ReplyContext | undefined): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.#transmit(effect.bytes);
          break;
        case 'ack':
          if (reply !== undefined) this.#refused(reply.message);
          break;
        case 'deliver':
          if (reply !== undefined && reply.message.status >= 200) this.#final(reply);
          break;
        case 'timeout':
          if (this.#rang && this.#machine instanceof InviteClient) this.#parts.cancel(buildCancel(this.#parts.sent));
          this.#answer(408, undefined);
          break;
        case 'terminated':
          if (effect.why === 'transport') this.#answer(477, undefined);
          this.#parts.over();
          break;
        case 'unsent':
          break;
      }
    }
  }

  /** A 2xx to an INVITE is acknowledged as often as it comes. */
  #final(reply: ReplyContext): void {
    const { message } = reply;
    if (message.status < 300 && this.#machine instanceof InviteClient) {
      this.#parts.acknowledge(buildDialogAck(this.#parts.sent, message));
    }
    this.#answer(message.status, reply);
  }

  #refused(response: SipResponse): void {
    if (!(this.#machine instanceof InviteClient)) return;
    const bytes = buildAck(this.#parts.sent, response).serialize();
    this.#perform(this.#machine.acked(this.#engine.world.clock.now(), bytes), undefined);
  }

  #answer(status: number, reply: ReplyContext | undefined): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#parts.answered(status, reply);
  }

  #transmit(bytes: Uint8Array): void {
    const { flow, cause } = this.#parts;
    if (this.#engine.door.send(bytes, flow, cause) !== 'sent')
      this.#perform(this.#machine.onTransportError(), undefined);
  }

  #arm(): void {
    this.#timer = this.#engine.timers.set(this.#timer, this.#machine.deadline, this);
  }
}
