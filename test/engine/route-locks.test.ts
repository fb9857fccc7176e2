/** Locks of routes: who waits gets them in turn, and nobody keeps one for ever. */
import { describe, expect, it } from 'vitest';
import { MAX_HELD_MS, MAX_LOCKS, MAX_WAITING, RouteLocks } from '../../src/engine/route-locks.ts';
import { Timers } from '../../src/engine/timers.ts';
import { Simulator } from '../../src/testing/simulator.ts';

const start = () => {
  const sim = new Simulator();
  return { sim, locks: new RouteLocks(new Timers(sim.clock), sim.clock) };
};
const [a, b, c] = [{}, {}, {}];

describe('a lock', () => {
  it('is taken at once when it is free, and again by who holds it', () => {
    const { locks } = start();
    expect([locks.acquire('k', a), locks.acquire('k', a), locks.acquire('other', b)]).toEqual([
      'locked',
      'locked',
      'locked',
    ]);
    expect([locks.release('k', a), locks.tryAcquire('k', b), locks.release('k', a), locks.tryAcquire('k', b)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('goes to those who wait in their turn', async () => {
    const { locks } = start();
    const order: string[] = [];
    void locks.acquire('k', a);
    const second = Promise.resolve(locks.acquire('k', b)).then(() => order.push('b'));
    const third = Promise.resolve(locks.acquire('k', c)).then(() => order.push('c'));
    locks.release('k', a);
    await second;
    expect(order).toEqual(['b']);
    locks.release('k', b);
    await third;
    expect([order, locks.release('k', c), locks.size]).toEqual([['b', 'c'], true, 0]);
  });

  it('belongs to nobody else: only its holder gives it back', () => {
    const { locks } = start();
    void locks.acquire('k', a);
    expect([locks.release('k', b), locks.release('none', a)]).toEqual([false, false]);
  });

  it('is given back with all others when its route ends', () => {
    const { locks } = start();
    for (const key of ['k', 'l', 'm']) void locks.acquire(key, a);
    locks.releaseAll(a);
    locks.releaseAll(b);
    expect(locks.size).toBe(0);
  });

  it('is taken from who forgot it', async () => {
    const { locks, sim } = start();
    void locks.acquire('k', a);
    const waiting = { done: false };
    void Promise.resolve(locks.acquire('k', b)).then(() => {
      waiting.done = true;
    });
    await sim.runFor(MAX_HELD_MS - 1);
    expect(waiting.done).toBe(false);
    await sim.runFor(1);
    await Promise.resolve();
    expect([waiting.done, locks.release('k', a)]).toEqual([true, false]);
  });
});

describe('limits', () => {
  it('let no more wait for one lock', () => {
    const { locks } = start();
    void locks.acquire('k', a);
    for (let i = 0; i < MAX_WAITING; i++) expect(locks.acquire('k', {})).toBeInstanceOf(Promise);
    expect(locks.acquire('k', {})).toBe('full');
  });

  it('let no more locks be held', () => {
    const { locks } = start();
    for (let i = 0; i < MAX_LOCKS; i++) void locks.acquire(`k${i}`, a);
    expect([locks.acquire('more', a), locks.acquire('k0', a)]).toEqual(['full', 'locked']);
  });
});
