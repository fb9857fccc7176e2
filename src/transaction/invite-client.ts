/**
 * The INVITE client machine: RFC 3261 section 17.1.1 as corrected by RFC 6026 (state Accepted, timer M),
 * with the proxy's timer C (16.6 step 11, 16.8) and the end of a cancelled transaction (9.1).
 */
import { after, type Instant } from '../util/time.ts';
import {
  ACK_AND_DELIVER,
  DELIVER,
  type Effects,
  FINISHED,
  NOTHING,
  send,
  sendAndFinish,
  TIMED_OUT_B,
  TIMED_OUT_C,
  TIMED_OUT_CANCELLED,
  TRANSPORT_FAILED,
} from './effect.ts';
import { DEFAULT_TIMER_C_MS, type InviteClientConfig, lifetime, linger, timerD } from './timers.ts';

type State =
  | Calling
  | { readonly name: 'proceeding'; readonly timerC: Instant }
  /** The RFC's Proceeding once a CANCEL is due or sent: only the final response is awaited, for 64*T1. */
  | { readonly name: 'cancelling'; readonly giveUp: Instant }
  /** `ack` is `undefined` between the 'ack' effect and `acked`. */
  | { readonly name: 'completed'; readonly ack: Uint8Array | undefined; readonly timerD: Instant }
  | { readonly name: 'accepted'; readonly timerM: Instant }
  | { readonly name: 'terminated' };

interface Calling {
  readonly name: 'calling';
  readonly request: Uint8Array;
  /** `undefined` over a reliable transport. */
  readonly timerA: Instant | undefined;
  readonly interval: number;
  readonly timerB: Instant;
}

export class InviteClient {
  #state: State;
  #config: InviteClientConfig;
  /** The highest provisional status so far. */
  #furthest = 0;

