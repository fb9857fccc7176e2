/** Hidden calls while Redis is slow, gone, empty, full or strange: they go on, hidden and without waiting. */
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_RECORD } from '../../../src/modules/topos/record-fields.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { contactIn, type ToposNode, ToposSite, viasIn } from '../../support/topos-node.ts';

/** What would be read if it had no more characters. */
const WHOLE = '1 1 9999999999999 [2]';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function stage(timeoutMs = 250) {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open();
  open.push(site);
  const storage = `${redis.url}?timeout=${timeoutMs}`;
  return { redis, site, storage, node: await site.node({ storage }) };
}

async function dialogs(redis: RedisServer): Promise<readonly string[]> {
  const all = await redis.ask('KEYS', 'viaduct:topos:d:*');
  return all === '' ? [] : all.split('\n');
}

/** Neither side has seen anything of the other. */
function expectHidden(site: ToposSite): void {
  for (const message of [...site.bob.received('INVITE'), ...site.bob.received('BYE')]) {
    expect(viasIn(message)).toHaveLength(1);
    expect(contactIn(message)).not.toContain(`:${site.alice.local.port}`);
  }
  for (const reply of site.alice.receivedStatus(200)) {
    expect(viasIn(reply).length).toBeGreaterThan(0);
    expect(contactIn(reply)).not.toContain(`:${site.bob.local.port}`);
  }
}

const plain = ({ log }: ToposNode): readonly string[] => log.map((line) => line.replace(/redis\S+/, 'it'));

