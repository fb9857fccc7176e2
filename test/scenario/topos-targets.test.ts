/** Where requests inside a hidden dialog go: targets that move, route sets, strict routers, connections, two sockets. */
import { describe, expect, it } from 'vitest';
import { contactUri, answerAs, toCaller, toLeg } from './topos-parties.ts';
import { BOB, contactOf, recordsOf, routesOf, toposStage, type ToposStageOptions, viasOf } from './topos-stage.ts';

const ALICE = 'sip:alice@10.0.0.2:5060';
const MOVED = 'sip:alice@10.0.0.2:5060;moved=1';

async function inCall(options: ToposStageOptions = {}, routes: readonly string[] = []) {
  const scene = await toposStage(options);
  const { alice, bob, sim } = scene;
  const sent = alice.invite(BOB);
  await sim.runFor(20);
  const [invite] = bob.received('INVITE');
  if (invite === undefined) throw new Error('no INVITE');
  answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]], recordRoutes: routes });
  await sim.runFor(20);
  const [ok] = alice.receivedStatus(200);
  toLeg(alice, 'ACK', ok);
  await sim.runFor(20);
  for (const ua of [alice, bob]) ua.inbox.clear();
  return { ...scene, sent, invite, ok };
}

/** Where nobody is: what is sent there was only to be made. */
const NOWHERE = { address: '10.0.0.99', port: 9 };

describe('a target that moves (behaviour 25)', () => {
  /** Alice asks with another Contact, bob answers so, then he sends an INFO: where does it go? */
  async function afterwards(method: string, status: number, contact: string | undefined) {
    const { alice, bob, sim, invite, ok } = await inCall();
    bob.on(method, (request) =>
      answerAs(bob, request, status, contact === undefined ? {} : { headers: [['Contact', contact]] }),
    );
    const request = alice.request(method, contactUri(ok), {
      from: ok?.headers.get('From') ?? '',
      to: ok?.headers.get('To') ?? '',
      callId: ok?.callId ?? '',
      via: NOWHERE,
    });
    request.headers.set('Contact', `<${MOVED}>`);
    alice.send(request);
    await sim.runFor(20);
    toCaller(bob, 'INFO', invite);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    return [alice.received('INFO')[0]?.uri, bob.received('INFO')[0]?.uri];
  }

  it('moves with the 2xx of INVITE and UPDATE, and with nothing else', async () => {
    expect(await afterwards('INVITE', 488, undefined)).toEqual([ALICE, BOB]);
    expect(await afterwards('UPDATE', 500, '<sip:elsewhere@10.0.0.3>')).toEqual([ALICE, BOB]);
    expect(await afterwards('INVITE', 200, undefined)).toEqual([MOVED, BOB]);
    expect(await afterwards('UPDATE', 200, '<sip:bob2@10.0.0.3>')).toEqual([MOVED, 'sip:bob2@10.0.0.3']);
    expect(await afterwards('INVITE', 200, '<sip:bob2@10.0.0.3>, <sip:bob3@10.0.0.3>')).toEqual([
      MOVED,
      'sip:bob2@10.0.0.3',
    ]);
    expect(await afterwards('INFO', 200, '<sip:bob2@10.0.0.3>')).toEqual([ALICE, BOB]);
    expect(await afterwards('ACK', 100, undefined)).toEqual([ALICE, BOB]);
  });

  it('stays where the latest 2xx left it when older ones come again', async () => {
    const { alice, bob, sim, invite, ok } = await inCall();
    bob.on('INVITE', (request) => answerAs(bob, request, 200, { headers: [['Contact', '<sip:bob2@10.0.0.3>']] }));
    toLeg(alice, 'INVITE', ok);
    await sim.runFor(20);
    answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    await sim.runFor(20);
    bob.inbox.clear();
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    expect(bob.received('INFO')[0]?.uri).toBe('sip:bob2@10.0.0.3');
  });

  it('follows a Contact that a route has edited, of requests and of replies', async () => {
    const { alice, bob, sim, invite, ok } = await inCall({
      routes: ({ tm, rr }) => ({
        request(ctx) {
          const { message } = ctx;
          if (message.toTag !== undefined) rr.looseRoute(ctx);
          else message.headers.set('Contact', '<sip:alice@10.0.0.2:5060;nat=yes>');
          rr.recordRoute(ctx);
          return tm.relay(ctx);
        },
        reply({ message }) {
          if (message.headers.has('Contact')) message.headers.set('Contact', '<sip:bob@10.0.0.3:5060;nat=yes>');
        },
      }),
    });
    toLeg(alice, 'INFO', ok);
    toCaller(bob, 'INFO', invite);
    await sim.runFor(20);
    expect(bob.received('INFO')[0]?.uri).toBe('sip:bob@10.0.0.3:5060;nat=yes');
    expect(alice.received('INFO')[0]?.uri).toBe('sip:alice@10.0.0.2:5060;nat=yes');
    expect(contactOf(bob.received('INFO')[0])).toBe(contactOf(invite));
  });
});

