/** Two sipp processes that call each other through a proxy at a steady rate, and what became of their calls. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Child, Children } from './children.ts';
import { freePorts } from '../support/free-port.ts';

const scenario = (name: string): string => fileURLToPath(new URL(`./sipp/${name}.xml`, import.meta.url));

export interface Load {
  readonly calls: number;
  readonly perSecond: number;
}

export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly retransmissions: number;
}

/** Scenarios of the folder `sipp`, by name. */
export interface Scenes {
  readonly caller: string;
  readonly callee: string;
  /** A message that is out of place, as one that was sent again late, is ignored: a call is lost when it does not go on. */
  readonly ignoresOthers?: true;
}

/** sipp gives a call up when it misses a message for so long. */
const PATIENCE = ['-recv_timeout', '20000'];

export class SippPair {
  readonly #children: Children;
  readonly #scenes: Scenes;
  readonly #proxyPort: number;
  readonly #callee: Child;
  readonly #calleePort: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));

  private constructor(children: Children, [proxyPort, calleePort]: readonly [number, number], scenes: Scenes) {
    this.#children = children;
    this.#scenes = scenes;
    this.#proxyPort = proxyPort;
    this.#calleePort = calleePort;
    this.#callee = children.start('sipp', ['-sf', scenario(scenes.callee), ...this.#own(calleePort)]);
  }

  static async start(
    children: Children,
    proxyPort: number,
    scenes: Scenes = { caller: 'caller', callee: 'callee' },
  ): Promise<SippPair> {
    const [calleePort = 0] = await freePorts(1);
    return new SippPair(children, [proxyPort, calleePort], scenes);
  }

  /** Places the calls and waits until all have ended. */
  async run({ calls, perSecond }: Load): Promise<LoadResult> {
    const [port = 0] = await freePorts(1);
    const statistics = join(this.#folder, `calls-${port}.csv`);
    const caller = this.#children.start('sipp', [
      ...[`127.0.0.1:${this.#proxyPort}`, '-sf', scenario(this.#scenes.caller), ...this.#own(port)],
      ...['-key', 'callee', `127.0.0.1:${this.#calleePort}`, '-timeout_error', '-timeout', '300s'],
      ...['-m', String(calls), '-r', String(perSecond), '-l', String(calls)],
      ...['-trace_stat', '-stf', statistics, '-fd', '1'],
    ]);
    await caller.exit((calls / perSecond) * 2_000 + 60_000);
    if (this.#callee.ended()) throw new Error(`the called sipp has ended:\n${this.#callee.output()}`);
    return readStatistics(statistics, calls);
  }

  async stop(): Promise<void> {
    await this.#callee.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #own(port: number): readonly string[] {
    const behaviour = this.#scenes.ignoresOthers ? ['-default_behaviors', 'all,-abortunexp'] : [];
    return ['-i', '127.0.0.1', '-p', String(port), '-nostdin', '-buff_size', '4000000', ...PATIENCE, ...behaviour];
  }
}

/** The last line of sipp's statistics, cumulative columns. */
function readStatistics(file: string, calls: number): LoadResult {
  const lines = readFileSync(file, 'latin1').trim().split('\n');
  const names = lines[0]?.split(';') ?? [];
  const values = lines.at(-1)?.split(';') ?? [];
  const column = (name: string): number => Number(values[names.indexOf(name)] ?? NaN);
  return { calls, failed: calls - column('SuccessfulCall(C)'), retransmissions: column('Retransmissions(C)') };
}
