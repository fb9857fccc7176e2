/** Parallel and serial forking: which reply goes back, what becomes of the other branches, and what routes may do. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { after } from '../../src/util/time.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import { answers, BOB, CAROL, DAVE, heard, NOTHING_LEFT, type TmModules, type TmScene, tmStage } from './tm-stage.ts';

const toBobAnd =
  (...others: readonly string[]) =>
  ({ tm }: TmModules) => ({
    request(ctx: RequestContext) {
      if (ctx.message.method === 'INVITE') for (const uri of others) ctx.appendBranch(uri);
      void tm.relay(ctx);
    },
  });

/** The first INVITE that the agent got is answered with this. */
function reply(agent: ScriptedUa, status: number, headers: readonly (readonly [string, string])[] = []): void {
  const [invite] = agent.received('INVITE');
  if (invite !== undefined) agent.reply(invite, status, { headers });
}

async function ringing(scene: TmScene, ...agents: readonly ScriptedUa[]) {
  for (const agent of agents) answers(agent, 180);
  const invite = scene.alice.invite(BOB);
  await scene.sim.runFor(100);
  return invite;
}

describe('parallel branches', () => {
  it('all get the INVITE, with branches of their own, and each 180 goes back', async () => {
    const scene = await tmStage(toBobAnd(CAROL, DAVE));
    await ringing(scene, scene.bob, scene.carol, scene.dave);
    const branches = [scene.bob, scene.carol, scene.dave].map((ua) => ua.received('INVITE')[0]?.topVia?.branch);
    expect(new Set(branches).size).toBe(3);
    expect([scene.bob, scene.carol, scene.dave].map((ua) => ua.received()[0]?.uri)).toEqual([BOB, CAROL, DAVE]);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '180 INVITE', '180 INVITE']);
  });

  it('are cancelled with a Reason when one is answered', async () => {
    const scene = await tmStage(toBobAnd(CAROL));
    await ringing(scene, scene.bob, scene.carol);
    reply(scene.bob, 200);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '180 INVITE', '200 INVITE']);
    expect(heard(scene.bob)).toEqual(['INVITE']);
    expect(heard(scene.carol)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    const [invite, cancel] = scene.carol.received();
    expect(cancel?.topVia?.branch).toBe(invite?.topVia?.branch);
    expect(cancel?.cseq).toEqual({ number: invite?.cseq?.number, method: 'CANCEL' });
    expect(cancel?.headers.getAll('Reason')).toEqual(['SIP;cause=200;text="Call completed elsewhere"']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('that both answer are both shown to the caller', async () => {
    const scene = await tmStage(toBobAnd(CAROL));
    await ringing(scene, scene.bob, scene.carol);
    reply(scene.bob, 200);
    reply(scene.carol, 200);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(200, 'INVITE').map(({ toTag }) => toTag)).toHaveLength(2);
    expect(new Set(scene.alice.receivedStatus(200, 'INVITE').map(({ toTag }) => toTag)).size).toBe(2);
  });

  it('end with the first 6xx, which goes back when the others are through', async () => {
    const scene = await tmStage(toBobAnd(CAROL, DAVE));
    await ringing(scene, scene.bob, scene.carol, scene.dave);
    reply(scene.bob, 486);
    reply(scene.carol, 603);
    await scene.sim.run();
    expect(heard(scene.dave)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(scene.dave.received('CANCEL')[0]?.headers.getAll('Reason')).toEqual(['SIP;cause=603']);
    expect(heard(scene.alice).filter((what) => what.endsWith('INVITE') && !what.startsWith('1'))).toEqual([
      ...new Array(scene.alice.receivedStatus(603).length).fill('603 INVITE'),
    ]);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it.each([
    [404, 486, 500, 404],
    [486, 404, 500, 404],
    [500, 486, 302, 302],
    [480, 407, 404, 407],
    [503, 408, 500, 408],
    [603, 404, 302, 603],
  ])('that fail with %i, %i and %i end in %i', async (bob, carol, dave, best) => {
    const scene = await tmStage(toBobAnd(CAROL, DAVE));
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    reply(scene.bob, bob);
    reply(scene.carol, carol);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['100 INVITE']);
    reply(scene.dave, dave);
    await scene.sim.runFor(10);
    expect(heard(scene.alice)).toEqual(['100 INVITE', `${best} INVITE`]);
  });

  const proxyChallenge = ['Proxy-Authenticate', 'Digest realm="carol", nonce="1"'] as const;
  it.each([
    ['on', ['Digest realm="bob", nonce="1"'], ['Digest realm="carol", nonce="1"']],
    ['off', ['Digest realm="bob", nonce="1"'], []],
  ] as const)('have their challenges put together with aggregate_challenges %s', async (aggregate, www, proxy) => {
    const scene = await tmStage(toBobAnd(CAROL, DAVE), { tm: { aggregate_challenges: aggregate } });
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    reply(scene.bob, 401, [['WWW-Authenticate', 'Digest realm="bob", nonce="1"']]);
    reply(scene.carol, 407, [proxyChallenge]);
    reply(scene.dave, 404);
    await scene.sim.runFor(10);
    const [challenge] = scene.alice.receivedStatus(401);
    expect(challenge?.headers.getAll('WWW-Authenticate')).toEqual(www);
    expect(challenge?.headers.getAll('Proxy-Authenticate')).toEqual(proxy);
  });

  it('are no more than max_branches, and the rest is left out', async () => {
    const scene = await tmStage(toBobAnd(CAROL, DAVE), { tm: { max_branches: 2 } });
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    expect([scene.bob, scene.carol, scene.dave].map((ua) => heard(ua))).toEqual([['INVITE'], ['INVITE'], []]);
    expect(scene.logged).toEqual(['warn tm: more branches than max_branches']);
  });

  it('that append_branch copied from the Request-URI do not double it', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch();
        void tm.relay(ctx);
      },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(10);
    expect(heard(scene.bob)).toEqual(['INVITE']);
  });

  it('of another method than INVITE are not cancelled, and the first 200 alone goes back', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        void tm.relay(ctx);
      },
    }));
    for (const agent of [scene.bob, scene.carol]) agent.on('MESSAGE', (request, ua) => void ua.reply(request, 200));
    scene.alice.request('MESSAGE', BOB);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['200 MESSAGE']);
    expect(heard(scene.carol)).toEqual(['MESSAGE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a 503 from the next hop', () => {
  it.each([
    ['on', '500 Service Unavailable (INVITE)'],
    ['off', '503 Overloaded (INVITE)'],
  ] as const)('with remap_503_500 %s goes back as %s', async (remap, line) => {
    const scene = await tmStage(toBobAnd(), { tm: { remap_503_500: remap } });
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 503, { reason: 'Overloaded' }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(scene.alice.lines().at(-1)).toBe(line);
  });
});

describe('a failure route', () => {
  const failing =
    (run: (modules: TmModules, ctx: RequestContext) => unknown) =>
    (modules: TmModules): Parameters<typeof tmStage>[0] extends (m: TmModules) => infer R ? R : never => ({
      request(ctx) {
        modules.tm.onFailure(ctx, 'next');
        void modules.tm.relay(ctx);
      },
      failure: { next: (ctx) => void run(modules, ctx), last: (ctx) => void modules.tm.reply(ctx, 480) },
    });

  async function outcome(run: Parameters<typeof failing>[0], carol = 200) {
    const scene = await tmStage(failing(run));
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    scene.carol.on('INVITE', (request, ua) => void ua.reply(request, carol));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const final = scene.alice.receivedStatus().at(-1);
    if (final !== undefined && final.status >= 300) scene.alice.ackNegative(invite, final);
    await scene.sim.run();
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
    return { alice: heard(scene.alice), bob: heard(scene.bob), carol: heard(scene.carol), logged: scene.logged };
  }

  it('that does nothing lets the reply go back', async () => {
    expect(await outcome(() => undefined)).toMatchObject({ alice: ['100 INVITE', '486 INVITE'], carol: [] });
  });

  it('sees the reply and the request as it was relayed', async () => {
    const seen: unknown[] = [];
    await outcome((_, ctx) =>
      seen.push([ctx.route, ctx.winning?.status, ctx.winning?.response?.status, ctx.message.uri]),
    );
    expect(seen).toEqual([['failure', 486, 486, BOB]]);
  });

  it('that replies has its reply sent instead', async () => {
    const replied = await outcome(({ tm }, ctx) => tm.reply(ctx, 404, 'Gone'));
    expect(replied.alice).toEqual(['100 INVITE', '404 INVITE']);
  });

  it('that replies through sl does so through the transaction', async () => {
    const replied = await outcome(({ sl }, ctx) => sl.send(ctx, 404));
    expect(replied.alice).toEqual(['100 INVITE', '404 INVITE']);
  });

  it('that appends a branch and relays tries that one alone', async () => {
    const tried = await outcome(({ tm }, ctx) => [ctx.appendBranch(CAROL), tm.relay(ctx)]);
    expect(tried).toMatchObject({ alice: ['100 INVITE', '200 INVITE'], bob: ['INVITE', 'ACK'], carol: ['INVITE'] });
  });

  it('that rewrites the Request-URI and relays tries the new one', async () => {
    const tried = await outcome(({ tm }, ctx) => [(ctx.message.uri = CAROL), tm.relay(ctx)]);
    expect(tried).toMatchObject({ alice: ['100 INVITE', '200 INVITE'], bob: ['INVITE', 'ACK'], carol: ['INVITE'] });
  });

  it('that relays what failed already fails and lets the reply go back', async () => {
    const outcomes: unknown[] = [];
    const tried = await outcome(({ tm }, ctx) => outcomes.push(tm.relay(ctx)));
    expect(outcomes).toEqual(['failed']);
    expect(tried).toMatchObject({ alice: ['100 INVITE', '486 INVITE'], bob: ['INVITE', 'ACK'] });
  });

  it('whose next hop cannot be found lets the reply go back', async () => {
    const tried = await outcome(({ tm }, ctx) => [(ctx.message.uri = 'sip:x@nowhere.invalid'), tm.relay(ctx)]);
    expect(tried.alice).toEqual(['100 INVITE', '486 INVITE']);
  });

  it('is not run again for the next branch unless armed again', async () => {
    let runs = 0;
    const tried = await outcome(({ tm }, ctx) => [runs++, ctx.appendBranch(CAROL), tm.relay(ctx)], 404);
    expect(runs).toBe(1);
    // 404 ranks before 486.
    expect(tried.alice).toEqual(['100 INVITE', '404 INVITE']);
    const again = await outcome(
      ({ tm }, ctx) => [tm.onFailure(ctx, 'last'), ctx.appendBranch(CAROL), tm.relay(ctx)],
      404,
    );
    expect(again.alice).toEqual(['100 INVITE', '480 INVITE']);
  });

  it('that throws is logged and lets the reply go back', async () => {
    const thrown = await outcome(() => {
      throw new Error('bug');
    });
    expect(thrown.alice).toEqual(['100 INVITE', '486 INVITE']);
    expect(thrown.logged).toEqual(['error tm: the failure route threw']);
  });

  it('that waits has the reply wait for it', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onFailure(ctx, 'slow');
        void tm.relay(ctx);
      },
      failure: {
        async slow(ctx) {
          await new Promise<void>((done) => scene.sim.clock.wake(after(scene.sim.clock.now(), 300), done));
          tm.reply(ctx, 480);
        },
      },
    }));
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    scene.alice.invite(BOB);
    await scene.sim.runFor(200);
    expect(heard(scene.alice)).toEqual(['100 INVITE']);
    await scene.sim.runFor(200);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '480 INVITE']);
  });

  it('cannot go beyond max_branches', async () => {
    const scene = await tmStage(
      failing(({ tm }, ctx) => [ctx.appendBranch(CAROL), tm.relay(ctx)]),
      { tm: { max_branches: 1 } },
    );
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '486 INVITE']);
    expect(heard(scene.carol)).toEqual([]);
  });
});

