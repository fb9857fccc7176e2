/** Ways through the proxy that are not the usual one: twice, without a transaction, late, answered here, reloaded. */
import { describe, expect, it } from 'vitest';
import { defineRoutes } from '../../src/engine/program.ts';
import { rr } from '../../src/modules/rr/rr.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { after } from '../../src/util/time.ts';
import type { Clock } from '../../src/world/world.ts';
import { H } from '../../src/sip/header-names.ts';
import { answerAs, contactUri, parsed, text, toCaller, toLeg } from './topos-parties.ts';
import {
  BOB,
  contactOf,
  routesOf,
  type ToposParams,
  toposSource,
  toposStage,
  type ToposStageOptions,
  UPSTREAM,
  viasOf,
} from './topos-stage.ts';

const CONTACT = [['Contact', `<${BOB}>`]] as const;
const ALICE = 'sip:alice@10.0.0.2:5060';

describe('a call that passes twice (behaviour 34)', () => {
  /** The first time to ourselves, the second time to bob. */
  const twice = (options: ToposStageOptions = {}) =>
    toposStage({
      ...options,
      routes: ({ tm, rr }) => ({
        request(ctx) {
          const { message } = ctx;
          if (message.toTag !== undefined) rr.looseRoute(ctx);
          else {
            rr.recordRoute(ctx);
            const isFirst = message.parsedUri?.kind === 'sip' && message.parsedUri.user === 'twice';
            message.uri = isFirst ? 'sip:once@10.0.0.1' : BOB;
          }
          return tm.relay(ctx);
        },
      }),
    });

  it('has its replies and its requests pass twice, in both directions', async () => {
    const { alice, bob, sim, proxy } = await twice();
    bob.acceptCalls();
    alice.on('*', (request) => void alice.reply(request, 200));
    const sent = alice.invite('sip:twice@10.0.0.1', { headers: UPSTREAM });
    await sim.runFor(50);
    for (const status of [180, 200]) expect(viasOf(alice.receivedStatus(status)[0])).toHaveLength(viasOf(sent).length);
    const [invite] = bob.received('INVITE');
    expect([viasOf(invite).length, text(invite).includes('192.168')]).toEqual([1, false]);
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    alice.inDialog('INFO', { routes: [] });
    bob.inDialog('INFO');
    await sim.runFor(50);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB]);
    expect(bob.received('INFO').map(({ uri }) => uri)).toEqual([BOB]);
    expect(alice.received('INFO').map(({ uri }) => uri)).toEqual([ALICE]);
    expect(routesOf(alice.received('INFO')[0])).toEqual(['<sip:10.0.0.2;lr;up=1>', '<sip:10.0.7.2;lr;up=2>']);
    expect([alice, bob].map((ua) => ua.receivedStatus(200, 'INFO').length)).toEqual([1, 1]);
    bob.inDialog('BYE');
    await sim.runFor(50);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(proxy.counters.routeErrors).toBe(0);
  });

  it('works when the way to ourselves is not hidden', async () => {
    const { alice, bob, sim } = await twice({
      events: {
        'topos:msg-outgoing'(ctx) {
          const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
          return flow?.remote.address === '10.0.0.1' ? ctx.drop() : undefined;
        },
      },
    });
    bob.acceptCalls();
    alice.on('*', (request) => void alice.reply(request, 200));
    const sent = alice.invite('sip:twice@10.0.0.1', { headers: UPSTREAM });
    await sim.runFor(50);
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(viasOf(sent).length);
    expect(viasOf(bob.received('INVITE')[0])).toHaveLength(1);
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    alice.inDialog('INFO', { routes: [] });
    bob.inDialog('INFO');
    await sim.runFor(50);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB]);
    expect(bob.received('INFO').map(({ uri }) => uri)).toEqual([BOB]);
    expect(alice.received('INFO').map(({ uri }) => uri)).toEqual([ALICE]);
    expect([alice, bob].map((ua) => ua.receivedStatus(200, 'INFO').length)).toEqual([1, 1]);
  });
});

