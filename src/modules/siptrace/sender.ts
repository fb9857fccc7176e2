/** What the senders have in common: their interface, their counters and what they are made from. */
import type { HepFrame } from '../../hep/packet.ts';
import { after } from '../../util/time.ts';
import type { Endpoint, TlsOptions, World } from '../../world/world.ts';
import type { QueueLimits } from './queue.ts';
import type { HepVersion, TargetTransport } from './target-uri.ts';

/** The part of the world that sending needs. */
export type SenderWorld = Pick<World, 'clock' | 'random' | 'net' | 'resolver'>;

/** `idle`: nothing was to be sent yet. `waiting`: out of order, tries again by itself. */
export type SenderState = 'idle' | 'resolving' | 'connecting' | 'open' | 'waiting' | 'closed';

export type DropReason = 'queue' | 'tooBig' | 'off' | 'filtered' | 'noAddress' | 'send';

/** Submitted frames are those that were sent, those dropped, and those that wait in the queue. */
export class TargetCounters {
  submitted = 0;
  /** Handed to the operating system. */
  sent = 0;
  bytes = 0;
  readonly dropped: Record<DropReason, number> = {
    /** The target was slower than the messages came; the oldest went. */
    queue: 0,
    /** Longer than a datagram or a HEP frame can be. */
    tooBig: 0,
    /** The target was switched off or shut down. */
    off: 0,
    /** Its filter did not want them. */
    filtered: 0,
    /** As `queue`, while its name gave no address. */
    noAddress: 0,
    /** In a connection when that broke. */
    send: 0,
  };
  reconnects = 0;
  /** What the network sent back, as ECONNREFUSED: the datagrams that caused it counted as sent. */
  faults = 0;
}

/** Nothing here blocks or throws. */
export interface Sender {
  readonly state: SenderState;
  /** A frame given now would leave at once. */
  readonly up: boolean;
  readonly queueFrames: number;
  readonly queueBytes: number;
  /** The last thing that went wrong, in words. */
  readonly trouble: string | undefined;
  /** Encodes the frame before it returns. False: the frame was dropped and counted. */
  submit(frame: HepFrame): boolean;
  /** As `submit`, for a frame that was encoded for another target. */
  adopt(bytes: Uint8Array): boolean;
  /** Begins to connect, when idle. */
  wake(): void;
  /** Forgets the frames that wait, and counts them as dropped for this reason. */
  discard(reason: DropReason): void;
  /** Sends what waits. Resolves when that is done, or after `ms`. */
  drain(ms: number): Promise<void>;
  /** Ends at once; what waits is dropped. */
  close(): void;
}

export interface SenderOptions {
  readonly world: SenderWorld;
  readonly host: string;
  readonly isName: boolean;
  readonly port: number;
  readonly transport: TargetTransport;
  readonly version: HepVersion;
  readonly counters: TargetCounters;
  readonly limits: QueueLimits;
  /** How long frames may wait to leave together; 0 is at once over UDP, the end of the turn over TCP and TLS. */
  readonly coalesceMs: number;
  /** The address to send from. */
  readonly local: Endpoint | undefined;
  readonly tls: TlsOptions | undefined;
  /** An address that we must not send to, as one of our own listeners. */
  readonly refuses: (address: string) => boolean;
  /** The target has become up. */
  readonly onUp: () => void;
}

/** 0.5 s, 1 s, 2 s ... 30 s, and up to a quarter more, so that many proxies do not return to a collector at one moment. */
export function backoffMs(attempt: number, random: SenderWorld['random']): number {
  const base = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(attempt, 16));
  return base + (base / 4) * (random.u32() / 0x1_0000_0000);
}

export const MIN_BACKOFF_MS = 500;
export const MAX_BACKOFF_MS = 30_000;

/** Those who wait for an empty queue. */
export class DrainWaiters {
  readonly #clock: SenderWorld['clock'];
  readonly #waiting = new Set<() => void>();

  constructor(clock: SenderWorld['clock']) {
    this.#clock = clock;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#waiting.delete(finish);
        resolve();
      };
      const cancel = this.#clock.wake(after(this.#clock.now(), ms), finish);
      this.#waiting.add(finish);
    });
  }

  release(): void {
    for (const finish of this.#waiting) finish();
  }
}