describe('a branch failure route', () => {
  it('runs for one failed branch while others ring, and may add another', async () => {
    const seen: unknown[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        tm.onBranchFailure(ctx, 'replace');
        void tm.relay(ctx);
      },
      branch_failure: {
        replace(ctx) {
          seen.push([ctx.route, ctx.branchIndex, ctx.winning?.status]);
          ctx.message.uri = DAVE;
          void tm.relay(ctx);
        },
      },
    }));
    await ringing(scene, scene.bob, scene.carol);
    reply(scene.carol, 486);
    await scene.sim.runFor(100);
    expect(seen).toEqual([['branch_failure', 1, 486]]);
    expect(heard(scene.dave)).toEqual(['INVITE']);
    reply(scene.dave, 200);
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(heard(scene.alice).at(-1)).toBe('200 INVITE');
  });
});

describe('a branch route', () => {
  it('edits its own branch only', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        tm.onBranch(ctx, 'mark');
        void tm.relay(ctx);
      },
      branch: {
        mark(ctx) {
          ctx.message.headers.append('X-Branch', String(ctx.branchIndex));
          if (ctx.branchIndex === 1) ctx.message.uri = DAVE;
        },
      },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(scene.bob.received()[0]?.headers.getAll('X-Branch')).toEqual(['0']);
    expect(scene.dave.received()[0]?.headers.getAll('X-Branch')).toEqual(['1']);
    expect(heard(scene.carol)).toEqual([]);
  });

  it('that drops one of two leaves the other; that drops the only one leaves a 500', async () => {
    const dropping = (which: number) => (m: TmModules) => ({
      request(ctx: RequestContext) {
        if (which > 0) ctx.appendBranch(CAROL);
        m.tm.onBranch(ctx, 'filter');
        void m.tm.relay(ctx);
      },
      branch: { filter: (ctx: RequestContext) => (ctx.branchIndex === which ? ctx.drop() : undefined) },
    });
    const scene = await tmStage(dropping(1));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.bob), heard(scene.carol)]).toEqual([['INVITE'], []]);
    const only = await tmStage(dropping(0));
    only.alice.invite(BOB);
    await only.sim.runFor(100);
    expect(only.alice.lines().at(-1)).toBe("500 I'm terribly sorry, server error occurred (6/TM) (INVITE)");
    expect(heard(only.bob)).toEqual([]);
  });

  it('is armed for one relay; what it arms itself holds for its branch', async () => {
    const ran: string[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        tm.onBranch(ctx, 'one');
        tm.onFailure(ctx, 'again');
        void tm.relay(ctx);
      },
      branch: {
        one(ctx) {
          ran.push(`branch ${ctx.branchIndex}`);
          tm.onReply(ctx, ctx.branchIndex === 0 ? 'bob' : 'carol');
        },
      },
      onreply: { bob: () => void ran.push('bob'), carol: () => void ran.push('carol') },
      failure: {
        again(ctx) {
          ctx.message.uri = DAVE;
          void tm.relay(ctx);
        },
      },
    }));
    for (const agent of [scene.bob, scene.carol, scene.dave]) agent.on('INVITE', (r, ua) => void ua.reply(r, 486));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(ran).toEqual(['branch 0', 'branch 1', 'bob', 'carol']);
    expect(heard(scene.dave)).toEqual(['INVITE', 'ACK']);
  });
});

