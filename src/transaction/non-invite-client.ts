/** The non-INVITE client machine: RFC 3261 section 17.1.2. A CANCEL that we send is such a transaction of its own. */
import { after, type Instant } from '../util/time.ts';
import {
  DELIVER,
  DELIVER_AND_FINISH,
  type Effects,
  FINISHED,
  NOTHING,
  send,
  TIMED_OUT_F,
  TRANSPORT_FAILED,
} from './effect.ts';
import { backOff, type ClientConfig, lifetime, timerK } from './timers.ts';

type State = Waiting | { readonly name: 'completed'; readonly timerK: Instant } | { readonly name: 'terminated' };

interface Waiting {
  readonly name: 'trying' | 'proceeding';
  readonly request: Uint8Array;
  /** `undefined` over a reliable transport. */
  readonly timerE: Instant | undefined;
  readonly interval: number;
  readonly timerF: Instant;
}

export class NonInviteClient {
  #state: State;
  readonly #config: ClientConfig;

  /** Whoever makes the machine sends `request` the first time; the machine asks for the repetitions. */
  constructor(now: Instant, request: Uint8Array, config: ClientConfig) {
    const { timers, reliable, frTimerMs = lifetime(timers) } = config;
    this.#config = config;
    this.#state = {
      name: 'trying',
      request,
      timerE: reliable ? undefined : after(now, timers.t1),
      interval: timers.t1,
      timerF: after(now, frTimerMs),
    };
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** When `onDeadline` is due. Read it again after every call. */
  get deadline(): Instant | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'trying':
      case 'proceeding':
        return state.timerE !== undefined && state.timerE < state.timerF ? state.timerE : state.timerF;
      case 'completed':
        return state.timerK;
      case 'terminated':
        return undefined;
    }
  }

  onResponse(now: Instant, status: number): Effects {
    const state = this.#state;
    switch (state.name) {
      case 'trying':
        if (status >= 200) return this.#complete(now);
        this.#state = { ...state, name: 'proceeding' };
        return DELIVER;
      case 'proceeding':
        return status < 200 ? DELIVER : this.#complete(now);
      case 'completed': // "exists to buffer additional response retransmissions"
      case 'terminated':
        return NOTHING;
    }
  }

  onDeadline(now: Instant): Effects {
    const due = this.deadline;
    if (due === undefined || now < due) return NOTHING;
    const state = this.#state;
    switch (state.name) {
      case 'trying':
      case 'proceeding':
        return now < state.timerF ? this.#repeat(now, state) : this.#terminate(TIMED_OUT_F);
      case 'completed':
        return this.#terminate(FINISHED);
      case 'terminated':
        return NOTHING;
    }
  }

  /** Waits so long for the final response from now on; 0 leaves it as it is. */
  wait(now: Instant, frTimerMs: number): void {
    const state = this.#state;
    if (frTimerMs === 0 || (state.name !== 'trying' && state.name !== 'proceeding')) return;
    this.#state = { ...state, timerF: after(now, frTimerMs) };
  }

  /** Concerns a send of this machine. Once the final response is here nothing is sent any more. */
  onTransportError(): Effects {
    switch (this.#state.name) {
      case 'trying':
      case 'proceeding':
        return this.#terminate(TRANSPORT_FAILED);
      case 'completed':
      case 'terminated':
        return NOTHING;
    }
  }

  /** "If Timer E fires while in the Proceeding state ... Timer E MUST be reset with a value of T2 seconds." */
  #repeat(now: Instant, state: Waiting): Effects {
    const { timers } = this.#config;
    const interval = state.name === 'trying' ? backOff(state.interval, timers) : timers.t2;
    this.#state = {
      name: state.name,
      request: state.request,
      timerE: after(now, interval),
      interval,
      timerF: state.timerF,
    };
    return send(state.request);
  }

  #complete(now: Instant): Effects {
    const wait = timerK(this.#config);
    if (wait === 0) return this.#terminate(DELIVER_AND_FINISH);
    this.#state = { name: 'completed', timerK: after(now, wait) };
    return DELIVER;
  }

  #terminate(effects: Effects): Effects {
    this.#state = { name: 'terminated' };
    return effects;
  }
}
