/** Tables from a real redis-server, asked through the modules that look things up in them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes, type Faces } from '../../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../../src/engine/proxy.ts';
import { alias_db } from '../../../src/modules/alias_db/alias_db.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import { auth_db } from '../../../src/modules/auth_db/auth_db.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { CONNECT_MS, MAX_ROW_BYTES, StoreTables } from '../../../src/modules/db_text/store-tables.ts';
import { MAX_COLUMNS } from '../../../src/modules/db_text/table-text.ts';
import { domain } from '../../../src/modules/domain/domain.ts';
import { permissions } from '../../../src/modules/permissions/permissions.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { speeddial } from '../../../src/modules/speeddial/speeddial.ts';
import { ScriptedUa } from '../../../src/testing.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import { requestContext, written } from '../../support/contexts.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';

const open: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function server(): Promise<RedisServer> {
  const made = await RedisServer.start();
  open.push({ stop: () => made.end() });
  return made;
}

/** Lines of a log that can be waited for. */
class Lines {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  write(level: string, message: string, fields: unknown = {}): void {
    this.all.push(`${level} ${message} ${JSON.stringify(fields)}`);
    for (const look of [...this.#waiting]) look();
  }

  said(part: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.all.some((line) => line.includes(part))) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** What was said of Redis. */
  get ofRedis(): readonly string[] {
    return this.all.filter((line) => line.includes('redis'));
  }
}

const listed = (url: string) =>
  [
    ...([sl, use(db_text, { default_connection: url }), auth] as const),
    ...([use(auth_db, { calculate_ha1: 'on', password_column: 'password' }), alias_db, domain, speeddial] as const),
    use(permissions, { db_url: url, peer_tag_avp: '$avp(tag)' }),
  ] as const;

/** A proxy that asks a REGISTER for its password, and whose functions can be called. */
class Node {
  readonly proxy: Proxy;
  readonly lines = new Lines();
  readonly outcomes: string[] = [];

  readonly #held: Faces<ReturnType<typeof listed>>[] = [];

  private constructor(url: string) {
    this.proxy = createProxy({
      world: nodeWorld(),
      listen: ['udp:127.0.0.1:0'],
      log: this.lines,
      program: this.program(url),
    });
  }

  get modules(): Faces<ReturnType<typeof listed>> {
    const modules = this.#held.at(-1);
    if (modules === undefined) throw new Error('the program was not loaded');
    return modules;
  }

  program(url: string) {
    return defineRoutes(listed(url), (modules) => {
      this.#held.push(modules);
      return {
        request: (ctx) => {
          const outcome = modules.auth.wwwAuthenticate(ctx, 'example.com', 'subscriber');
          this.outcomes.push(outcome);
          if (outcome === 'ok') modules.sl.reply(ctx, 200, 'OK');
          else modules.auth.wwwChallenge(ctx, { realm: 'example.com' });
        },
      };
    });
  }

  static async start(url: string): Promise<Node> {
    const node = new Node(url);
    open.push(node.proxy);
    await node.proxy.start();
    return node;
  }

  request(uri: string, address = '127.0.0.1'): RequestContext {
    const [listener] = this.proxy.listeners;
    if (listener === undefined) throw new Error('no listener');
    const flow = {
      ...({ transport: 'udp', connection: 0 } as const),
      ...{ listener, local: listener.local, remote: { address, port: 9 } },
    };
    const text = written({ uri });
    return requestContext(text, { bytes: Buffer.from(text), flow, at: this.proxy.engine.world.clock.wall() });
  }

  async rpc(method: string): Promise<unknown> {
    return this.proxy.program.rpc.get(method)?.([]);
  }

  isUser(name: string): boolean {
    const { auth_db: users } = this.modules;
    return users.isSubscriber(this.request('sip:x@y'), `sip:${name}@example.com`, 'subscriber', 0);
  }

  aliasOf(uri: string): string {
    const ctx = this.request(uri);
    this.modules.alias_db.lookup(ctx, 'dbaliases');
    return ctx.message.uri;
  }

