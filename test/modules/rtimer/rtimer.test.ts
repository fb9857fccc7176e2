/** rtimer: routes that run at their intervals and not more often, and stop with their program. */
import { describe, expect, it } from 'vitest';
import type { EventRoute } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { MAX_TIMERS, rtimer } from '../../../src/modules/rtimer/rtimer.ts';
import { moduleRig } from '../../support/module-rig.ts';

const start = (params: { timer: readonly string[]; exec: readonly string[] }, event: Record<string, EventRoute>) =>
  moduleRig([use(rtimer, params)], { routes: () => ({ event }) });

it('runs each route of a timer at its interval, on a message that nobody sent', async () => {
  const seen: string[] = [];
  const rig = await start(
    {
      timer: ['name=slow;interval=10;mode=1;', 'name=fast;interval=500000u;'],
      exec: ['timer=slow;route=A', 'timer=fast;route=B', 'timer=slow;route=C'],
    },
    {
      'rtimer:A': (ctx) => void seen.push(`A ${rig.sim.clock.now()} ${ctx.message.cseq?.method ?? ''}`),
      'rtimer:B': () => void seen.push(`B ${rig.sim.clock.now()}`),
      'rtimer:C': () => void seen.push(`C ${rig.sim.clock.now()}`),
    },
  );
  await rig.sim.runFor(1000);
  expect(seen).toEqual(['B 500', 'B 1000']);
  seen.length = 0;
  await rig.sim.runFor(9000);
  expect(seen.filter((line) => !line.startsWith('B'))).toEqual(['A 10000 OPTIONS', 'C 10000']);
});

it('goes on after a route threw', async () => {
  const seen: number[] = [];
  const rig = await start(
    { timer: ['name=t;interval=1'], exec: ['timer=t;route=A'] },
    {
      'rtimer:A': () => {
        seen.push(rig.sim.clock.now());
        throw new Error('a bug');
      },
    },
  );
  await rig.sim.runFor(2000);
  expect([seen, rig.log.filter(({ level }) => level === 'error').length]).toEqual([[1000, 2000], 2]);
});

it('stops with its program', async () => {
  const seen: number[] = [];
  const rig = await start(
    { timer: ['name=t;interval=1'], exec: ['timer=t;route=A'] },
    { 'rtimer:A': () => void seen.push(1) },
  );
  await rig.reload([rtimer]);
  await rig.sim.runFor(5000);
  expect(seen).toEqual([]);
});

it('takes default_interval where a timer names none', async () => {
  const seen: number[] = [];
  const rig = await moduleRig([use(rtimer, { timer: 'name=t', exec: 'timer=t;route=A', default_interval: 3 })], {
    routes: () => ({ event: { 'rtimer:A': () => void seen.push(rig.sim.clock.now()) } }),
  });
  await rig.sim.runFor(6000);
  expect(seen).toEqual([3000, 6000]);
});

describe('refuses', () => {
  it.each([
    [['interval=1'], [], 'it has no name'],
    [['name=t;interval=fast'], [], 'interval takes'],
    [['name=t;interval=9999u'], [], 'interval takes'],
    [['name=t;colour=1'], [], 'expected name=, interval=, mode='],
    [['name=t'], ['route=A'], 'expected timer=name;route=name'],
    [['name=t'], ['timer=other;route=A'], 'there is no timer other'],
    [['name=t'], ['timer=t;route=B'], 'there is no route B'],
    [Array.from({ length: MAX_TIMERS + 1 }, (_, i) => `name=t${i}`), [], 'more than 100 timers'],
  ])('%j with %j: %s', async (timer, exec, message) => {
    await expect(start({ timer, exec }, { 'rtimer:A': () => undefined })).rejects.toThrow(message);
  });

  it('nothing at the edges', async () => {
    await start({ timer: Array.from({ length: MAX_TIMERS }, (_, i) => `name=t${i};interval=10000u`), exec: [] }, {});
  });
});