describe('a request without a transaction', () => {
  const stateless = () =>
    toposStage({
      routes: ({ core, rr }) => ({
        request(ctx) {
          if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
          else rr.recordRoute(ctx);
          return core.forward(ctx);
        },
      }),
    });

  it('is hidden, also when it comes again, as the same', async () => {
    const { alice, bob, sim } = await stateless();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    alice.send(sent);
    await sim.runFor(20);
    const [first, again] = bob.received('INVITE');
    expect(again?.serialize()).toEqual(first?.serialize());
    expect(viasOf(first)).toHaveLength(1);
  });

  it('has its reply after minutes of ringing, and the rest of its call', async () => {
    const { alice, bob, sim } = await stateless();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    const [invite] = bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    for (let minutes = 0; minutes < 5; minutes++) {
      answerAs(bob, invite, 180, { headers: CONTACT });
      await sim.runFor(60_000);
    }
    answerAs(bob, invite, 200, { headers: CONTACT });
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    toLeg(alice, 'ACK', ok);
    toCaller(bob, 'BYE', invite);
    alice.on('BYE', (request) => void alice.reply(request, 200));
    await sim.runFor(20);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB]);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
  });

  it('is cancelled', async () => {
    const { alice, bob, sim } = await stateless();
    bob.acceptCalls([180]);
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    alice.cancel(sent);
    await sim.runFor(20);
    expect(viasOf(bob.received('CANCEL')[0])).toEqual(viasOf(bob.received('INVITE')[0]));
    expect(alice.receivedStatus(487)).toHaveLength(1);
    expect(alice.receivedStatus(200, 'CANCEL')).toHaveLength(1);
  });
});

