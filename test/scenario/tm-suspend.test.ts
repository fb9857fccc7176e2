/** Transactions that wait until somebody lets them go on, and those that nobody lets go on. */
import { describe, expect, it } from 'vitest';
import type { ReplyContext, RequestContext, ResumeRoute } from '../../src/engine/context.ts';
import { MAX_SUSPENDED } from '../../src/modules/tm/suspension.ts';
import type { Ident } from '../../src/modules/tm/idents.ts';
import { type TmModules, type TmStageOptions, BOB, CAROL, heard, heardAt, NOTHING_LEFT, tmStage } from './tm-stage.ts';

const LONG_MS = 200_000;

type Route = (ctx: RequestContext, modules: TmModules) => unknown;

/** INVITE and MESSAGE are suspended after `before`; what goes on runs `goesOn`. */
async function held(
  goesOn: (ctx: RequestContext | ReplyContext, modules: TmModules) => unknown,
  options: TmStageOptions & {
    before?: Route;
    failure?: Route;
    onreply?: (ctx: ReplyContext, modules: TmModules) => unknown;
  } = {},
) {
  const outcomes: unknown[] = [];
  const idents: Ident[] = [];
  const given: TmModules[] = [];
  const asked: RequestContext[] = [];
  const resume: ResumeRoute = (ctx) => {
    const [modules] = given;
    return modules === undefined ? undefined : String(goesOn(ctx, modules));
  };
  const scene = await tmStage((modules) => {
    given.push(modules);
    const { tm, tmx } = modules;
    return {
      request(ctx) {
        if (ctx.message.method === 'ACK' || ctx.message.method === 'CANCEL') return tm.relay(ctx);
        asked.push(ctx);
        if (options.before !== undefined) options.before(ctx, modules);
        if (options.onreply === undefined) outcomes.push(tmx.suspend(ctx));
        else {
          tm.onReply(ctx, 'wait');
          void tm.relay(ctx);
        }
        return undefined;
      },
      failure: { last: (ctx) => void options.failure?.(ctx, modules) },
      onreply: { wait: (ctx) => void options.onreply?.(ctx, modules) },
      resume: { goOn: resume },
    };
  }, options);
  const api = () => scene.proxy.program.modules.find(({ decl }) => decl.name === 'tmx');
  const ident = (): Ident => {
    const pv = api()?.instance.pvs?.['T'];
    const [ctx] = asked;
    if (pv === undefined || ctx === undefined) throw new Error('nothing was asked');
    const number = (inner: string) => Number(pv.read(ctx, { inner, index: undefined }));
    return { index: number('id_index'), label: number('id_label') };
  };
  return {
    scene,
    outcomes,
    remember: () => void idents.push(ident()),
    go(route = 'goOn'): unknown {
      const [ctx] = asked;
      const { index, label } = idents[0] ?? ident();
      return ctx === undefined ? undefined : given[0]?.tmx.resume(ctx, index, label, route);
    },
  };
}

const relays = (ctx: RequestContext | ReplyContext, { tm }: TmModules) =>
  'branches' in ctx ? tm.relay(ctx) : undefined;

