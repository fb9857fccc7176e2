/** What a route may do about the replies of its transaction: drop those that came, answer others, ask what there was. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { answers, BOB, CAROL, DAVE, heard, type TmModules, tmStage } from './tm-stage.ts';

/** Tries bob, then carol, then dave, each failure route saying what is dropped. */
const oneAfterTheOther =
  (first: 'all' | 'last' | 'none' | undefined, second = first) =>
  ({ tm }: TmModules) => ({
    request(ctx: RequestContext) {
      tm.onFailure(ctx, 'one');
      return tm.relay(ctx);
    },
    failure: {
      one(ctx: RequestContext) {
        if (first !== undefined) tm.dropReplies(ctx, first);
        ctx.message.uri = CAROL;
        tm.onFailure(ctx, 'two');
        return tm.relay(ctx);
      },
      two(ctx: RequestContext) {
        if (second !== undefined) tm.dropReplies(ctx, second);
        ctx.message.uri = DAVE;
        return tm.relay(ctx);
      },
    },
  });

describe('of three branches one after the other', () => {
  it.each([
    ['none', undefined, undefined, 404],
    ['all', undefined, undefined, 488],
    ['last', undefined, undefined, 488],
    ['ifMore', undefined, undefined, 488],
    ['none', 'none', 'last', 410],
    ['none', 'none', 'all', 488],
    ['ifMore', 'none', 'none', 404],
  ] as const)(
    'with failure_reply_mode %s, dropping %s and %s, the reply is %i',
    async (mode, first, second, status) => {
      const [bob, carol] = status === 410 ? [410, 404] : [404, 410];
      const scene = await tmStage(oneAfterTheOther(first, second), { tm: { failure_reply_mode: mode } });
      answers(scene.bob, bob);
      answers(scene.carol, carol);
      answers(scene.dave, 488);
      scene.alice.invite(BOB);
      await scene.sim.runFor(300);
      expect(heard(scene.alice).at(-1)).toBe(`${status} INVITE`);
    },
  );

  it('nothing is left when the failure route drops the replies and relays no further: 500', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        tm.onFailure(ctx, 'none');
        return tm.relay(ctx);
      },
      failure: { none: (ctx) => void tm.dropReplies(ctx) },
    }));
    answers(scene.bob, 486);
    scene.alice.invite(BOB);
    await scene.sim.runFor(300);
    expect(scene.alice.lines().at(-1)).toBe("500 I'm terribly sorry, server error occurred (1/TM) (INVITE)");
  });
});

describe('another call', () => {
  const meddling = (meddle: (tm: TmModules['tm'], ctx: RequestContext, callId: string) => unknown) => {
    const outcomes: unknown[] = [];
    const routes = ({ tm, sl }: TmModules) => ({
      request(ctx: RequestContext) {
        if (ctx.message.method === 'INVITE') return tm.relay(ctx);
        outcomes.push(meddle(tm, ctx, ctx.message.headers.get('X-Call') ?? ''));
        return sl.reply(ctx, 200);
      },
    });
    return { outcomes, routes };
  };

  it.each([
    ['is cancelled', (tm, ctx, id) => tm.cancelCall(ctx, id, 1, 3), 'cancelled', '487 INVITE'],
    ['is cancelled with a status', (tm, ctx, id) => tm.cancelCall(ctx, id, 1, 3, 480), 'cancelled', '480 INVITE'],
    ['is answered', (tm, ctx, id) => tm.replyToCall(ctx, id, 1, 486, 'Busy'), 'sent', '486 INVITE'],
    [
      'is not known by another number',
      (tm, ctx, id) => tm.replyToCall(ctx, id, 9, 486, 'Busy'),
      'unknown',
      '180 INVITE',
    ],
    ['is not known by another name', (tm, ctx, id) => tm.cancelCall(ctx, `${id}x`, 1, 0), 'unknown', '180 INVITE'],
  ] as const satisfies readonly (readonly [
    string,
    (tm: TmModules['tm'], ctx: RequestContext, id: string) => unknown,
    string,
    string,
  ])[])('%s', async (_, meddle, outcome, last) => {
    const { outcomes, routes } = meddling(meddle);
    const scene = await tmStage(routes);
    answers(scene.bob, 180);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    scene.alice.request('OPTIONS', BOB, { headers: [['X-Call', invite.callId ?? '']] });
    await scene.sim.runFor(50);
    expect(outcomes).toEqual([outcome]);
    expect(
      heard(scene.alice)
        .filter((line) => line.endsWith('INVITE'))
        .at(-1),
    ).toBe(last);
    expect(heard(scene.bob).includes('CANCEL')).toBe(outcome !== 'unknown');
  });
});

