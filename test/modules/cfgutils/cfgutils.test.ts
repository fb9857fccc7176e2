/** cfgutils: chance, sleeping without holding up others, locks, and flags of all messages. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { cfgutils } from '../../../src/modules/cfgutils/cfgutils.ts';
import { MAX_SLEEPERS, Sleepers } from '../../../src/modules/cfgutils/sleepers.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const start = async () => {
  const rig = await moduleRig([use(cfgutils, { initial_probability: 30, initial_gflags: 5 })]);
  return { ...rig, fn: rig.modules.cfgutils, ctx: rig.request(written()) };
};

describe('chance', () => {
  it('is as likely as it was set', async () => {
    const { fn, ctx } = await start();
    const hits = (): number => Array.from({ length: 2000 }, () => fn.randEvent(ctx)).filter(Boolean).length;
    expect(hits()).toBeGreaterThan(500);
    expect(hits()).toBeLessThan(700);
    fn.randSetProb(ctx, 0);
    expect(hits()).toBe(0);
    fn.randSetProb(ctx, 100);
    expect(hits()).toBe(2000);
    fn.randResetProb(ctx);
    expect(hits()).toBeLessThan(700);
  });

  it('gives $RANDOM from 0 to 2147483647', async () => {
    const { read, ctx } = await start();
    const numbers = Array.from({ length: 200 }, () => Number(read(ctx, 'RANDOM')));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(2_147_483_647);
    expect(new Set(numbers).size).toBeGreaterThan(190);
  });

  it('is set over RPC, too', async () => {
    const { rpc } = await start();
    rpc('cfgutils.rand_set_prob', '77');
    expect(rpc('cfgutils.rand_get_prob')).toBe('actual probability: 77 percent');
    expect(() => rpc('cfgutils.rand_set_prob', 101)).toThrow('0 to 100');
    rpc('cfgutils.rand_reset_prob');
    expect(rpc('cfgutils.rand_get_prob')).toBe('actual probability: 30 percent');
  });
});

describe('sleep', () => {
  it('goes on when its time has come, and a drain waits for it', async () => {
    const { fn, ctx, sim, proxy } = await start();
    const woken: string[] = [];
    const note = async (name: string, slept: ReturnType<typeof fn.sleep>) => woken.push(`${name} ${await slept}`);
    void note('two', fn.sleep(ctx, 2));
    void note('half', fn.usleep(ctx, 500_001));
    void note('none', fn.sleep(ctx, 0));
    const pending = () => proxy.program.modules[0]?.instance.pending?.();
    await sim.runFor(500);
    expect([woken, pending()]).toEqual([['none slept'], 2]);
    await sim.runFor(1);
    await sim.runFor(1499);
    expect([woken, pending()]).toEqual([['none slept', 'half slept', 'two slept'], 0]);
  });

  it('is refused to more than 10000 routes at a time', async () => {
    const { proxy, sim } = await start();
    const sleepers = new Sleepers(proxy.engine.timers, sim.clock);
    for (let i = 0; i < MAX_SLEEPERS; i++) expect(sleepers.sleep(1000)).toBeInstanceOf(Promise);
    expect(sleepers.sleep(1000)).toBe('full');
    await sim.run();
    expect(sleepers.sleeping).toBe(0);
  });
});

describe('lock', () => {
  it('is free again when the route ends', async () => {
    const { fn, ctx, request, proxy } = await start();
    const other = request(written());
    expect([fn.lock(ctx, 'k'), fn.tryLock(other, 'k'), fn.tryLock(other, 'j')]).toEqual(['locked', false, true]);
    proxy.program.modules[0]?.instance.routeEnded?.(ctx);
    expect([fn.tryLock(other, 'k'), fn.unlock(ctx, 'k'), fn.unlock(other, 'k')]).toEqual([true, 'notHeld', 'unlocked']);
  });
});

describe('global flags', () => {
  it('are the same for all messages, outlive a reload, and are seen over RPC', async () => {
    const { fn, ctx, rpc, reload, request } = await start();
    expect([fn.isGflag(ctx, 0), fn.isGflag(ctx, 1), fn.isGflag(ctx, 2)]).toEqual([true, false, true]);
    fn.setGflag(ctx, 31);
    fn.resetGflag(ctx, 0);
    expect(rpc('cfgutils.get_gflags')).toBe('0x80000004');
    const next = await reload([cfgutils]);
    expect(next.cfgutils.isGflag(request(written()), 31)).toBe(true);
    rpc('cfgutils.reset_gflag', 31);
    rpc('cfgutils.set_gflag', '4');
    expect([rpc('cfgutils.is_gflag', 31), rpc('cfgutils.is_gflag', 4)]).toEqual(['FALSE', 'TRUE']);
  });
});

it.each([
  ['abc', 'def', 0, 2],
  ['abc', 'def', 8, 114],
  ['abc', 'def', 16, 22_898],
  ['abc', '', 8, 67],
])('the hash of %j and %j in %i bits is %i, as in Kamailio', async (one, other, bits, hash) => {
  const { fn, ctx } = await start();
  expect(fn.coreHash(ctx, one, other, bits)).toBe(hash);
});
