/** The table that forgets what was not used for longest, against an array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from '../../src/util/lru.ts';

describe('Lru', () => {
  it('forgets what was not used for longest, reading being a use', () => {
    const lru = new Lru<string, number>(2);
    lru.set('a', 1);
    lru.set('b', 2);
    lru.get('a');
    lru.set('c', 3);
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3]);
    expect(lru.size).toBe(2);
    expect(lru.evicted).toBe(1);
  });

  it('works with room for a single entry', () => {
    const lru = new Lru<string, number>(1);
    lru.set('a', 1);
    lru.set('a', 2);
    lru.set('b', 3);
    expect([lru.get('a'), lru.get('b'), lru.size]).toEqual([undefined, 3, 1]);
    expect(lru.delete('b')).toBe(true);
    expect(lru.delete('b')).toBe(false);
    lru.set('c', 4);
    expect(lru.get('c')).toBe(4);
  });

  it('behaves as an array ordered by use under any sequence of calls', () => {
    const command = fc.record({ kind: fc.constantFrom('set', 'get', 'delete'), key: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        const lru = new Lru<number, number>(4);
        let model: { key: number; value: number }[] = [];
        let evicted = 0;
        for (const [value, { kind, key }] of commands.entries()) {
          const known = model.find((entry) => entry.key === key);
          const others = model.filter((entry) => entry !== known);
          if (kind === 'get') {
            expect(lru.get(key)).toBe(known?.value);
            model = known ? [...others, known] : others;
          } else if (kind === 'delete') {
            expect(lru.delete(key)).toBe(known !== undefined);
            model = others;
          } else {
            lru.set(key, value);
            model = [...others, { key, value }];
            if (model.length > 4) {
              model.shift();
              evicted++;
            }
          }
          expect([lru.size, lru.evicted]).toEqual([model.length, evicted]);
        }
        for (const { key, value } of model) expect(lru.get(key)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });
});