describe('a transaction that has replied', () => {
  it('repeats its last reply on demand, and has none before the first', async () => {
    const outcomes: unknown[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        outcomes.push(tm.repeatReply(ctx), tm.newTransaction(ctx), tm.repeatReply(ctx));
        outcomes.push(tm.reply(ctx, 183), tm.repeatReply(ctx), tm.statusMatches(ctx, '183'));
        tm.reply(ctx, 404);
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(outcomes).toEqual(['none', 'created', 'none', 'sent', 'sent', true]);
    expect(heard(scene.alice)).toEqual(['183 OPTIONS', '183 OPTIONS', '404 OPTIONS']);
  });

  it('is made by the reply that needs one', async () => {
    const scene = await tmStage(({ tm }) => ({ request: (ctx) => void tm.createAndReply(ctx, 404) }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(heard(scene.alice)).toEqual(['404 OPTIONS']);
    expect(scene.leftovers().current).toBe(1);
  });
});

describe('a reply route', () => {
  it.each(['tm', 'sl'] as const)('answers the caller itself with %s, and the branch is cancelled', async (by) => {
    const scene = await tmStage(({ tm, sl }) => ({
      request(ctx) {
        tm.onReply(ctx, 'refuses');
        return tm.relay(ctx);
      },
      onreply: {
        refuses(ctx) {
          if (ctx.message.status !== 180) return;
          if (by === 'tm') tm.reply(ctx, 480, 'Not now');
          else sl.send(ctx, 480, 'Not now');
        },
      },
    }));
    answers(scene.bob, 180);
    scene.alice.invite(BOB);
    await scene.sim.runFor(300);
    expect(heard(scene.alice).filter((line) => line !== '480 INVITE')).toEqual(['100 INVITE']);
    expect(scene.bob.received('CANCEL')[0]?.headers.getAll('Reason')).toEqual(['SIP;cause=480']);
  });

  it('cancels the other branches, or its own', async () => {
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        ctx.appendBranch(CAROL);
        ctx.appendBranch(DAVE);
        tm.onReply(ctx, 'cancels');
        return tm.relay(ctx);
      },
      onreply: {
        cancels(ctx) {
          if (ctx.message.status === 183) tm.cancelBranches(ctx, 'this');
          if (ctx.message.status === 182) tm.cancelBranches(ctx, 'others');
        },
      },
    }));
    answers(scene.bob, 183);
    answers(scene.carol, 180);
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    expect([scene.bob, scene.carol].map((agent) => agent.received('CANCEL').length)).toEqual([1, 0]);
    answers(scene.dave, 182);
    const invite = scene.dave.received('INVITE')[0];
    if (invite !== undefined) scene.dave.reply(invite, 182);
    await scene.sim.runFor(100);
    expect([scene.bob, scene.carol, scene.dave].map((agent) => agent.received('CANCEL').length)).toEqual([1, 1, 0]);
  });
});

describe('the branches', () => {
  it('are asked about in the failure route', async () => {
    const seen: unknown[] = [];
    const scene = await tmStage(
      ({ tm }) => ({
        request(ctx) {
          ctx.appendBranch(CAROL);
          tm.onFailure(ctx, 'asks');
          return tm.relay(ctx);
        },
        failure: {
          asks(ctx) {
            seen.push(tm.anyTimedOut(ctx), tm.anyReplied(ctx), tm.hasStatus(ctx, 486), tm.hasStatus(ctx, 404));
            seen.push(tm.branchTimedOut(ctx), tm.branchReplied(ctx), ctx.winning?.status);
          },
        },
      }),
      { tm: { fr_timer: 2_000 } },
    );
    answers(scene.bob, 486);
    scene.alice.invite(BOB);
    await scene.sim.runFor(3_000);
    expect(seen).toEqual([true, true, true, false, true, false, 408]);
  });
});
