/**
 * What calls leave behind: resident memory after 100,000 calls against that after 10,000, and the processor time of a call
 * beside 1,000 and beside 50,000 transactions that stay open.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Children } from './children.ts';
import { startHepSink } from './hep-sink.ts';
import { costOfTree } from './process-tree.ts';
import { type RunningProxy, viaduct, type ViaductOptions } from './proxies.ts';
import { median, type Result, type Row, round } from './result.ts';
import { Ringing } from './ringing.ts';
import { SippPair } from './sipp-pair.ts';

export interface MemoryOptions extends ViaductOptions {
  readonly firstCalls: number;
  readonly lastCalls: number;
  readonly perSecond: number;
  readonly open: readonly [few: number, many: number];
}

/** Calls during which memory is looked at, and how often. */
const WATCHED_SECONDS = 10;
const SAMPLE_MS = 250;
const OPENED_PER_SECOND = 1_500;
const MEASURED_CALLS = 4_000;
const MEASURED_PER_SECOND = 400;

export async function benchMemory(options: MemoryOptions): Promise<Result> {
  const children = new Children();
  try {
    const level = await memoryLevel(children, options);
    const open = await costBesideOpen(children, options);
    return {
      bench: 'memory',
      rows: [...level.rows, ...open.rows],
      goals: [
        { what: 'memory after all calls against after the first', value: level.ratios[0], limit: 1.05, is: 'at most' },
        { what: 'memory after all calls against after half', value: level.ratios[1], limit: 1.05, is: 'at most' },
        {
          what: 'cost of a call beside many open transactions against few',
          value: open.ratios[0],
          limit: 1.1,
          is: 'at most',
        },
      ],
      remarks: [...level.troubles, ...open.troubles],
    };
  } finally {
    await children.stopAll();
  }
}

interface Part {
  readonly rows: readonly Row[];
  /** Against the first, and against the one before the last. */
  readonly ratios: readonly [number, number];
  readonly troubles: readonly string[];
}

async function traced<T>(
  children: Children,
  options: ViaductOptions,
  use: (proxy: RunningProxy, pair: SippPair) => Promise<T>,
): Promise<T> {
  const sink = await startHepSink();
  const proxy = await viaduct(options)(children, [`sip:127.0.0.1:${sink.port}`]);
  const pair = await SippPair.start(children, proxy.port);
  try {
    return await use(proxy, pair);
  } finally {
    await pair.stop();
    await proxy.stop();
    sink.close();
  }
}

/**
 * Ended transactions are kept for 64*T1, 32 seconds: the rate must be low enough that the first calls last longer, or their number
 * would still be growing.
 */
function memoryLevel(children: Children, options: MemoryOptions): Promise<Part> {
  const { firstCalls, lastCalls, perSecond } = options;
  const watched = perSecond * WATCHED_SECONDS;
  return traced(children, options, async ({ pid }, pair) => {
    const rows: Row[] = [];
    const levels: number[] = [];
    const troubles: string[] = [];
    let placed = 0;
    for (const count of [firstCalls, lastCalls / 2, lastCalls]) {
      const { failed } = await pair.run({ calls: count - watched - placed, perSecond });
      const level = await memoryDuring(pid, pair.run({ calls: watched, perSecond }));
      placed = count;
      levels.push(level);
      rows.push({ name: `after ${count} calls`, values: { MiB: mebibytes(level) } });
      troubles.push(...failures([failed]));
    }
    const [first = Number.NaN, half = Number.NaN, last = Number.NaN] = levels;
    return { rows, ratios: [last / first, last / half], troubles };
  });
}

/** The median: memory rises and falls with the collections of garbage. */
async function memoryDuring(pid: number, calls: Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  let running = true;
  const ended = calls.finally(() => {
    running = false;
  });
  while (running) {
    samples.push(costOfTree(pid).residentBytes);
    await wait(SAMPLE_MS);
  }
  await ended;
  return median(samples);
}

function costBesideOpen(children: Children, options: MemoryOptions): Promise<Part> {
  return traced(children, options, async ({ port, pid }, pair) => {
    const load = { calls: MEASURED_CALLS, perSecond: MEASURED_PER_SECOND };
    const warmUp = await pair.run({ ...load, calls: 2 * MEASURED_CALLS });
    const rows: Row[] = [];
    const costs: number[] = [];
    const troubles: string[] = [...failures([warmUp.failed])];
    const ringing = await Ringing.start(port);
    for (const count of options.open) {
      const rang = await ringing.open(count, OPENED_PER_SECOND);
      if (rang < count) troubles.push(`${count - rang} of ${count} calls do not ring`);
      const before = costOfTree(pid);
      const { failed } = await pair.run(load);
      const after = costOfTree(pid);
      troubles.push(...failures([failed]));
      const cost = (after.cpuMicroseconds - before.cpuMicroseconds) / MEASURED_CALLS;
      costs.push(cost);
      const values = { 'us/call': round(cost, 0), MiB: mebibytes(after.residentBytes) };
      rows.push({ name: `beside ${count} open`, values });
    }
    ringing.close();
    const [few = Number.NaN, many = Number.NaN] = costs;
    return { rows, ratios: [many / few, many / few], troubles };
  });
}

const mebibytes = (bytes: number): number => round(bytes / 1024 / 1024, 0);

const failures = (counts: readonly number[]): readonly string[] =>
  counts.filter((count) => count > 0).map((count) => `${count} calls failed`);
