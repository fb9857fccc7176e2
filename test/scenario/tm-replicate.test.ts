/** Copies of a request that go elsewhere for their own sake, and relaying with flags. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, CAROL, DAVE, heard, NOTHING_LEFT, type TmModules, type TmStageOptions, tmStage } from './tm-stage.ts';

const LONG_MS = 200_000;

const copying = (run: (ctx: RequestContext, modules: TmModules) => unknown, options: TmStageOptions = {}) =>
  tmStage(
    (modules) => ({
      async request(ctx) {
        await run(ctx, modules);
      },
    }),
    options,
  );

describe('a copy of a request', () => {
  it('goes to its URI with the Request-URI of the request, and its reply goes nowhere', async () => {
    const scene = await copying((ctx, { tm, sl }) => {
      void tm.replicate(ctx, CAROL);
      sl.reply(ctx, 200, 'Saved');
    });
    scene.carol.on('*', (request, ua) => ua.reply(request, 404));
    scene.alice.request('REGISTER', BOB);
    await scene.sim.runFor(100);
    expect([scene.carol.received('REGISTER').map(({ uri }) => uri), scene.alice.lines()]).toEqual([
      [BOB],
      ['200 Saved (REGISTER)'],
    ]);
    await scene.sim.runFor(LONG_MS);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('is repeated until somebody answers, and given up after fr_timer', async () => {
    const scene = await copying(
      (ctx, { tm, sl }) => {
        void tm.replicate(ctx, CAROL);
        sl.reply(ctx, 200);
      },
      { tm: { fr_timer: 2_000 } },
    );
    scene.alice.request('REGISTER', BOB);
    await scene.sim.runFor(LONG_MS);
    expect([scene.carol.received('REGISTER').length, scene.leftovers()]).toEqual([3, NOTHING_LEFT]);
  });

  it('can be made of a request that was answered without a transaction', async () => {
    const outcomes: unknown[] = [];
    const scene = await copying((ctx, { tm, sl }) => {
      sl.reply(ctx, 200);
      outcomes.push(tm.replicate(ctx, CAROL));
    });
    scene.alice.request('REGISTER', BOB);
    await scene.sim.runFor(10);
    expect([outcomes, heard(scene.carol)]).toEqual([['relayed'], ['REGISTER']]);
  });

  it('is made of each branch, and takes them', async () => {
    const left: unknown[] = [];
    const scene = await copying((ctx, { tm, sl }) => {
      ctx.appendBranch(DAVE);
      void tm.replicate(ctx, CAROL);
      left.push(ctx.branches.length);
      sl.reply(ctx, 200);
    });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect([scene.carol.received('MESSAGE').map(({ uri }) => uri), left]).toEqual([[BOB, DAVE], [0]]);
  });

  it('runs the onreply route that is armed, and no failure route', async () => {
    const ran: unknown[] = [];
    const scene = await tmStage(({ tm, sl }) => ({
      request(ctx) {
        tm.onReply(ctx, 'seen');
        tm.onFailure(ctx, 'never');
        void tm.replicate(ctx, CAROL);
        sl.reply(ctx, 200);
      },
      onreply: { seen: (ctx) => void ran.push(ctx.message.status) },
      failure: { never: () => void ran.push('failure') },
    }));
    scene.carol.on('*', (request, ua) => ua.reply(request, 503));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(100);
    expect(ran).toEqual([503]);
  });

  it('has replies of its own: no branch of the request waits or ends by what is said of them', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ tm, tmx }) => ({
      request(ctx) {
        tm.onReply(ctx, 'seen');
        void tm.replicate(ctx, CAROL);
        void tm.relay(ctx);
      },
      onreply: {
        seen(ctx) {
          if (ctx.message.status !== 404) return;
          tm.cancelBranches(ctx, 'this');
          outcomes.push(tmx.suspend(ctx));
        },
      },
    }));
    scene.carol.on('*', (request, ua) => ua.reply(request, 404));
    scene.bob.acceptCalls([180]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([outcomes, heard(scene.bob), heard(scene.alice)]).toEqual([
      ['answered'],
      ['INVITE'],
      ['100 INVITE', '180 INVITE'],
    ]);
  });

  it('goes over the transport that is named', async () => {
    const scene = await copying(
      (ctx, { tm, sl }) => {
        void tm.replicateTcp(ctx, '10.0.0.3', '5060');
        sl.reply(ctx, 200);
      },
      { bob: 'tcp' },
    );
    scene.alice.request('MESSAGE', CAROL);
    await scene.sim.runFor(100);
    expect(scene.bob.received('MESSAGE')[0]?.topVia?.transport).toBe('TCP');
  });

  it.each([
    ['what is no URI', 'nonsense'],
    ['a name that does not exist', 'sip:nobody.invalid'],
  ])('fails for %s, and the route answers', async (_, uri) => {
    const outcomes: unknown[] = [];
    const scene = await copying(async (ctx, { tm, sl }) => {
      outcomes.push(await tm.replicate(ctx, uri));
      sl.reply(ctx, 480);
    });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(1_000);
    expect([outcomes, heard(scene.alice)]).toEqual([['failed'], ['480 MESSAGE']]);
    await scene.sim.runFor(LONG_MS);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('of an INVITE acknowledges that it was answered', async () => {
    const scene = await copying((ctx, { tm }) => {
      if (ctx.message.method !== 'INVITE') return;
      void tm.replicate(ctx, CAROL);
      tm.reply(ctx, 486);
    });
    scene.carol.acceptCalls([180, 200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.carol)).toEqual(['INVITE', 'ACK']);
  });

  it('of an INVITE acknowledges a refusal', async () => {
    const scene = await copying((ctx, { tm }) => {
      if (ctx.message.method !== 'INVITE') return;
      void tm.replicate(ctx, CAROL);
      tm.reply(ctx, 486);
    });
    scene.carol.acceptCalls([180, 603]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.carol), heard(scene.alice)]).toEqual([
      ['INVITE', 'ACK'],
      ['100 INVITE', '486 INVITE'],
    ]);
  });
});

describe('relaying to a next hop with flags', () => {
  it('sends no 100 with 1', async () => {
    const scene = await copying((ctx, { tm }) => tm.relayTo(ctx, 'udp:10.0.0.4:5060', 1));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.alice), heard(scene.carol)]).toEqual([[], ['INVITE']]);
  });

  it('leaves a failure without an answer with 2', async () => {
    const outcomes: unknown[] = [];
    const scene = await copying(async (ctx, { tm }) => outcomes.push(await tm.relayTo(ctx, 'nobody.invalid', 2)));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(1_000);
    expect([outcomes, heard(scene.alice)]).toEqual([['failed'], []]);
  });

  it('takes flags alone as flags', async () => {
    const scene = await copying((ctx, { tm }) => tm.relayTo(ctx, '0x01'));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.alice), heard(scene.bob)]).toEqual([[], ['INVITE']]);
  });

  it('goes to a transport and an address', async () => {
    const scene = await copying((ctx, { tm }) => tm.relayToAddress(ctx, 'udp', '10.0.0.4:5060'));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.bob), heard(scene.carol)]).toEqual([[], ['MESSAGE']]);
  });

  it('to a host goes over the transport that the request came on', async () => {
    const scene = await copying((ctx, { tm }) => tm.relay(ctx, '10.0.0.3', '5060'), { alice: 'tcp', bob: 'tcp' });
    scene.alice.request('MESSAGE', CAROL);
    await scene.sim.runFor(100);
    expect(scene.bob.received('MESSAGE')[0]?.topVia?.transport).toBe('TCP');
  });
});
