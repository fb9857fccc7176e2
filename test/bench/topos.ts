/**
 * Topology hiding with Redis, Kamailio and viaduct in turn under the same load: processor time of a call, that of Redis apart,
 * Redis commands and round trips of a call, and how much longer a message stays in viaduct because it is hidden.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RedisServer } from '../support/redis-server.ts';
import type { Children } from './children.ts';
import { type Numbers, numbersOf } from './control.ts';
import { costOfTree } from './process-tree.ts';
import { kamailio, type RunningProxy, type RunningViaduct, type ViaductOptions, viaductWithRoutes } from './proxies.ts';
import { type RedisCost, redisCost, startRedis } from './redis-cost.ts';
import { type Goal, median, type Result, type Row, round } from './result.ts';
import { type LoadResult, SippPair } from './sipp-pair.ts';
import { inTurn, type TurnOptions } from './variants.ts';

export interface ToposOptions extends ViaductOptions, TurnOptions {
  readonly perSecond: number;
  readonly warmUpCalls: number;
  readonly calls: number;
}

const routesFile = fileURLToPath(import.meta.resolve('./topos-routes.ts'));
const SETTLE_MS = 1_000;
const SCENES = { caller: 'caller', callee: 'ringing-callee', ignoresOthers: true } as const;
/** So far apart that each call has its round trips for itself. */
const LONE = { calls: 20, perSecond: 4 };

type Storage = 'none' | 'memory' | 'redis';

interface Variant {
  readonly name: string;
  readonly maker: 'kamailio' | 'viaduct';
  readonly storage: Storage;
  /** Whether the times of messages are taken, which costs processor time itself. */
  readonly isTimed: boolean;
}

const KAMAILIO = 'kamailio, topos, Redis';
const HIDDEN = 'viaduct, topos, Redis';
const PLAIN = 'viaduct, no topos';
const TIMED_HIDDEN = 'times: topos, Redis';
const TIMED_MEMORY = 'times: topos, memory';
const TIMED_PLAIN = 'times: no topos';

const VARIANTS: readonly Variant[] = [
  { name: KAMAILIO, maker: 'kamailio', storage: 'redis', isTimed: false },
  { name: HIDDEN, maker: 'viaduct', storage: 'redis', isTimed: false },
  { name: 'kamailio, no topos', maker: 'kamailio', storage: 'none', isTimed: false },
  { name: 'viaduct, topos, memory', maker: 'viaduct', storage: 'memory', isTimed: false },
  { name: PLAIN, maker: 'viaduct', storage: 'none', isTimed: false },
  { name: TIMED_HIDDEN, maker: 'viaduct', storage: 'redis', isTimed: true },
  { name: TIMED_MEMORY, maker: 'viaduct', storage: 'memory', isTimed: true },
  { name: TIMED_PLAIN, maker: 'viaduct', storage: 'none', isTimed: true },
];

/** Of one call, in microseconds and times. */
interface Measured {
  readonly cpu: number;
  readonly redis: RedisCost | undefined;
  /** Turns of viaduct in which it wrote to Redis. */
  readonly turns: number | undefined;
  /** The same of calls that do not share one. */
  readonly loneTurns: number | undefined;
  readonly times: Numbers | undefined;
  readonly troubles: readonly string[];
}

export async function benchTopos(options: ToposOptions): Promise<Result> {
  const { variants, of, remarks } = await inTurn(VARIANTS, options, (children, variant) =>
    measure(children, variant, options),
  );
  return { bench: 'topos', rows: variants.map((variant) => row(variant, of(variant.name))), goals: goals(of), remarks };
}

function row({ name }: Variant, all: readonly Measured[]): Row {
  const shown = (label: string, pick: (one: Measured) => number | undefined, digits = 0): Record<string, number> => {
    const values = all.map(pick).filter((value) => value !== undefined);
    return values.length === 0 ? {} : { [label]: round(median(values), digits) };
  };
  const values = {
    ...shown('us/call', ({ cpu }) => cpu),
    runs: all.map(({ cpu }) => round(cpu, 0)).join(' '),
    ...shown('Redis us', ({ redis }) => redis?.cpuMicroseconds),
    ...shown('commands', ({ redis }) => redis?.commands, 1),
    ...shown('reads', ({ redis }) => redis?.reads, 1),
    ...shown('turns', ({ turns }) => turns, 1),
    ...shown('turns alone', ({ loneTurns }) => loneTurns, 1),
    ...shown('p50 us', ({ times }) => times?.['p50']),
    ...shown('p99 us', ({ times }) => times?.['p99']),
    'p99 runs': all.flatMap(({ times }) => times?.['p99'] ?? []).join(' '),
  };
  return { name, values };
}

