/** The timer values of RFC 3261 section 17 (Table 4) and RFC 6026, in milliseconds. The machines keep the deadlines. */

import type { Instant } from '../util/time.ts';

/** The three base values from which every other timer derives. */
export interface Timers {
  /** Round-trip estimate: the first retransmission interval. */
  readonly t1: number;
  /** The longest interval between retransmissions of a non-INVITE request or of a final reply to INVITE. */
  readonly t2: number;
  /** How long a message may remain in the network. */
  readonly t4: number;
  /**
   * How long an answered transaction is kept for what comes again: timers D, J, L and M. When absent, 64*T1 as the RFC says.
   */
  readonly linger?: number;
}

export const DEFAULT_TIMERS: Timers = { t1: 500, t2: 4_000, t4: 5_000 };

/** RFC 3261 16.6 step 11: "The timer MUST be larger than 3 minutes." */
export const DEFAULT_TIMER_C_MS = 181_000;

/** RFC 3261 17.1.1.2 on timer D: "at least 32 seconds for unreliable transports". */
const LEAST_TIMER_D_MS = 32_000;

export interface TransactionConfig {
  readonly timers: Timers;
  /** Whether the transport of this transaction retransmits by itself (TCP, TLS, WebSocket). */
  readonly reliable: boolean;
}

export interface ClientConfig extends TransactionConfig {
  /** Timer B or F, Kamailio's fr_timer. Default: 64*T1. */
  readonly frTimerMs?: number;
}

export interface InviteClientConfig extends ClientConfig {
  /** Timer C, Kamailio's fr_inv_timer. Default: `DEFAULT_TIMER_C_MS`. */
  readonly frInvTimerMs?: number;
  /** False: only a provisional reply that goes further, of 180 or more, starts timer C again. */
  readonly restartsTimerC?: boolean;
  /** No reply prolongs timer C beyond this. */
  readonly endOfLife?: Instant | undefined;
}

/** Timers L and M (RFC 6026); D and J over unreliable transports. */
export const linger = (timers: Timers): number => timers.linger ?? lifetime(timers);

/** 64*T1: timers B, F, H, L, M, the wait after a CANCEL, and J over unreliable transports. */
export const lifetime = (timers: Timers): number => 64 * timers.t1;

/** How long a client answers a repeated 300-699 with the same ACK. Not below 64*T1, as the peer may repeat so long. */
export const timerD = ({ timers, reliable }: TransactionConfig): number =>
  reliable ? 0 : (timers.linger ?? Math.max(LEAST_TIMER_D_MS, lifetime(timers)));

/** How long an INVITE server absorbs repeated ACKs. */
export const timerI = ({ timers, reliable }: TransactionConfig): number => (reliable ? 0 : timers.t4);

/** How long a non-INVITE server answers repeated requests. */
export const timerJ = ({ timers, reliable }: TransactionConfig): number => (reliable ? 0 : linger(timers));

/** How long a non-INVITE client absorbs repeated final responses. */
export const timerK = ({ timers, reliable }: TransactionConfig): number => (reliable ? 0 : timers.t4);

/** The interval that follows `interval` for timers E and G: doubled, up to T2. */
export const backOff = (interval: number, timers: Timers): number => Math.min(2 * interval, timers.t2);
