/** Token buckets in virtual time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../src/util/rate-limit.ts';
import type { Instant } from '../../src/util/time.ts';

const at = (ms: number): Instant => ms as Instant;

describe('RateLimit', () => {
  it('passes one event per key and interval and tells how many it held back', () => {
    const limit = new RateLimit<string>({ intervalMs: 1000, burst: 1, maxKeys: 10 });
    expect(limit.pass('homer', at(0))).toBe(0);
    expect(limit.pass('homer', at(1))).toBeUndefined();
    expect(limit.pass('homer', at(999))).toBeUndefined();
    expect(limit.pass('other', at(999))).toBe(0);
    expect(limit.pass('homer', at(1000))).toBe(2);
    expect(limit.pass('homer', at(2000))).toBe(0);
  });

  it('passes a burst at once and gives one token back per interval, never more than the burst', () => {
    const limit = new RateLimit<string>({ intervalMs: 100, burst: 3, maxKeys: 10 });
    const passed = (ms: number): number => [1, 2, 3, 4].filter(() => limit.pass('a', at(ms)) !== undefined).length;
    expect(passed(0)).toBe(3);
    expect(passed(150)).toBe(1);
    expect(passed(200)).toBe(1);
    expect(passed(10_000)).toBe(3);
  });

  it('remembers no more keys than it may', () => {
    const limit = new RateLimit<string>({ intervalMs: 1000, burst: 1, maxKeys: 2 });
    limit.pass('a', at(0));
    limit.pass('b', at(0));
    limit.pass('a', at(1));
    limit.pass('c', at(2));
    expect(limit.pass('a', at(3))).toBeUndefined();
    expect(limit.pass('b', at(3))).toBe(0);
  });

  it('accounts for every event and lets no window have more than its share', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(80), { maxLength: 100 }), fc.integer({ min: 1, max: 4 }), (waits, burst) => {
        const limit = new RateLimit<string>({ intervalMs: 100, burst, maxKeys: 1 });
        let now = 0;
        let pending = 0;
        const passes: number[] = [];
        for (const wait of waits) {
          now += wait;
          const suppressed = limit.pass('k', at(now));
          if (suppressed === undefined) pending++;
          else {
            expect(suppressed).toBe(pending);
            pending = 0;
            passes.push(now);
          }
        }
        for (const [i, start] of passes.entries()) {
          for (const [j, end] of passes.entries()) {
            if (j >= i)
              expect(j - i + 1).toBeLessThanOrEqual(burst + Math.floor((end - start) / 100) + (end > start ? 1 : 0));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
