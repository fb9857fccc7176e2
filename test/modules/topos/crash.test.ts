/** A crash without a store: what is sealed into our branches brings the replies of calls being set up to their callers. */
import { afterEach, describe, expect, it } from 'vitest';
import { contactIn, type ToposNodeOptions, ToposSite, viasIn } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function crashed(
  before: { secret?: string },
  after: { secret?: string },
  options: Partial<ToposNodeOptions> = {},
) {
  const site = await ToposSite.open();
  open.push(site);
  const first = await site.node(before, options);
  site.answering();
  site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
  site.alice.invite(site.bobUri);
  await site.alice.until(() => site.alice.receivedStatus(180).length === 1);
  await first.crash();
  const second = await site.node(after, options);
  const [offered] = site.bob.received('INVITE');
  if (offered === undefined) throw new Error('no INVITE');
  return { site, second, offered };
}

const secret = { secret: 'of both lives' };

describe('a proxy that was started again', () => {
  it('brings a 200 to the caller, shows the same Contact, and carries the call', async () => {
    const { site, second, offered } = await crashed(secret, secret);
    expect(viasIn(offered)[0]).toMatch(/;branch=z9hG4bKvd\.[^;]+\.s[A-Za-z0-9_-]+/);
    site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200).length === 1);
    const [ringing] = site.alice.receivedStatus(180);
    const [answer] = site.alice.receivedStatus(200);
    expect(viasIn(answer)).toEqual(viasIn(ringing));
    expect(contactIn(answer)).toBe(contactIn(ringing));
    const callId = answer?.callId ?? '';
    site.alice.ack2xx(callId);
    await site.bob.until(() => site.bob.received('ACK').length === 1);
    expect(await site.ask(site.bob, 'INFO', callId)).toBe(200);
    expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
    expect(second.counted('adopted')).toBe(1);
  });

  it('knows a key whose namespace an event route has set when its request left', async () => {
    const { site, offered } = await crashed(secret, secret, {
      eventsWith: ({ topos }) => ({ 'topos:msg-outgoing': (ctx) => void topos.setContext(ctx, 'edge') }),
    });
    expect(contactIn(offered)).toMatch(/<sip:btpsh-edge-[0-9a-f]{32}@/);
    site.bob.reply(offered, 200);
    await site.alice.until(() => site.alice.receivedStatus(200).length === 1);
    const [answer] = site.alice.receivedStatus(200);
    expect(contactIn(answer)).toMatch(/<sip:atpsh-edge-/);
    expect(contactIn(answer)).toBe(contactIn(site.alice.receivedStatus(180)[0]));
    const callId = answer?.callId ?? '';
    site.alice.ack2xx(callId);
    expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
  });

  it('brings a refusal to the caller', async () => {
    const { site, offered } = await crashed(secret, secret);
    site.bob.reply(offered, 486);
    await site.alice.until(() => site.alice.receivedStatus(486).length === 1);
  });

  it.each([
    ['another secret', secret, { secret: 'a new one' }],
    ['no secret', {}, {}],
  ])('has no way for it with %s', async (_, before, after) => {
    const { site, second, offered } = await crashed(before, after);
    site.bob.reply(offered, 200);
    const uri = `sip:127.0.0.1:${site.port}`;
    site.bob.request('BYE', `sip:atpsh-${'0'.repeat(32)}@${uri.slice(4)}`, { to: '<sip:x@y>;tag=z' });
    await site.bob.until(() => site.bob.receivedStatus(481).length === 1);
    expect(site.alice.receivedStatus(200)).toEqual([]);
    expect(second.counted('adopted')).toBe(0);
  });
});
