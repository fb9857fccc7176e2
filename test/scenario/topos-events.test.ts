/** The event routes of topos: when they run, and what their drop means (behaviours 20 to 22, invariants I6 and I7). */
import { describe, expect, it } from 'vitest';
import type { ReplyContext, RequestContext } from '../../src/engine/context.ts';
import { answerAs, toCaller, toLeg } from './topos-parties.ts';
import {
  BOB,
  contactOf,
  recordsOf,
  routesOf,
  toposStage,
  type ToposStageOptions,
  UPSTREAM,
  viasOf,
} from './topos-stage.ts';

type Ctx = RequestContext | ReplyContext;
const CONTACT = [['Contact', `<${BOB}>`]] as const;
const ALICE = '10.0.0.2';
const BOBS = '10.0.0.3';

const to = (ctx: Ctx): string => {
  const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
  return `${flow?.transport}:${flow?.remote.address}:${flow?.remote.port}`;
};
const from = ({ received: { flow } }: Ctx): string => `${flow.transport}:${flow.remote.address}:${flow.remote.port}`;
const nameOf = ({ message }: Ctx): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.cseq?.method}`;

/** Writes down who ran and where the message goes or comes from. */
function noting(): { readonly notes: string[]; readonly events: ToposStageOptions['events'] } {
  const notes: string[] = [];
  return {
    notes,
    events: {
      'topos:msg-incoming': (ctx) => void notes.push(`incoming ${nameOf(ctx)} ${from(ctx)}`),
      'topos:msg-receiving': (ctx) => void notes.push(`receiving ${nameOf(ctx)} ${from(ctx)}`),
      'topos:msg-outgoing': (ctx) => void notes.push(`outgoing ${nameOf(ctx)} ${to(ctx)}`),
      'topos:msg-sending': (ctx) => void notes.push(`sending ${nameOf(ctx)} ${to(ctx)}`),
    },
  };
}

describe('event routes (behaviour 20)', () => {
  it('run once for each message, in and out, and know where it comes from and goes to', async () => {
    const { notes, events } = noting();
    const { alice, bob, sim } = await toposStage({ events });
    bob.acceptCalls([200]);
    alice.invite(BOB);
    await sim.runFor(20);
    alice.ack2xx();
    await sim.runFor(20);
    alice.bye();
    await sim.runFor(20);
    const way = (name: string, source: string, goal: string) => [
      `incoming ${name} udp:${source}:5060`,
      `receiving ${name} udp:${source}:5060`,
      `outgoing ${name} udp:${goal}:5060`,
      `sending ${name} udp:${goal}:5060`,
    ];
    expect(notes).toEqual([
      ...way('INVITE', ALICE, BOBS),
      ...way('200 INVITE', BOBS, ALICE),
      ...way('ACK', ALICE, BOBS),
      ...way('BYE', ALICE, BOBS),
      ...way('200 BYE', BOBS, ALICE),
    ]);
  });

  it('do not run for what comes again or is sent again', async () => {
    const { notes, events } = noting();
    const { alice, bob, sim } = await toposStage({ events });
    const sent = alice.invite(BOB);
    await sim.runFor(1_600);
    alice.send(sent);
    await sim.runFor(20);
    const [invite] = bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    expect(bob.received('INVITE').length).toBeGreaterThan(2);
    const provisional = () => answerAs(bob, invite, 180, { headers: CONTACT });
    const final = () => answerAs(bob, invite, 200, { headers: CONTACT });
    for (const reply of [provisional, provisional, final, provisional, final]) {
      reply();
      await sim.runFor(20);
    }
    const ack = toLeg(alice, 'ACK', alice.receivedStatus(200)[0]);
    alice.send(ack);
    const info = toLeg(alice, 'INFO', alice.receivedStatus(200)[0]);
    alice.send(info);
    await sim.runFor(600);
    expect(bob.received('ACK')).toHaveLength(2);
    expect(alice.receivedStatus(200)).toHaveLength(2);
    const counts = new Map<string, number>();
    for (const note of notes) counts.set(note, (counts.get(note) ?? 0) + 1);
    // The provisional reply that came after the 200 went nowhere.
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
    expect(counts.size).toBe(4 * 5);
  });

  it('run once for a request that is forwarded without a transaction twice', async () => {
    const { notes, events } = noting();
    const { alice, bob, sim } = await toposStage({
      events,
      routes: ({ core }) => ({ request: (ctx) => core.forward(ctx) }),
    });
    const sent = alice.request('OPTIONS', BOB);
    alice.send(sent);
    await sim.runFor(20);
    expect(bob.received('OPTIONS')).toHaveLength(2);
    expect(notes).toHaveLength(4);
  });

  it('are those of event_mode (behaviour 22)', async () => {
    for (const [mode, expected] of [
      [0, []],
      [1, ['outgoing']],
      [2, ['sending']],
      [4, ['incoming']],
      [8, ['receiving']],
      [10, ['receiving', 'sending']],
    ] as const) {
      const { notes, events } = noting();
      const { alice, sim } = await toposStage({ events, topos: { event_mode: mode } });
      alice.request('MESSAGE', BOB);
      await sim.runFor(20);
      expect(notes.map((note) => note.split(' ')[0])).toEqual(expected);
    }
  });

  it('that throw drop nothing and are logged (behaviour 22)', async () => {
    const throwing = (ctx: Ctx): undefined => {
      ctx.drop();
      throw new Error('a mistake');
    };
    const { alice, bob, sim, logged, counted } = await toposStage({
      events: {
        'topos:msg-incoming': throwing,
        'topos:msg-receiving': throwing,
        'topos:msg-outgoing': throwing,
        'topos:msg-sending': throwing,
      },
    });
    bob.acceptCalls();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    expect([viasOf(bob.received('INVITE')[0]).length, counted('unhidden')]).toEqual([1, 0]);
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(viasOf(sent).length);
    expect(logged.filter((line) => line.includes('topos:msg-') && line.startsWith('error')).length).toBe(12);
  });
});

/** A call of alice's where these messages are dropped on their way out. */
async function dropping(drops: (ctx: Ctx) => boolean) {
  const scene = await toposStage({
    events: {
      'topos:msg-outgoing': (ctx) => (drops(ctx) ? ctx.drop() : undefined),
    },
  });
  const { alice, bob, sim } = scene;
  const sent = alice.invite(BOB, { headers: UPSTREAM });
  await sim.runFor(20);
  const [invite] = bob.received('INVITE');
  if (invite === undefined) throw new Error('no INVITE');
  for (const ua of [alice, bob]) ua.on('BYE', (request) => void ua.reply(request, 200));
  for (const status of [180, 200])
    answerAs(bob, invite, status, { headers: CONTACT, recordRoutes: ['<sip:10.0.0.3;lr;d>'] });
  await sim.runFor(20);
  const [ok] = alice.receivedStatus(200);
  return { ...scene, sent, invite, ok };
}
const goesTo = (address: string) => (ctx: Ctx) => to(ctx).includes(address);

describe('drop (behaviour 21)', () => {
  it('towards B shows B everything, and A nothing', async () => {
    const { alice, bob, sim, sent, invite, ok, counted } = await dropping(goesTo(BOBS));
    expect(viasOf(invite)).toHaveLength(viasOf(sent).length + 1);
    expect(recordsOf(invite)).toHaveLength(3);
    expect(contactOf(invite)).toBe(alice.contact);
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    expect([contactOf(ok)?.slice(0, 11), recordsOf(ok)]).toEqual(['<sip:atpsh-', recordsOf(sent)]);
    toLeg(alice, 'ACK', ok);
    await sim.runFor(20);
    expect([bob.received('ACK')[0]?.uri, routesOf(bob.received('ACK')[0])]).toEqual([BOB, ['<sip:10.0.0.3;lr;d>']]);
    toCaller(bob, 'BYE', invite);
    await sim.runFor(20);
    const [bye] = alice.received('BYE');
    expect([viasOf(bye).length, bye?.uri]).toEqual([1, 'sip:alice@10.0.0.2:5060']);
    expect(viasOf(bob.receivedStatus(200, 'BYE')[0])).toHaveLength(1);
    expect(counted('wavering')).toBe(0);
  });

  it('towards A shows A everything, and B nothing', async () => {
    const { alice, bob, sim, sent, invite, ok } = await dropping(goesTo(ALICE));
    expect([viasOf(invite).length, recordsOf(invite), contactOf(invite)?.slice(0, 11)]).toEqual([1, [], '<sip:btpsh-']);
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    expect(contactOf(ok)).toBe(`<${BOB}>`);
    expect(recordsOf(ok)).toHaveLength(1 + 1 + 2);
    alice.inDialog('ACK', { cseq: 1, routes: recordsOf(ok).toReversed().slice(2) });
    await sim.runFor(20);
    const [ack] = bob.received('ACK');
    expect([ack?.uri, viasOf(ack).length, routesOf(ack)]).toEqual([BOB, 1, ['<sip:10.0.0.3;lr;d>']]);
    toCaller(bob, 'BYE', invite);
    await sim.runFor(20);
    expect(viasOf(alice.received('BYE')[0])).toHaveLength(2);
    expect(viasOf(bob.receivedStatus(200, 'BYE')[0])).toHaveLength(1);
  });

  it('of some messages leaves the Contact of the leg as it was, and the call works', async () => {
    for (const isFirst of [true, false]) {
      const turn = new Map<string, boolean>();
      const { alice, bob, sim, sent, invite, ok, counted, logged } = await dropping((ctx) => {
        const drops = !(turn.get(to(ctx)) ?? !isFirst);
        turn.set(to(ctx), drops);
        return drops;
      });
      const [ringing] = alice.receivedStatus(180);
      expect(contactOf(ok)).toBe(contactOf(ringing));
      expect(contactOf(ok)?.startsWith('<sip:atpsh-')).toBe(!isFirst);
      expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
      // Who sees the real Contact goes there along our Record-Route, who sees a key comes to us.
      const routes = recordsOf(ok).toReversed().slice(2);
      toLeg(alice, 'ACK', ok, { routes });
      await sim.runFor(20);
      expect([bob.received('ACK')[0]?.uri, routesOf(bob.received('ACK')[0])]).toEqual([BOB, ['<sip:10.0.0.3;lr;d>']]);
      for (let i = 0; i < 3; i++) {
        toLeg(alice, 'INFO', ok, { routes });
        toCaller(bob, 'INFO', invite);
        await sim.runFor(20);
      }
      expect(new Set(bob.received('INFO').map(contactOf))).toEqual(new Set([contactOf(invite)]));
      expect(new Set(alice.received('INFO').map(contactOf))).toEqual(new Set([contactOf(ok)]));
      expect(counted('wavering')).toBeGreaterThan(1);
      expect(logged.filter((line) => line.startsWith('warn topos: an event route decided'))).toHaveLength(1);
    }
  });

  it('of what arrives skips the mapping, never the Vias', async () => {
    const incoming: ToposStageOptions = {
      events: { 'topos:msg-receiving': (ctx) => ctx.drop() },
      routes: ({ tm, rr, sl }) => ({
        request(ctx) {
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else if (rr.looseRoute(ctx) !== 'routed') return sl.reply(ctx, 404);
          return tm.relay(ctx);
        },
      }),
    };
    const { alice, bob, sim } = await toposStage(incoming);
    bob.acceptCalls();
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(20);
    const [ok] = alice.receivedStatus(200);
    expect([viasOf(ok).length, viasOf(bob.received('INVITE')[0]).length]).toEqual([viasOf(sent).length, 1]);
    expect([recordsOf(ok), contactOf(ok)?.slice(0, 11)]).toEqual([recordsOf(sent), '<sip:atpsh-']);
    toLeg(alice, 'INFO', ok);
    await sim.runFor(20);
    expect(alice.receivedStatus(404)).toHaveLength(1);
    expect(bob.received('INFO')).toEqual([]);
  });
});
