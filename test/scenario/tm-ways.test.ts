/** What a route may say of its transaction beside its route blocks: where it goes, how it is repeated, how long it lives. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, CAROL, DAVE, heard, heardAt, NOTHING_LEFT, type TmModules, tmStage } from './tm-stage.ts';

type Relay = (ctx: RequestContext, tm: TmModules['tm']) => unknown;
const route =
  (run: Relay) =>
  ({ tm }: TmModules) => ({ request: (ctx: RequestContext) => void run(ctx, tm) });
const finals = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('1'));

describe('relaying to a host that the call names', () => {
  it('sends all branches there and leaves the destination as it was', async () => {
    const left: unknown[] = [];
    const scene = await tmStage(
      route((ctx, tm) => {
        ctx.appendBranch(DAVE);
        ctx.destination.uri = BOB;
        void tm.relay(ctx, '10.0.0.4', '5060');
        left.push(ctx.destination.uri);
      }),
    );
    scene.alice.request('OPTIONS', 'sip:nobody@example.invalid');
    await scene.sim.runFor(100);
    expect(scene.carol.received('OPTIONS').map(({ uri }) => uri)).toEqual(['sip:nobody@example.invalid', DAVE]);
    expect([heard(scene.bob), heard(scene.dave), left]).toEqual([[], [], [BOB]]);
  });

  it('does not make the next relay of a failure route go there', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onFailure(ctx, 'next');
        return tm.relay(ctx, '10.0.0.4');
      },
      failure: {
        next(ctx) {
          ctx.message.uri = DAVE;
          return tm.relay(ctx);
        },
      },
    }));
    scene.carol.acceptCalls([404]);
    scene.dave.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([heard(scene.carol), heard(scene.dave)[0]]).toEqual([['INVITE', 'ACK'], 'INVITE']);
  });

  it.each([
    ['relayUdp', 'sip:bob@10.0.0.3:5060;transport=tcp', 'UDP'],
    ['relayTcp', BOB, 'TCP'],
  ] as const)('%s of %s goes over %s', async (name, uri, transport) => {
    const scene = await tmStage(
      route((ctx, tm) => tm[name](ctx)),
      { bob: name === 'relayTcp' ? 'tcp' : 'udp' },
    );
    scene.alice.request('OPTIONS', uri);
    await scene.sim.runFor(100);
    expect(scene.bob.received('OPTIONS')[0]?.topVia?.transport).toBe(transport);
  });

  it('over TLS fails where nobody listens for TLS, and is told so', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(route((ctx, tm) => outcomes.push(tm.relayTls(ctx, '10.0.0.3', '5061'))));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(outcomes).toEqual(['failed']);
  });

  it('of an existing transaction needs one', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(
      route((ctx, tm) => {
        outcomes.push(tm.relayExisting(ctx), tm.newTransaction(ctx), tm.relayExistingUdp(ctx, '10.0.0.4', '5060'));
      }),
    );
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(outcomes).toEqual(['failed', 'created', 'relayed']);
    expect([heard(scene.bob), heard(scene.carol)]).toEqual([[], ['OPTIONS']]);
  });
});

describe('the longest life of a transaction', () => {
  const ringing = async (life: number, params: { max_inv_lifetime?: number } = {}) => {
    const expired: boolean[] = [];
    const scene = await tmStage(
      ({ tm }) => ({
        request(ctx) {
          if (life > 0) tm.setLifetime(ctx, life, 0);
          tm.onFailure(ctx, 'late');
          return tm.relay(ctx);
        },
        failure: { late: (ctx) => void expired.push(tm.isExpired(ctx)) },
      }),
      { tm: { fr_inv_timer: 5_000, ...params } },
    );
    scene.bob.on('INVITE', () => undefined);
    scene.alice.invite(BOB);
    for (let second = 0; second < 20; second++) {
      const invite = scene.bob.received('INVITE')[0];
      if (invite !== undefined) scene.bob.reply(invite, 180);
      await scene.sim.runFor(1_000);
    }
    return { at: heardAt(scene.alice).find((line) => line.includes('408')), expired };
  };

  it.each([
    ['said by the route', 7_000, {}],
    ['of the parameter', 0, { max_inv_lifetime: 7_000 }],
  ])('%s is not prolonged by ringing', async (_, life, params) => {
    const { at, expired } = await ringing(life, params);
    expect(at).toMatch(/^70\d\d 408/);
    expect(expired).toEqual([true]);
  });

  it('has no end unless one is given', async () => {
    expect(await ringing(0)).toEqual({ at: undefined, expired: [] });
  });

  it('ends a request that nobody answers before its timer does', async () => {
    const scene = await tmStage(
      route((ctx, tm) => {
        tm.setLifetime(ctx, 0, 1_000);
        return tm.relay(ctx);
      }),
    );
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.run();
    expect(finals(heardAt(scene.alice))[0] ?? heardAt(scene.alice)[0]).toMatch(/^1\d\d\d 408/);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('the repetition of requests', () => {
  it('is what the route says until it takes that back', async () => {
    const scene = await tmStage(
      route((ctx, tm) => {
        tm.setRepetition(ctx, 100, 200);
        if (ctx.message.uri === CAROL) tm.resetRepetition(ctx);
        return tm.relay(ctx);
      }),
    );
    scene.alice.request('OPTIONS', BOB);
    scene.alice.request('OPTIONS', CAROL);
    await scene.sim.runFor(650);
    expect(heardAt(scene.bob)).toEqual(['2 OPTIONS', '102 OPTIONS', '302 OPTIONS', '502 OPTIONS']);
    expect(heardAt(scene.carol)).toEqual(['2 OPTIONS', '502 OPTIONS']);
  });
});

describe('timers that a reply route sets', () => {
  it('hold for the branch that rings', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onReply(ctx, 'ringing');
        return tm.relay(ctx);
      },
      onreply: { ringing: (ctx) => void tm.setTimers(ctx, 3_000) },
    }));
    scene.bob.acceptCalls([180]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(4_000);
    expect(heardAt(scene.alice).filter((line) => line.includes('408'))[0]).toMatch(/^30\d\d 408/);
  });

  it('hold for what nobody has answered yet when a request route sets them late', async () => {
    const scene = await tmStage(
      route(async (ctx, tm) => {
        await tm.relay(ctx);
        tm.setTimers(ctx, 0, 700);
        tm.resetTimers(ctx);
        tm.setTimers(ctx, 0, 900);
      }),
    );
    scene.alice.request('OPTIONS', BOB);
    scene.alice.invite(CAROL);
    await scene.sim.runFor(2_000);
    expect(heardAt(scene.alice).filter((line) => /^90\d 408/.test(line))).toHaveLength(2);
  });
});

describe('a branch that failed', () => {
  it('is tried again where it went, beside those that still wait', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        tm.onBranchFailure(ctx, 'again');
        return tm.relay(ctx);
      },
      branch_failure: {
        again(ctx) {
          if (ctx.winning?.status !== 500) return;
          outcomes.push(tm.reuseBranch(ctx));
          return tm.relay(ctx);
        },
      },
    }));
    scene.bob.on('INVITE', () => undefined);
    scene.carol.on('INVITE', (request, ua) => ua.reply(request, ua.received('INVITE').length < 2 ? 500 : 180));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect(outcomes).toEqual(['appended']);
    expect(scene.carol.received('INVITE').map(({ uri }) => uri)).toEqual([CAROL, CAROL]);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE']);
  });
});

describe('contacts with preferences', () => {
  const serially = (q: readonly [bob: number, carol: number, dave: number]) => {
    const outcomes: string[] = [];
    const routes = ({ tm }: TmModules) => ({
      request(ctx: RequestContext) {
        ctx.uriQ = q[0];
        ctx.appendBranch(CAROL, q[1]);
        ctx.appendBranch(DAVE, q[2]);
        outcomes.push(tm.loadContacts(ctx), tm.nextContacts(ctx));
        tm.onFailure(ctx, 'next');
        return tm.relay(ctx);
      },
      failure: {
        next(ctx: RequestContext) {
          const outcome = tm.nextContacts(ctx);
          outcomes.push(outcome);
          if (outcome !== 'set') return;
          tm.onFailure(ctx, 'next');
          return tm.relay(ctx);
        },
      },
    });
    return { outcomes, routes };
  };

  it.each([
    [
      [300, 900, 300],
      ['loaded', 'set', 'set', 'none'],
      ['carol', 'bob dave'],
    ],
    [
      [1000, 500, 100],
      ['loaded', 'set', 'set', 'set', 'none'],
      ['bob', 'carol', 'dave'],
    ],
    [[500, 500, 500], ['nothing', 'untouched', 'untouched'], ['bob carol dave']],
  ] as const)('of %j are tried in their order, equals at once', async (q, expected, order) => {
    const { outcomes, routes } = serially(q);
    const scene = await tmStage(routes);
    const rounds = new Map<number, string[]>();
    for (const agent of [scene.bob, scene.carol, scene.dave]) {
      agent.on('*', (request, ua) => {
        const at = Math.round((heardAt(ua).length === 0 ? 0 : Number(heardAt(ua)[0]?.split(' ')[0])) / 2);
        rounds.set(at, [...(rounds.get(at) ?? []), /sip:(\w+)/.exec(request.uri)?.[1] ?? '']);
        ua.reply(request, 404);
      });
    }
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(200);
    expect(outcomes).toEqual(expected);
    expect([...rounds].sort(([a], [b]) => a - b).map(([, names]) => names.toSorted().join(' '))).toEqual(order);
  });
});

describe('connections', () => {
  it('are not opened for a request that must not, and those that are open are used', async () => {
    const scene = await tmStage(
      ({ tm, core }) => ({
        request(ctx) {
          if (ctx.message.method === 'OPTIONS') core.setForwardNoConnect(ctx);
          return tm.relay(ctx);
        },
      }),
      { bob: 'tcp' },
    );
    const uri = `${BOB};transport=tcp`;
    scene.bob.on('*', (request, ua) => ua.reply(request, 200));
    scene.alice.request('OPTIONS', uri);
    await scene.sim.runFor(100);
    scene.alice.request('INFO', uri);
    await scene.sim.runFor(100);
    scene.alice.request('OPTIONS', uri);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['477 OPTIONS', '200 INFO', '200 OPTIONS']);
  });

  it.each([
    ['is closed behind the final reply', 'setReplyClose', 0],
    ['stays open', undefined, 1],
  ] as const)('of the caller: it %s', async (_, close, left) => {
    const scene = await tmStage(
      ({ tm, sl, core }) => ({
        request(ctx) {
          if (close !== undefined) core[close](ctx);
          tm.newTransaction(ctx);
          tm.reply(ctx, 183);
          return sl.reply(ctx, 404);
        },
      }),
      { alice: 'tcp' },
    );
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['183 OPTIONS', '404 OPTIONS']);
    expect(scene.proxy.engine.transport.connections()).toHaveLength(left);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('are opened for a late reply unless the route says no: %s', async (kept, opened) => {
    const scene = await tmStage(
      ({ tm, core }) => ({
        request(ctx) {
          if (kept) core.setReplyNoConnect(ctx);
          return tm.relay(ctx);
        },
      }),
      { alice: 'tcp' },
    );
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    scene.alice.close();
    await scene.sim.runFor(100);
    const [request] = scene.bob.received('OPTIONS');
    const before = scene.proxy.engine.transport.counters.faults;
    if (request !== undefined) scene.bob.reply(request, 200);
    await scene.sim.runFor(100);
    // Nobody listens there any more: a connection that was tried is a fault.
    expect(scene.proxy.engine.transport.counters.faults - before).toBe(opened);
  });

  it('are closed behind a request that says so', async () => {
    const scene = await tmStage(
      ({ tm, core }) => ({
        request(ctx) {
          core.setForwardClose(ctx);
          return tm.relay(ctx);
        },
      }),
      { bob: 'tcp' },
    );
    scene.alice.request('INFO', `${BOB};transport=tcp`);
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INFO']);
    expect(scene.proxy.engine.transport.connections()).toEqual([]);
  });
});
