/** Topology hiding between sides that speak TLS (behaviour 5): what masked Contacts say, and where requests to them go. */
import { afterEach, describe, expect, it } from 'vitest';
import { contactIn, ToposSite, viasIn } from '../../support/topos-node.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe('a call over TLS', () => {
  it('has masked Contacts that say so, and goes on over the connections that there are (behaviours 5 and 36)', async () => {
    const site = await ToposSite.open('tls');
    open.push(site);
    const node = await site.node({});
    const { alice, bob } = site;
    const callId = await site.call();
    const place = `127\\.0\\.0\\.1:${site.port};transport=tls`;
    expect(contactIn(bob.received('INVITE')[0])).toMatch(new RegExp(`^<sip:btpsh-[0-9a-f]{32}@${place}>$`));
    expect(contactIn(alice.receivedStatus(200)[0])).toMatch(new RegExp(`^<sip:atpsh-[0-9a-f]{32}@${place}>$`));
    expect(viasIn(bob.received('INVITE')[0])).toEqual([expect.stringContaining(`SIP/2.0/TLS 127.0.0.1:${site.port};`)]);
    const connections = node.proxy.engine.transport.connections().length;
    for (const ua of [alice, bob]) expect(await site.ask(ua, 'INVITE', callId)).toBe(200);
    expect(await site.ask(bob, 'BYE', callId)).toBe(200);
    // Bob has opened one of his own for his requests; the proxy none.
    expect(node.proxy.engine.transport.connections()).toHaveLength(connections + 1);
  });

  it('keeps a sips Contact one', async () => {
    const site = await ToposSite.open('tls');
    open.push(site);
    await site.node({});
    const { alice, bob } = site;
    bob.acceptCalls();
    const text = alice.invite(site.bobUri).serialize().toString('latin1');
    await bob.until(() => bob.received('INVITE').length === 1);
    bob.inbox.clear();
    const again = text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKsips').replace(/Call-ID: /, 'Call-ID: s');
    alice.send(again.replace(/^Contact: .*$/m, `Contact: <sips:alice@127.0.0.1:${alice.local.port}>`));
    await bob.until(() => bob.received('INVITE').length === 1);
    expect(contactIn(bob.received('INVITE')[0])).toMatch(/^<sips:btpsh-[0-9a-f]{32}@127\.0\.0\.1:\d+;transport=tls>$/);
  });
});