describe('route sets (behaviour 3)', () => {
  it('put the target last where the nearest router is strict', async () => {
    const { alice, bob, sim, ok } = await inCall({}, ['<sip:10.0.9.9;lr>', '<sip:10.0.0.3;strict=1>']);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    const [info] = bob.received('INFO');
    expect(info?.uri).toBe('sip:10.0.0.3;strict=1');
    expect(routesOf(info)).toEqual(['<sip:10.0.9.9;lr>', `<${BOB}>`]);
  });

  it('are those of the other side alone: where the sender wants it to go besides does not matter', async () => {
    const { alice, carol, bob, sim, ok } = await inCall({}, ['<sip:10.0.0.3;lr;d=1>']);
    toLeg(alice, 'INFO', ok, { routes: ['<sip:10.0.0.1;lr>', '<sip:10.0.0.4;lr>'] });
    await sim.runFor(20);
    expect(carol.lines()).toEqual([]);
    expect(routesOf(bob.received('INFO')[0])).toEqual(['<sip:10.0.0.3;lr;d=1>']);
  });

  it('leave out what cannot be read', async () => {
    const { alice, bob, sim, ok } = await inCall({}, ['<sip:10.0.0.3;lr;d=1>', '<nonsense', 'tel:1']);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    expect(routesOf(bob.received('INFO')[0])).toEqual(['<sip:10.0.0.3;lr;d=1>']);
  });
});

describe('two sockets (behaviour 5)', () => {
  const listen = ['udp:10.0.0.1:5060', 'udp:10.0.1.1:5070/sbc.example.com', 'tcp:10.0.1.1:5070'];
  const toB = (index: number): ToposStageOptions => ({
    listen,
    ...(index === 2 && { bob: 'tcp' }),
    routes: ({ tm, rr }) => ({
      request(ctx) {
        if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
        else {
          rr.recordRoute(ctx);
          ctx.destination.listener = listeners[index];
        }
        return tm.relay(ctx);
      },
    }),
  });
  let listeners: Awaited<ReturnType<typeof toposStage>>['proxy']['listeners'] = [];

  it.each([
    [1, /^<sip:btpsh-[0-9a-f]{32}@sbc\.example\.com:5070>$/, '10.0.1.1:5070'],
    [2, /^<sip:btpsh-[0-9a-f]{32}@10\.0\.1\.1:5070;transport=tcp>$/, '10.0.1.1'],
  ] as const)('show each side the address of its own (socket %i)', async (index, shown, source) => {
    const scene = await toposStage(toB(index));
    const { alice, bob, sim, proxy } = scene;
    listeners = proxy.listeners;
    bob.acceptCalls();
    alice.on('*', (request) => void alice.reply(request, 200));
    const uri = index === 2 ? `${BOB};transport=tcp` : BOB;
    alice.invite(uri);
    await sim.runFor(100);
    const [invite] = bob.received('INVITE');
    expect(contactOf(invite)).toMatch(shown);
    expect(recordsOf(invite)).toEqual([]);
    const [ok] = alice.receivedStatus(200);
    expect(contactOf(ok)).toMatch(/^<sip:atpsh-[0-9a-f]{32}@10\.0\.0\.1>$/);
    expect(recordsOf(ok)).toEqual([]);
    alice.ack2xx();
    await sim.runFor(100);
    const [ack] = bob.received('ACK');
    expect([ack?.uri, routesOf(ack)]).toEqual([uri, []]);
    expect(`${bob.inbox.heard.at(-1)?.from.address}:${bob.inbox.heard.at(-1)?.from.port}`).toContain(source);
    bob.inDialog('BYE', { via: { address: '10.0.1.1', port: 5070 } });
    await sim.runFor(100);
    const [bye] = alice.received('BYE');
    expect([bye?.uri, routesOf(bye)]).toEqual([ALICE, []]);
    expect(alice.inbox.heard.at(-1)?.from).toEqual({ address: '10.0.0.1', port: 5060 });
    expect(bob.receivedStatus(200, 'BYE').map(viasOf)).toHaveLength(1);
  });
});

