/** R1 as a property: in whatever order a route traces, creates its transaction, arms routes and answers, the targets see the same. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, type Modules, seen, stage, Y, Z } from './stage.ts';

type Step = (m: Modules, ctx: RequestContext) => unknown;

const traceY: Step = (m, ctx) => m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' });
const traceZ: Step = (m, ctx) => m.siptrace.trace(ctx, { to: Z, correlationId: 'z', scope: 'dialog' });
const create: Step = (m, ctx) => m.tm.newTransaction(ctx);
const arm: Step = (m, ctx) => m.tm.onReply(ctx, 'noted');
const answers: readonly Step[] = [
  (m, ctx) => m.sl.reply(ctx, 407),
  (m, ctx) => m.sl.send(ctx, 407),
  (m, ctx) => m.tm.newTransaction(ctx) && m.tm.reply(ctx, 407),
];

it('gives every target the INVITE, its 407 and the ACK, once, in every order of calls', async () => {
  const orders = fc.record({
    steps: fc.shuffledSubarray([create, arm], { minLength: 0 }),
    answer: fc.constantFrom(...answers),
    places: fc.tuple(fc.nat(3), fc.nat(3)),
    waits: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(orders, async ({ steps, answer, places, waits }) => {
      const order = [...steps, answer];
      order.splice(Math.min(places[0], order.length), 0, traceY);
      order.splice(Math.min(places[1], order.length), 0, traceZ);
      const scene = await stage((m) => ({
        async request(ctx) {
          for (const step of order) {
            step(m, ctx);
            if (waits) await Promise.resolve();
          }
        },
        onreply: { noted: () => undefined },
      }));
      const invite = scene.alice.invite(BOB);
      await scene.sim.runFor(50);
      const [reply] = scene.alice.receivedStatus(407);
      if (reply === undefined) throw new Error('no 407');
      scene.alice.ackNegative(invite, reply);
      await scene.sim.runFor(50);
      expect([seen(scene.y), seen(scene.z), seen(scene.x)]).toEqual([
        'INVITE+c 407+c ACK+c',
        'INVITE+z 407+z ACK+z',
        '',
      ]);
    }),
    { numRuns: 150 },
  );
});
