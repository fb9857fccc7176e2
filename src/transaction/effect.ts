/** What a transaction machine asks of the driver. A machine builds no message: it hands back bytes it was given. */
export type Effect =
  /** Put these bytes on the wire. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** The message just received is for the transaction user. Without this effect it was absorbed. */
  | { readonly kind: 'deliver' }
  /** Build the ACK to the 300-699 just received and hand its bytes to `acked`. */
  | { readonly kind: 'ack' }
  /** Waiting ended. After 'C' a CANCEL is due and the transaction goes on; after the others it is over. */
  | { readonly kind: 'timeout'; readonly which: TimeoutTimer }
  /** A reply could not be sent; the transaction goes on (RFC 6026 section 8.8). */
  | { readonly kind: 'unsent' }
  /** The machine is done: drop it from the table. Always the last effect of the transaction. */
  | { readonly kind: 'terminated'; readonly why: TerminationCause };

/** 'cancelled': no final response came within 64*T1 after the CANCEL (RFC 3261 section 9.1). */
export type TimeoutTimer = 'B' | 'C' | 'F' | 'H' | 'cancelled';

export type TerminationCause = 'finished' | 'timeout' | 'transport';

export type Effects = readonly Effect[];

const TERMINATED_FINISHED: Effect = { kind: 'terminated', why: 'finished' };
const TERMINATED_TIMEOUT: Effect = { kind: 'terminated', why: 'timeout' };
const DELIVERED: Effect = { kind: 'deliver' };

export const NOTHING: Effects = [];
export const DELIVER: Effects = [DELIVERED];
export const DELIVER_AND_FINISH: Effects = [DELIVERED, TERMINATED_FINISHED];
/** The ACK goes out before the user spends time on the response. */
export const ACK_AND_DELIVER: Effects = [{ kind: 'ack' }, DELIVERED];
export const FINISHED: Effects = [TERMINATED_FINISHED];
export const UNSENT: Effects = [{ kind: 'unsent' }];
export const TRANSPORT_FAILED: Effects = [{ kind: 'terminated', why: 'transport' }];
export const TIMED_OUT_B: Effects = [{ kind: 'timeout', which: 'B' }, TERMINATED_TIMEOUT];
export const TIMED_OUT_C: Effects = [{ kind: 'timeout', which: 'C' }];
export const TIMED_OUT_F: Effects = [{ kind: 'timeout', which: 'F' }, TERMINATED_TIMEOUT];
export const TIMED_OUT_H: Effects = [{ kind: 'timeout', which: 'H' }, TERMINATED_TIMEOUT];
export const TIMED_OUT_CANCELLED: Effects = [{ kind: 'timeout', which: 'cancelled' }, TERMINATED_TIMEOUT];

export const send = (bytes: Uint8Array): Effects => [{ kind: 'send', bytes }];

export const sendAndFinish = (bytes: Uint8Array): Effects => [{ kind: 'send', bytes }, TERMINATED_FINISHED];
