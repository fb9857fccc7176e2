/** Which store topos gets: what its own parameter says, and what topos_redis names. */
import { afterEach, describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes, type Listed } from '../../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../../src/engine/proxy.ts';
import { ndb_redis } from '../../../src/modules/ndb_redis/ndb_redis.ts';
import { topos } from '../../../src/modules/topos/topos.ts';
import { topos_redis } from '../../../src/modules/topos_redis/topos_redis.ts';
import { Simulator, simulateProxy } from '../../../src/testing.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';

const said: string[] = [];
const log = { write: (level: string, message: string) => void said.push(`${level} ${message}`) };
const program = (...listed: readonly Listed[]) => defineRoutes(listed, () => ({ request: () => undefined }));
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  said.length = 0;
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function started(...listed: readonly Listed[]): Promise<Proxy> {
  const proxy = createProxy({ world: nodeWorld(), listen: [], log, program: program(...listed) });
  open.push(proxy);
  await proxy.start();
  return proxy;
}

const storeOf = async (proxy: Proxy): Promise<unknown> => proxy.program.rpc.get('topos.stats')?.([]);

describe('topos_redis', () => {
  it('names a server that there is', () => {
    const servers = use(ndb_redis, { server: ['name=a', 'name=b'] });
    const load = (...listed: readonly Listed[]) =>
      createProxy({ world: nodeWorld(), listen: [], program: program(...listed) });
    expect(() => load(servers, use(topos_redis, { serverid: 'c' }))).toThrow('name a server');
    expect(() => load(servers, use(topos_redis, { serverid: 'b' }))).not.toThrow();
    expect(() => load(use(topos_redis, { serverid: 'b' }))).toThrow('needs the module ndb_redis');
  });

  it.skipIf(!hasTool('redis-server'))('gives topos its store, in whatever order the modules are loaded', async () => {
    const redis = await RedisServer.start();
    open.push({ stop: () => redis.end() });
    const parts = [
      use(topos, { storage: 'redis' }),
      use(topos_redis, { serverid: 's' }),
      use(ndb_redis, { server: `name=s;unix=${redis.socket};db=2` }),
    ];
    for (const listed of [parts, parts.toReversed()]) {
      const proxy = await started(...listed);
      expect(await storeOf(proxy)).toMatchObject({ store: { up: true, label: `redis+unix://${redis.socket}` } });
    }
  });
});

describe('the storage of topos', () => {
  it.each(['memory', ''])('is memory with %j', async (storage) => {
    expect(await storeOf(await started(use(topos, { storage })))).toMatchObject({ store: 'memory' });
    expect(said).toEqual([]);
  });

  it.each(['db', 'htable'])('is memory with %s, and says so', async (storage) => {
    expect(await storeOf(await started(use(topos, { storage })))).toMatchObject({ store: 'memory' });
    expect(said).toEqual([`notice topos: there is no storage ${storage}: dialogs are in memory`]);
  });

  it('stops the start when topos_redis names no server', async () => {
    const servers = use(ndb_redis, { server: 'name=a' });
    await expect(started(use(topos, { storage: 'redis' }), servers, topos_redis)).rejects.toThrow('with a serverid');
  });

  it.each([
    ['redis', 'load topos_redis'],
    ['mysql://x', 'not "mysql://x"'],
    ['redis://h:0', 'a host is not'],
  ])('%s stops the start', async (storage, message) => {
    await expect(started(use(topos, { storage }))).rejects.toThrow(message);
  });

  it('in a world without a client for Redis stops the start', async () => {
    const source = program(use(topos, { storage: 'redis://127.0.0.1' }));
    const proxy = simulateProxy(new Simulator(), source, { listen: ['udp:10.0.0.1:5060'] });
    await expect(proxy).rejects.toThrow('no client');
  });

  it('stays with a reload, on the same connection, and can be given away by it', async () => {
    const redis = await RedisServer.start();
    open.push({ stop: () => redis.end() });
    const proxy = await started(use(topos, { storage: redis.url }));
    await proxy.reload(program(use(topos, { storage: redis.url, dialog_expire: 60 })));
    expect(await storeOf(proxy)).toMatchObject({ store: { up: true, ups: 1 } });
    await proxy.reload(program(topos));
    expect(await storeOf(proxy)).toMatchObject({ store: 'memory' });
    while ((await redis.ask('CLIENT', 'LIST', 'TYPE', 'normal')).includes('ioredis'));
    expect(said.filter((line) => line.includes('is up'))).toHaveLength(1);
  });
});