function goals(all: (name: string) => readonly Measured[]): readonly Goal[] {
  const cpu = (name: string): number => median(all(name).map((one) => one.cpu));
  const p99 = (name: string): number => median(all(name).map(({ times }) => times?.['p99'] ?? Number.NaN));
  const turns = median(all(HIDDEN).map((one) => one.loneTurns ?? Number.NaN));
  const every: readonly Goal[] = [
    { what: 'processor time against Kamailio', value: cpu(HIDDEN) / cpu(KAMAILIO), limit: 0.5, is: 'at most' },
    { what: 'round trips to Redis in a call by itself', value: turns, limit: 4, is: 'at most' },
    {
      what: 'p99 of a message added by topos with Redis, ms',
      value: (p99(TIMED_HIDDEN) - p99(TIMED_PLAIN)) / 1_000,
      limit: 0.3,
      is: 'at most',
    },
  ];
  return every.filter(({ value }) => Number.isFinite(value));
}

async function measure(children: Children, variant: Variant, options: ToposOptions): Promise<Measured> {
  const own = variant.storage === 'redis' ? await startRedis() : undefined;
  const redis = own?.redis;
  const proxy = await started(children, variant, { options, redis });
  const pair = await SippPair.start(children, proxy.port, SCENES);
  try {
    const { perSecond, calls, warmUpCalls } = options;
    // What is not compiled yet would fall behind at once.
    const first = await pair.run({ calls: warmUpCalls / 4, perSecond: perSecond / 4 });
    const warmUp = await pair.run({ calls: warmUpCalls, perSecond });
    await wait(SETTLE_MS);
    const before = await look(variant, proxy, redis);
    const load = await pair.run({ calls, perSecond });
    await wait(SETTLE_MS);
    const after = await look(variant, proxy, redis);
    const lone = after.turns === undefined ? undefined : await pair.run(LONE);
    const afterLone = lone && (await look(variant, proxy, redis));
    const each = (from: number | undefined, to: number | undefined): number => ((to ?? 0) - (from ?? 0)) / calls;
    return {
      cpu: each(before.cpu, after.cpu),
      redis: after.redis && {
        cpuMicroseconds: each(before.redis?.cpuMicroseconds, after.redis.cpuMicroseconds),
        commands: each(before.redis?.commands, after.redis.commands),
        reads: each(before.redis?.reads, after.redis.reads),
      },
      turns: after.turns === undefined ? undefined : each(before.turns, after.turns),
      loneTurns: afterLone && ((afterLone.turns ?? 0) - (after.turns ?? 0)) / LONE.calls,
      times: after.times,
      troubles: [...troubles('while warming up', [first, warmUp]), ...troubles('while measured', [load])],
    };
  } finally {
    await pair.stop();
    await proxy.stop();
    await own?.end();
  }
}

function troubles(when: string, loads: readonly LoadResult[]): readonly string[] {
  return loads.flatMap(({ failed, retransmissions }) => [
    ...(failed === 0 ? [] : [`${failed} calls failed ${when}`]),
    ...(retransmissions === 0 ? [] : [`${retransmissions} retransmissions by the callers ${when}`]),
  ]);
}

interface Look {
  readonly cpu: number;
  readonly redis: RedisCost | undefined;
  readonly turns: number | undefined;
  readonly times: Numbers | undefined;
}

/** The processor time first: questions cost some. */
async function look(variant: Variant, proxy: Started, redis: RedisServer | undefined): Promise<Look> {
  const cpu = costOfTree(proxy.pid).cpuMicroseconds;
  const { ctl } = proxy;
  const asked = redis && (await redisCost(redis));
  const isLedger = ctl !== undefined && redis !== undefined;
  return {
    cpu,
    redis: asked,
    turns: isLedger ? (await numbersOf(ctl, 'topos.stats'))['store.turns'] : undefined,
    times: ctl !== undefined && variant.isTimed ? await numbersOf(ctl, 'watch.times') : undefined,
  };
}

type Started = RunningProxy & Partial<Pick<RunningViaduct, 'ctl'>>;

function started(
  children: Children,
  { maker, storage, isTimed }: Variant,
  { options, redis }: { readonly options: ViaductOptions; readonly redis: RedisServer | undefined },
): Promise<Started> {
  switch (maker) {
    case 'kamailio':
      return kamailio(children, redis === undefined ? [] : [`TOPOS_REDIS="name=srv1;unix=${redis.socket};db=0"`]);
    case 'viaduct': {
      const names = { none: '', memory: 'memory', redis: redis?.url ?? '' };
      const env = { BENCH_STORAGE: names[storage], BENCH_WATCH: isTimed ? 'times' : '' };
      return viaductWithRoutes(children, options, { file: routesFile, env });
    }
  }
}
