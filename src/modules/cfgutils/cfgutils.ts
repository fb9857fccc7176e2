/**
 * cfgutils: chance, waiting, locks and global flags. A route that sleeps or waits for a lock holds up nobody else. Same
 * names as Kamailio's cfgutils.
 */
import { defineModule } from '../../engine/module.ts';
import { RouteLocks } from '../../engine/route-locks.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { coreHash } from '../../util/core-hash.ts';
import { declaration } from './declaration.ts';
import { Sleepers } from './sleepers.ts';

/** What all messages share. */
interface Shared {
  probability: number;
  flags: number;
}

export const cfgutils = defineModule(declaration, (host) => {
  const { params, engine, world } = host;
  const shared = host.state<Shared>('shared', () => ({
    probability: params.initial_probability,
    flags: params.initial_gflags,
  }));
  const locks = host.state('locks', () => new RouteLocks(engine.timers, world.clock));
  const sleepers = host.state('sleepers', () => new Sleepers(engine.timers, world.clock));
  const setProbability = (percent: number): void => {
    shared.probability = percent;
  };
  const setFlag = (number: number, on: boolean): void => {
    shared.flags = on ? shared.flags | (1 << number) : shared.flags & ~(1 << number);
  };
  const isSet = (number: number): boolean => (shared.flags & (1 << number)) !== 0;
  return {
    functions: {
      randEvent: () => world.random.u32() % 100 < shared.probability,
      randSetProb(_, percent) {
        setProbability(percent);
        return 'set';
      },
      randResetProb() {
        setProbability(params.initial_probability);
        return 'reset';
      },
      randGetProb: () => shared.probability,
      sleep: (_, seconds) => sleepers.sleep(seconds * 1000),
      usleep: (_, micros) => sleepers.sleep(Math.ceil(micros / 1000)),
      lock: (ctx, key) => locks.acquire(key, ctx),
      tryLock: (ctx, key) => locks.tryAcquire(key, ctx),
      unlock: (ctx, key) => (locks.release(key, ctx) ? 'unlocked' : 'notHeld'),
      coreHash(_, one, other, bits) {
        const hash = other === '' ? coreHash(one) : coreHash(one, other);
        return (hash % 2 ** Math.max(bits, 1)) + 1;
      },
      setGflag(_, number) {
        setFlag(number, true);
        return 'set';
      },
      resetGflag(_, number) {
        setFlag(number, false);
        return 'reset';
      },
      isGflag: (_, number) => isSet(number),
    },
    pvs: { RANDOM: { read: () => world.random.u32() >>> 1 } },
    routeEnded: (ctx) => locks.releaseAll(ctx),
    pending: () => sleepers.sleeping,
    rpc: {
      'cfgutils.rand_set_prob': ([percent]) => setProbability(numberUpTo(percent, 100)),
      'cfgutils.rand_reset_prob': () => setProbability(params.initial_probability),
      'cfgutils.rand_get_prob': () => `actual probability: ${shared.probability} percent`,
      'cfgutils.set_gflag': ([number]) => setFlag(numberUpTo(number, 31), true),
      'cfgutils.reset_gflag': ([number]) => setFlag(numberUpTo(number, 31), false),
      'cfgutils.is_gflag': ([number]) => (isSet(numberUpTo(number, 31)) ? 'TRUE' : 'FALSE'),
      'cfgutils.get_gflags': () => `0x${(shared.flags >>> 0).toString(16).toUpperCase()}`,
    },
  };
});

function numberUpTo(value: string | number | undefined, max: number): number {
  if (/^\d{1,3}$/.test(String(value)) && Number(value) <= max) return Number(value);
  throw new RpcFault(400, `a number from 0 to ${max}`);
}
