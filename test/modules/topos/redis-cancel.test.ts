/** CANCELs that come to another node than their INVITE, behind a real redis-server (RFC 3261 sections 9 and 16.10). */
import { afterEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../src/sip/message.ts';
import { buildCancel } from '../../../src/sip/reply.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { TIMEOUT_MS, type ToposNode, type ToposNodeOptions, type ToposParams } from '../../support/topos-node.ts';
import { ToposSite, viasIn } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const INNER = ['Via', 'SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKabove'] as const;

/** A call that rings, whose node is gone and has a successor. */
async function ringing(params: ToposParams = {}, options: Partial<ToposNodeOptions> = {}) {
  const redis = await RedisServer.start();
  open.push({ close: () => redis.end() });
  const site = await ToposSite.open();
  open.push(site);
  const { alice, bob } = site;
  bob.on('INVITE', (request) => bob.reply(request, 180));
  bob.on('CANCEL', (cancel) => bob.reply(cancel, 200));
  bob.on('ACK', () => undefined);
  const all = { storage: `${redis.url}?timeout=${TIMEOUT_MS}`, ...params };
  const forks = options.forks?.map((more) => `${site.bobUri}${more}`) ?? [];
  const first = await site.node(all, { ...options, forks });
  const invite = alice.invite(site.bobUri, { headers: [INNER] });
  await alice.until(() => alice.receivedStatus(180).length === 1 + forks.length);
  // Written a little later, each branch with its record.
  await redis.holds('viaduct:topos:t:*', 1 + forks.length);
  const succeed = async (): Promise<ToposNode> => {
    await first.crash();
    return site.node(all);
  };
  return { redis, site, alice, bob, invite, first, succeed };
}

const branchIn = (request: SipRequest | undefined): string | undefined => request?.topVia?.branch;

describe.skipIf(!hasTool('redis-server'))('a CANCEL at the next node', () => {
  it.each([
    ['', {}],
    [', with another Call-ID on either side', { mask_callid: 1, secret: 'of both' }],
    [', with what is sealed into branches', { secret: 'of both' }],
  ] as const)('reaches the callee, and its 487 comes back hidden%s', async (_, params) => {
    const { redis, alice, bob, invite, succeed } = await ringing(params);
    const second = await succeed();
    const [offered] = bob.received('INVITE');
    if (offered === undefined) throw new Error('no INVITE');
    alice.cancel(invite);
    await bob.until(() => bob.received('CANCEL').length === 1);
    const [cancel] = bob.received('CANCEL');
    expect(viasIn(cancel)).toEqual(viasIn(offered));
    for (const name of ['From', 'To', 'Call-ID'] as const)
      expect(cancel?.headers.get(name)).toBe(offered.headers.get(name));
    expect([cancel?.uri, cancel?.cseq?.number]).toEqual([offered.uri, offered.cseq?.number]);
    bob.reply(offered, 487);
    await alice.until(() => alice.receivedStatus(487).length === 1);
    expect(alice.receivedStatus(200, 'CANCEL')).toHaveLength(1);
    const [ended] = alice.receivedStatus(487);
    expect(viasIn(ended)).toEqual(viasIn(alice.receivedStatus(180)[0]));
    expect(ended?.callId).toBe(invite.callId);
    await bob.until(() => bob.received('ACK').length === 1);
    expect(viasIn(bob.received('ACK')[0])).toEqual(viasIn(offered));
    if (ended !== undefined) alice.ackNegative(invite, ended);
    // Behind the ACK, so that it has been dealt with: it ends at this node.
    alice.request('OPTIONS', `sip:bob@127.0.0.1:${bob.local.port}`);
    await bob.until(() => bob.received('OPTIONS').length === 1);
    expect(bob.received('ACK')).toHaveLength(1);
    expect(second.sample('topos_records', 'broken')).toBe(0);
    await redis.ask('PING');
    expect((await redis.ask('KEYS', 'viaduct:topos:d:*')).trim()).toBe('');
  });

  it('ends all branches of its INVITE, and is repeated until it is answered', async () => {
    const { alice, bob, invite, succeed } = await ringing({}, { forks: [';second=1'] });
    await succeed();
    const heard: (string | undefined)[] = [];
    bob.on('CANCEL', (cancel) => {
      if (heard.includes(branchIn(cancel))) bob.reply(cancel, 200);
      heard.push(branchIn(cancel));
    });
    alice.cancel(invite);
    await bob.until(() => heard.length >= 4);
    expect(new Set(heard)).toEqual(new Set(bob.received('INVITE').map(branchIn)));
    expect(bob.received('CANCEL').map(({ uri }) => uri)).toContain(bob.received('INVITE')[1]?.uri);
  });

  it('carries its Reason', async () => {
    const { alice, bob, invite, succeed } = await ringing();
    await succeed();
    const cancel = buildCancel(invite);
    cancel.headers.append('Reason', 'SIP;cause=200');
    alice.send(cancel);
    await bob.until(() => bob.received('CANCEL').length === 1);
    expect(bob.received('CANCEL')[0]?.headers.get('Reason')).toBe('SIP;cause=200');
    // It comes again: it is answered again, and sent on once.
    alice.send(cancel);
    await alice.until(() => alice.receivedStatus(200, 'CANCEL').length === 2);
    expect(bob.received('CANCEL')).toHaveLength(1);
  });

  it('of another transaction than that of the INVITE is none of its', async () => {
    const { alice, bob, invite, succeed } = await ringing();
    const second = await succeed();
    const other = invite
      .serialize()
      .toString('latin1')
      .replace(/branch=z9hG4bK[^\r;]*/, 'branch=z9hG4bKother');
    alice.send(other.replace(/^INVITE /, 'CANCEL ').replace('1 INVITE', '1 CANCEL'));
    await alice.until(() => alice.receivedStatus(200, 'CANCEL').length === 1);
    expect(second.sample('topos_records', 'reads')).toBe(1);
    expect(branchIn(bob.received('CANCEL')[0])).not.toBe(branchIn(bob.received('INVITE')[0]));
  });
});

describe.skipIf(!hasTool('redis-server'))('what a CANCEL needs', () => {
  it('is written with the INVITE, has an end, and goes with the refusal', async () => {
    const { redis, alice, bob } = await ringing({ branch_expire: 100 });
    const [key = '', ...more] = (await redis.ask('KEYS', 'viaduct:topos:i:*')).split('\n');
    expect(more).toEqual([]);
    const ttl = Number(await redis.ask('PTTL', key));
    expect(ttl).toBeGreaterThan(90_000);
    expect(ttl).toBeLessThanOrEqual(100_000);
    const [offered] = bob.received('INVITE');
    if (offered !== undefined) bob.reply(offered, 486);
    await alice.until(() => alice.receivedStatus(486).length === 1);
    await redis.ask('PING');
    expect(await redis.ask('KEYS', 'viaduct:topos:*:{*')).toBe('');
  });

  it('is not read by the node that has sent the INVITE', async () => {
    const { alice, bob, invite, first } = await ringing();
    alice.cancel(invite);
    await bob.until(() => bob.received('CANCEL').length === 1);
    alice.cancel(invite);
    expect(first.sample('topos_records', 'reads')).toBe(0);
  });
});
