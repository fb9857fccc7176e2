/** Node's clock: wall time that never repeats, timers that are never early. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after } from '../../src/util/time.ts';
import { DRIFT_CHECK_MS, nodeClock, WallSequence } from '../../src/world/node/clock.ts';

describe('WallSequence', () => {
  it('grows by at least a microsecond on each call, whatever the system clock does', () => {
    const step = fc.record({
      system: fc.integer({ min: -5000, max: 5000 }),
      monotonic: fc.double({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const sequence = new WallSequence();
        let system = 1_700_000_000_000;
        let monotonic = 0;
        let last = 0;
        for (const taken of steps.map((s) => ({
          system: s.system,
          monotonic: Number.isNaN(s.monotonic) ? 0 : s.monotonic,
        }))) {
          system += taken.system;
          monotonic += taken.monotonic;
          const next = sequence.next(monotonic, () => system);
          expect(Number.isSafeInteger(next)).toBe(true);
          expect(next).toBeGreaterThanOrEqual(last + 1);
          last = next;
        }
      }),
    );
  });

  it('counts microseconds between two ticks of the system clock', () => {
    const sequence = new WallSequence();
    expect(sequence.next(10, () => 1_700_000_000_000)).toBe(1_700_000_000_000_000);
    expect(sequence.next(10.25, () => 1_700_000_000_000)).toBe(1_700_000_000_000_250);
  });

  it('follows a system clock that was set forward', () => {
    const sequence = new WallSequence();
    sequence.next(0, () => 1_700_000_000_000);
    expect(sequence.next(DRIFT_CHECK_MS, () => 1_700_003_600_000)).toBe(1_700_003_600_000_000);
  });

  it('creeps on until a system clock that was set back has caught up', () => {
    const sequence = new WallSequence();
    const before = sequence.next(0, () => 1_700_000_000_000);
    expect(sequence.next(DRIFT_CHECK_MS, () => 1_699_999_999_000)).toBe(before + 1);
    expect(sequence.next(1500 + DRIFT_CHECK_MS, () => 1_700_000_000_500)).toBe(1_700_000_000_500_000);
  });
});

describe('the system clock', () => {
  it('is looked at only so often', () => {
    const sequence = new WallSequence();
    let looks = 0;
    const system = () => {
      looks++;
      return 1_700_000_000_000;
    };
    for (const ms of [0, 1, DRIFT_CHECK_MS - 0.01, DRIFT_CHECK_MS, DRIFT_CHECK_MS + 1]) sequence.next(ms, system);
    expect(looks).toBe(2);
  });
});

describe('nodeClock', () => {
  it('gives the time of day in microseconds', () => {
    const before = Date.now() * 1000;
    const wall = nodeClock().wall();
    expect(wall).toBeGreaterThanOrEqual(before - 3000);
    expect(wall).toBeLessThanOrEqual((Date.now() + 3) * 1000);
  });

  it('wakes at or after the instant that was asked for', async () => {
    const clock = nodeClock();
    for (let i = 0; i < 10; i++) {
      const at = after(clock.now(), 1.3);
      const woken = await new Promise<number>((resolve) => {
        clock.wake(at, () => resolve(clock.now()));
      });
      expect(woken).toBeGreaterThanOrEqual(at);
    }
  });

  it('does not wake who has cancelled, and takes a late cancel', async () => {
    const clock = nodeClock();
    let woken = false;
    const cancel = clock.wake(clock.now(), () => {
      woken = true;
    });
    cancel();
    await new Promise<void>((resolve) => {
      clock.wake(after(clock.now(), 5), resolve);
    });
    cancel();
    expect(woken).toBe(false);
  });

  it('does not turn an instant weeks ahead into a wake-up at once', async () => {
    const clock = nodeClock();
    let woken = false;
    const cancel = clock.wake(after(clock.now(), 60 * 24 * 3600 * 1000), () => {
      woken = true;
    });
    await new Promise<void>((resolve) => {
      clock.wake(after(clock.now(), 5), resolve);
    });
    cancel();
    expect(woken).toBe(false);
  });

  it('defers to the end of the turn, behind all promises of it', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      nodeClock().defer(() => {
        order.push('deferred');
        resolve();
      });
      void Promise.resolve().then(() => order.push('promise'));
      order.push('now');
    });
    expect(order).toEqual(['now', 'promise', 'deferred']);
  });
});
