/** The deadline queue against a sorted array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Deadline, DeadlineQueue } from '../../src/util/deadlines.ts';
import type { Instant } from '../../src/util/time.ts';

const at = (ms: number): Instant => ms as Instant;

describe('DeadlineQueue', () => {
  it('gives out what is due, earliest first, and keeps the rest', () => {
    const queue = new DeadlineQueue<string>();
    queue.add(at(30), 'c');
    queue.add(at(10), 'a');
    queue.add(at(20), 'b');
    expect(queue.next).toBe(10);
    expect(queue.popDue(at(9))).toBeUndefined();
    expect(queue.popDue(at(20))).toBe('a');
    expect(queue.popDue(at(20))).toBe('b');
    expect(queue.popDue(at(20))).toBeUndefined();
    expect(queue.next).toBe(30);
  });

  it('gives equal instants out in the order they were set', () => {
    const queue = new DeadlineQueue<number>();
    const entries = [0, 1, 2, 3, 4].map((item) => queue.add(at(5), item));
    const [first] = entries;
    if (first) queue.update(first, at(5));
    expect([1, 2, 3, 4, 5].map(() => queue.popDue(at(5)))).toEqual([1, 2, 3, 4, 0]);
  });

  it('ignores an entry that fired, was removed, or lives in another queue', () => {
    const queue = new DeadlineQueue<string>();
    const other = new DeadlineQueue<string>();
    const fired = queue.add(at(1), 'fired');
    queue.popDue(at(1));
    const stays = queue.add(at(2), 'stays');
    const foreign = other.add(at(3), 'foreign');
    for (const entry of [fired, foreign]) {
      expect(queue.update(entry, at(0))).toBe(false);
      expect(queue.remove(entry)).toBe(false);
    }
    expect(queue.remove(stays)).toBe(true);
    expect(queue.remove(stays)).toBe(false);
    expect(queue.size).toBe(0);
    expect(queue.next).toBeUndefined();
    expect(other.popDue(at(3))).toBe('foreign');
  });

  it('holds nothing of what was removed', () => {
    const queue = new DeadlineQueue<number>();
    const entries = Array.from({ length: 1000 }, (_, i) => queue.add(at((i * 7919) % 1000), i));
    for (const entry of entries.slice(1)) queue.remove(entry);
    expect(queue.size).toBe(1);
    expect(queue.popDue(at(1000))).toBe(0);
    expect(queue.size).toBe(0);
  });

  it('behaves as a sorted array under any sequence of calls', () => {
    const command = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), ms: fc.nat(20), pick: fc.nat() }),
      fc.record({ kind: fc.constant('update' as const), ms: fc.nat(20), pick: fc.nat() }),
      fc.record({ kind: fc.constant('remove' as const), ms: fc.nat(20), pick: fc.nat() }),
      fc.record({ kind: fc.constant('pop' as const), ms: fc.nat(20), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
        const queue = new DeadlineQueue<number>();
        const handles: Deadline<number>[] = [];
        let model: { ms: number; turn: number; item: number }[] = [];
        let turn = 0;
        for (const { kind, ms, pick } of commands) {
          const handle = handles.length > 0 ? handles[pick % handles.length] : undefined;
          const known = handle && model.find(({ item }) => item === handle.item);
          if (kind === 'add') {
            model.push({ ms, turn: turn++, item: handles.length });
            handles.push(queue.add(at(ms), handles.length));
          } else if (kind === 'update' && handle) {
            expect(queue.update(handle, at(ms))).toBe(known !== undefined);
            if (known) Object.assign(known, { ms, turn: turn++ });
            if (known) expect(handle.at).toBe(ms);
          } else if (kind === 'remove' && handle) {
            expect(queue.remove(handle)).toBe(known !== undefined);
            model = model.filter((entry) => entry !== known);
          } else if (kind === 'pop') {
            const due = model[0] && model[0].ms <= ms ? model.shift() : undefined;
            expect(queue.popDue(at(ms))).toBe(due?.item);
          }
          model.sort((a, b) => a.ms - b.ms || a.turn - b.turn);
          expect(queue.size).toBe(model.length);
          expect(queue.next).toBe(model[0]?.ms);
        }
        expect(model.map(() => queue.popDue(at(20)))).toEqual(model.map(({ item }) => item));
      }),
      { numRuns: 300 },
    );
  });
});
