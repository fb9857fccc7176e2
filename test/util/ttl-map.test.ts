/** The bounded, expiring table against a plain list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/util/time.ts';
import { TtlMap } from '../../src/util/ttl-map.ts';

const at = (ms: number): Instant => ms as Instant;

describe('TtlMap', () => {
  it('keeps an entry up to its time to live and not a millisecond more', () => {
    const map = new TtlMap<string, number>({ max: 10, ttlMs: 32_000 });
    map.set('a', 1, at(1000));
    expect(map.get('a', at(32_999))).toBe(1);
    expect(map.has('a', at(32_999))).toBe(true);
    expect(map.has('a', at(33_000))).toBe(false);
    expect(map.get('a', at(33_000))).toBeUndefined();
    expect(map.size).toBe(0);
    expect(map.evicted).toBe(0);
  });

  it('does not lengthen a life by reading, but by setting', () => {
    const map = new TtlMap<string, number>({ max: 10, ttlMs: 10 });
    map.set('read', 1, at(0));
    map.set('set', 1, at(0));
    map.get('read', at(5));
    map.set('set', 2, at(5));
    expect(map.get('read', at(12))).toBeUndefined();
    expect(map.get('set', at(12))).toBe(2);
  });

  it('evicts the oldest when one more than max comes, and counts it', () => {
    const map = new TtlMap<string, number>({ max: 2, ttlMs: 100 });
    map.set('a', 1, at(0));
    map.set('b', 2, at(1));
    map.set('a', 3, at(2));
    expect(map.evicted).toBe(0);
    map.set('c', 4, at(3));
    expect(map.evicted).toBe(1);
    expect([map.get('a', at(4)), map.get('b', at(4)), map.get('c', at(4))]).toEqual([3, undefined, 4]);
  });

  it('lets expired entries make room without counting them as evicted', () => {
    const map = new TtlMap<number, number>({ max: 2, ttlMs: 10 });
    map.set(1, 1, at(0));
    map.set(2, 2, at(5));
    map.set(3, 3, at(10));
    expect(map.evicted).toBe(0);
    expect(map.get(2, at(10))).toBe(2);
    map.sweep(at(15));
    expect(map.size).toBe(1);
  });

  it('behaves as a list of dated entries under any sequence of calls', () => {
    const command = fc.record({
      kind: fc.constantFrom('set', 'get', 'delete', 'sweep'),
      key: fc.nat(6),
      wait: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        const map = new TtlMap<number, number>({ max: 4, ttlMs: 10 });
        let model: { key: number; value: number; expires: number }[] = [];
        let now = 0;
        let evicted = 0;
        for (const [value, { kind, key, wait }] of commands.entries()) {
          now += wait;
          model = model.filter((entry) => entry.expires > now);
          const known = model.find((entry) => entry.key === key);
          if (kind === 'get') expect(map.get(key, at(now))).toBe(known?.value);
          if (kind === 'sweep') map.sweep(at(now));
          if (kind === 'delete') {
            map.delete(key);
            model = model.filter((entry) => entry !== known);
          }
          if (kind === 'set') {
            map.set(key, value, at(now));
            model = [...model.filter((entry) => entry !== known), { key, value, expires: now + 10 }];
            if (model.length > 4) {
              model.shift();
              evicted++;
            }
          }
          if (kind === 'set' || kind === 'sweep') expect(map.size).toBe(model.length);
          expect(map.size).toBeLessThanOrEqual(4);
          expect(map.evicted).toBe(evicted);
          for (const entry of model) expect(map.get(entry.key, at(now))).toBe(entry.value);
        }
      }),
      { numRuns: 300 },
    );
  });
});
