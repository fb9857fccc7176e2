/** Tickets behind a real redis-server: who was sent somewhere by one node gets there by the next one. */
import { afterEach, describe, expect, it } from 'vitest';
import { CallIdMask } from '../../../src/modules/topos/callid-mask.ts';
import { parseNameAddr } from '../../../src/sip/name-addr.ts';
import type { ScriptedUa } from '../../../src/testing.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { TIMEOUT_MS, ToposSite } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function stage() {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open();
  open.push(site);
  return { redis, site, storage: `${redis.url}?timeout=${TIMEOUT_MS}` };
}

const uriIn = (value: string): string => parseNameAddr(value)?.uri ?? '';
const tagOf = (address: string): string => parseNameAddr(address)?.params.get('tag') ?? '';

/** A call, and its Call-ID as each of the two knows it. */
async function call(site: ToposSite, from: ScriptedUa, to: ScriptedUa): Promise<readonly [string, string]> {
  to.acceptCalls();
  const { callId = '' } = from.invite(uriIn(to.contact));
  await from.until(() => from.receivedStatus(200, 'INVITE').some((one) => one.callId === callId));
  const acknowledged = to.received('ACK').length;
  from.ack2xx(callId);
  await to.until(() => to.received('ACK').length > acknowledged);
  site.answering();
  return [callId, to.received('ACK').at(-1)?.callId ?? ''];
}

/** Sends whom this call is with to the other end of that one, and gives the Refer-To that arrives. */
async function refer(site: ToposSite, who: ScriptedUa, callId: string, to: string): Promise<string> {
  const whom = who === site.alice ? site.bob : site.alice;
  const before = whom.received('REFER').length;
  who.inDialog('REFER', { callId, headers: [['Refer-To', to]] });
  await whom.until(() => whom.received('REFER').length > before);
  return whom.received('REFER').at(-1)?.headers.get('Refer-To') ?? '';
}

function replaces(ua: ScriptedUa, callId: string): string {
  const { remote, local } = ua.dialog(callId);
  return `${callId};to-tag=${tagOf(remote)};from-tag=${tagOf(local)}`;
}

describe.skipIf(!hasTool('redis-server'))('a ticket', () => {
  it('of a node that is gone leads where it did, and has an end in the store', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    const [one, other] = [await site.call(), await site.call()];
    const shown = await refer(site, site.alice, one, `<${site.alice.dialog(other).target}>`);
    await redis.ask('PING');
    const [key = ''] = (await redis.ask('KEYS', 'viaduct:topos:k:*')).split('\n');
    expect(key).toMatch(/^viaduct:topos:k:\{[0-9a-f]{32}\}$/);
    const ttl = Number(await redis.ask('PTTL', key));
    expect(ttl).toBeGreaterThan(290_000);
    expect(ttl).toBeLessThanOrEqual(300_000);
    await first.crash();
    const second = await site.node({ storage });
    site.bob.inbox.clear();
    site.alice.invite(uriIn(shown));
    await site.alice.until(() => site.alice.receivedStatus(200, 'INVITE').length === 3);
    expect(site.bob.received('INVITE').map(({ uri }) => uri)).toEqual([uriIn(site.bob.contact)]);
    expect(second.sample('topos_records', 'reads')).toBe(1);
    site.alice.request('OPTIONS', uriIn(shown));
    await site.alice.until(() => site.alice.receivedStatus(200, 'OPTIONS').length === 1);
    expect(second.sample('topos_records', 'reads')).toBe(1);
    expect(await second.rpc('topos.audit')).toMatchObject({
      tickets: 1,
      withoutEnd: { count: 0 },
      foreign: { count: 0 },
    });
  });

  it('that nobody has issued is answered with 404, and with 503 while the store is away', async () => {
    const { redis, site, storage } = await stage();
    const node = await site.node({ storage });
    const nobody = `sip:rtpsh-${'0'.repeat(32)}@127.0.0.1:${site.port}`;
    site.alice.request('OPTIONS', nobody);
    await site.alice.until(() => site.alice.receivedStatus(404).length === 1);
    await redis.kill();
    await node.said('is down');
    site.alice.request('OPTIONS', nobody);
    await site.alice.until(() => site.alice.receivedStatus(503).length === 1);
    expect(site.bob.lines()).toEqual([]);
  });

  it('is told to a store that has forgotten everything', async () => {
    const { redis, site, storage } = await stage();
    const node = await site.node({ storage });
    const [one, other] = [await site.call(), await site.call()];
    await refer(site, site.alice, one, `<${site.alice.dialog(other).target}>`);
    await redis.kill();
    await node.said('is down');
    await redis.restart();
    while ((await redis.ask('KEYS', 'viaduct:topos:k:*')) === '');
  });

  it('carries a Replaces to its target under the Call-ID that this knows, whichever node does it', async () => {
    const { redis, site, storage } = await stage();
    const params = { storage, mask_callid: 1, secret: 'of both' };
    const first = await site.node(params);
    const [one] = await call(site, site.alice, site.bob);
    const [real, known] = await call(site, site.bob, site.alice);
    expect(known).toBe(new CallIdMask('of both').mask(real));
    const named = encodeURIComponent(replaces(site.alice, known));
    const shown = await refer(site, site.alice, one, `<${site.alice.dialog(known).target}?Replaces=${named}>`);
    await redis.ask('PING');
    await first.crash();
    await site.node(params);
    site.bob.inbox.clear();
    const [ticket = '', header = ''] = uriIn(shown).split('?');
    const asked = decodeURIComponent(header.slice('Replaces='.length));
    expect(asked).not.toContain(real);
    site.bob.invite(ticket, { headers: [['Replaces', asked]] });
    await site.bob.until(() => site.bob.received('INVITE').length === 1);
    expect(site.bob.received('INVITE')[0]?.headers.get('Replaces')).toMatch(new RegExp(`^${real};`));
  });
});

describe.skipIf(!hasTool('redis-server'))('a REFER', () => {
  it('to a call that another node began is mapped by the next one, when its Replaces names the call', async () => {
    const { redis, site, storage } = await stage();
    const first = await site.node({ storage });
    const [one, other] = [await site.call(), await site.call()];
    const { target } = site.alice.dialog(other);
    await redis.ask('PING');
    await first.crash();
    const second = await site.node({ storage });
    const named = encodeURIComponent(replaces(site.alice, other));
    expect(await refer(site, site.alice, one, `<${target}?Replaces=${named}>`)).toContain('<sip:rtpsh-');
    expect(second.counted('dialogs_adopted')).toBe(2);
  });
});
