/**
 * The non-INVITE server machine: RFC 3261 section 17.2.2.
 * What RFC 4320 forbids (a 408, an early 100, any other 1xx) is not judged here: whoever replies obeys it.
 */
import { after, type Instant } from '../util/time.ts';
import { type Effects, FINISHED, NOTHING, send, sendAndFinish, UNSENT } from './effect.ts';
import { type TransactionConfig, timerJ } from './timers.ts';

type State =
  | { readonly name: 'trying' }
  | { readonly name: 'proceeding'; readonly last: Uint8Array }
  | { readonly name: 'completed'; readonly last: Uint8Array; readonly timerJ: Instant }
  | { readonly name: 'terminated' };

export class NonInviteServer {
  #state: State = { name: 'trying' };
  readonly #config: TransactionConfig;

  constructor(config: TransactionConfig) {
    this.#config = config;
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  /** When `onDeadline` is due. Read it again after every call. */
  get deadline(): Instant | undefined {
    return this.#state.name === 'completed' ? this.#state.timerJ : undefined;
  }

  /** The same request came again. */
  onRetransmission(): Effects {
    switch (this.#state.name) {
      case 'proceeding':
      case 'completed':
        return send(this.#state.last);
      case 'trying': // there is no reply to repeat yet
      case 'terminated':
        return NOTHING;
    }
  }

  /** The transaction user replies. A reply that must not go out has no 'send' effect. */
  onResponse(now: Instant, status: number, bytes: Uint8Array): Effects {
    switch (this.#state.name) {
      case 'trying':
      case 'proceeding':
        return status < 200 ? this.#proceed(bytes) : this.#complete(now, bytes);
      case 'completed': // "Any other final responses passed by the TU ... MUST be discarded"
      case 'terminated':
        return NOTHING;
    }
  }

  onDeadline(now: Instant): Effects {
    const due = this.deadline;
    if (due === undefined || now < due) return NOTHING;
    this.#state = { name: 'terminated' };
    return FINISHED;
  }

  /** RFC 6026 8.8: it "SHOULD inform the TU that a failure has occurred, and MUST remain in the current state". */
  onTransportError(): Effects {
    return this.#state.name === 'terminated' ? NOTHING : UNSENT;
  }

  #proceed(bytes: Uint8Array): Effects {
    this.#state = { name: 'proceeding', last: bytes };
    return send(bytes);
  }

  #complete(now: Instant, bytes: Uint8Array): Effects {
    const wait = timerJ(this.#config);
    if (wait === 0) {
      this.#state = { name: 'terminated' };
      return sendAndFinish(bytes);
    }
    this.#state = { name: 'completed', last: bytes, timerJ: after(now, wait) };
    return send(bytes);
  }
}