describe('an onsend route that drops', () => {
  it('leaves a 477 when nothing else was sent', async () => {
    const scene = await tmStage(({ tm }) => ({
      request: (ctx) => void tm.relay(ctx),
      onsend: (ctx) => ctx.drop(),
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(scene.alice.lines().at(-1)).toBe(
      '477 Unfortunately error on sending to next hop occurred (477/TM) (INVITE)',
    );
    expect(heard(scene.bob)).toEqual([]);
  });
});

describe('replies', () => {
  it('dropped in the onreply route are lost when provisional and relayed when final', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onReply(ctx, 'all');
        void tm.relay(ctx);
      },
      onreply: { all: (ctx) => ctx.drop() },
    }));
    scene.bob.acceptCalls();
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 INVITE']);
  });

  it('dropped in the core reply route leave the branch as it was', async () => {
    const scene = await tmStage(({ tm }) => ({
      request: (ctx) => void tm.relay(ctx),
      reply: (ctx) => (ctx.message.status === 200 ? ctx.drop() : undefined),
    }));
    scene.bob.acceptCalls();
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE']);
    expect(scene.leftovers()).toMatchObject({ current: 1, branches: 1 });
  });

  it('edited in the onreply route arrive edited, and share AVPs and flags with the request', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.state.flags = 5;
        tm.onReply(ctx, 'mark');
        void tm.relay(ctx);
      },
      onreply: { mark: (ctx) => void ctx.message.headers.append('X-Flags', String(ctx.state.flags)) },
    }));
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(200)[0]?.headers.get('X-Flags')).toBe('5');
  });
});
