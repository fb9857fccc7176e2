/** A proxy inside a simulation: the same one that runs on Node, on a machine that owns the addresses it listens on. */
import { createProxy, type Proxy, type ProxyOptions } from '../engine/proxy.ts';
import { parseListenAddress } from '../transport/listen-address.ts';
import type { Simulator } from './simulator.ts';

/** Starts it and returns when it runs. Throws what starting throws. */
export async function simulateProxy(
  sim: Simulator,
  program: ProxyOptions['program'],
  options: Omit<ProxyOptions, 'world' | 'program'>,
): Promise<Proxy> {
  const [first, ...rest] = [...new Set(options.listen.flatMap(addressOf))];
  const world = first === undefined ? sim.world : sim.host(first, ...rest);
  const proxy = createProxy({ ...options, world, program });
  const starting = { done: false };
  const started = proxy.start().finally(() => {
    starting.done = true;
  });
  // Who awaits `started` below hears of a failure; without this Node would complain before that.
  started.catch(() => undefined);
  await sim.runUntil(() => starting.done);
  await started;
  return proxy;
}

function addressOf(listen: string): readonly string[] {
  const parsed = parseListenAddress(listen);
  return parsed.kind === 'listen' ? [parsed.spec.address] : [];
}
