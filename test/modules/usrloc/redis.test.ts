/** Bindings behind a real redis-server: restarts, second nodes, and a Redis that is slow, gone, empty or strange. */
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes, type Faces } from '../../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../../src/engine/proxy.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { registrar } from '../../../src/modules/registrar/registrar.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import { requestContext, written } from '../../support/contexts.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';

type Params = ParamInputs<(typeof usrloc)['decl']['params']>;
const listed = [usrloc, registrar] as const;
const TIMEOUT_MS = 250;
const NO_REPLY = 2;
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function server(): Promise<RedisServer> {
  const made = await RedisServer.start();
  open.push({ stop: () => made.end() });
  return made;
}

class Node {
  readonly proxy: Proxy;
  readonly log: string[];
  readonly #modules: Faces<typeof listed>;
  readonly #waiting = new Set<() => void>();
  #cseq = 0;

  private constructor(url: string, params: Params) {
    const held: Faces<typeof listed>[] = [];
    this.log = [];
    const given = { db_mode: 1, db_url: `${url}?timeout=${TIMEOUT_MS}`, ...params };
    this.proxy = createProxy({
      world: nodeWorld(),
      listen: ['udp:127.0.0.1:0'],
      log: {
        write: (level, message) => {
          this.log.push(`${level} ${message}`);
          for (const look of [...this.#waiting]) look();
        },
      },
      program: defineRoutes([use(usrloc, given), registrar], (modules) => {
        held.push(modules);
        return { request: () => undefined };
      }),
    });
    const [modules] = held;
    if (modules === undefined) throw new Error('the program was not loaded');
    this.#modules = modules;
  }

  static async start(url: string, params: Params = {}): Promise<Node> {
    const node = new Node(url, params);
    open.push(node.proxy);
    await node.proxy.start();
    return node;
  }

  /** Resolves when the log has that many lines with this. */
  said(part: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.log.filter((line) => line.includes(part)).length < times) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #request(text: string): RequestContext {
    const [listener] = this.proxy.listeners;
    if (listener === undefined) throw new Error('no listener');
    const remote = { address: '127.0.0.1', port: 9 };
    const flow = { transport: 'udp', listener, local: listener.local, remote, connection: 0 } as const;
    return requestContext(text, { bytes: Buffer.from(text), flow, at: this.proxy.engine.world.clock.wall() });
  }

  register(user: string, contact: string, cseq = ++this.#cseq) {
    const to = `To: <sip:${user}@example.com>`;
    const text = written({ uri: 'sip:example.com', method: 'REGISTER', headers: [`Contact: ${contact}`] })
      .replace('CSeq: 1 ', `CSeq: ${cseq} `)
      .replace(/^To: .*$/m, to);
    return this.#modules.registrar.save(this.#request(text), 'location', NO_REPLY);
  }

  /** What a call to a user does: the outcome, and whether the message had to wait for it. */
  lookup(user: string) {
    const ctx = this.#request(written({ uri: `sip:${user}@example.com` }));
    const outcome = this.#modules.registrar.lookup(ctx, 'location');
    const uris = () => [ctx.message.uri, ...ctx.branches.map(({ uri }) => uri)];
    return { waits: outcome instanceof Promise, done: Promise.resolve(outcome).then((what) => [what, ...uris()]), ctx };
  }

  rpc(method: string, ...params: (string | number)[]): unknown {
    return this.proxy.program.rpc.get(method)?.(params);
  }

  get wall(): number {
    return this.proxy.engine.world.clock.wall();
  }

  sample(name: string, event?: string): number | undefined {
    const all = this.proxy.program.modules.flatMap(({ instance }) => instance.metrics?.() ?? []);
    return all.find((one) => one.name === name && (event === undefined || one.labels?.['event'] === event))?.value;
  }
}

/** The keys there are, once there are so many. */
async function keys(redis: RedisServer, count: number): Promise<readonly string[]> {
  for (;;) {
    const found = (await redis.ask('KEYS', 'viaduct:usrloc:*')).split('\n').filter((key) => key !== '');
    if (found.length === count) return found.sort();
  }
}

/** Lets happen what waits for its turn. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Resolves when what a node does is later than what another has done: their clocks differ by up to two milliseconds. */
async function later(node: Node, other: Node): Promise<void> {
  const done = other.wall;
  while (node.wall <= done) await turn();
}

const ALICE = 'viaduct:usrloc:location:alice';

describe.skipIf(!hasTool('redis-server'))('bindings in Redis', () => {
  it('are written with their time, changed and removed as in memory', async () => {
    const redis = await server();
    const node = await Node.start(redis.url);
    expect(await node.register('alice', '<sip:a@192.0.2.1>;expires=600;q=0.5')).toBe('created');
    expect(await keys(redis, 1)).toEqual([ALICE]);
    const ttl = Number(await redis.ask('PTTL', ALICE));
    expect(ttl).toBeGreaterThan(590_000);
    expect(ttl).toBeLessThanOrEqual(600_000);
    expect(await redis.ask('HVALS', ALICE)).toContain('"uri":"sip:a@192.0.2.1"');
    expect(await node.register('alice', '<sip:a@192.0.2.1>;expires=1200')).toBe('updated');
    expect(await node.register('alice', '<sip:a@192.0.2.1>;expires=0')).toBe('removed');
    expect(node.sample('usrloc_store', 'failures')).toBe(0);
    const second = await Node.start(redis.url);
    expect(await second.lookup('alice').done).toEqual(['notFound', 'sip:alice@example.com']);
    expect(await redis.ask('HVALS', ALICE)).not.toContain('sip:');
  });

  it('are there after a restart, before the first message', async () => {
    const redis = await server();
    const node = await Node.start(redis.url);
    const contact = '<sip:a@192.0.2.1;x=1>;q=0.7;+sip.instance="<urn:uuid:1>";reg-id=2;expires=600';
    await node.register('alice', contact);
    await node.register('bob', '<sip:b1@192.0.2.2>;q=0.1, <sip:b2@192.0.2.3>;q=0.9');
    node.rpc('ul.add', 'location', 'for@ever', 'sip:f@192.0.2.4', 0, 1, '0', 0, 0, 1);
    const info = JSON.stringify(node.rpc('ul.lookup', 'location', 'alice'));
    await node.proxy.stop();
    const again = await Node.start(redis.url);
    expect(again.log).toEqual(['notice usrloc: redis+unix://' + redis.socket + ' is up']);
    const call = again.lookup('bob');
    expect(call.waits).toBe(false);
    expect(await call.done).toEqual(['found', 'sip:b2@192.0.2.3', 'sip:b1@192.0.2.2']);
    const shown = JSON.stringify(again.rpc('ul.lookup', 'location', 'alice'));
    const timeless = (text: string) => text.replaceAll(/"(?:Expires|Socket)":("[^"]*"|\d+)/g, '');
    expect(timeless(shown)).toBe(timeless(info));
    expect(shown).toMatch(/"Expires":(?:600|59\d)/);
    expect(JSON.stringify(again.rpc('ul.lookup', 'location', 'for@ever'))).toContain('permanent');
    expect(again.sample('usrloc_store', 'rubbish')).toBe(0);
  });

  it('are seen by a second node, which asks once for who is not there', async () => {
    const redis = await server();
    const [first, second] = [await Node.start(redis.url), await Node.start(redis.url)];
    await first.register('alice', '<sip:a@192.0.2.1>');
    await keys(redis, 1);
    const call = second.lookup('alice');
    expect(call.waits).toBe(true);
    expect(await call.done).toEqual(['found', 'sip:a@192.0.2.1']);
    expect(second.lookup('alice').waits).toBe(false);
    const [one, two] = [second.lookup('nobody'), second.lookup('nobody')];
    expect([one.waits, two.waits]).toEqual([true, true]);
    expect(await one.done).toEqual(['notFound', 'sip:nobody@example.com']);
    const asked = second.sample('usrloc_store', 'commands');
    const later = second.lookup('nobody');
    expect(later.waits).toBe(false);
    expect((await later.done)[0]).toBe('notFound');
    expect(second.sample('usrloc_store', 'commands')).toBe(asked);
  });

  it('are one binding when a phone moves between nodes: the later change counts on both', async () => {
    const redis = await server();
    const [first, second] = [await Node.start(redis.url), await Node.start(redis.url)];
    expect(await first.register('alice', '<sip:a@192.0.2.1>;expires=600', 7)).toBe('created');
    await keys(redis, 1);
    expect(await second.register('alice', '<sip:a@192.0.2.1>;expires=600', 7)).toBe('unchanged');
    expect(await second.register('alice', '<sip:a@192.0.2.1>;expires=600', 6)).toBe('error');
    expect(await second.register('alice', '<sip:a@192.0.2.1>;expires=900', 8)).toBe('updated');
    expect(await redis.ask('HLEN', ALICE)).toBe('1');
    // The first node has not heard of that change, but what it does now is later.
    expect(await first.register('alice', '<sip:a@192.0.2.1>;expires=0', 9)).toBe('removed');
    const third = await Node.start(redis.url);
    expect((await third.lookup('alice').done)[0]).toBe('notFound');
  });

  it('outlive the end that another node knows, when they were refreshed here', async () => {
    const redis = await server();
    const [first, second] = [await Node.start(redis.url), await Node.start(redis.url)];
    await first.lookup('alice').done;
    first.rpc('ul.add', 'location', 'alice', 'sip:a@192.0.2.1', 1, 1, '0', 0, 0, 1);
    await keys(redis, 1);
    expect(await second.register('alice', '<sip:a@192.0.2.1>;expires=600')).toBe('updated');
    const written = () => first.sample('usrloc_store', 'older') ?? 0;
    while (written() === 0) await redis.ask('PING');
    expect(await redis.ask('HLEN', ALICE)).toBe('1');
    expect(await first.lookup('alice').done).toEqual(['found', 'sip:a@192.0.2.1']);
  });

  it('that two nodes made of one contact while Redis was away become one again', async () => {
    const redis = await server();
    const [first, second] = [await Node.start(redis.url), await Node.start(redis.url)];
    await redis.kill();
    await Promise.all([first.said('is down'), second.said('is down')]);
    await first.register('alice', '<sip:a@192.0.2.1>;q=0.1');
    await later(second, first);
    await second.register('alice', '<sip:a@192.0.2.1>;q=0.2');
    await redis.restart();
    await Promise.all([first.said('is up', 2), second.said('is up', 2)]);
    expect(await redis.ask('HLEN', ALICE)).toBe('2');
    const third = await Node.start(redis.url);
    expect(await third.lookup('alice').done).toEqual(['found', 'sip:a@192.0.2.1']);
    expect(third.lookup('alice').ctx.message.uri).toBe('sip:a@192.0.2.1');
    expect(JSON.stringify(third.rpc('ul.lookup', 'location', 'alice'))).toContain('"Q":0.2');
    while ((await redis.ask('HLEN', ALICE)) !== '1');
  });

  it('work while Redis is gone, with one line in the log, and all are written to the empty one that comes', async () => {
    const redis = await server();
    const node = await Node.start(redis.url);
    await node.register('alice', '<sip:a@192.0.2.1>');
    await keys(redis, 1);
    await redis.kill();
    await node.said('is down');
    for (let n = 0; n < 150; n++) expect(node.register(`u${n}`, '<sip:u@192.0.2.9>')).toBe('created');
    expect(node.register('u0', '<sip:u@192.0.2.9>;expires=0')).toBe('removed');
    const call = node.lookup('u1');
    expect(call.waits).toBe(false);
    expect(await call.done).toEqual(['found', 'sip:u@192.0.2.9']);
    expect(node.lookup('stranger').waits).toBe(false);
    while (node.sample('usrloc_store_missed') !== 150) await turn();
    expect(node.sample('usrloc_store_up')).toBe(0);
    await redis.restart();
    await node.said('is up', 2);
    expect(await keys(redis, 151)).toContain(ALICE);
    expect(node.sample('usrloc_store_missed')).toBe(0);
    expect(node.log.map((line) => line.replace(/redis\S+/, 'it'))).toEqual([
      'notice usrloc: it is up',
      'warn usrloc: it is down: contacts are in memory, and written when it is back',
      'notice usrloc: it is up',
    ]);
    await node.proxy.stop();
    const again = await Node.start(redis.url);
    expect(await again.lookup('u149').done).toEqual(['found', 'sip:u@192.0.2.9']);
    expect((await again.lookup('u0').done)[0]).toBe('notFound');
  });

  it('do not wait for a silent Redis: calls of known users not at all, of others once within the limit', async () => {
    const redis = await server();
    const node = await Node.start(redis.url);
    await node.register('alice', '<sip:a@192.0.2.1>');
    await keys(redis, 1);
    redis.pause();
    expect(node.register('alice', '<sip:a@192.0.2.1>')).toBe('updated');
    expect(node.lookup('alice').waits).toBe(false);
    const before = performance.now();
    expect((await node.lookup('stranger').done)[0]).toBe('notFound');
    expect(performance.now() - before).toBeLessThan(TIMEOUT_MS + 400);
    while (node.sample('usrloc_store_up') === 1) await node.lookup(`s${performance.now()}`).done;
    expect(node.register('bob', '<sip:b@192.0.2.1>')).toBe('created');
    expect(node.lookup('another').waits).toBe(false);
    redis.resume();
    await node.said('is up', 2);
    expect(await keys(redis, 2)).toEqual([ALICE, 'viaduct:usrloc:location:bob']);
  });

  it('start without Redis, and are read when it comes', async () => {
    const redis = await server();
    const before = await Node.start(redis.url);
    await before.register('alice', '<sip:a@192.0.2.1>');
    await before.proxy.stop();
    const dump = await redis.ask('HGETALL', ALICE);
    const [field = '', value = ''] = dump.split('\n');
    await redis.kill();
    const node = await Node.start(redis.url);
    expect(node.log).toEqual([expect.stringContaining('is down')]);
    expect(node.register('bob', '<sip:b@192.0.2.1>')).toBe('created');
    await redis.restart();
    await node.said('is up');
    await redis.ask('HSET', ALICE, field, value);
    expect(await node.lookup('alice').done).toEqual(['found', 'sip:a@192.0.2.1']);
    expect(await keys(redis, 2)).toHaveLength(2);
  });

  it('of another type, or that nobody wrote, break neither calls nor registrations', async () => {
    const redis = await server();
    await redis.ask('SET', ALICE, 'text');
    await redis.ask(
      'HSET',
      'viaduct:usrloc:location:bob',
      'x',
      '1 2 3',
      'y',
      'rubbish',
      'z',
      '1 1 9999999999999 {"v":9}',
    );
    await redis.ask(
      'HSET',
      'viaduct:usrloc:location:eve',
      'x',
      '1 1 9999999999999 {"v":1,"uri":"sip:e@h\\r\\nX: y","expires":null}',
    );
    await redis.ask('SET', 'viaduct:usrloc:%zz:q', 'x');
    const node = await Node.start(redis.url);
    expect(await node.register('alice', '<sip:a@192.0.2.1>')).toBe('created');
    expect(await node.lookup('alice').done).toEqual(['found', 'sip:a@192.0.2.1']);
    expect((await node.lookup('bob').done)[0]).toBe('notFound');
    expect((await node.lookup('eve').done)[0]).toBe('notFound');
    expect(await node.register('bob', '<sip:b@192.0.2.1>')).toBe('created');
    expect(node.sample('usrloc_store', 'rubbish')).toBeGreaterThan(0);
    expect(node.sample('usrloc_store', 'refused')).toBeGreaterThan(0);
    expect(node.log.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });

  it('are read and never written with db_mode 4', async () => {
    const redis = await server();
    const writer = await Node.start(redis.url);
    await writer.register('alice', '<sip:a@192.0.2.1>');
    await keys(redis, 1);
    const reader = await Node.start(redis.url, { db_mode: 4 });
    expect(reader.lookup('alice').waits).toBe(false);
    await reader.register('alice', '<sip:a@192.0.2.1>;expires=0');
    await reader.register('bob', '<sip:b@192.0.2.1>');
    await reader.proxy.stop();
    expect(await keys(redis, 1)).toEqual([ALICE]);
    expect(await redis.ask('HVALS', ALICE)).toContain('sip:a@192.0.2.1');
  });

  it('stay with a reload, on the same connection, and can be given another store by it', async () => {
    const [redis, other] = [await server(), await server()];
    const node = await Node.start(redis.url);
    await node.register('alice', '<sip:a@192.0.2.1>');
    const program = (url: string) =>
      defineRoutes([use(usrloc, { db_mode: 1, db_url: url }), registrar], () => ({ request: () => undefined }));
    await node.proxy.reload(program(`${redis.url}?timeout=${TIMEOUT_MS}`));
    expect(node.sample('usrloc_store', 'ups')).toBe(1);
    await node.register('bob', '<sip:b@192.0.2.1>');
    expect(await keys(redis, 2)).toHaveLength(2);
    await node.proxy.reload(program(other.url));
    expect(await keys(other, 2)).toHaveLength(2);
    expect(await redis.ask('CLIENT', 'LIST', 'TYPE', 'normal')).not.toContain('ioredis');
  });
});
