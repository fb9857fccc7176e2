/** Hidden calls behind a real redis-server: what is written when, and what the next node at the address can do with it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerTransport } from '../../../src/testing.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { contactIn, TIMEOUT_MS, ToposSite, viasIn } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function stage(transport: PeerTransport = 'udp') {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open(transport);
  open.push(site);
  return { redis, site, storage: `${redis.url}?timeout=${TIMEOUT_MS}` };
}

async function keys(redis: RedisServer, kind: 'd' | 't' = 'd'): Promise<readonly string[]> {
  const all = await redis.ask('KEYS', `viaduct:topos:${kind}:*`);
  return all === '' ? [] : all.split('\n').toSorted();
}

/** What ends is written a little later. */
async function ended(redis: RedisServer): Promise<void> {
  const [dialog = ''] = await keys(redis);
  while (!(await redis.ask('GET', dialog)).includes('"ended"')) await redis.ask('PING');
}

const reads = async (redis: RedisServer): Promise<number> =>
  Number(/total_reads_processed:(\d+)/.exec(await redis.ask('INFO', 'stats'))?.[1]);

describe.skipIf(!hasTool('redis-server'))('records of hidden calls', () => {
  it('cost a call of INVITE, 180, 200, ACK, BYE and 200 at most four round trips (behaviour 39)', async () => {
    const { redis, site, storage } = await stage();
    const node = await site.node({ storage });
    await redis.ask('PING');
    const [before, turns] = [await reads(redis), node.sample('topos_records', 'turns')];
    // What the asking itself costs.
    const own = (await reads(redis)) - before;
    const callId = await site.call();
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
    const middle = await reads(redis);
    await redis.ask('PING');
    expect(middle - before - 2 * own).toBeLessThanOrEqual(4);
    await ended(redis);
    expect(node.sample('topos_records', 'turns') - turns).toBeLessThanOrEqual(4);
    expect(node.sample('topos_records', 'reads')).toBe(0);
    expect(node.sample('topos_store', 'failures')).toBe(0);
  });

  it('have the Call-ID as hash tag and always an end: of the transaction, of the dialog, of one that is over', async () => {
    const { redis, site, storage } = await stage();
    await site.node({ storage, branch_expire: 100, dialog_expire: 1_000 });
    const callId = await site.call();
    await redis.holds('viaduct:topos:t:*');
    const [dialog = ''] = await keys(redis);
    expect(dialog).toMatch(new RegExp(`^viaduct:topos:d:\\{${callId}\\}:[0-9a-f]{32}$`));
    const ttl = async (key: string) => Number(await redis.ask('PTTL', key)) / 1000;
    expect(await ttl(dialog)).toBeGreaterThan(1_000);
    expect(await ttl(dialog)).toBeLessThanOrEqual(1_250);
    const [crossing = ''] = await keys(redis, 't');
    expect(crossing).toContain(`viaduct:topos:t:{${callId}}:z9hG4bKvd.`);
    expect(await ttl(crossing)).toBeLessThanOrEqual(100);
    expect(await ttl(crossing)).toBeGreaterThan(90);
    await site.ask(site.bob, 'BYE', callId);
    await ended(redis);
    expect(await ttl(dialog)).toBeLessThanOrEqual(80);
    for (const key of (await redis.ask('KEYS', '*')).split('\n')) expect(await ttl(key)).toBeGreaterThan(0);
  });

  it('of what a crash may take come a little later: a ringing, a BYE that nobody answers, an end', async () => {
    const { redis, site, storage } = await stage();
    await site.node({ storage });
    site.answering();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    await redis.holds('viaduct:topos:d:*');
    const [ringing = ''] = await keys(redis);
    while (!(await redis.ask('GET', ringing)).includes(`"early","${site.bobUri}"`)) await redis.ask('PING');
    await redis.ask('FLUSHALL');
    site.bob.on('INVITE', (request) => site.bob.reply(request, 200));
    const [answered, left] = [await site.call(), await site.call()];
    expect(await site.ask(site.alice, 'BYE', answered)).toBe(200);
    site.bob.on('BYE', () => undefined);
    site.alice.inDialog('BYE', { callId: left });
    // Those of both INVITEs, and of the BYE that waits for its reply.
    await redis.holds('viaduct:topos:t:*', 3);
    const requests = await keys(redis, 't');
    expect(requests.filter((key) => key.includes(left))).toHaveLength(2);
    for (const key of await keys(redis)) {
      while (!(await redis.ask('GET', key)).includes('"ended"')) await redis.ask('PING');
    }
  });

  it('of a call that failed or was cancelled are gone at once, and those of losing forks', async () => {
    const { redis, site, storage } = await stage();
    await site.node({ storage }, { forks: [`${site.bobUri};second=1`] });
    let kept = 0;
    site.bob.on('INVITE', (request) => {
      site.bob.reply(request, 180);
      if (request.uri.includes('second')) site.bob.reply(request, 200);
    });
    site.bob.on('CANCEL', (cancel) => {
      site.bob.reply(cancel, 200);
      const [first] = site.bob.received('INVITE').filter(({ uri }) => !uri.includes('second'));
      if (first !== undefined) site.bob.reply(first, 487);
      kept++;
    });
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(200, 'INVITE').length === 1);
    await site.bob.until(() => kept === 1 && site.bob.received('ACK').length === 1);
    while ((await keys(redis, 't')).length !== 1) await redis.ask('PING');
    expect(await keys(redis)).toHaveLength(1);
    await redis.ask('FLUSHALL');
    site.bob.on('INVITE', (request) => site.bob.reply(request, 486));
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(486).length === 1);
    await redis.ask('PING');
    expect([...(await keys(redis)), ...(await keys(redis, 't'))]).toEqual([]);
  });

  it('of a dialog are written again only when it has changed or a quarter of its time is over', async () => {
    const { redis, site, storage } = await stage();
    const node = await site.node({ storage });
    const callId = await site.call();
    await redis.holds('viaduct:topos:t:*');
    const [dialog = ''] = await keys(redis);
    const written = await redis.ask('GET', dialog);
    const commands = node.sample('topos_store', 'commands');
    for (let n = 0; n < 5; n++) expect(await site.ask(site.alice, 'INFO', callId)).toBe(200);
    await redis.ask('PING');
    // One for each transaction.
    expect(node.sample('topos_store', 'commands') - commands).toBe(5);
    expect(await redis.ask('GET', dialog)).toBe(written);
    expect(await site.ask(site.bob, 'INVITE', callId)).toBe(200);
  });
});

