/** The store over several real servers: Sentinel changes the master, a Cluster spreads the keys. */
import { afterEach, describe, expect, it } from 'vitest';
import { RedisGroups } from '../support/redis-groups.ts';
import { hasTool } from '../support/tools.ts';
import { WatchedStore } from '../support/watched-store.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

function groups(): RedisGroups {
  const made = new RedisGroups();
  open.push(made);
  return made;
}

function watch(url: string): WatchedStore {
  const made = new WatchedStore(url);
  open.push(made.store);
  return made;
}

const soon = (): number => Date.now() + 60_000;
const record = (version: number) => ({ version, expires: soon(), value: `v${version}` });

describe.skipIf(!hasTool('redis-server'))('several servers', () => {
  it('under Sentinel: when the master dies the next one is found, with what it had', async () => {
    const { master, replica, url } = await groups().sentinel();
    const watched = watch(`${url}?timeout=500`);
    expect(await watched.store.ready(5_000)).toBe(true);
    expect(await watched.store.put({ key: 'a' }, record(1))).toBe('ok');
    while ((await replica.ask('EXISTS', 'viaduct:a')) !== '1');
    await master.kill();
    await watched.is('down');
    await watched.is('up');
    while ((await watched.store.put({ key: 'b', field: 'f' }, record(2))) !== 'ok');
    expect(await watched.store.get('a')).toMatchObject({ kind: 'value', value: { value: 'v1' } });
    expect(await replica.ask('EXISTS', 'viaduct:b')).toBe('1');
  }, 40_000);

  it('in a Cluster: keys of all servers are written, read and found; one that dies takes only its own', async () => {
    const { nodes, url } = await groups().cluster();
    const watched = watch(`${url}?timeout=500`);
    // Its nodes agree on who has what a little later.
    await watched.is('up');
    const { store } = watched;
    const keys = Array.from({ length: 300 }, (_, n) => `k:${n}`);
    const outcomes = await Promise.all(keys.map((key) => store.put({ key, field: 'f' }, record(1))));
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    const posted: string[] = [];
    const settled = (outcome: string): void => void posted.push(outcome);
    await store.post(keys.map((key) => ({ key: `p:${key}`, record: record(1), settled })));
    expect(posted).toEqual(keys.map(() => 'ok'));
    expect(await store.get('p:k:7')).toMatchObject({ kind: 'value', value: { value: 'v1' } });
    await Promise.all(keys.map((key) => store.drop({ key: `p:${key}` }, 1)));
    const sizes = await Promise.all(nodes.map((node) => node.ask('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 50)).toBe(true);
    const found = await Promise.all(keys.map((key) => store.fields(key)));
    expect(found.every(({ kind }) => kind === 'value')).toBe(true);
    const seen = new Set<string>();
    const all = async (batch: readonly string[]) => {
      for (const key of batch) seen.add(key);
      return true;
    };
    expect(await store.scan('k:', all)).toBe('ok');
    expect(seen.size).toBe(300);
    seen.clear();
    const query = { prefix: 'k:', maxFields: 1, maxBytes: 100 };
    expect(await store.hashes(query, (key) => seen.add(key).size > 0)).toEqual({ kind: 'read', foreign: 0 });
    expect(seen.size).toBe(300);
    await nodes[2]?.kill();
    const after = await Promise.all(keys.map((key) => store.fields(key)));
    const answered = after.filter(({ kind }) => kind === 'value').length;
    expect(answered).toBe(300 - Number(sizes[2]));
    expect(after.filter(({ kind }) => kind === 'down')).toHaveLength(Number(sizes[2]));
  }, 40_000);
});