describe.skipIf(!hasTool('redis-server'))('a hidden call', () => {
  it('does not wait for a silent Redis (behaviour 13)', async () => {
    const { redis, site, node } = await stage(8_000);
    redis.pause();
    const before = performance.now();
    const callId = await site.call();
    expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
    expect(performance.now() - before).toBeLessThan(4_000);
    expectHidden(site);
    expect(node.sample('topos_store', 'timeouts')).toBe(0);
    redis.resume();
  });

  it('goes on when Redis dies before it, between INVITE and 200, or in the middle of it (behaviour 12)', async () => {
    const { redis, site, node } = await stage();
    const running = await site.call();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    const ringing = site.alice.invite(site.bobUri).callId ?? '';
    await site.alice.until(() => site.alice.receivedStatus(180).some(({ callId }) => callId === ringing));
    await redis.kill();
    await node.said('is down');
    const offered = site.bob.received('INVITE').at(-1);
    if (offered !== undefined) site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200).some(({ callId }) => callId === ringing));
    site.alice.ack2xx(ringing);
    const late = await site.call();
    for (const callId of [running, ringing, late]) {
      expect(await site.ask(site.alice, 'INVITE', callId)).toBe(200);
      expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
    }
    expectHidden(site);
    expect(node.sample('topos_store_up')).toBe(0);
    expect(plain(node)).toEqual(['notice topos: it is up', 'warn topos: it is down: calls go on from memory']);
  });

  it('is known to a Redis that comes back empty, and to the next node (behaviour 12)', async () => {
    const { redis, site, storage, node } = await stage();
    const before = await site.call();
    await redis.kill();
    await node.said('is down');
    const meanwhile = await site.call();
    await redis.restart();
    await node.said('is up', 2);
    while ((await dialogs(redis)).length < 2);
    await node.crash();
    const second = await site.node({ storage });
    expect(await site.ask(site.bob, 'BYE', before)).toBe(200);
    expect(await site.ask(site.alice, 'BYE', meanwhile)).toBe(200);
    expect(second.counted('dialogs_adopted')).toBe(2);
    expectHidden(site);
  });

  it('goes on when Redis is full, and is written with its next request when that is over', async () => {
    const { redis, site, node } = await stage();
    await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
    const callId = await site.call();
    expect(await site.ask(site.alice, 'INFO', callId)).toBe(200);
    await redis.ask('PING');
    expect(await dialogs(redis)).toEqual([]);
    expect(node.log.filter((line) => line.startsWith('error'))).toHaveLength(1);
    await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await site.ask(site.alice, 'INFO', callId)).toBe(200);
    await redis.ask('PING');
    expect(await dialogs(redis)).toHaveLength(1);
    expectHidden(site);
  });

  it('is 503 for the next node while Redis is away, not gone: 481 would end it', async () => {
    const { redis, site, storage, node } = await stage();
    const callId = await site.call();
    await redis.ask('PING');
    await node.crash();
    const second = await site.node({ storage });
    redis.pause();
    expect(await site.ask(site.alice, 'INFO', callId)).toBe(503);
    site.alice.inDialog('ACK', { callId });
    redis.resume();
    while (second.sample('topos_store_up') !== 1) await redis.ask('PING');
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
    expect(site.alice.receivedStatus(503)).toHaveLength(1);
  });

  it.each([
    ['no record at all', (key: string) => ['SET', key, 'rubbish']],
    ['another type', (key: string) => ['LPUSH', key, 'x']],
    ['no JSON', (key: string) => ['SET', key, '1 1 9999999999999 [2,']],
    ['another form', (key: string) => ['SET', key, '1 1 9999999999999 {"v":1,"owner":"x"}']],
    ['a part of one', (key: string) => ['SET', key, '1 1 9999999999999 [2,"x","y"]']],
    [
      'too large',
      (key: string) => [
        'EVAL',
        `redis.call('SET', KEYS[1], ARGV[1] .. string.rep(' ', ${MAX_RECORD}))`,
        '1',
        key,
        WHOLE,
      ],
    ],
    ['without an end', (key: string) => ['SET', key, '1 1 9999999999999 []']],
  ])('is 481 for the next node when its record is %s, which is removed (behaviour 18)', async (_, spoil) => {
    const { redis, site, storage, node } = await stage();
    const callId = await site.call();
    await redis.ask('PING');
    const [key = ''] = await dialogs(redis);
    await node.crash();
    await redis.ask('DEL', key);
    await redis.ask(...spoil(key));
    const second = await site.node({ storage });
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(481);
    expect(second.sample('topos_records', 'broken')).toBe(1);
    await redis.ask('PING');
    expect(await dialogs(redis)).toEqual([]);
  });

  it('is 481 when its record is that of another call, or over', async () => {
    const { redis, site, storage, node } = await stage();
    const [one, other] = [await site.call(), await site.call()];
    await redis.ask('PING');
    const all = await dialogs(redis);
    const [mine = '', theirs = ''] = [all.find((key) => key.includes(one)), all.find((key) => key.includes(other))];
    await node.crash();
    await redis.ask('COPY', theirs, mine, 'REPLACE');
    await redis.ask('SET', theirs, (await redis.ask('GET', theirs)).replace(/^1 (\d+) \d+ /, '1 $1 1000 '));
    const second = await site.node({ storage });
    expect(await site.ask(site.alice, 'BYE', one)).toBe(481);
    expect(await site.ask(site.alice, 'BYE', other)).toBe(481);
    expect(second.sample('topos_records', 'broken')).toBe(1);
  });

  it('takes no reply up whose record is broken, and shows nobody anything of it', async () => {
    const { redis, site, storage, node } = await stage();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    await redis.holds('viaduct:topos:t:*');
    await node.crash();
    for (const key of (await redis.ask('KEYS', 'viaduct:topos:t:*')).split('\n')) {
      await redis.ask('SET', key, (await redis.ask('GET', key)).replace(/\["SIP[^\]]*\]/, '[]'));
    }
    const second = await site.node({ storage });
    const [offered] = site.bob.received('INVITE');
    if (offered !== undefined) site.bob.reply(offered, 200);
    while (second.sample('topos_records', 'broken') < 1) await redis.ask('PING');
    expect(site.alice.receivedStatus(200)).toEqual([]);
    expect(second.counted('adopted')).toBe(0);
  });
});
