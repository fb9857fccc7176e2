/** Retransmission over UDP as RFC 3261 sections 17.1 and 13.3.1.4 ask of a peer: after T1, then twice as long, up to T2. */
import { after } from '../util/time.ts';
import type { Clock } from '../world/world.ts';

const t1Ms = 500;
const t2Ms = 4_000;
/** Timers B, F and H. */
const giveUpMs = 64 * t1Ms;

export class Resender {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sends again until `stop(key)` or 32 s are over. An INVITE (`uncapped`) waits ever longer. */
  start(key: string, send: () => void, uncapped = false): void {
    this.stop(key);
    const end = after(this.#clock.now(), giveUpMs);
    const wait = (ms: number): void => {
      const at = after(this.#clock.now(), ms);
      if (at >= end) {
        this.#cancels.delete(key);
        return;
      }
      const next = uncapped ? ms * 2 : Math.min(ms * 2, t2Ms);
      const again = (): void => {
        wait(next);
        send();
      };
      this.#cancels.set(key, this.#clock.wake(at, again));
    };
    wait(t1Ms);
  }

  stop(key: string): void {
    this.#cancels.get(key)?.();
    this.#cancels.delete(key);
  }

  stopAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