describe('routes that answer inside a dialog', () => {
  it.each(['sl', 'tm'] as const)('with %s do so with all Vias of the request', async (by) => {
    const { alice, bob, sim } = await toposStage({
      routes: ({ tm, rr, sl }) => ({
        request(ctx) {
          const { message } = ctx;
          if (message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          if (message.method !== 'OPTIONS') return tm.relay(ctx);
          if (by === 'sl') return sl.reply(ctx, 200, 'Here');
          tm.newTransaction(ctx);
          return tm.reply(ctx, 200, 'Here');
        },
      }),
    });
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(20);
    for (const [ua, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const sent = ua.inDialog('OPTIONS', { headers: UPSTREAM });
      await sim.runFor(20);
      const [reply] = ua.receivedStatus(200, 'OPTIONS');
      expect(viasOf(reply)).toHaveLength(viasOf(sent).length);
      expect(contactOf(reply)).toBeUndefined();
      expect(other.received('OPTIONS')).toEqual([]);
    }
  });
});

describe('routes that wait', () => {
  it('let the request and its repetition pass as one, and the reply come back', async () => {
    const waiting: { clock: Clock | undefined } = { clock: undefined };
    const wait = (): Promise<void> =>
      new Promise((resolve) => waiting.clock?.wake(after(waiting.clock.now(), 100), resolve));
    const { alice, bob, sim } = await toposStage({
      routes: ({ tm, rr }) => ({
        async request(ctx) {
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          await wait();
          return tm.relay(ctx);
        },
        reply: wait,
      }),
    });
    waiting.clock = sim.clock;
    bob.acceptCalls();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(10);
    alice.send(sent);
    await sim.runFor(500);
    expect(bob.received('INVITE')).toHaveLength(1);
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(viasOf(sent).length);
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    alice.inDialog('BYE', { routes: [] });
    await sim.runFor(500);
    expect(bob.received('ACK')).toHaveLength(1);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(1);
  });
});

describe('another program in the middle of a call', () => {
  it('knows the dialogs and the transactions of the one before, and forgets dialogs after its own time', async () => {
    const { alice, bob, sim, proxy } = await toposStage();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    await proxy.reload(toposSource({ topos: { dialog_expire: 100 } }));
    const [invite] = bob.received('INVITE');
    if (invite !== undefined) answerAs(bob, invite, 200, { headers: CONTACT });
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    toLeg(alice, 'ACK', ok);
    await proxy.reload(toposSource({ topos: { dialog_expire: 100 } }));
    await sim.runFor(20);
    expect(bob.received('ACK')).toHaveLength(1);
    await sim.runFor(99_000);
    toCaller(bob, 'INFO', invite);
    await sim.runFor(101_000);
    expect(alice.received('INFO').length).toBeGreaterThan(0);
    toCaller(bob, 'BYE', invite);
    await sim.runFor(20);
    expect(bob.receivedStatus(481, 'BYE')).toHaveLength(1);
  });
});

describe('a program without topos in the middle of a call', () => {
  const bare = defineRoutes([tm, rr], (m) => ({
    request(ctx) {
      if (ctx.message.toTag !== undefined) m.rr.looseRoute(ctx);
      else m.rr.recordRoute(ctx);
      return m.tm.relay(ctx);
    },
  }));

  it('brings the reply of a call that rings to its caller, and lets calls go on hidden', async () => {
    const { alice, bob, sim, proxy } = await toposStage();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    await proxy.reload(bare);
    const [invite] = bob.received('INVITE');
    if (invite !== undefined) answerAs(bob, invite, 200, { headers: CONTACT });
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    expect(contactOf(ok)).toContain('atpsh-');
    toLeg(alice, 'ACK', ok);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    expect(bob.received('ACK')).toHaveLength(1);
    expect(viasOf(bob.received('INFO')[0])).toHaveLength(1);
    expect(contactOf(bob.received('INFO')[0])).toBe(contactOf(invite));
    toCaller(bob, 'BYE', invite);
    await sim.runFor(20);
    expect(alice.received('BYE')).toHaveLength(1);
    expect(viasOf(alice.received('BYE')[0])).toHaveLength(1);
  });

  it('hides no call that begins, until a program has topos again, and that knows the calls from before', async () => {
    const { alice, bob, sim, proxy } = await toposStage();
    for (const ua of [alice, bob]) ua.acceptCalls();
    const { callId: hidden = '' } = alice.invite(BOB);
    await sim.runFor(20);
    alice.ack2xx(hidden);
    await proxy.reload(bare);
    const { callId: shown = '' } = alice.invite(BOB);
    await sim.runFor(20);
    alice.ack2xx(shown);
    await sim.runFor(20);
    expect(viasOf(bob.received('INVITE')[1])).toHaveLength(2);
    expect(alice.dialog(shown).target).toBe('sip:bob@10.0.0.3:5060');
    await proxy.reload(toposSource());
    for (const callId of [hidden, shown]) {
      alice.inDialog('BYE', { callId });
      await sim.runFor(20);
    }
    expect(bob.received('BYE').map(({ callId }) => callId)).toEqual([hidden, shown]);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(2);
  });
});

describe('a program with other parameters in the middle of calls', () => {
  it('knows the Contacts that the one before has shown, whatever their form', async () => {
    const { alice, bob, sim, proxy } = await toposStage({ topos: { contact_mode: 1 } });
    for (const ua of [alice, bob]) ua.acceptCalls();
    const calls: string[] = [];
    const forms: readonly ToposParams[] = [
      { contact_mode: 1, cparam_name: 'vdk' },
      { contact_mode: 0, contact_host: 'sbc.example.com' },
      { header_mode: 7, compat_fold: 1, rr_update: 1, redirect_contacts: 'mask', methods_nocontact: [] },
    ];
    for (const topos of [...forms, {}]) {
      const { callId = '' } = alice.invite(BOB);
      calls.push(callId);
      await sim.runFor(20);
      alice.ack2xx(callId);
      await proxy.reload(toposSource({ topos }));
    }
    for (const callId of calls) {
      for (const ua of [alice, bob]) ua.inDialog('INFO', { callId });
      alice.inDialog('BYE', { callId });
      await sim.runFor(20);
    }
    for (const ua of [alice, bob]) expect(ua.receivedStatus(200, 'INFO')).toHaveLength(calls.length);
    expect(bob.received('BYE')).toHaveLength(calls.length);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(calls.length);
  });
});

describe('requests to a key that is used late', () => {
  it('get a 481 when the dialog is long gone, never an unhidden copy', async () => {
    const { alice, bob, sim } = await toposStage({ topos: { dialog_expire: 10 } });
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    await sim.runFor(20_000);
    const bobHeard = bob.inbox.heard.length;
    toLeg(alice, 'BYE', ok);
    await sim.runFor(20);
    expect(alice.receivedStatus(481)).toHaveLength(1);
    expect(bob.inbox.heard).toHaveLength(bobHeard);
    expect(contactUri(ok)).toMatch(/^sip:atpsh-/);
  });
});

describe('a request without a key whose side was shown one', () => {
  it('is hidden all the same', async () => {
    const { alice, bob, sim } = await toposStage();
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    alice.request('INFO', BOB, {
      from: ok?.headers.get(H.From) ?? '',
      to: ok?.headers.get(H.To) ?? '',
      callId: ok?.callId ?? '',
    });
    await sim.runFor(20);
    expect(contactOf(bob.received('INFO')[0])).toBe(contactOf(bob.received('INVITE')[0]));
  });
});

describe('what is on the wire', () => {
  it('has our Via on top of every request', async () => {
    const { alice, bob, sim } = await toposStage({
      events: {
        'topos:msg-sending'(ctx) {
          ctx.message.headers.remove(H.Via);
          return ctx.drop();
        },
      },
    });
    bob.acceptCalls();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    expect(viasOf(bob.received('INVITE')[0])).toHaveLength(1 + viasOf(sent).length);
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(viasOf(sent).length);
    const out = sim.wire.of('10.0.0.1').filter(({ kind }) => kind === 'sent');
    expect(out.map(parsed).filter((message) => message?.kind === 'request' && viasOf(message).length === 0)).toEqual(
      [],
    );
  });
});
