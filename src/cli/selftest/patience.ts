/** Waiting with an end: for something to appear, or for nothing to change any more. */
import { after } from '../../util/time.ts';
import type { Clock } from '../../world/world.ts';

const LOOK_EVERY_MS = 5;

export type Waitable = Pick<Clock, 'now' | 'wake'>;

export const pause = (clock: Waitable, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.wake(after(clock.now(), ms), resolve);
  });

/** What `find` finds within the time; undefined when it finds nothing. */
export async function waitFor<T>(clock: Waitable, find: () => T | undefined, withinMs: number): Promise<T | undefined> {
  const end = after(clock.now(), withinMs);
  for (;;) {
    const found = find();
    if (found !== undefined || clock.now() >= end) return found;
    await pause(clock, LOOK_EVERY_MS);
  }
}

/** Until `count` has stayed the same for a while, or the time is over. */
export async function untilQuiet(
  clock: Waitable,
  count: () => number,
  quietMs: number,
  withinMs: number,
): Promise<void> {
  const end = after(clock.now(), withinMs);
  let last = count();
  let quietAt = after(clock.now(), quietMs);
  while (clock.now() < quietAt && clock.now() < end) {
    await pause(clock, LOOK_EVERY_MS);
    if (count() === last) continue;
    last = count();
    quietAt = after(clock.now(), quietMs);
  }
}
