/** Forks, early requests and crossing requests through topology hiding: each leg has its own target and route set. */
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { BOB, contactOf, routesOf, toposStage, viasOf } from './topos-stage.ts';
import { answerAs, contactUri, toCaller, toLeg } from './topos-parties.ts';

const CAROL = 'sip:carol@10.0.0.4:5060';

/** Two phones behind one proxy of the callee. */
async function forkedBelow() {
  const scene = await toposStage();
  const { alice, bob, sim } = scene;
  alice.invite(BOB);
  await sim.runFor(50);
  const [invite] = bob.received('INVITE');
  if (invite === undefined) throw new Error('no INVITE');
  const leg = (n: number, status: number) =>
    answerAs(bob, invite, status, {
      tag: `t${n}`,
      headers: [['Contact', `<sip:phone${n}@10.9.0.${n}>`]],
      recordRoutes: [`<sip:10.0.0.3;lr;d=${n}>`],
    });
  return { ...scene, invite, leg };
}

describe('a fork below us (behaviour 26)', () => {
  it('has PRACK, UPDATE, ACK and BYE of each To tag go to its own Contact along its own route', async () => {
    const { alice, bob, sim, leg } = await forkedBelow();
    for (const [n, status] of [
      [1, 183],
      [2, 183],
      [2, 200],
      [1, 200],
    ] as const) {
      leg(n, status);
      await sim.runFor(20);
    }
    const replies = [...alice.receivedStatus(183), ...alice.receivedStatus(200)];
    expect(replies.map(({ toTag }) => toTag)).toEqual(['t1', 't2', 't2', 't1']);
    for (const method of ['PRACK', 'UPDATE', 'ACK', 'BYE']) {
      for (const reply of alice.receivedStatus(183)) {
        const n = reply.toTag?.slice(1);
        bob.inbox.clear();
        toLeg(alice, method, reply);
        await sim.runFor(20);
        const [seen] = bob.received(method);
        expect(`${method} ${seen?.uri}`).toBe(`${method} sip:phone${n}@10.9.0.${n}`);
        expect(routesOf(seen)).toEqual([`<sip:10.0.0.3;lr;d=${n}>`]);
      }
    }
  });

  it('keeps the other leg when one is hung up', async () => {
    const { alice, bob, sim, leg } = await forkedBelow();
    bob.on('BYE', (request) => void bob.reply(request, 200));
    leg(1, 200);
    leg(2, 200);
    await sim.runFor(20);
    const [one, two] = alice.receivedStatus(200);
    toLeg(alice, 'BYE', one);
    await sim.runFor(300_000);
    toLeg(alice, 'BYE', two);
    await sim.runFor(20);
    expect(bob.received('BYE').map(({ uri }) => uri)).toEqual(['sip:phone1@10.9.0.1', 'sip:phone2@10.9.0.2']);
  });

  it('knows 32 legs and no more', async () => {
    const { alice, bob, sim, leg } = await forkedBelow();
    for (let n = 1; n <= 33; n++) leg(n, 183);
    await sim.runFor(20);
    for (const n of [31, 32]) toLeg(alice, 'INFO', alice.receivedStatus(183)[n]);
    await sim.runFor(20);
    expect(bob.received('INFO').map(({ uri }) => uri)).toEqual(['sip:phone32@10.9.0.32']);
    expect(alice.receivedStatus(481)).toHaveLength(1);
  });
});

