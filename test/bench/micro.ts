/**
 * Measures small functions against each other by the processor time of this process, so that others on the machine matter little:
 * in turn, and the median counts.
 */
import { median } from './result.ts';

export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

const ROUND_MS = 100;
const BATCH = 200;

/** Runs a second, by name. */
export function compare(contenders: readonly Contender[], rounds: number): ReadonlyMap<string, number> {
  const speeds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { run } of contenders) speedOf(run, ROUND_MS);
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of contenders) speeds.get(name)?.push(speedOf(run, ROUND_MS));
  }
  return new Map([...speeds].map(([name, all]) => [name, median(all)]));
}

function speedOf(run: () => unknown, ms: number): number {
  // What a run gives is looked at, so that no compiler leaves the run out.
  let kept: unknown;
  let runs = 0;
  const begin = process.cpuUsage();
  let elapsed = 0;
  while (elapsed < ms) {
    for (let i = 0; i < BATCH; i++) kept = run();
    runs += BATCH;
    const { user, system } = process.cpuUsage(begin);
    elapsed = (user + system) / 1_000;
  }
  if (kept === undefined) throw new Error('a measured function gave nothing');
  return (runs * 1000) / elapsed;
}