  /** Whoever makes the machine sends `request` the first time; the machine asks for the repetitions. */
  constructor(now: Instant, request: Uint8Array, config: InviteClientConfig) {
    const { timers, reliable, frTimerMs = lifetime(timers) } = config;
    this.#config = config;
    this.#state = {
      name: 'calling',
      request,
      timerA: reliable ? undefined : after(now, timers.t1),
      interval: timers.t1,
      timerB: after(now, frTimerMs),
    };
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** When `onDeadline` is due. Read it again after every call. */
  get deadline(): Instant | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'calling':
        return state.timerA !== undefined && state.timerA < state.timerB ? state.timerA : state.timerB;
      case 'proceeding':
        return state.timerC;
      case 'cancelling':
        return state.giveUp;
      case 'completed':
        return state.timerD;
      case 'accepted':
        return state.timerM;
      case 'terminated':
        return undefined;
    }
  }

  onResponse(now: Instant, status: number): Effects {
    const state = this.#state;
    switch (state.name) {
      case 'calling':
        this.#furthest = status;
        return status < 200 ? this.#proceed(now) : this.#final(now, status);
      case 'proceeding':
        if (status >= 200) return this.#final(now, status);
        // RFC 3261 16.7 step 2: on "101 to 199 inclusive ... the proxy MUST reset timer C for that client transaction"
        return status > 100 && this.#restartsAt(status) ? this.#proceed(now) : DELIVER;
      case 'cancelling': // a provisional response no longer prolongs the transaction
        return status < 200 ? DELIVER : this.#final(now, status);
      case 'completed': // retransmissions "MUST cause the ACK to be re-passed to the transport layer"
        return status >= 300 && state.ack !== undefined ? send(state.ack) : NOTHING;
      case 'accepted': // RFC 6026 7.2: every further 2xx is passed to the user, nothing else is
        return status >= 200 && status < 300 ? DELIVER : NOTHING;
      case 'terminated':
        return NOTHING;
    }
  }

  /** Answers the 'ack' effect. "The ACK MUST be sent to the same address, port, and transport" as the request. */
  acked(now: Instant, bytes: Uint8Array): Effects {
    const state = this.#state;
    if (state.name !== 'completed' || state.ack !== undefined) return NOTHING;
    if (state.timerD <= now) {
      this.#state = { name: 'terminated' };
      return sendAndFinish(bytes);
    }
    this.#state = { name: 'completed', ack: bytes, timerD: state.timerD };
    return send(bytes);
  }

  /**
   * A CANCEL was sent. RFC 3261 9.1: without a final response within 64*T1 the transaction counts as cancelled.
   * It matters in 'proceeding' only: before a provisional response "the CANCEL request MUST NOT be sent".
   */
  onCancelled(now: Instant): void {
    if (this.#state.name === 'proceeding') this.#cancel(now);
  }

  /** Nobody has answered yet and nobody is to be asked again: the request is not repeated, a response is still waited for. */
  quit(now: Instant): void {
    if (this.#state.name === 'calling') this.#cancel(now);
  }

  onDeadline(now: Instant): Effects {
    const due = this.deadline;
    if (due === undefined || now < due) return NOTHING;
    const state = this.#state;
    switch (state.name) {
      case 'calling':
        return now < state.timerB ? this.#repeat(now, state) : this.#terminate(TIMED_OUT_B);
      case 'proceeding': // RFC 3261 16.8: after a provisional response "the proxy MUST generate a CANCEL request"
        this.#cancel(now);
        return TIMED_OUT_C;
      case 'cancelling':
        return this.#terminate(TIMED_OUT_CANCELLED);
      case 'completed':
      case 'accepted':
        return this.#terminate(FINISHED);
      case 'terminated':
        return NOTHING;
    }
  }

  /** Concerns a send of this machine: the request in 'calling', the ACK in 'completed'. */
  onTransportError(): Effects {
    switch (this.#state.name) {
      case 'calling':
      case 'completed':
        return this.#terminate(TRANSPORT_FAILED);
      case 'proceeding': // nothing is being sent; the response may still come, on another connection too
      case 'cancelling':
      case 'accepted':
      case 'terminated':
        return NOTHING;
    }
  }

  /** Other waits from now on: for the first response, and for the final one after it. 0 leaves a wait as it is. */
  wait(now: Instant, frTimerMs: number, frInvTimerMs: number): void {
    if (frInvTimerMs > 0) this.#config = { ...this.#config, frInvTimerMs };
    const state = this.#state;
    if (state.name === 'calling' && frTimerMs > 0) this.#state = { ...state, timerB: after(now, frTimerMs) };
    else if (state.name === 'proceeding' && frInvTimerMs > 0) this.#proceed(now);
  }

  #restartsAt(status: number): boolean {
    const further = status > this.#furthest && status >= 180;
    this.#furthest = Math.max(this.#furthest, status);
    return further || this.#config.restartsTimerC !== false;
  }

  #proceed(now: Instant): Effects {
    const { frInvTimerMs = DEFAULT_TIMER_C_MS, endOfLife } = this.#config;
    const timerC = after(now, frInvTimerMs);
    this.#state = { name: 'proceeding', timerC: endOfLife !== undefined && endOfLife < timerC ? endOfLife : timerC };
    return DELIVER;
  }

  #final(now: Instant, status: number): Effects {
    if (status < 300) {
      this.#state = { name: 'accepted', timerM: after(now, linger(this.#config.timers)) };
      return DELIVER;
    }
    this.#state = { name: 'completed', ack: undefined, timerD: after(now, timerD(this.#config)) };
    return ACK_AND_DELIVER;
  }

  #repeat(now: Instant, state: Calling): Effects {
    const interval = 2 * state.interval;
    this.#state = {
      name: 'calling',
      request: state.request,
      timerA: after(now, interval),
      interval,
      timerB: state.timerB,
    };
    return send(state.request);
  }

  #cancel(now: Instant): void {
    this.#state = { name: 'cancelling', giveUp: after(now, lifetime(this.#config.timers)) };
  }

  #terminate(effects: Effects): Effects {
    this.#state = { name: 'terminated' };
    return effects;
  }
}