describe('a fork of ours (behaviour 27)', () => {
  async function forked() {
    const scene = await toposStage({
      routes: ({ tm, rr, siptrace }) => ({
        request(ctx) {
          siptrace.trace(ctx, { scope: 'transaction' });
          if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
          else if (ctx.message.method === 'INVITE') {
            ctx.appendBranch(CAROL);
            ctx.appendBranch('sip:dave@10.0.0.5:5060');
            rr.recordRoute(ctx);
          }
          return tm.relay(ctx);
        },
      }),
    });
    return { ...scene, dave: await scene.agent('dave', '10.0.0.5') };
  }

  it('has a key for each branch, cancels the others and lets a late 200 of theirs be acknowledged and hung up', async () => {
    const { alice, bob, carol, dave, sim } = await forked();
    bob.acceptCalls([180, 200]);
    for (const slow of [carol, dave]) slow.on('INVITE', (request) => void slow.reply(request, 180));
    dave.on('CANCEL', (request) => {
      dave.reply(request, 200);
      const [invite] = dave.received('INVITE');
      if (invite !== undefined) dave.reply(invite, 487);
    });
    alice.invite(BOB);
    await sim.runFor(100);
    const keys = [bob, carol, dave].map((ua) => contactOf(ua.received('INVITE')[0]));
    expect(new Set(keys).size).toBe(3);
    for (const ua of [carol, dave]) {
      const [cancel] = ua.received('CANCEL');
      expect(viasOf(cancel)).toEqual(viasOf(ua.received('INVITE')[0]));
    }
    // Carol's 200 and our CANCEL cross.
    const [invite] = carol.received('INVITE');
    if (invite !== undefined) carol.reply(invite, 200);
    await sim.runFor(100);
    const late = alice.receivedStatus(200, 'INVITE').find(({ toTag }) => toTag !== alice.receivedStatus(200)[0]?.toTag);
    toLeg(alice, 'ACK', late);
    toLeg(alice, 'BYE', late);
    await sim.runFor(100);
    expect(carol.received('ACK').map(({ uri }) => uri)).toEqual([CAROL]);
    expect(carol.received('BYE').map(({ uri }) => uri)).toEqual([CAROL]);
  });

  it('forgets a losing leg at once when its 487 comes', async () => {
    const { alice, bob, carol, dave, sim, counted } = await forked();
    for (const slow of [carol, dave]) slow.acceptCalls([180]);
    bob.acceptCalls([180]);
    alice.invite(BOB);
    await sim.runFor(100);
    const [reply] = alice.receivedStatus(180).filter(({ toTag }) => toTag !== undefined);
    const [invite] = bob.received('INVITE');
    if (invite !== undefined) bob.reply(invite, 200);
    await sim.runFor(100);
    for (const ringing of alice.receivedStatus(180)) {
      if (contactOf(ringing) !== contactOf(alice.receivedStatus(200)[0])) toLeg(alice, 'INFO', ringing);
    }
    await sim.runFor(100);
    expect(reply).toBeDefined();
    expect(alice.receivedStatus(481, 'INFO')).toHaveLength(2);
    expect(counted('dialogs_opened')).toBe(3);
  });
});

describe('a serial fork (behaviour 28)', () => {
  it('shows the next callee another key and answers with the Vias of the caller', async () => {
    const { alice, bob, carol, sim } = await toposStage({
      routes: ({ tm, rr }) => ({
        request(ctx) {
          if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
          else {
            rr.recordRoute(ctx);
            if (ctx.message.method === 'INVITE') tm.onFailure(ctx, 'next');
          }
          return tm.relay(ctx);
        },
        failure: {
          next(ctx) {
            ctx.message.uri = CAROL;
            return tm.relay(ctx);
          },
        },
      }),
    });
    bob.acceptCalls([486]);
    carol.acceptCalls();
    const invite = alice.invite(BOB);
    await sim.runFor(100);
    const [ok] = alice.receivedStatus(200);
    expect(viasOf(ok)).toEqual([`${viasOf(invite)[0]?.replace('rport', 'rport=5060')};received=10.0.0.2`]);
    expect(contactOf(carol.received('INVITE')[0])).not.toBe(contactOf(bob.received('INVITE')[0]));
    alice.ack2xx();
    alice.bye();
    await sim.runFor(100);
    expect(carol.received('BYE').map(({ uri }) => uri)).toEqual([CAROL]);
    // The ACK to bob's 486 was ours: one Via, that of his INVITE, and no Route (behaviour 31).
    const [ack] = bob.received('ACK');
    expect(viasOf(ack)).toEqual(viasOf(bob.received('INVITE')[0]));
    expect(routesOf(ack)).toEqual([]);
  });

  it('takes the INVITE that comes again after a 407 with another CSeq for a new dialog', async () => {
    const { alice, bob, sim } = await toposStage();
    const challenge = 'Digest realm="x", nonce="n", algorithm=MD5';
    bob.on('INVITE', (request) => {
      if (request.cseq?.number === 1) answerAs(bob, request, 407, { headers: [['Proxy-Authenticate', challenge]] });
      else answerAs(bob, request, 200, { headers: [['Contact', `<${BOB}>`]] });
    });
    const first = alice.invite(BOB);
    await sim.runFor(50);
    alice.invite(BOB, {
      callId: first.callId ?? '',
      from: first.headers.get(H.From) ?? '',
      cseq: 2,
      headers: [['Proxy-Authorization', 'Digest username="a"']],
    });
    await sim.runFor(50);
    toLeg(alice, 'ACK', alice.receivedStatus(200)[0], { cseq: 2 });
    toLeg(alice, 'BYE', alice.receivedStatus(200)[0]);
    await sim.runFor(50);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB, BOB]);
    expect(bob.received('BYE').map(({ uri }) => uri)).toEqual([BOB]);
  });
});

