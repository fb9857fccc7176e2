/**
 * One final reply per request, always: random callees, CANCELs, forks and failure routes over a network that loses,
 * doubles and reorders. fast-check prints the schedule that breaks it, with the seed of the simulation in it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after } from '../../src/util/time.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import { BOB, CAROL, DAVE, NOTHING_LEFT, type TmScene, tmStage } from './tm-stage.ts';

interface Callee {
  /** What it replies to the INVITE, and how long after the one before. */
  readonly replies: readonly { readonly afterMs: number; readonly status: number }[];
  /** How it takes a CANCEL. */
  readonly onCancel: 'ignores' | 'accepts' | 'ends';
}

interface Schedule {
  readonly seed: number;
  readonly callees: readonly [Callee, Callee, Callee];
  readonly parallel: number;
  readonly serial: boolean;
  readonly cancelAfterMs: number | undefined;
  readonly net: { readonly loss: number; readonly duplicate: number; readonly reorder: number };
}

const callee: fc.Arbitrary<Callee> = fc.record({
  replies: fc.array(
    fc.record({
      afterMs: fc.constantFrom(0, 1, 7, 400, 3_000, 20_000),
      status: fc.constantFrom(100, 180, 183, 200, 200, 302, 404, 407, 486, 503, 603),
    }),
    { maxLength: 3 },
  ),
  onCancel: fc.constantFrom('ignores', 'accepts', 'ends'),
});

const schedule: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  callees: fc.tuple(callee, callee, callee),
  parallel: fc.integer({ min: 1, max: 2 }),
  serial: fc.boolean(),
  cancelAfterMs: fc.option(fc.constantFrom(0, 1, 2, 5, 450, 5_000), { nil: undefined }),
  net: fc.record({
    loss: fc.constantFrom(0, 0.1, 0.3),
    duplicate: fc.constantFrom(0, 0.2),
    reorder: fc.constantFrom(0, 0.3),
  }),
});

/** Answers each INVITE once, whatever comes twice. */
function plays(scene: TmScene, agent: ScriptedUa, { replies, onCancel }: Callee): void {
  const { clock } = scene.sim;
  const begun = new Set<string>();
  agent.on('INVITE', (invite) => {
    const branch = invite.topVia?.branch ?? '';
    if (begun.has(branch)) return;
    begun.add(branch);
    let at = clock.now();
    for (const { afterMs, status } of replies) {
      at = after(at, afterMs);
      clock.wake(at, () => void agent.reply(invite, status));
      if (status >= 200) break;
    }
  });
  agent.on('ACK', () => undefined);
  agent.on('CANCEL', (cancel) => {
    if (onCancel === 'ignores') return;
    agent.reply(cancel, 200);
    const invite = agent.received('INVITE').find(({ topVia }) => topVia?.branch === cancel.topVia?.branch);
    if (onCancel === 'ends' && invite !== undefined) agent.reply(invite, 487);
  });
}

async function play({ seed, callees, parallel, serial, cancelAfterMs, net }: Schedule) {
  const scene = await tmStage(
    ({ tm }) => ({
      request(ctx) {
        if (ctx.message.method === 'INVITE') {
          if (parallel > 1) ctx.appendBranch(CAROL);
          if (serial) tm.onFailure(ctx, 'next');
        }
        return tm.relay(ctx);
      },
      failure: {
        next(ctx) {
          ctx.appendBranch(DAVE);
          return tm.relay(ctx);
        },
      },
    }),
    { seed, tm: { fr_timer: 8_000, fr_inv_timer: 30_000 }, lively: true },
  );
  scene.sim.net.setLink(net);
  for (const [i, agent] of [scene.bob, scene.carol, scene.dave].entries())
    plays(scene, agent, callees[i] ?? callees[0]);
  const invite = scene.alice.invite(BOB);
  if (cancelAfterMs !== undefined) {
    await scene.sim.runFor(cancelAfterMs);
    scene.alice.cancel(invite);
  }
  await scene.sim.run();
  const finals = scene.alice.receivedStatus(undefined, 'INVITE').filter(({ status }) => status >= 200);
  return { scene, finals, lossless: net.loss === 0 };
}

/** What the caller was sent to its INVITE behind a final reply, in the order it left: on the way anything may overtake. */
function lateProvisionals({ sim }: TmScene): readonly string[] {
  const replies = sim.net.wire
    .of('10.0.0.1')
    .filter(({ kind, destination }) => (kind === 'sent' || kind === 'lost') && destination.address === '10.0.0.2')
    .map(({ bytes }) => bytes.toString('latin1'))
    .filter((text) => text.startsWith('SIP/2.0 ') && /^CSeq: 1 INVITE/m.test(text))
    .map((text) => text.slice('SIP/2.0 '.length, 'SIP/2.0 200'.length));
  const final = replies.findIndex((status) => status >= '200');
  return final < 0 ? [] : replies.slice(final).filter((status) => status < '200');
}

describe('an INVITE', () => {
  it('gets one final reply, or several 2xx, no provisional one behind it, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async (given) => {
        const { scene, finals, lossless } = await play(given);
        const different = new Set(finals.map(({ status, toTag }) => `${status} ${toTag}`));
        const refusals = [...different].filter((text) => !text.startsWith('2'));
        expect(refusals.length).toBeLessThanOrEqual(1);
        if (refusals.length === 1) expect(different.size).toBe(1);
        // With losses the caller may have timed out itself; without any it is always told.
        if (lossless) expect(different.size).toBeGreaterThan(0);
        expect(lateProvisionals(scene)).toEqual([]);
        expect(scene.leftovers()).toEqual(NOTHING_LEFT);
        expect(scene.logged.filter((line) => !line.startsWith('notice'))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