describe('connections (behaviour 36)', () => {
  it('are used for requests to who speaks over one', async () => {
    const { alice, bob, sim, invite } = await inCall({ alice: 'tcp' });
    const before = sim.net.streams.length;
    toCaller(bob, 'INFO', invite);
    await sim.runFor(50);
    expect(alice.received('INFO')).toHaveLength(1);
    expect(sim.net.streams).toHaveLength(before);
  });

  it('of a proxy that leaves no Record-Route are none of who is behind it', async () => {
    const { alice, bob, carol, sim } = await toposStage({ alice: 'tcp' });
    bob.acceptCalls();
    // Carol's INVITE, passed on by alice.
    const made = alice.request('INVITE', BOB, {
      via: NOWHERE,
      headers: [['Via', 'SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKc']],
    });
    made.headers.set('Contact', '<sip:carol@10.0.0.4>');
    alice.send(made);
    await sim.runFor(50);
    bob.inDialog('BYE');
    await sim.runFor(50);
    expect(carol.received('BYE')).toHaveLength(1);
    expect(alice.received('BYE')).toHaveLength(0);
  });

  it('are left for the one that the same side speaks over now', async () => {
    const { alice, bob, sim, invite, ok, proxy } = await inCall({ alice: 'tcp' });
    sim.net.resetStreams({ address: '10.0.0.2' });
    await sim.runFor(50);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(50);
    const [connection] = proxy.engine.transport.connections();
    const before = sim.net.streams.length;
    toCaller(bob, 'INFO', invite);
    await sim.runFor(50);
    expect(alice.received('INFO')).toHaveLength(1);
    expect(sim.net.streams).toHaveLength(before);
    expect(proxy.engine.transport.connections()).toHaveLength(1);
    expect(connection).toBeDefined();
  });

  it('that are gone are replaced by a new one to the Contact', async () => {
    const { alice, bob, sim, invite } = await inCall({ alice: 'tcp' });
    sim.net.resetStreams({ address: '10.0.0.2' });
    await sim.runFor(50);
    toCaller(bob, 'INFO', invite);
    await sim.runFor(50);
    expect(alice.received('INFO').map(({ uri }) => uri)).toEqual(['sip:alice@10.0.0.2:5060;transport=tcp']);
  });
});

describe('IPv6 (behaviour 4)', () => {
  it('hides and finds both sides', async () => {
    const { sim, agent, proxy } = await toposStage({ listen: ['udp:[fd00::1]:5060'] });
    const [alice, bob] = [await agent('alice', 'fd00::2'), await agent('bob', 'fd00::3')];
    bob.acceptCalls();
    alice.on('*', (request) => void alice.reply(request, 200));
    const via = { address: 'fd00::1', port: 5060 };
    const sent = alice.request('INVITE', 'sip:bob@[fd00::3]:5060', { via });
    await sim.runFor(50);
    expect(contactOf(bob.received('INVITE')[0])).toMatch(/^<sip:btpsh-[0-9a-f]{32}@\[fd00::1\]>$/);
    const [ok] = alice.receivedStatus(200);
    expect(contactOf(ok)).toMatch(/^<sip:atpsh-[0-9a-f]{32}@\[fd00::1\]>$/);
    expect(viasOf(ok)).toEqual([`${viasOf(sent)[0]?.replace('rport', 'rport=5060')};received=fd00::2`]);
    toLeg(alice, 'ACK', ok, { via });
    bob.inDialog('BYE', { via });
    await sim.runFor(50);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual(['sip:bob@[fd00::3]:5060']);
    expect(alice.received('BYE').map(({ uri }) => uri)).toEqual(['sip:alice@[fd00::2]:5060']);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(proxy.counters.routeErrors).toBe(0);
  });
});