describe.skipIf(!hasTool('redis-server'))('records of a call that rings', () => {
  it('live as long as it rings, and no longer (behaviours 11 and 23)', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage, branch_expire: 1 });
    site.answering();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    const callId = site.alice.invite(site.bobUri).callId ?? '';
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    const end = performance.now() + 2_200;
    while (performance.now() < end) await redis.ask('PING');
    expect([await keys(redis), await keys(redis, 't')].map(({ length }) => length)).toEqual([1, 1]);
    await first.crash();
    await site.node({ storage, branch_expire: 1 });
    const [offered] = site.bob.received('INVITE');
    if (offered !== undefined) site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200).length === 1);
    site.alice.ack2xx(callId);
    expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
  });
});

describe.skipIf(!hasTool('redis-server'))('the next node at the address', () => {
  it.each(['udp', 'tcp', 'tls'] as const)(
    'carries an established call on, from both sides, over %s',
    async (transport) => {
      const { redis, site, storage } = await stage(transport);
      const first = await site.node({ storage });
      const calls = [await site.call(), await site.call()];
      const shownToBob = contactIn(site.bob.received('INVITE')[0]);
      await redis.ask('PING');
      await first.crash();
      const second = await site.node({ storage });
      const [byAlice = '', byBob = ''] = calls;
      expect(await site.ask(site.alice, 'INVITE', byAlice)).toBe(200);
      expect(contactIn(site.bob.received('INVITE').at(-1))).toBe(shownToBob);
      expect(viasIn(site.bob.received('INVITE').at(-1))).toHaveLength(1);
      expect(await site.ask(site.bob, 'INVITE', byBob)).toBe(200);
      expect(viasIn(site.alice.received('INVITE').at(-1))).toHaveLength(1);
      expect(await site.ask(site.bob, 'BYE', byAlice)).toBe(200);
      expect(await site.ask(site.alice, 'BYE', byBob)).toBe(200);
      expect(second.counted('dialogs_adopted')).toBe(2);
      expect(second.sample('topos_records', 'reads')).toBe(2);
      expect(second.counted('strangers')).toBe(0);
      await redis.ask('PING');
      // What it took over is its own now.
      const [record = ''] = await keys(redis);
      expect(await redis.ask('GET', record)).toContain(second.proxy.engine.branches.life);
    },
  );

  it('passes a reply on that another node waits for, once and again, and the call goes on', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    site.answering();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    const invite = site.alice.invite(site.bobUri, { headers: [['Via', 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKabove']] });
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    await redis.holds('viaduct:topos:t:*');
    await first.crash();
    const second = await site.node({ storage });
    const [offered] = site.bob.received('INVITE');
    if (offered === undefined) throw new Error('no INVITE');
    site.bob.reply(offered, 200);
    site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200, 'INVITE').length === 2);
    const [answer] = site.alice.receivedStatus(200, 'INVITE');
    expect(viasIn(answer)).toEqual(viasIn(site.alice.receivedStatus(180)[0]));
    expect(contactIn(answer)).toBe(contactIn(site.alice.receivedStatus(180)[0]));
    expect(second.counted('adopted')).toBe(2);
    expect(second.sample('topos_records', 'reads')).toBe(2);
    site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200, 'INVITE').length === 3);
    expect(second.sample('topos_records', 'reads')).toBe(2);
    const callId = invite.callId ?? '';
    site.alice.ack2xx(callId);
    await site.bob.until(() => site.bob.received('ACK').length === 1);
    expect(await site.ask(site.bob, 'INFO', callId)).toBe(200);
    expect(site.alice.received('INFO')).toHaveLength(1);
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
  });

  it('knows masked Call-IDs and other forms of Contacts as the first one did', async () => {
    const { redis, site, storage } = await stage();
    const params = { storage, mask_callid: 1, secret: 'of both nodes', contact_mode: 1 };
    const first = await site.node(params);
    const established = site.alice.invite(site.bobUri).callId ?? '';
    site.answering();
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    await site.bob.until(() => site.bob.received('INVITE').length === 1);
    const [offered] = site.bob.received('INVITE');
    if (offered === undefined) throw new Error('no INVITE');
    site.bob.reply(offered, 180);
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    expect(offered.callId).not.toBe(established);
    await redis.holds('viaduct:topos:t:*');
    for (const key of [...(await keys(redis)), ...(await keys(redis, 't'))]) expect(key).toContain(`{${established}}`);
    await first.crash();
    const second = await site.node(params);
    site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200, 'INVITE').length === 1);
    expect(site.alice.receivedStatus(200, 'INVITE')[0]?.callId).toBe(established);
    site.alice.ack2xx(established);
    await site.bob.until(() => site.bob.received('ACK').length === 1);
    expect(site.bob.received('ACK')[0]?.callId).toBe(offered.callId);
    expect(second.counted('adopted')).toBe(1);
    expect(await site.ask(site.bob, 'INFO', offered.callId ?? '')).toBe(200);
    expect(site.alice.received('INFO')[0]?.callId).toBe(established);
    expect(await site.ask(site.alice, 'BYE', established)).toBe(200);
  });

  it('acknowledges a refusal that it passes on', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
    await redis.holds('viaduct:topos:t:*');
    await first.crash();
    await site.node({ storage });
    const [offered] = site.bob.received('INVITE');
    if (offered === undefined) throw new Error('no INVITE');
    site.bob.reply(offered, 486);
    await site.alice.until(() => site.alice.receivedStatus(486).length === 1);
    await site.bob.until(() => site.bob.received('ACK').length === 1);
    const [ack] = site.bob.received('ACK');
    expect(viasIn(ack)).toEqual(viasIn(offered));
    expect(ack?.uri).toBe(offered.uri);
    await redis.ask('PING');
    expect(await keys(redis)).toEqual([]);
  });

  it('carries on what was forwarded without a transaction', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage }, { stateless: true });
    site.answering();
    site.bob.on('INVITE', () => undefined);
    const invite = site.alice.invite(site.bobUri);
    await site.bob.until(() => site.bob.received('INVITE').length === 1);
    await redis.holds('viaduct:topos:t:*');
    await first.crash();
    await site.node({ storage }, { stateless: true });
    const [offered] = site.bob.received('INVITE');
    if (offered !== undefined) site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200).length === 1);
    site.alice.ack2xx();
    await site.bob.until(() => site.bob.received('ACK').length === 1);
    expect(await site.ask(site.alice, 'BYE', invite.callId ?? '')).toBe(200);
  });

  it('does not take up what this life of it has sent and ended', async () => {
    const { redis, site, storage } = await stage();
    const node = await site.node({ storage });
    const callId = await site.call();
    expect(await site.ask(site.alice, 'INFO', callId)).toBe(200);
    const [info] = site.bob.received('INFO');
    if (info === undefined) throw new Error('no INFO');
    const late = site.bob.reply(info, 200).serialize().toString('latin1');
    const ended = late.replace(/branch=(z9hG4bKvd\.0\.0\.[^.]+)\.0/, 'branch=$1.7');
    expect(ended).not.toBe(late);
    const before = site.alice.lines().length;
    site.bob.send(ended);
    expect(await site.ask(site.alice, 'OPTIONS', callId)).toBe(200);
    await redis.ask('PING');
    expect(node.sample('topos_records', 'reads')).toBe(0);
    expect(site.alice.lines()).toHaveLength(before + 1);
  });

  it('reads once for requests that come together', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    const callId = await site.call();
    await redis.ask('PING');
    await first.crash();
    const second = await site.node({ storage });
    for (let n = 0; n < 5; n++) site.alice.inDialog('INFO', { callId });
    await site.alice.until(() => site.alice.receivedStatus(200, 'INFO').length === 5);
    expect(second.sample('topos_records', 'reads')).toBe(1);
  });

  it('is told when it did not die but was away: what the other one did meanwhile counts', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    const callId = await site.call();
    await redis.ask('PING');
    const [key = ''] = await keys(redis);
    const record = await redis.ask('GET', key);
    // Another node has had the call: bob has moved there, and its clock is ahead.
    const moved = record.replace(/^1 \d+ /, '1 8999999999999999 ').replace(site.bobUri, `${site.bobUri};moved=1`);
    expect(moved).not.toBe(record);
    await redis.ask('SET', key, moved, 'EX', '1000');
    expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
    while (first.sample('topos_store', 'older') < 1) await redis.ask('PING');
    // It may write again, but from now on as the newer record has it.
    expect(await redis.ask('GET', key)).toContain(';moved=1');
    await redis.ask('PING');
    expect(JSON.stringify(await first.rpc('topos.dialog', callId))).toContain('moved=1');
  });

  it('refuses keys that nobody has, and says nothing to an ACK', async () => {
    const { site, storage } = await stage();
    const node = await site.node({ storage });
    const uri = `sip:atpsh-${'0'.repeat(32)}@127.0.0.1:${site.port}`;
    site.alice.request('ACK', uri, { to: '<sip:bob@example.com>;tag=x' });
    site.alice.request('BYE', uri, { to: '<sip:bob@example.com>;tag=x' });
    await site.alice.until(() => site.alice.receivedStatus(481).length === 1);
    expect(site.alice.lines()).toHaveLength(1);
    expect(node.counted('strangers')).toBe(2);
  });

  it('honours a key of the store only for its own dialog and side', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    const callId = await site.call();
    const { target, remote } = site.alice.dialog(callId);
    await redis.ask('PING');
    await first.crash();
    const second = await site.node({ storage });
    site.bob.request('OPTIONS', target, { to: remote, callId });
    site.bob.request('OPTIONS', target.replace('atpsh', 'btpsh'), { to: remote, callId });
    site.bob.request('OPTIONS', target, { to: remote, callId: 'another' });
    await site.bob.until(() => site.bob.receivedStatus(481).length === 3);
    expect(second.counted('dialogs_adopted')).toBe(0);
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
  });
});
