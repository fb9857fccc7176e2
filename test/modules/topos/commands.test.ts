/** The commands of topos: what they show of calls here and in the store, and that an audit finds what should not be there. */
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_AUDIT, MAX_AUDIT } from '../../../src/modules/topos/audit.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { contactIn, ToposSite } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function memory() {
  const site = await ToposSite.open();
  open.push(site);
  return { site, node: await site.node({}) };
}

async function stage() {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open();
  open.push(site);
  return { redis, site, storage: redis.url, node: await site.node({ storage: redis.url }) };
}

const keyIn = (contact: string): string => /[ab]tpsh-[0-9a-f]+/.exec(contact)?.[0] ?? '';

describe('the commands of topos', () => {
  it('tell of calls in memory: how many, and who is shown what', async () => {
    const { site, node } = await memory();
    const callId = await site.call();
    expect(await node.rpc('topos.stats')).toEqual({
      ...{ dialogs: 1, early: 0, confirmed: 1, ended: 0 },
      store: 'memory',
    });
    const shownToB = contactIn(site.bob.received('INVITE')[0]);
    const shown = {
      ...{ node: 'here', callId, method: 'INVITE', phase: 'confirmed' },
      a: { contact: `sip:alice@127.0.0.1:${site.alice.local.port}` },
      b: [{ contact: site.bobUri, state: 'confirmed' }],
      shown: { b: shownToB.slice(1, -1) },
    };
    expect(await node.rpc('topos.dialog', callId)).toMatchObject({ dialogs: [shown], stored: [] });
    expect(await node.rpc('topos.lookup', keyIn(shownToB))).toMatchObject({ shownTo: 'b', ...shown });
    await site.ask(site.alice, 'BYE', callId);
    expect(await node.rpc('topos.stats')).toMatchObject({ confirmed: 0, ended: 1 });
  });

  it('refuse what they cannot answer', async () => {
    const { node } = await memory();
    await expect(node.rpc('topos.dialog')).rejects.toThrow('Call-ID');
    await expect(node.rpc('topos.dialog', 'nobody')).rejects.toThrow('no dialog');
    await expect(node.rpc('topos.lookup', 'x')).rejects.toThrow('key');
    await expect(node.rpc('topos.lookup', `atpsh-${'0'.repeat(32)}`)).rejects.toThrow('no dialog');
    await expect(node.rpc('topos.audit')).rejects.toThrow('no store');
  });
});

describe.skipIf(!hasTool('redis-server'))('the commands of topos over a store', () => {
  it('find the calls of other nodes there, and make none of them their own', async () => {
    const { redis, site, storage, node } = await stage();
    const callId = await site.call();
    await redis.ask('PING');
    const { life } = node.proxy.engine.branches;
    await node.crash();
    const second = await site.node({ storage });
    const there = { node: life, callId, b: [{ contact: site.bobUri }] };
    expect(await second.rpc('topos.dialog', callId)).toMatchObject({ dialogs: [], stored: [there] });
    const key = keyIn(site.alice.dialog(callId).target);
    expect(await second.rpc('topos.lookup', key)).toMatchObject({ shownTo: 'a', ...there });
    expect(await second.rpc('topos.stats')).toMatchObject({ dialogs: 0, store: { up: true, reads: 0, broken: 0 } });
    await expect(second.rpc('topos.lookup', `atpsh-${'0'.repeat(32)}`)).rejects.toThrow('no dialog');
  });

  it('audit it: sound calls are all that is there, by the node that has them', async () => {
    const { redis, site, node } = await stage();
    for (let n = 0; n < 3; n++) await site.call();
    await redis.holds('viaduct:topos:t:*', 3);
    const none = { count: 0, keys: [] };
    // INVITEs that are answered at once need no record for a CANCEL.
    const told = await node.rpc('topos.audit');
    expect(told).toEqual({
      ...{ dialogs: 3, crossings: 3, invites: expect.any(Number), keyless: 0, tickets: 0, complete: true },
      ...{ withoutEnd: none, foreign: none, orphans: none },
      owners: { [node.proxy.engine.branches.life]: expect.any(Number) },
    });
  });

  it('audit it: records without an end, of another form, and without their dialog are named, and left as they are', async () => {
    const { redis, site, node } = await stage();
    const callId = await site.call();
    await redis.holds('viaduct:topos:t:*', 1);
    const [sound = ''] = (await redis.ask('KEYS', 'viaduct:topos:d:*')).split('\n');
    await redis.ask('COPY', sound, 'viaduct:topos:d:{x}:y');
    await redis.ask('PERSIST', 'viaduct:topos:d:{x}:y');
    await redis.ask('LPUSH', 'viaduct:topos:t:{x}:list', 'x');
    await redis.ask('SET', 'viaduct:topos:d:{x}:v9', '1 1 9999999999999 [9,"me"]', 'EX', '100');
    await redis.ask('DEL', sound);
    const before = await redis.ask('DBSIZE');
    expect(await node.rpc('topos.audit')).toMatchObject({
      ...{ dialogs: 2, crossings: 2 },
      withoutEnd: { count: 2, keys: expect.arrayContaining(['topos:d:{x}:y', 'topos:t:{x}:list']) },
      foreign: { count: 2, keys: expect.arrayContaining(['topos:d:{x}:v9', 'topos:t:{x}:list']) },
      orphans: { count: 1, keys: [expect.stringContaining(callId)] },
    });
    expect(await redis.ask('DBSIZE')).toBe(before);
  });

  it('audit no more than they are told to, and say so', async () => {
    const { redis, site, node } = await stage();
    for (let n = 0; n < 3; n++) await site.call();
    await redis.holds('viaduct:topos:t:*', 3);
    expect(await node.rpc('topos.audit', 2)).toMatchObject({ dialogs: 2, crossings: 0, complete: false });
    expect(await node.rpc('topos.audit', 9)).toMatchObject({ dialogs: 3, crossings: 3, complete: true });
    for (const bad of [0, MAX_AUDIT + 1, 'x']) await expect(node.rpc('topos.audit', bad)).rejects.toThrow('1 to');
    expect(await node.rpc('topos.audit', MAX_AUDIT)).toMatchObject({ complete: true });
    expect(DEFAULT_AUDIT).toBeLessThanOrEqual(MAX_AUDIT);
    await redis.kill();
    await expect(node.rpc('topos.audit')).rejects.toThrow('away');
  });
});
