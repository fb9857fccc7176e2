/** Several real Redis servers for a test: a master with its replica under three Sentinels, and a Cluster of three. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { RedisServer } from './redis-server.ts';

const run = promisify(execFile);

/** Ends what it has started, the last first. */
export class RedisGroups {
  readonly #ends: (() => Promise<void>)[] = [];

  async sentinel(): Promise<{ readonly master: RedisServer; readonly replica: RedisServer; readonly url: string }> {
    const master = await this.#server([]);
    const replica = await this.#server([
      ...['--replicaof', '127.0.0.1', String(master.port)],
      ...['--repl-diskless-sync-delay', '0'],
    ]);
    const watchers = await Promise.all([this.#watcher(master), this.#watcher(master), this.#watcher(master)]);
    // Sentinels hear of replicas and of each other from the master, every few seconds.
    for (const one of watchers) {
      while (!/num-slaves\n1\n[^]*num-other-sentinels\n2/.test(await one.ask('SENTINEL', 'MASTER', 'group')));
    }
    return { master, replica, url: `redis+sentinel://${watchers.map(at).join(',')}/group` };
  }

  async cluster(): Promise<{ readonly nodes: readonly RedisServer[]; readonly url: string }> {
    const nodes = await Promise.all(
      [0, 1, 2].map(async () =>
        this.#server([
          ...['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
          ...['--cluster-require-full-coverage', 'no'],
        ]),
      ),
    );
    const [first] = nodes;
    await run('redis-cli', ['--cluster', 'create', ...nodes.map(at), '--cluster-yes'], { timeout: 20_000 });
    for (const node of nodes) while (!(await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    return { nodes, url: `redis+cluster://${first === undefined ? '' : at(first)}` };
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  async #server(args: readonly string[]): Promise<RedisServer> {
    const made = await RedisServer.start(args, await freePort());
    this.#ends.push(() => made.end());
    return made;
  }

  async #watcher(master: RedisServer): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'viaduct-sentinel-'));
    this.#ends.push(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'sentinel.conf');
    const lines = [
      `sentinel monitor group 127.0.0.1 ${master.port} 2`,
      'sentinel down-after-milliseconds group 500',
      'sentinel failover-timeout group 3000',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return this.#server([file, '--sentinel']);
  }
}

const at = ({ port }: RedisServer): string => `127.0.0.1:${port}`;
