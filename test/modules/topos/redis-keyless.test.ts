/** Sides that were shown the real Contact, and so have no key, behind a real redis-server: the next node knows them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Routes } from '../../../src/engine/context.ts';
import type { ScriptedUa } from '../../../src/testing.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { contactIn, TIMEOUT_MS, type ToposParams, ToposSite, viasIn } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Everything is shown to these. */
const openTo = (...ports: readonly number[]): Routes['event'] => ({
  'topos:msg-outgoing'(ctx) {
    const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
    return ports.includes(flow?.remote.port ?? 0) ? ctx.drop() : undefined;
  },
});

async function stage(params: ToposParams = {}) {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open();
  open.push(site);
  const topos = { storage: `${redis.url}?timeout=${TIMEOUT_MS}`, ...params };
  const keys = async (): Promise<readonly string[]> =>
    (await redis.ask('KEYS', 'viaduct:topos:n:*')).split('\n').filter((key) => key !== '');
  return { redis, site, topos, keys };
}

/** The status of a request inside the dialog, without a key. */
async function ask(ua: ScriptedUa, method: string, callId: string): Promise<number> {
  const { cseq } = ua.inDialog(method, { callId });
  const answer = () =>
    ua.receivedStatus(undefined, method).find((one) => one.cseq?.number === cseq?.number && one.status >= 200);
  await ua.until(() => answer() !== undefined);
  return answer()?.status ?? 0;
}

describe.skipIf(!hasTool('redis-server'))('a side that was shown the real Contact', () => {
  it.each(['alice', 'bob'] as const)('finds its dialog at the next node, when it is %s', async (name) => {
    const { redis, site, topos, keys } = await stage();
    const [own, other] = name === 'alice' ? [site.alice, site.bob] : [site.bob, site.alice];
    const events = openTo(own.local.port);
    const first = await site.node(topos, { events });
    const callId = await site.call();
    await redis.ask('PING');
    expect(await keys()).toEqual([`viaduct:topos:n:{${callId}}`]);
    expect(Number(await redis.ask('PTTL', (await keys())[0] ?? ''))).toBeGreaterThan(10_800_000);
    const shown = contactIn(other.received().at(0) ?? other.receivedStatus(200, 'INVITE').at(0));
    expect(own.dialog(callId).target).not.toContain('tpsh-');
    await first.crash();
    const second = await site.node(topos, { events });
    other.inbox.clear();
    expect(await ask(own, 'INVITE', callId)).toBe(200);
    own.ack2xx(callId);
    await other.until(() => other.received('ACK').length === 1);
    const [again] = other.received('INVITE');
    expect(viasIn(again)).toHaveLength(1);
    expect(contactIn(again)).toBe(shown);
    expect(second.counted('dialogs_adopted')).toBe(1);
    expect(await site.ask(other, 'BYE', callId)).toBe(200);
    // What ends is written a little later.
    while (Number(await redis.ask('PTTL', (await keys())[0] ?? '')) > 80_000) await redis.ask('PING');
  });

  it('keeps its Call-ID, and the other side its own', async () => {
    const { redis, site, topos } = await stage({ mask_callid: 1, secret: 'of both' });
    const events = openTo(site.alice.local.port);
    const first = await site.node(topos, { events });
    const { alice, bob } = site;
    bob.acceptCalls();
    site.answering();
    const { callId = '' } = alice.invite(site.bobUri);
    await alice.until(() => alice.receivedStatus(200, 'INVITE').length === 1);
    alice.ack2xx(callId);
    await bob.until(() => bob.received('ACK').length === 1);
    await redis.ask('PING');
    await first.crash();
    await site.node(topos, { events });
    expect(await ask(alice, 'BYE', callId)).toBe(200);
    expect(bob.received('BYE')[0]?.callId).toBe(bob.received('INVITE')[0]?.callId);
    expect(bob.received('BYE')[0]?.callId).not.toBe(callId);
  });

  it('is told to try later while Redis cannot say, and is not read for where no route drops anything', async () => {
    const { redis, site, topos } = await stage();
    const { alice } = site;
    const stranger = { to: '<sip:bob@example.com>;tag=b', from: '<sip:alice@example.com>;tag=a' };
    const first = await site.node(topos);
    site.answering();
    alice.request('INFO', site.bobUri, stranger);
    await alice.until(() => alice.receivedStatus(200, 'INFO').length === 1);
    expect(first.sample('topos_records', 'reads')).toBe(0);
    await first.crash();
    const second = await site.node(topos, { events: openTo(alice.local.port) });
    alice.request('INFO', site.bobUri, stranger);
    await alice.until(() => alice.receivedStatus(200, 'INFO').length === 2);
    expect(second.sample('topos_records', 'reads')).toBe(1);
    await redis.kill();
    await second.said('is down');
    alice.request('INFO', site.bobUri, stranger);
    await alice.until(() => alice.receivedStatus(503, 'INFO').length === 1);
  });

  it('leaves nothing behind when its call comes to nothing', async () => {
    const { redis, site, topos, keys } = await stage();
    await site.node(topos, { events: openTo(site.alice.local.port, site.bob.local.port) });
    site.bob.on('INVITE', (request) => {
      site.bob.reply(request, 180);
      site.bob.reply(request, 486);
    });
    site.alice.invite(site.bobUri);
    await site.alice.until(() => site.alice.receivedStatus(486).length === 1);
    await redis.ask('PING');
    expect(await keys()).toEqual([]);
  });
});
