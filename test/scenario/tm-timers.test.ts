/** Time limits and next hops in trouble: silence, names without an address, closed ports, failover. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, CAROL, heard, heardAt, NOTHING_LEFT, type TmModules, tmStage } from './tm-stage.ts';

const relaying = ({ tm }: TmModules) => ({ request: (ctx: RequestContext) => void tm.relay(ctx) });

describe('a callee that stays silent', () => {
  it('costs fr_timer, then the caller gets 408', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 3_000 }, lively: true });
    scene.alice.invite(BOB);
    await scene.sim.run();
    expect(heardAt(scene.alice)).toEqual(['2 100 INVITE', '3002 408 INVITE']);
    expect(scene.alice.lines().at(-1)).toBe('408 Request Timeout (INVITE)');
    expect(heard(scene.bob)).toEqual(['INVITE', 'INVITE', 'INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('costs a request that is no INVITE the same', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 3_000 } });
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(heardAt(scene.alice)).toEqual(['3002 408 OPTIONS']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('after ringing costs fr_inv_timer from the last provisional reply, and is cancelled', async () => {
    const scene = await tmStage(relaying, { tm: { fr_inv_timer: 10_000 }, lively: true });
    scene.bob.acceptCalls([180]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(4_001);
    scene.bob.received('INVITE').map((invite) => scene.bob.reply(invite, 183));
    await scene.sim.run();
    expect(heardAt(scene.alice)).toEqual(['2 100 INVITE', '4 180 INVITE', '4003 183 INVITE', '14003 408 INVITE']);
    expect(heardAt(scene.bob)).toEqual(['2 INVITE', '14003 CANCEL', '14005 ACK']);
    expect(scene.bob.received('CANCEL')[0]?.headers.has('Reason')).toBe(false);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('costs what t_set_fr says, in the request route for all branches and in a branch route for one', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.setTimers(ctx, 0, 2_000);
        tm.onFailure(ctx, 'next');
        void tm.relay(ctx);
      },
      failure: {
        next(ctx) {
          ctx.message.uri = CAROL;
          tm.onBranch(ctx, 'short');
          void tm.relay(ctx);
        },
      },
      branch: { short: (ctx) => void tm.setTimers(ctx, 0, 1_000) },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(5_000);
    expect(heardAt(scene.carol)[0]).toBe('2002 INVITE');
    expect(heardAt(scene.alice)[1]).toBe('3002 408 INVITE');
  });

  it('is told apart by t_branch_timeout from one that answered 408', async () => {
    const saw: string[] = [];
    const routes = ({ tm }: TmModules) => ({
      request(ctx: RequestContext) {
        tm.onFailure(ctx, 'look');
        void tm.relay(ctx);
      },
      failure: { look: (ctx: RequestContext) => void saw.push(`${ctx.winning?.status} ${tm.branchTimedOut(ctx)}`) },
    });
    const silent = await tmStage(routes, { tm: { fr_timer: 1_000 } });
    silent.alice.invite(BOB);
    await silent.sim.runFor(2_000);
    const slow = await tmStage(routes);
    slow.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 408));
    slow.alice.invite(BOB);
    await slow.sim.runFor(2_000);
    expect(saw).toEqual(['408 true', '408 false']);
  });

  it('and answers after all has its late 200 dropped: the caller has had its final reply', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 1_000 }, lively: true });
    scene.alice.invite(BOB);
    await scene.sim.runFor(2_000);
    scene.bob
      .received('INVITE')
      .slice(0, 1)
      .map((invite) => scene.bob.reply(invite, 200));
    await scene.sim.runFor(1_000);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '408 INVITE']);
  });
});

const UNSENT = 'Unfortunately error on sending to next hop occurred (477/TM) (INVITE)';

describe('a next hop that cannot be reached', () => {
  it.each([
    ['sip:bob@nowhere.invalid', '478 Unresolvable destination (478/TM) (INVITE)'],
    ['tel:+4930123', '478 Unresolvable destination (478/TM) (INVITE)'],
    ['sip:bob@10.0.0.3;transport=tls', "500 I'm terribly sorry, server error occurred (7/TM) (INVITE)"],
  ])('%s: %s', async (uri, line) => {
    const scene = await tmStage(relaying);
    scene.alice.invite(uri);
    await scene.sim.runFor(1_000);
    expect(scene.alice.lines()[1]).toBe(line);
    expect(scene.alice.receivedStatus().filter(({ status }) => status >= 200).length).toBeGreaterThan(0);
  });

  it('because its URI is none gets 479', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.message.uri = 'no uri at all';
        void tm.relay(ctx);
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(1_000);
    expect(scene.alice.lines()).toEqual(['479 Regretfully, we were not able to process the URI (479/TM) (OPTIONS)']);
  });

  it('over TCP because nobody listens gets 477 at once', async () => {
    const scene = await tmStage(relaying, { lively: true });
    scene.alice.invite('sip:bob@10.0.0.3:5099;transport=tcp');
    await scene.sim.run();
    expect(scene.alice.lines().at(-1)).toBe(`477 ${UNSENT}`);
    expect(heardAt(scene.alice).at(-1)).toMatch(/^[1-9] 477/);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('over UDP because the system does not take the datagram gets 477 at once', async () => {
    const scene = await tmStage(relaying, { lively: true });
    scene.alice.invite('sip:bob@255.255.255.255');
    scene.alice.request('OPTIONS', 'sip:bob@255.255.255.255:5070');
    await scene.sim.run();
    expect(scene.alice.receivedStatus(477).map(({ reason }) => `${reason} (INVITE)`)).toContain(UNSENT);
    expect(heardAt(scene.alice).filter((what) => /^[1-9] 477/.test(what))).toHaveLength(2);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('shows its failure route a 503 that no timer and no peer made', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onFailure(ctx, 'saw');
        return tm.relay(ctx);
      },
      failure: {
        saw(ctx) {
          expect([ctx.winning?.status, tm.branchTimedOut(ctx), tm.branchReplied(ctx)]).toEqual([503, false, false]);
          ctx.message.uri = CAROL;
          return tm.relay(ctx);
        },
      },
    }));
    scene.carol.acceptCalls([180]);
    scene.alice.invite('sip:bob@255.255.255.255');
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE']);
  });

  it('is answered for once, with the reason, when the route says sl_reply_error after a failed relay', async () => {
    const scene = await tmStage(({ tm, sl }) => ({
      async request(ctx) {
        if ((await tm.relay(ctx)) === 'failed') sl.replyError(ctx);
      },
    }));
    scene.alice.request('OPTIONS', 'sip:bob@nowhere.invalid');
    await scene.sim.run();
    expect(scene.alice.lines()).toEqual(['478 Unresolvable destination (478/TM) (OPTIONS)']);
  });

  it('can be replaced by another relay of the same route', async () => {
    const scene = await tmStage(({ tm }) => ({
      async request(ctx) {
        if ((await tm.relay(ctx)) === 'relayed') return;
        ctx.message.uri = CAROL;
        await tm.relay(ctx);
      },
    }));
    scene.carol.acceptCalls([200]);
    scene.alice.invite('sip:bob@nowhere.invalid');
    await scene.sim.runFor(1_000);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
  });
});

describe('a name with several addresses', () => {
  it.each([
    ['on', ['503', '200']],
    ['off', ['503']],
  ] as const)(
    'with use_dns_failover %s is tried at the next one when the first is overloaded',
    async (failover, tried) => {
      const scene = await tmStage(relaying, { tm: { use_dns_failover: failover } });
      scene.sim.resolver.a('pool.example', ['10.0.0.3', '10.0.0.4']);
      scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 503));
      scene.carol.on('INVITE', (invite, ua) => void ua.reply(invite, 200));
      scene.alice.invite('sip:pool.example:5060');
      await scene.sim.runFor(500);
      expect([heard(scene.bob), heard(scene.carol)]).toEqual([['INVITE', 'ACK'], tried.length > 1 ? ['INVITE'] : []]);
      expect(heard(scene.alice)).toEqual(['100 INVITE', tried.length > 1 ? '200 INVITE' : '500 INVITE']);
    },
  );

  it('is tried at the next one after silence and after a refused connection, and only that one counts', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 2_000 } });
    scene.sim.resolver.a('pool.example', ['10.0.0.3', '10.0.0.4']);
    scene.carol.on('INVITE', (invite, ua) => void ua.reply(invite, 486));
    scene.alice.invite('sip:pool.example:5060');
    await scene.sim.runFor(2_400);
    expect(heardAt(scene.carol)[0]).toBe('2003 INVITE');
    // 408 would rank before 486.
    expect(heard(scene.alice)).toEqual(['100 INVITE', '486 INVITE']);
  });

  it('that says no is not tried elsewhere', async () => {
    const scene = await tmStage(relaying);
    scene.sim.resolver.a('pool.example', ['10.0.0.3', '10.0.0.4']);
    scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 500));
    scene.alice.invite('sip:pool.example:5060');
    await scene.sim.runFor(500);
    expect(heard(scene.carol)).toEqual([]);
  });
});

describe('DNS that takes its time', () => {
  it('loses nothing and holds up nobody else', async () => {
    const scene = await tmStage(relaying);
    scene.sim.resolver.a('slow.example', ['10.0.0.4']).latencyMs = 400;
    scene.bob.on('MESSAGE', (request, ua) => void ua.reply(request, 200));
    scene.carol.on('MESSAGE', (request, ua) => void ua.reply(request, 202));
    for (const body of ['1', '2', '3']) scene.alice.request('MESSAGE', 'sip:carol@slow.example:5060', { body });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['200 MESSAGE']);
    await scene.sim.run();
    expect(scene.carol.received().map(({ body }) => body)).toEqual(['1', '2', '3']);
    expect(heard(scene.alice)).toEqual(['200 MESSAGE', '202 MESSAGE', '202 MESSAGE', '202 MESSAGE']);
    expect(scene.sim.resolver.queries.filter((query) => query === 'A slow.example')).toHaveLength(1);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('answers with 478 even when the route did not wait for the outcome', async () => {
    const scene = await tmStage(relaying);
    scene.sim.resolver.latencyMs = 400;
    scene.alice.request('MESSAGE', 'sip:carol@missing.example:5060');
    await scene.sim.run();
    expect(scene.alice.lines()).toEqual(['478 Unresolvable destination (478/TM) (MESSAGE)']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });
});
