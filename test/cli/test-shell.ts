/** A shell for tests: what is written is kept, signals are sent by the test. */
import type { Output, Shell, Signal } from '../../src/cli/shell.ts';
import { nodeWorld } from '../../src/world/node/world.ts';

export class TestOutput implements Output {
  readonly isTty: boolean;
  backlog = 0;
  open = true;
  text = '';
  readonly #listeners: (() => void)[] = [];

  constructor(isTty = false) {
    this.isTty = isTty;
  }

  write(text: string): void {
    this.text += text;
  }

  onClosed(fn: () => void): void {
    this.#listeners.push(fn);
  }

  close(): void {
    this.open = false;
    for (const listener of this.#listeners) listener();
  }
}

export class TestShell implements Shell {
  readonly out = new TestOutput();
  readonly err = new TestOutput();
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version = '1.2.3';
  readonly self = 'viaduct';
  readonly world = nodeWorld();
  readonly process = {
    id: 4711,
    runtime: 'node v0',
    args: ['viaduct', 'run', '--http-token', 'geheim-geheim'],
    folder: () => '/nowhere',
    memoryBytes: () => 1_000,
    heapBytes: () => ({ used: 300, total: 500, limit: 2_000 }),
    changeFolder: () => undefined,
    onStrayRejection: () => undefined,
  };
  readonly #signals = new Map<Signal, () => void>();

  constructor({ cwd = '/nowhere', env = {} }: { readonly cwd?: string; readonly env?: Shell['env'] } = {}) {
    this.cwd = cwd;
    this.env = env;
  }

  onSignal(signal: Signal, fn: () => void): () => void {
    this.#signals.set(signal, fn);
    return () => this.#signals.delete(signal);
  }

  send(signal: Signal): void {
    this.#signals.get(signal)?.();
  }
}