  tagOf(address: string): unknown {
    const ctx = this.request('sip:x@y', address);
    return this.modules.permissions.allowSourceAddress(ctx, 1) && ctx.state.avps.get('tag')?.[0];
  }
}

type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;

const ROWS: Rows = {
  'subscriber:1': { username: 'alice', domain: 'example.com', password: 'secret', rpid: '' },
  'subscriber:entry::bob': { username: 'bob', domain: 'example.com', password: 'other' },
  'dbaliases:1': { alias_username: '1000', alias_domain: 'example.com', username: 'alice', domain: 'example.com' },
  'speed_dial:a': { username: 'alice', sd_username: '7', new_uri: 'sip:bob@example.com' },
  'domain:1': { domain: 'Example.com', did: '7' },
  'domain_attrs:1': { did: '7', name: 'limit', type: '0', value: '42' },
  'address:1': { grp: '1', ip_addr: '10.0.0.0', mask: '8', port: '0', tag: 'net' },
  'trusted:1': { src_ip: '192.0.2.1', proto: 'any', tag: 'peer' },
};

async function fill(redis: RedisServer, rows: Rows, prefix = 'viaduct:'): Promise<void> {
  for (const [key, row] of Object.entries(rows)) {
    await redis.ask('HSET', `${prefix}${key}`, ...Object.entries(row).flat());
  }
}

describe.skipIf(!hasTool('redis-server'))('tables in Redis', () => {
  it('give users their passwords', async () => {
    const redis = await server();
    await fill(redis, ROWS);
    const node = await Node.start(redis.url);
    const [listener] = node.proxy.listeners;
    const logIn = async (user: string): Promise<string | undefined> => {
      const phone = await ScriptedUa.start({
        world: nodeWorld(),
        local: { address: '127.0.0.1', port: 0 },
        ...{ user, password: 'secret', domain: 'example.com', auto: true },
        ...(listener !== undefined && { proxy: listener.local }),
      });
      node.outcomes.length = 0;
      phone.register();
      await phone.until(() => node.outcomes.length === 2);
      phone.close();
      return node.outcomes[1];
    };
    expect([await logIn('alice'), await logIn('bob')]).toEqual(['ok', 'wrongPassword']);
    expect([node.isUser('alice'), node.isUser('bob'), node.isUser('carol')]).toEqual([true, true, false]);
  });

  it('give aliases, speed dials, domains, addresses and trusted peers', async () => {
    const redis = await server();
    await fill(redis, ROWS, 'other:');
    await fill(redis, { 'address:2': { grp: '1', ip_addr: '172.16.0.1' } });
    const node = await Node.start(`${redis.url}?prefix=other:`);
    expect(node.aliasOf('sip:1000@example.com')).toBe('sip:alice@example.com');
    const dialled = node.request('sip:7@example.com');
    expect(node.modules.speeddial.lookup(dialled, 'speed_dial')).toBe('found');
    expect(dialled.message.uri).toBe('sip:bob@example.com');
    const ctx = node.request('sip:x@EXAMPLE.com');
    expect(node.modules.domain.isUriHostLocal(ctx)).toBe(true);
    expect([ctx.state.avps.get('did'), ctx.state.avps.get('limit')]).toEqual([['7'], [42]]);
    expect([node.tagOf('10.1.2.3'), node.tagOf('172.16.0.1')]).toEqual(['net', false]);
    expect(node.modules.permissions.allowTrusted(node.request('sip:x@y', '192.0.2.1'))).toBe(true);
    expect(node.modules.permissions.allowTrusted(node.request('sip:x@y', '192.0.2.2'))).toBe(false);
  });

  it.each([
    ['db_text.reload', expect.objectContaining({ subscriber: 1, dbaliases: 1, address: 1 })],
    ['domain.reload', {}],
    ['permissions.addressReload', 'Reload OK'],
    ['permissions.trustedReload', 'Reload OK'],
  ])('are read again by %s, and stay as they are when Redis is gone', async (method, answer) => {
    const redis = await server();
    await fill(redis, ROWS);
    const node = await Node.start(redis.url);
    await redis.ask('FLUSHALL');
    const address = { grp: '1', ip_addr: '10.9.9.9', tag: 'new' };
    const alias = { alias_username: '1000', username: 'carol' };
    await fill(redis, { 'subscriber:1': { username: 'carol' }, 'address:1': address, 'dbaliases:1': alias });
    expect([node.isUser('alice'), node.isUser('carol'), node.tagOf('10.1.1.1')]).toEqual([true, false, 'net']);
    expect(await node.rpc(method)).toEqual(answer);
    const isAsRead = () => {
      expect([node.isUser('alice'), node.isUser('carol')]).toEqual([false, true]);
      expect([node.tagOf('10.1.1.1'), node.tagOf('10.9.9.9')]).toEqual([false, 'new']);
      expect(node.aliasOf('sip:1000@example.com')).toBe('sip:carol@example.com');
    };
    isAsRead();
    await redis.kill();
    await expect(node.rpc(method)).rejects.toThrow(redis.socket);
    isAsRead();
  });

  it('are empty when Redis is not there, which is said once, and read when it comes', async () => {
    const redis = await server();
    await redis.kill();
    const node = await Node.start(redis.url);
    expect(node.isUser('alice')).toBe(false);
    expect(node.tagOf('10.1.2.3')).toBe(false);
    await expect(node.rpc('db_text.reload')).rejects.toThrow(redis.socket);
    expect(node.lines.ofRedis).toEqual([
      expect.stringMatching(/^warn db_text: redis\+unix:.* cannot be read: its tables are empty/),
    ]);
    expect(node.lines.ofRedis[0]).toMatch(/"tables":"subscriber .*trusted","reason":".*(ENOENT|ECONNREFUSED)/);
    const { commands } = node.proxy.engine;
    expect(commands.find('stats.fetchn')?.run(['db_text:errors'])).toEqual({ 'db_text.errors': 2 });
    await redis.restart();
    await node.lines.said('tables were read');
    expect(node.isUser('alice')).toBe(false);
    await fill(redis, ROWS);
    await node.rpc('db_text.reload');
    expect([node.isUser('alice'), node.tagOf('10.1.2.3')]).toEqual([true, 'net']);
  });

  it('go over to a new program, which reads them, and has them also when Redis is gone meanwhile', async () => {
    const redis = await server();
    await fill(redis, ROWS);
    const node = await Node.start(redis.url);
    await fill(redis, { 'subscriber:3': { username: 'carol' } });
    await node.proxy.reload(node.program(redis.url));
    expect(node.isUser('carol')).toBe(true);
    await redis.kill();
    await node.proxy.reload(node.program(redis.url));
    expect([node.isUser('carol'), node.tagOf('10.1.2.3')]).toEqual([true, 'net']);
    expect(node.lines.ofRedis.at(-1)).toContain('its tables stay as they were until it can be read');
    expect(node.isUser('alice')).toBe(true);
    await redis.restart();
    await node.lines.said('"subscriber":0');
    expect(node.isUser('alice')).toBe(false);
    expect((await redis.ask('CLIENT', 'LIST')).split('\n').filter((line) => !line.includes('cmd=client'))).toHaveLength(
      1,
    );
  });

  it('do without what is no row, and say how much that was', async () => {
    const redis = await server();
    await fill(redis, ROWS);
    const wide = (count: number) => Array.from({ length: count }, (_, i) => [`c${i}`, '1']).flat();
    const long = (name: string, bytes: number) => ['username', name, 'x', 'y'.repeat(bytes - name.length - 9)];
    await redis.ask('HSET', 'viaduct:subscriber:wide', 'username', 'wide', ...wide(MAX_COLUMNS - 1));
    await redis.ask('HSET', 'viaduct:subscriber:wider', 'username', 'wider', ...wide(MAX_COLUMNS));
    await redis.ask('HSET', 'viaduct:subscriber:long', ...long('long', MAX_ROW_BYTES));
    await redis.ask('HSET', 'viaduct:subscriber:longer', ...long('longer', MAX_ROW_BYTES + 1));
    await redis.ask('SET', 'viaduct:subscriber:text', 'alice');
    await redis.ask('SADD', 'viaduct:subscriber:index', 'alice');
    await redis.ask('HSET', 'viaduct:subscribers:1', 'username', 'elsewhere');
    await redis.ask('HSET', 'viaduct:subscriber:strange', '__proto__', 'x', '', 'y', 'password', '');
    const node = await Node.start(redis.url);
    const names = ['alice', 'bob', 'wide', 'wider', 'long', 'longer', 'elsewhere'];
    expect(names.filter((name) => node.isUser(name))).toEqual(['alice', 'bob', 'wide', 'long']);
    const [line] = node.lines.ofRedis;
    expect(line).toMatch(/^warn db_text: tables were read from redis\+unix:/);
    expect(line).toContain('"subscriber":5');
    expect(line).toContain('"keys that are no rows":4');
  });

  it('say why they are empty when Redis lets nobody read, and are there once it does', async () => {
    const redis = await server();
    await fill(redis, ROWS);
    await redis.ask('ACL', 'SETUSER', 'default', '-eval', '-evalsha');
    const node = await Node.start(redis.url);
    expect(node.lines.ofRedis).toEqual([expect.stringMatching(/^error .* are empty until db_text.reload.*NOPERM/)]);
    await redis.ask('ACL', 'SETUSER', 'default', '+eval', '+evalsha');
    await node.rpc('db_text.reload');
    expect(node.isUser('alice')).toBe(true);
  });

  it('hand over their rows in the order of their keys, as many as there may be', async () => {
    const redis = await server();
    const { stores, clock } = nodeWorld();
    const lines = new Lines();
    const tablesOf = async (maxRows: number, emptyStrings: boolean) => {
      const made = new StoreTables({
        url: redis.url,
        stores,
        clock,
        log: lines,
        maxRows,
        emptyStrings,
        kept: new Map(),
      });
      open.push(made);
      const table = made.table('t');
      await made.start();
      return table.rows({});
    };
    for (const id of ['c', 'a', 'b']) await redis.ask('HSET', `viaduct:t:${id}`, 'id', id, 'note', '');
    expect(await tablesOf(3, false)).toEqual(['a', 'b', 'c'].map((id) => ({ id, note: null })));
    expect(await tablesOf(3, true)).toEqual(['a', 'b', 'c'].map((id) => ({ id, note: '' })));
    expect(await tablesOf(2, false)).toEqual([]);
    expect(lines.all.at(-1)).toContain('"reason":"table t has more than 2 rows"');
  });

  it('are read later when Redis is silent at the start, which takes no longer for it', async () => {
    const redis = await server();
    await fill(redis, ROWS);
    redis.pause();
    const before = performance.now();
    const node = await Node.start(redis.url);
    expect(performance.now() - before).toBeLessThan(CONNECT_MS + 1_000);
    expect(node.isUser('alice')).toBe(false);
    redis.resume();
    await node.lines.said('tables were read');
    expect(node.isUser('alice')).toBe(true);
  });
});
