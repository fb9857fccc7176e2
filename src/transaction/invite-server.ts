/**
 * The INVITE server machine: RFC 3261 section 17.2.1 as corrected by RFC 6026 (state Accepted, timer L).
 * It does not send 100 Trying by itself; that reply comes through `onResponse` like every other.
 */
import { after, type Instant } from '../util/time.ts';
import { DELIVER, type Effects, FINISHED, NOTHING, send, TIMED_OUT_H, UNSENT } from './effect.ts';
import { backOff, lifetime, linger, type TransactionConfig, timerI } from './timers.ts';

type State =
  | { readonly name: 'proceeding'; readonly last: Uint8Array | undefined }
  | Completed
  | { readonly name: 'accepted'; readonly timerL: Instant }
  | { readonly name: 'confirmed'; readonly timerI: Instant }
  | { readonly name: 'terminated' };

interface Completed {
  readonly name: 'completed';
  readonly last: Uint8Array;
  /** `undefined` over a reliable transport, which repeats by itself. */
  readonly timerG: Instant | undefined;
  readonly interval: number;
  readonly timerH: Instant;
}

export class InviteServer {
  #state: State = { name: 'proceeding', last: undefined };
  readonly #config: TransactionConfig;

  constructor(config: TransactionConfig) {
    this.#config = config;
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** When `onDeadline` is due. Read it again after every call. */
  get deadline(): Instant | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'completed':
        return state.timerG !== undefined && state.timerG < state.timerH ? state.timerG : state.timerH;
      case 'accepted':
        return state.timerL;
      case 'confirmed':
        return state.timerI;
      case 'proceeding':
      case 'terminated':
        return undefined;
    }
  }

  /** The same INVITE came again. */
  onRetransmission(): Effects {
    const state = this.#state;
    switch (state.name) {
      case 'proceeding': // "the most recent provisional response ... MUST be passed to the transport layer"
        return state.last === undefined ? NOTHING : send(state.last);
      case 'completed': // "the server transaction SHOULD pass the response to the transport for retransmission"
        return send(state.last);
      case 'accepted': // RFC 6026 7.1: absorbed; repeating the 2xx is the business of the user agent behind us
      case 'confirmed':
      case 'terminated':
        return NOTHING;
    }
  }

  /** The transaction user replies. A reply that must not go out has no 'send' effect. */
  onResponse(now: Instant, status: number, bytes: Uint8Array): Effects {
    switch (this.#state.name) {
      case 'proceeding':
        this.#state = status < 200 ? { name: 'proceeding', last: bytes } : this.#final(now, status, bytes);
        return send(bytes);
      case 'accepted': // RFC 6026 8.7: on a 2xx "the server transaction MUST pass the response to the transport layer"
        return status >= 200 && status < 300 ? send(bytes) : NOTHING;
      case 'completed': // one final reply, always
      case 'confirmed':
      case 'terminated':
        return NOTHING;
    }
  }

  /** An ACK that matches this transaction: without a 'deliver' effect it was absorbed. */
  onAck(now: Instant): Effects {
    switch (this.#state.name) {
      case 'completed':
        return this.#confirm(now);
      case 'accepted': // RFC 6026 7.1: such ACKs are passed to the user, they are not absorbed
        return DELIVER;
      case 'proceeding':
      case 'confirmed': // timer I exists "to absorb additional ACK messages"
      case 'terminated':
        return NOTHING;
    }
  }

  onDeadline(now: Instant): Effects {
    const due = this.deadline;
    if (due === undefined || now < due) return NOTHING;
    const state = this.#state;
    switch (state.name) {
      case 'completed':
        return now < state.timerH ? this.#repeat(now, state) : this.#terminate(TIMED_OUT_H);
      case 'accepted':
      case 'confirmed':
        return this.#terminate(FINISHED);
      case 'proceeding':
      case 'terminated':
        return NOTHING;
    }
  }

  /** RFC 6026 8.8: it "SHOULD inform the TU that a failure has occurred, and MUST remain in the current state". */
  onTransportError(): Effects {
    return this.#state.name === 'terminated' ? NOTHING : UNSENT;
  }

  #final(now: Instant, status: number, bytes: Uint8Array): State {
    const { timers, reliable } = this.#config;
    if (status < 300) return { name: 'accepted', timerL: after(now, linger(timers)) };
    const timerG = reliable ? undefined : after(now, timers.t1);
    return { name: 'completed', last: bytes, timerG, interval: timers.t1, timerH: after(now, lifetime(timers)) };
  }

  #repeat(now: Instant, state: Completed): Effects {
    const interval = backOff(state.interval, this.#config.timers);
    this.#state = {
      name: 'completed',
      last: state.last,
      timerG: after(now, interval),
      interval,
      timerH: state.timerH,
    };
    return send(state.last);
  }

  #confirm(now: Instant): Effects {
    const wait = timerI(this.#config);
    if (wait === 0) return this.#terminate(FINISHED);
    this.#state = { name: 'confirmed', timerI: after(now, wait) };
    return NOTHING;
  }

  #terminate(effects: Effects): Effects {
    this.#state = { name: 'terminated' };
    return effects;
  }
}
