/** Processes that a benchmark starts: each ends with it, by its pid, however the benchmark ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a process may take to leave after SIGTERM. */
const LEAVE_MS = 5_000;
const KEPT_OUTPUT = 4_096;

export interface Child {
  readonly pid: number;
  /** The end of what it wrote. */
  readonly output: () => string;
  readonly ended: () => boolean;
  /** Its exit code, or -1 when a signal ended it; rejects after `ms`. */
  exit(ms: number): Promise<number>;
  stop(): Promise<void>;
}

export class Children {
  readonly #running = new Set<ChildProcess>();

  constructor() {
    process.on('exit', () => {
      for (const child of this.#running) child.kill('SIGKILL');
    });
  }

  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const { pid } = child;
    let output = '';
    const keep = (text: string): void => {
      output = (output + text).slice(-KEPT_OUTPUT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => keep(error.message));
    if (pid === undefined) throw new Error(`${command} does not start: is it installed?`);
    this.#running.add(child);
    const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const gone = once(child, 'exit').then(() => this.#running.delete(child));
    const exit = async (ms: number): Promise<number> => {
      const limit = new AbortController();
      const late = wait(ms, 'late', { signal: limit.signal }).catch(() => 'left');
      const first = await Promise.race([gone, late]);
      limit.abort();
      if (first === 'late') throw new Error(`${command} has not ended after ${ms} ms:\n${output}`);
      return child.exitCode ?? -1;
    };
    const stop = async (): Promise<void> => {
      if (ended()) return;
      child.kill('SIGTERM');
      await exit(LEAVE_MS).catch(() => child.kill('SIGKILL'));
    };
    return { pid, output: () => output, ended, exit, stop };
  }

  async stopAll(): Promise<void> {
    for (const child of this.#running) child.kill('SIGTERM');
    await Promise.all([...this.#running].map((child) => once(child, 'exit')));
  }
}
