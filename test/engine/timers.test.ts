/** One host timer under many deadlines: never early, at most a granule late, and few wake-ups. */
import { describe, expect, it } from 'vitest';
import { GRANULARITY_MS, Timers, type Waiting } from '../../src/engine/timers.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { after, type Instant } from '../../src/util/time.ts';

function rig() {
  const clock = new VirtualClock();
  const met: { readonly due: Instant; readonly at: Instant }[] = [];
  const timers = new Timers(clock);
  const waitFor = (ms: number) => {
    const due = after(clock.now(), ms);
    const waiting: Waiting = { onDeadline: (at) => void met.push({ due, at }) };
    return timers.set(undefined, due, waiting);
  };
  const run = (ms: number): void => {
    const end = after(clock.now(), ms);
    while (clock.step(end));
    clock.advanceTo(end);
  };
  return { clock, met, timers, waitFor, run };
}

describe('timers', () => {
  it('meet a deadline that stands alone exactly', () => {
    const { met, waitFor, run } = rig();
    waitFor(500);
    run(500);
    expect(met).toEqual([{ due: met[0]?.due, at: met[0]?.due }]);
  });

  it('meet crowded deadlines in order, never early and at most a granule late', () => {
    const { met, waitFor, run } = rig();
    for (let i = 0; i < 1_000; i++) waitFor(100 + (i % 97));
    run(1_000);
    expect(met).toHaveLength(1_000);
    for (const { due, at } of met) {
      expect(at).toBeGreaterThanOrEqual(due);
      expect(at - due).toBeLessThanOrEqual(GRANULARITY_MS);
    }
    expect(new Set(met.map(({ at }) => at)).size).toBeLessThanOrEqual(97 / GRANULARITY_MS + 2);
  });

  it('forget a deadline that was taken back, and move one that was changed', () => {
    const { clock, met, timers, waitFor, run } = rig();
    const gone = waitFor(100);
    const moved = waitFor(200);
    timers.set(gone, undefined, { onDeadline: () => expect.fail('taken back') });
    timers.set(moved, after(clock.now(), 900), { onDeadline: () => undefined });
    run(500);
    expect(met).toEqual([]);
    run(500);
    expect(met).toHaveLength(1);
    expect(timers.size).toBe(0);
  });
});
