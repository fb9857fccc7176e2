/** A call through topology hiding: what each side sees, message by message. */
import { describe, expect, it } from 'vitest';
import { BOB, contactOf, recordsOf, routesOf, toposStage, UPSTREAM, viasOf } from './topos-stage.ts';

const KEY = '[0-9a-f]{32}';

async function ringing() {
  const scene = await toposStage();
  scene.bob.acceptCalls();
  const invite = scene.alice.invite(BOB, { headers: UPSTREAM });
  await scene.sim.runFor(500);
  return { ...scene, invite };
}

describe('a hidden call', () => {
  it('shows B one Via, no Record-Route and a Contact of ours, and everything else as it was (behaviour 1)', async () => {
    const { bob, invite } = await ringing();
    const [seen] = bob.received('INVITE');
    expect(viasOf(seen)).toHaveLength(1);
    expect(viasOf(seen)[0]).toMatch(/^SIP\/2\.0\/UDP 10\.0\.0\.1;branch=z9hG4bKvd\./);
    expect(recordsOf(seen)).toEqual([]);
    expect(contactOf(seen)).toMatch(new RegExp(`^<sip:btpsh-${KEY}@10\\.0\\.0\\.1>$`));
    for (const name of ['From', 'To', 'Call-ID', 'CSeq'])
      expect(seen?.headers.get(name)).toBe(invite.headers.get(name));
    expect(seen?.body).toBe(invite.body);
  });

  it('gives A its own Vias and Record-Routes back, above all other headers, and a Contact of ours (behaviour 2)', async () => {
    const { alice, invite } = await ringing();
    for (const status of [180, 200]) {
      const [reply] = alice.receivedStatus(status);
      expect(viasOf(reply)).toEqual([
        `${viasOf(invite)[0]?.replace(';rport', ';rport=5060')};received=10.0.0.2`,
        ...viasOf(invite).slice(1),
      ]);
      expect(
        reply?.headers
          .fields()
          .slice(0, 3)
          .map(({ name }) => name),
      ).toEqual(['Via', 'Via', 'Via']);
      expect(recordsOf(reply)).toEqual(['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>']);
      expect(contactOf(reply)).toMatch(new RegExp(`^<sip:atpsh-${KEY}@10\\.0\\.0\\.1>$`));
    }
  });

  it('takes requests of both sides to the other (behaviour 3)', async () => {
    const { alice, bob, sim } = await ringing();
    // The two proxies ahead of her have taken their Routes off.
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    await sim.runFor(100);
    const [ack] = bob.received('ACK');
    expect(ack?.uri).toBe(BOB);
    expect(viasOf(ack)).toHaveLength(1);
    expect(routesOf(ack)).toEqual([]);
    bob.inDialog('INFO');
    await sim.runFor(100);
    const [info] = alice.received('INFO');
    expect(info?.uri).toBe('sip:alice@10.0.0.2:5060');
    expect(routesOf(info)).toEqual(['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>']);
    alice.on('*', (request) => void alice.reply(request, 200));
    alice.inDialog('BYE', { routes: [] });
    await sim.runFor(100);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(bob.received('BYE')[0]?.uri).toBe(BOB);
  });

  it('takes an ACK to a 2xx to the other side that bears the branch of its INVITE', async () => {
    const { alice, bob, sim, invite } = await ringing();
    const { local, remote, target, callId } = alice.dialog();
    const branch = invite.topVia?.branch ?? '';
    alice.send(
      [
        `ACK ${target} SIP/2.0`,
        `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=${branch};rport`,
        `From: ${local}`,
        `To: ${remote}`,
        `Call-ID: ${callId}`,
        'CSeq: 1 ACK',
        'Max-Forwards: 70',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    await sim.runFor(100);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB]);
  });
});
