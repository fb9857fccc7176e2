/**
 * Hidden calls with hold and resumption by either side while Redis is killed and started again, empty, every few seconds: how
 * many calls were lost, how many replies left without a Via, and how many records would stay for ever.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RedisServer } from '../support/redis-server.ts';
import { Children } from './children.ts';
import { numbersOf } from './control.ts';
import { type ViaductOptions, viaductWithRoutes } from './proxies.ts';
import { startRedis } from './redis-cost.ts';
import { type Goal, type Result, round } from './result.ts';
import { type LoadResult, SippPair } from './sipp-pair.ts';

export interface SoakOptions extends ViaductOptions {
  readonly calls: number;
  readonly perSecond: number;
}

const routesFile = fileURLToPath(import.meta.resolve('./topos-routes.ts'));
/** Redis is there, silent and away for so long, in turn. */
const THERE_MS = 3_000;
const SILENT_MS = 600;
const AWAY_MS = 900;
/** What is written behind the last call, and what was missed while Redis was away. */
const SETTLE_MS = 8_000;

const NO_END = `local none = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('PTTL', key) == -1 then none = none + 1 end
end
return none`;

export async function benchToposSoak({ calls, perSecond, ...options }: SoakOptions): Promise<Result> {
  const children = new Children();
  const own = await startRedis();
  const { redis } = own;
  const ending = new AbortController();
  try {
    const env = { BENCH_STORAGE: redis.url, BENCH_WATCH: 'wire' };
    const proxy = await viaductWithRoutes(children, options, { file: routesFile, env });
    const pair = (caller: string, callee: string): Promise<SippPair> =>
      SippPair.start(children, proxy.port, { caller, callee, ignoresOthers: true });
    const [holds, isHeld] = await Promise.all([
      pair('holding-caller', 'held-callee'),
      pair('held-caller', 'holding-callee'),
    ]);
    const load = { calls: Math.ceil(calls / 2), perSecond: perSecond / 2 };
    const troubled = trouble(redis, ending.signal);
    const loads = await Promise.all([holds.run(load), isHeld.run(load)]);
    ending.abort();
    const outages = await troubled;
    await wait(SETTLE_MS);
    await Promise.all([holds.stop(), isHeld.stop()]);
    const found = await findings(proxy.ctl, redis);
    await proxy.stop();
    return result(loads, outages, found);
  } finally {
    ending.abort();
    await children.stopAll();
    await own.end();
  }
}

/** Kills it, or silences and kills it, until told to stop; then it is there. Tells how often. */
async function trouble(redis: RedisServer, signal: AbortSignal): Promise<number> {
  const pause = (ms: number): Promise<unknown> => wait(ms, undefined, { signal }).catch(() => undefined);
  let outages = 0;
  while (!signal.aborted) {
    await pause(THERE_MS);
    if (outages % 3 === 2) {
      redis.pause();
      await pause(SILENT_MS);
    }
    await redis.kill();
    outages++;
    await pause(AWAY_MS);
    await redis.restart();
  }
  return outages;
}

interface Findings {
  readonly withoutVia: number;
  readonly replies: number;
  readonly requestsWithoutVia: number;
  readonly unhidden: number;
  readonly withoutEnd: number;
  readonly foreign: number;
  readonly records: number;
  readonly timeouts: number;
  readonly ups: number;
  readonly dialogs: number;
}

async function findings(ctl: string, redis: RedisServer): Promise<Findings> {
  const [seen, audit, counted, stats] = await Promise.all(
    ['watch.seen', 'topos.audit', 'stats.fetchn', 'topos.stats'].map((method) => numbersOf(ctl, method, ALL[method])),
  );
  const number = (from: typeof seen, name: string): number => from?.[name] ?? Number.NaN;
  return {
    withoutVia: number(seen, 'repliesWithoutVia') + number(counted, 'tm.replies_without_via'),
    replies: number(seen, 'replies'),
    requestsWithoutVia: number(seen, 'requestsWithoutVia'),
    unhidden: number(counted, 'topos.unhidden'),
    withoutEnd: number(audit, 'withoutEnd.count') + Number(await redis.ask('EVAL', NO_END, '0')),
    foreign: number(audit, 'foreign.count'),
    records: number(audit, 'dialogs') + number(audit, 'crossings'),
    timeouts: number(stats, 'store.timeouts'),
    ups: number(stats, 'store.ups'),
    dialogs: number(stats, 'dialogs'),
  };
}

const ALL: Readonly<Record<string, readonly string[]>> = { 'stats.fetchn': ['all'] };

function result(loads: readonly LoadResult[], outages: number, found: Findings): Result {
  const sum = (pick: (load: LoadResult) => number): number => loads.reduce((all, load) => all + pick(load), 0);
  const goals: readonly Goal[] = [
    { what: 'calls lost', value: sum(({ failed }) => failed), limit: 0, is: 'at most' },
    { what: 'replies without a Via', value: found.withoutVia, limit: 0, is: 'at most' },
    { what: 'requests without a Via', value: found.requestsWithoutVia, limit: 0, is: 'at most' },
    { what: 'messages that left unhidden', value: found.unhidden, limit: 0, is: 'at most' },
    { what: 'records without an end', value: found.withoutEnd, limit: 0, is: 'at most' },
    { what: 'records of a form of no one', value: found.foreign, limit: 0, is: 'at most' },
    { what: 'times that Redis was away', value: outages, limit: 1, is: 'at least' },
  ];
  const names = ['held by the caller', 'held by the callee'];
  return {
    bench: 'topos-soak',
    rows: loads.map(({ calls, failed, retransmissions }, at) => ({
      name: names[at] ?? '',
      values: { calls, lost: failed, retransmissions },
    })),
    goals,
    remarks: [
      `${found.replies} replies left; Redis was killed ${outages} times and came up ${found.ups} times for viaduct`,
      `${round(found.timeouts, 0)} commands got no answer in time; ${found.records} records and ${found.dialogs} dialogs at the end`,
    ],
  };
}
