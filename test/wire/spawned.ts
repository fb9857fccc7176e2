/** Programs that a test starts: what they say is kept, tests wait for words of theirs, and none outlives its test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export class Spawned {
  readonly child: ChildProcessWithoutNullStreams;
  out = '';
  err = '';
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor(
    command: string,
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: object } = {},
  ) {
    const env = { ...process.env, NO_COLOR: '1', ...options.env };
    this.child = spawn(command, [...args], { env, ...(options.cwd !== undefined && { cwd: options.cwd }) });
    this.child.stdout.on('data', (data) => this.#hear(() => (this.out += String(data))));
    this.child.stderr.on('data', (data) => this.#hear(() => (this.err += String(data))));
    this.child.stdout.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(error.message));
      this.child.on('close', (code, signal) => {
        this.#over = true;
        this.#hear(() => resolve(code ?? signal ?? 'gone'));
      });
    });
  }

  #hear(change: () => void): void {
    change();
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves with what was found; rejects when the program ends without it. */
  says(pattern: RegExp, where: 'out' | 'err' = 'err'): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this[where]);
        if (found === null && !this.#over) return;
        this.#waiting.delete(look);
        if (found !== null) resolve(found);
        else reject(new Error(`ended without saying ${pattern}: ${this.out}${this.err}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

/** Starts programs, and ends them by their process id. */
export class Stable {
  readonly #all: Spawned[] = [];

  start(command: string, args: readonly string[], options?: ConstructorParameters<typeof Spawned>[2]): Spawned {
    const spawned = new Spawned(command, args, options);
    this.#all.push(spawned);
    return spawned;
  }

  viaduct(args: readonly string[], options?: ConstructorParameters<typeof Spawned>[2]): Spawned {
    if (!existsSync(main)) throw new Error('dist/cli/main.js is missing: npm run build');
    return this.start(process.execPath, [main, ...args], options);
  }

  async clear(): Promise<void> {
    for (const spawned of this.#all) spawned.signal('SIGKILL');
    await Promise.all(this.#all.splice(0).map(({ ended }) => ended));
  }
}
