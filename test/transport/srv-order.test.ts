/** The order of SRV records: priority strictly, weight by chance. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimRandom } from '../../src/testing/sim-random.ts';
import { orderSrv } from '../../src/transport/srv-order.ts';
import type { SrvRecord } from '../../src/world/world.ts';

const record = (name: string, priority: number, weight: number): SrvRecord => ({ name, priority, weight, port: 5060 });

const records = fc.array(
  fc.record({
    priority: fc.integer({ min: 0, max: 3 }),
    weight: fc.integer({ min: 0, max: 65535 }),
    port: fc.constant(5060),
    name: fc.string({ minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 12 },
);

describe('orderSrv', () => {
  it('keeps every record, and never puts a higher priority number before a lower one', () => {
    fc.assert(
      fc.property(records, fc.integer(), (given, seed) => {
        const ordered = orderSrv(given, new SimRandom(seed, 'srv'));
        expect(ordered).toHaveLength(given.length);
        expect(new Set(ordered)).toEqual(new Set(given));
        const priorities = ordered.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
      }),
    );
  });

  it('puts a record first as often as its weight says', () => {
    const random = new SimRandom(7, 'srv');
    const given = [record('a', 1, 10), record('b', 1, 30), record('c', 1, 60)];
    const first: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 10_000; i++) {
      const name = orderSrv(given, random)[0]?.name ?? '';
      first[name] = (first[name] ?? 0) + 1;
    }
    // RFC 2782 counts from 0 inclusive, which gives the first record a hundredth more.
    expect(Math.abs((first['a'] ?? 0) - 1100)).toBeLessThan(150);
    expect(Math.abs((first['b'] ?? 0) - 3000)).toBeLessThan(200);
    expect(Math.abs((first['c'] ?? 0) - 5900)).toBeLessThan(200);
  });

  it('gives records of weight 0 a very small chance beside others', () => {
    const random = new SimRandom(7, 'srv');
    const given = [record('heavy', 1, 99), record('zero', 1, 0)];
    const zeroFirst = Array.from({ length: 10_000 }, () => orderSrv(given, random)[0]?.name).filter(
      (n) => n === 'zero',
    );
    expect(zeroFirst.length).toBeGreaterThan(50);
    expect(zeroFirst.length).toBeLessThan(200);
  });
});
