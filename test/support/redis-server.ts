/** A real redis-server for a test: private, in a folder of its own, ended with the test by its process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool } from './tools.ts';

const run = promisify(execFile);
const READY = /Ready to accept connections|Sentinel ID is/i;
const START_MS = 10_000;

export class RedisServer {
  readonly folder: string;
  readonly port: number;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number, args: readonly string[]) {
    this.folder = folder;
    this.port = port;
    this.#args = args;
  }

  /** On a unix socket, or on a port of 127.0.0.1 when one is given. */
  static async start(args: readonly string[] = [], port = 0): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'viaduct-redis-'));
    const server = new RedisServer(folder, port, args);
    await server.restart();
    return server;
  }

  get socket(): string {
    return join(this.folder, 's');
  }

  get url(): string {
    return this.port === 0 ? `redis+unix://${this.socket}` : `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty. */
  async restart(): Promise<void> {
    const at = this.port === 0 ? ['--unixsocket', this.socket] : ['--bind', '127.0.0.1'];
    const keepsNothing = this.#args.includes('--sentinel') ? [] : ['--save', '', '--appendonly', 'no'];
    const place = ['--dir', this.folder, '--port', String(this.port), ...at];
    const child = spawn(requireTool('redis-server'), [...this.#args, ...keepsNothing, ...place], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`redis-server did not start: ${said}`));
      }, START_MS);
      child.stdout.on('data', (data) => {
        said += String(data);
        if (!READY.test(said)) return;
        clearTimeout(late);
        resolve();
      });
      child.on('exit', () => {
        clearTimeout(late);
        reject(new Error(`redis-server ended: ${said}`));
      });
    });
  }

  /** Waits until there are so many keys of this pattern. */
  async holds(pattern: string, count = 1): Promise<void> {
    const found = async (): Promise<number> => (await this.ask('KEYS', pattern)).split('\n').filter(Boolean).length;
    while ((await found()) < count) await this.ask('PING');
  }

  /** One command, by the client that comes with the server. */
  async ask(...command: readonly string[]): Promise<string> {
    const at = this.port === 0 ? ['-s', this.socket] : ['-p', String(this.port)];
    const { stdout } = await run('redis-cli', [...at, ...command], { timeout: START_MS });
    return stdout.trim();
  }

  /** It takes connections and answers nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
