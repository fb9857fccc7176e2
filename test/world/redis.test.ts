/** The store over a real redis-server: what it keeps, and what it answers when the server is slow, gone, empty or strange. */
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_PENDING } from '../../src/world/store-answers.ts';
import { RedisServer } from '../support/redis-server.ts';
import { WatchedStore } from '../support/watched-store.ts';
import { hasTool } from '../support/tools.ts';

const TIMEOUT_MS = 250;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function server(args: readonly string[] = []): Promise<RedisServer> {
  const made = await RedisServer.start(args);
  open.push({ close: () => made.end() });
  return made;
}

function watch(url: string): WatchedStore {
  const made = new WatchedStore(url);
  open.push(made.store);
  return made;
}

async function opened(redis: RedisServer, options = ''): Promise<WatchedStore> {
  const watched = watch(`${redis.url}?timeout=${TIMEOUT_MS}${options}`);
  expect(await watched.store.ready(5_000)).toBe(true);
  return watched;
}

const soon = (): number => Date.now() + 60_000;
const record = (version: number, value = `v${version}`) => ({ version, expires: soon(), value });

describe.skipIf(!hasTool('redis-server'))('a store in Redis', () => {
  it('keeps a record until its end, under the prefix', async () => {
    const redis = await server();
    const { store } = await opened(redis, '&prefix=x:');
    expect(await store.put({ key: 'a' }, record(1, 'häß\u00ff"'))).toBe('ok');
    expect(await store.get('a')).toMatchObject({ kind: 'value', value: { version: 1, value: 'häß\u00ff"' } });
    expect(await store.get('b')).toEqual({ kind: 'none' });
    expect(Number(await redis.ask('PTTL', 'x:a'))).toBeGreaterThan(50_000);
    expect(await store.put({ key: 'c' }, { ...record(1), expires: Date.now() - 1 })).toBe('ok');
    expect(await store.get('c')).toEqual({ kind: 'none' });
  });

  it('never replaces a newer record by an older one, alone or in a field', async () => {
    const { store } = await opened(await server());
    for (const place of [{ key: 'a' }, { key: 'h', field: 'f' }]) {
      expect(await store.put(place, record(5))).toBe('ok');
      expect(await store.put(place, record(4))).toBe('older');
      expect(await store.drop(place, 4)).toBe('older');
      expect(await store.put(place, record(5, 'again'))).toBe('ok');
      expect(await store.put(place, record(1_732_080_000_000_001))).toBe('ok');
      expect(await store.put(place, record(1_732_080_000_000_000))).toBe('older');
    }
    expect(await store.get('a')).toMatchObject({ value: { version: 1_732_080_000_000_001 } });
    expect(await store.drop({ key: 'a' }, 1_732_080_000_000_001)).toBe('ok');
    expect(await store.get('a')).toEqual({ kind: 'none' });
    expect(store.counters.older).toBe(6);
  });

  it('takes many records in one command, and tells each what became of it', async () => {
    const redis = await server();
    const { store } = await opened(redis);
    await store.put({ key: 'b' }, record(5));
    const heard: string[] = [];
    const parcel = (key: string, version: number) => ({
      ...{ key, record: record(version) },
      settled: (outcome: string) => void heard.push(`${key} ${outcome}`),
    });
    const { commands } = store.counters;
    await store.post([parcel('a', 1), parcel('b', 4), parcel('c', 1)]);
    expect(heard).toEqual(['a ok', 'b older', 'c ok']);
    expect(store.counters).toMatchObject({ commands: commands + 1, older: 1 });
    expect(await store.get('b')).toMatchObject({ value: { version: 5 } });
    expect(await store.get('c')).toMatchObject({ value: { version: 1, value: 'v1' } });
    expect(Number(await redis.ask('PTTL', 'viaduct:c'))).toBeGreaterThan(50_000);
    await redis.kill();
    await store.post([parcel('a', 2), parcel('d', 1)]);
    expect(heard.slice(3)).toEqual(['a down', 'd down']);
  });

  it('sends a script whole to a server that has forgotten it', async () => {
    const redis = await server();
    const { store, refusals } = await opened(redis);
    for (let version = 1; version <= 3; version++) {
      await redis.ask('SCRIPT', 'FLUSH');
      expect(await store.put({ key: 'a' }, record(version, 'h\u00e4'))).toBe('ok');
      expect(await store.put({ key: 'h', field: 'f' }, record(version))).toBe('ok');
    }
    expect(await store.look('a')).toMatchObject({ value: { record: { version: 3, value: 'h\u00e4' } } });
    expect(store.counters).toMatchObject({ commands: 7, refused: 0, failures: 0 });
    expect(refusals).toEqual([]);
  });

  it('keeps the fields of a key as long as the longest of them, and forgets expired ones among many', async () => {
    const redis = await server();
    const { store } = await opened(redis);
    const put = (field: string, ms: number) =>
      store.put({ key: 'h', field }, { version: 1, expires: Date.now() + ms, value: field });
    await put('long', 90_000);
    await put('short', 30_000);
    expect(Number(await redis.ask('PTTL', 'viaduct:h'))).toBeGreaterThan(80_000);
    await Promise.all(Array.from({ length: 70 }, (_, n) => put(`gone${n}`, -1)));
    expect(Number(await redis.ask('HLEN', 'viaduct:h'))).toBeLessThan(66);
    const found = await store.fields('h');
    expect(found.kind === 'value' ? [...found.value.keys()].sort() : found).toEqual(['long', 'short']);
    await store.drop({ key: 'h', field: 'long' }, 1);
    await store.drop({ key: 'h', field: 'short' }, 1);
    expect(await store.fields('h')).toEqual({ kind: 'none' });
  });

  it('finds all keys with a beginning, whatever characters are in it', async () => {
    const { store } = await opened(await server(), '&prefix=p[*]:');
    await Promise.all(Array.from({ length: 600 }, (_, n) => store.put({ key: `a?:${n}` }, record(1))));
    await store.put({ key: 'ax:1' }, record(1));
    const seen = new Set<string>();
    const all = async (keys: readonly string[]) => {
      for (const key of keys) seen.add(key);
      return true;
    };
    expect(await store.scan('a?:', all)).toBe('ok');
    expect(seen.size).toBe(600);
    let calls = 0;
    expect(await store.scan('a?:', async () => ++calls > 1)).toBe('ok');
    expect(calls).toBe(1);
  });

  it('reads the hashes below a prefix, and counts what is no hash or too large', async () => {
    const redis = await server();
    const { store } = await opened(redis, '&prefix=x:');
    for (const id of ['a', 'entry::b']) await redis.ask('HSET', `x:t?:${id}`, 'name', `ä ${id}`, 'empty', '');
    await redis.ask('HSET', 'x:t?:wide', 'a', '1', 'b', '2', 'c', '3');
    await redis.ask('HSET', 'x:t?:long', 'a', 'y'.repeat(20));
    await redis.ask('SET', 'x:t?:text', 'no hash');
    await redis.ask('SADD', 'x:t?:set', 'no hash');
    await redis.ask('HSET', 'x:tt:other', 'a', '1');
    const seen = new Map<string, unknown>();
    const all = (key: string, fields: unknown): boolean => seen.set(key, fields).size > 0;
    const query = { prefix: 't?:', maxFields: 2, maxBytes: 20 };
    expect(await store.hashes(query, all)).toEqual({ kind: 'read', foreign: 4 });
    const pairs = (id: string) => [
      ['name', `ä ${id}`],
      ['empty', ''],
    ];
    expect(seen).toEqual(new Map(['a', 'entry::b'].map((id) => [`t?:${id}`, pairs(id)])));
    seen.clear();
    expect(await store.hashes({ ...query, maxBytes: 21 }, all)).toEqual({ kind: 'read', foreign: 3 });
    expect([...seen.keys()].sort()).toEqual(['t?:a', 't?:entry::b', 't?:long']);
    let calls = 0;
    await store.hashes(query, () => ++calls > 1);
    expect(calls).toBe(1);
    await redis.ask('ACL', 'SETUSER', 'default', '-eval', '-evalsha');
    expect(await store.hashes(query, all)).toEqual({ kind: 'refused' });
    await redis.kill();
    expect(await store.hashes(query, all)).toEqual({ kind: 'down' });
  });

  it('answers within its time when the server is silent, then at once, and comes back', async () => {
    const redis = await server();
    const watched = await opened(redis);
    const { store } = watched;
    redis.pause();
    const before = performance.now();
    expect(await store.get('a')).toEqual({ kind: 'down' });
    expect(performance.now() - before).toBeLessThan(TIMEOUT_MS + 400);
    while (store.isUp) await store.get('a');
    const sent = store.counters.commands;
    expect(await store.put({ key: 'a' }, record(1))).toBe('down');
    expect(store.counters.commands).toBe(sent);
    redis.resume();
    await watched.is('up');
    expect(await store.put({ key: 'a' }, record(1))).toBe('ok');
    expect(watched.states.map(({ kind }) => kind)).toEqual(['up', 'down', 'up']);
  });

  it('lets only so many commands wait', async () => {
    const redis = await server();
    const { store } = await opened(redis);
    redis.pause();
    const waiting = Array.from({ length: MAX_PENDING }, () => store.get('a'));
    expect(store.counters).toMatchObject({ commands: MAX_PENDING, unsent: 0 });
    expect(await store.get('a')).toEqual({ kind: 'down' });
    expect(store.counters).toMatchObject({ commands: MAX_PENDING, unsent: 1 });
    redis.resume();
    await Promise.all(waiting);
    expect(await store.get('a')).not.toEqual({ kind: 'refused' });
  });

  it('notices that the server is gone, and finds a new one that is empty', async () => {
    const redis = await server();
    const watched = await opened(redis);
    await watched.store.put({ key: 'a' }, record(1));
    redis.pause();
    const waiting = watched.store.get('a');
    await redis.kill();
    expect(await waiting).toEqual({ kind: 'down' });
    await watched.is('down');
    await redis.restart();
    await watched.is('up');
    expect(await watched.store.get('a')).toEqual({ kind: 'none' });
    expect(watched.states).toHaveLength(3);
  });

  it('is down, once, when nobody is there, and does not say the password', async () => {
    const watched = watch('redis://user:s3cret@127.0.0.1:1');
    expect(await watched.store.ready(5_000)).toBe(false);
    expect(await watched.store.get('a')).toEqual({ kind: 'down' });
    expect(watched.states).toEqual([{ kind: 'down', reason: expect.stringContaining('ECONNREFUSED') }]);
    expect(JSON.stringify([watched.states, watched.store.label])).not.toContain('s3cret');
  });

  it('says the password to the server, in either protocol', async () => {
    const redis = await server(['--requirepass', 's3cret']);
    const at = (user: string) => redis.url.replace('unix://', `unix://${user}@`);
    for (const protocol of [2, 3]) {
      const right = watch(`${at(':s3cret')}?protocol=${protocol}`);
      expect(await right.store.ready(5_000)).toBe(true);
      expect(await right.store.put({ key: 'a', field: 'f' }, record(1))).toBe('ok');
      expect(await right.store.fields('a')).toMatchObject({ kind: 'value' });
    }
    const wrong = watch(at(':guess'));
    expect(await wrong.store.ready(5_000)).toBe(false);
    expect(wrong.states).toEqual([{ kind: 'down', reason: expect.stringMatching(/WRONGPASS/) }]);
  });

  it('counts what is not ours and refusals, and tells them once', async () => {
    const redis = await server();
    const { store, refusals } = await opened(redis);
    await redis.ask('SET', 'viaduct:text', 'hello');
    await redis.ask('LPUSH', 'viaduct:list', 'x');
    await redis.ask('HSET', 'viaduct:hash', 'f', '1 2 hello');
    expect(await store.get('text')).toEqual({ kind: 'none' });
    expect(await store.fields('hash')).toEqual({ kind: 'none' });
    expect(await store.get('list')).toEqual({ kind: 'refused' });
    expect(await store.fields('text')).toEqual({ kind: 'refused' });
    expect(await store.put({ key: 'list', field: 'f' }, record(1))).toBe('refused');
    expect(store.counters).toMatchObject({ rubbish: 2, refused: 3 });
    expect(refusals).toHaveLength(1);
    expect(await store.put({ key: 'text' }, record(1))).toBe('ok');
    expect(store.isUp).toBe(true);
  });

  it('takes a full server for one that is down for writing', async () => {
    const redis = await server();
    const { store } = await opened(redis);
    await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
    expect(await store.put({ key: 'a' }, record(1))).toBe('down');
    expect(store.isUp).toBe(true);
    await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await store.put({ key: 'a' }, record(1))).toBe('ok');
  });

  it('sends what came last before it closes', async () => {
    const redis = await server();
    const { store } = await opened(redis);
    void store.put({ key: 'last' }, record(1));
    await store.close();
    expect(await redis.ask('EXISTS', 'viaduct:last')).toBe('1');
    expect(await store.get('last')).toEqual({ kind: 'down' });
  });
});