describe('early and crossing requests (behaviour 29)', () => {
  async function early() {
    const scene = await toposStage();
    const { alice, bob, sim } = scene;
    const sent = alice.invite(BOB, { headers: [['Record-Route', '<sip:10.0.0.2;lr;up=1>']] });
    await sim.runFor(20);
    const [invite] = bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    answerAs(bob, invite, 183, { headers: [['Contact', `<${BOB}>`]], recordRoutes: ['<sip:10.0.0.3;lr;d=1>'] });
    await sim.runFor(20);
    return { ...scene, sent, invite, ringing: alice.receivedStatus(183)[0] };
  }

  it('takes PRACK, UPDATE and INFO of both sides to the other before there is a 2xx', async () => {
    const { alice, bob, sim, invite, ringing } = await early();
    for (const ua of [alice, bob]) ua.on('*', (request) => void ua.reply(request, 200));
    for (const method of ['PRACK', 'UPDATE', 'INFO']) {
      toLeg(alice, method, ringing);
      await sim.runFor(20);
      const [seen] = bob.received(method);
      expect([seen?.uri, routesOf(seen), viasOf(seen).length]).toEqual([BOB, ['<sip:10.0.0.3;lr;d=1>'], 1]);
      expect(alice.receivedStatus(200, method)).toHaveLength(1);
    }
    expect(contactOf(bob.received('PRACK')[0])).toBeUndefined();
    for (const method of ['UPDATE', 'INFO']) {
      toCaller(bob, method, invite);
      await sim.runFor(20);
      const [seen] = alice.received(method);
      expect([seen?.uri, routesOf(seen)]).toEqual(['sip:alice@10.0.0.2:5060', ['<sip:10.0.0.2;lr;up=1>']]);
      expect(contactUri(seen)).toBe(contactUri(ringing));
      expect(bob.receivedStatus(200, method)).toHaveLength(1);
    }
  });

  it('takes an UPDATE of the callee whose 183 was lost', async () => {
    const { alice, bob, sim, invite } = await early();
    toCaller(bob, 'UPDATE', invite, { tag: 'never-heard-of' });
    await sim.runFor(20);
    expect(alice.received('UPDATE')).toHaveLength(1);
    toCaller(bob, 'BYE', invite, { tag: 'nor-of-this', headers: [] });
    await sim.runFor(20);
  });

  it('takes a BYE before the 200, and the call goes on when that is refused', async () => {
    const { alice, bob, sim, invite, ringing } = await early();
    bob.on('BYE', (request) => void bob.reply(request, 403));
    toLeg(alice, 'BYE', ringing);
    await sim.runFor(20);
    expect(alice.receivedStatus(403)).toHaveLength(1);
    answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    await sim.runFor(600_000);
    toLeg(alice, 'INFO', ringing);
    toCaller(bob, 'INFO', invite);
    await sim.runFor(20);
    expect(bob.received('INFO')).toHaveLength(1);
    expect(alice.received('INFO')).toHaveLength(1);
  });

  it('takes two BYEs that cross', async () => {
    const { alice, bob, sim, invite, ringing } = await early();
    answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    await sim.runFor(20);
    for (const ua of [alice, bob]) ua.on('BYE', (request) => void ua.reply(request, 200));
    toLeg(alice, 'BYE', ringing);
    toCaller(bob, 'BYE', invite);
    await sim.runFor(50);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(viasOf(bob.receivedStatus(200, 'BYE')[0])).toHaveLength(1);
  });

  it('answers with the 200 that crosses the CANCEL, and takes its ACK and BYE', async () => {
    const { alice, bob, sim, sent, invite } = await early();
    bob.on('CANCEL', (request) => {
      bob.reply(request, 200);
      answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    });
    alice.cancel(sent);
    await sim.runFor(50);
    expect(viasOf(bob.received('CANCEL')[0])).toEqual(viasOf(invite));
    const [ok] = alice.receivedStatus(200, 'INVITE');
    for (const method of ['ACK', 'BYE']) {
      toLeg(alice, method, ok);
      await sim.runFor(20);
      expect(bob.received(method)[0]?.uri).toBe(BOB);
    }
  });

  it('passes a 200 that comes again after the ACK, with all its Vias, and the ACK that comes again', async () => {
    const { alice, bob, sim, sent, invite } = await early();
    const again = () => answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    again();
    await sim.runFor(20);
    toLeg(alice, 'ACK', alice.receivedStatus(200)[0]);
    await sim.runFor(20);
    again();
    await sim.runFor(20);
    const [first, second] = alice.receivedStatus(200);
    expect(second?.serialize()).toEqual(first?.serialize());
    expect(viasOf(second)).toHaveLength(viasOf(sent).length);
    toLeg(alice, 'ACK', second);
    await sim.runFor(20);
    expect(bob.received('ACK')).toHaveLength(2);
  });

  it('sends no 200 on that comes when the transaction is over', async () => {
    const { alice, bob, sim, sent, invite } = await early();
    bob.on('CANCEL', (request) => {
      bob.reply(request, 200);
      answerAs(bob, invite, 487);
    });
    alice.cancel(sent);
    await sim.runFor(120_000);
    alice.inbox.clear();
    answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
    await sim.runFor(100);
    expect(alice.lines()).toEqual([]);
  });
});