describe('a request that is suspended', () => {
  it('is relayed when it goes on, with what the route had written before', async () => {
    const { scene, go, outcomes } = await held(relays, {
      before: (ctx) => ctx.message.headers.append('X-Before', '1'),
    });
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(2_000);
    expect([outcomes, heard(scene.alice), heard(scene.bob)]).toEqual([['suspended'], ['100 INVITE'], []]);
    expect(go()).toBe('resumed');
    await scene.sim.runFor(10);
    expect(scene.bob.received('INVITE')[0]?.headers.get('X-Before')).toBe('1');
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
    await scene.sim.runFor(LONG_MS);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('absorbs what comes again meanwhile', async () => {
    const { scene, outcomes } = await held(relays, { lively: true });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(4_000);
    const stats = Object(scene.proxy.program.rpc.get('tm.stats')?.([]));
    expect([outcomes, stats.retransmissions_in]).toEqual([['suspended'], 3]);
  });

  it('goes on once: a second time there is nothing to let go on', async () => {
    const { scene, go, remember } = await held((ctx, { tm }) => tm.reply(ctx, 486));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    remember();
    expect([go(), go()]).toEqual(['resumed', 'unknown']);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['486 MESSAGE']);
  });

  it('is not suspended any more while its branch is out', async () => {
    const { scene, go } = await held(relays);
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect([go(), go()]).toEqual(['resumed', 'notSuspended']);
  });

  it('waits on when the route is unknown', async () => {
    const { scene, go } = await held(relays);
    scene.bob.on('*', (request, ua) => ua.reply(request, 200));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect([go('nowhere'), go()]).toEqual(['noRoute', 'resumed']);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['200 MESSAGE']);
  });

  it('ends with 408 after fr_timer when nobody lets it go on', async () => {
    const { scene, go, remember } = await held(relays, { tm: { fr_timer: 3_000 } });
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    remember();
    await scene.sim.runFor(2_850);
    expect(heard(scene.alice)).toEqual(['100 INVITE']);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toContain('408 INVITE');
    await scene.sim.runFor(LONG_MS);
    expect([go(), scene.leftovers()]).toEqual(['unknown', NOTHING_LEFT]);
  });

  it('ends at the end of its longest life, if that is earlier', async () => {
    const { scene } = await held(relays, { tm: { fr_timer: 30_000, max_inv_lifetime: 1_000 } });
    scene.alice.invite(BOB);
    await scene.sim.runFor(1_100);
    expect(heard(scene.alice).slice(0, 2)).toEqual(['100 INVITE', '408 INVITE']);
  });

  it('waits as long as t_set_fr says, before and after', async () => {
    const { scene } = await held(relays, { before: (ctx, { tm }) => tm.setTimers(ctx, 0, 700) });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(800);
    expect(heardAt(scene.alice)).toEqual(['702 408 MESSAGE']);
  });

  it('runs its failure route when nobody lets it go on, which may send it elsewhere', async () => {
    const asked: unknown[] = [];
    const { scene } = await held(relays, {
      tm: { fr_timer: 1_000 },
      before: (ctx, { tm }) => tm.onFailure(ctx, 'last'),
      failure(ctx, { tm }) {
        asked.push(tm.branchTimedOut(ctx), tm.branchReplied(ctx), ctx.winning?.status);
        ctx.message.uri = CAROL;
        void tm.relay(ctx);
      },
    });
    scene.carol.on('*', (request, ua) => ua.reply(request, 200));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(1_100);
    expect([asked, heard(scene.bob), heard(scene.carol), heard(scene.alice)]).toEqual([
      [true, false, 408],
      [],
      ['MESSAGE'],
      ['200 MESSAGE'],
    ]);
  });

  it('gets 500 when it goes on in a route that does nothing', async () => {
    const { scene, go } = await held(() => undefined);
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    go();
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['500 MESSAGE']);
  });

  it('may be suspended again where it goes on', async () => {
    let turns = 0;
    const { scene, go } = await held((ctx, { tm, tmx }) => {
      turns++;
      return turns < 3 ? tmx.suspend(ctx) : tm.reply(ctx, 480);
    });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect([go(), go(), go()]).toEqual(['resumed', 'resumed', 'resumed']);
    await scene.sim.runFor(LONG_MS);
    expect([turns, heard(scene.alice), scene.leftovers()]).toEqual([3, ['480 MESSAGE'], NOTHING_LEFT]);
  });

  it('waits no more than a limit often', async () => {
    const { scene, outcomes } = await held(relays, {
      tm: { fr_timer: 1_000 },
      before: (ctx, { tmx }) => {
        for (let i = 0; i < MAX_SUSPENDED - 1; i++) outcomes.push(tmx.suspend(ctx));
        outcomes.length = 0;
      },
    });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect(outcomes).toEqual(['suspended']);
    await scene.sim.runFor(LONG_MS);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('is refused beyond that limit', async () => {
    const { scene, outcomes } = await held(relays, {
      before: (ctx, { tmx }) => {
        for (let i = 0; i < MAX_SUSPENDED; i++) tmx.suspend(ctx);
      },
    });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect(outcomes).toEqual(['full']);
  });

  it('ends with 487 when the caller cancels, and goes on no more', async () => {
    const { scene, go, remember } = await held(relays);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    remember();
    scene.alice.cancel(invite);
    await scene.sim.runFor(10);
    expect([heard(scene.alice), go()]).toEqual([['100 INVITE', '487 INVITE', '200 CANCEL'], 'unknown']);
    await scene.sim.runFor(LONG_MS);
    expect([heard(scene.bob), scene.leftovers()]).toEqual([[], NOTHING_LEFT]);
  });

  it('cannot be suspended when it has been answered', async () => {
    const { scene, outcomes } = await held(relays, { before: (ctx, { tm }) => tm.createAndReply(ctx, 486) });
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect(outcomes).toEqual(['answered']);
  });
});

describe('a reply that is suspended', () => {
  it('goes back when it goes on, with what either route wrote', async () => {
    const { scene, go } = await held((ctx) => ctx.message.headers.append('X-Second', '2'), {
      onreply(ctx, { tmx }) {
        ctx.message.headers.append('X-First', '1');
        tmx.suspend(ctx);
      },
    });
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(400);
    expect([heard(scene.alice), go()]).toEqual([['100 INVITE'], 'resumed']);
    await scene.sim.runFor(10);
    const [reply] = scene.alice.receivedStatus(200);
    expect([reply?.headers.get('X-First'), reply?.headers.get('X-Second')]).toEqual(['1', '2']);
  });

  it('goes on as it is after fr_timer when nobody lets it', async () => {
    const { scene } = await held(relays, { tm: { fr_timer: 1_000 }, onreply: (ctx, { tmx }) => tmx.suspend(ctx) });
    scene.bob.acceptCalls([486]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(900);
    expect(heard(scene.alice)).toEqual(['100 INVITE']);
    await scene.sim.runFor(200);
    expect(heard(scene.alice)).toContain('486 INVITE');
    await scene.sim.runFor(LONG_MS);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('runs its failure route once it went on', async () => {
    const { scene, go } = await held(relays, {
      before: (ctx, { tm }) => tm.onFailure(ctx, 'last'),
      onreply: (ctx, { tmx }) => (ctx.message.status === 404 ? tmx.suspend(ctx) : undefined),
      failure(ctx, { tm }) {
        ctx.message.uri = CAROL;
        void tm.relay(ctx);
      },
    });
    scene.bob.on('*', (request, ua) => ua.reply(request, 404));
    scene.carol.on('*', (request, ua) => ua.reply(request, 200));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.runFor(10);
    expect([heard(scene.carol), go()]).toEqual([[], 'resumed']);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['200 MESSAGE']);
  });

  it('waits once, however often a 2xx comes again', async () => {
    const { scene, go } = await held(() => undefined, { onreply: (ctx, { tmx }) => tmx.suspend(ctx), lively: true });
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(4_000);
    expect([go(), go()]).toEqual(['resumed', 'unknown']);
    await scene.sim.runFor(10);
    expect(scene.alice.receivedStatus(200, 'INVITE')).toHaveLength(1);
  });
});
