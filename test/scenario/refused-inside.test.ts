/** A request inside a dialog that the proxy itself refuses without a transaction: its ACK ends here (RFC 3261 17.1.1.3). */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, tmStage } from './tm-stage.ts';
import { toposStage } from './topos-stage.ts';

interface Modules {
  readonly tm: { relay(ctx: RequestContext): unknown };
  readonly sl: { reply(ctx: RequestContext, status: number, reason: string): unknown };
}

const refusing = ({ tm, sl }: Modules) => ({
  request(ctx: RequestContext) {
    const isReinvite = ctx.message.method === 'INVITE' && ctx.message.toTag !== undefined;
    if (isReinvite) sl.reply(ctx, 488, 'Not Acceptable Here');
    else void tm.relay(ctx);
  },
});

const stages = {
  'without topology hiding': () => tmStage(refusing),
  'with topology hiding': () => toposStage({ routes: refusing }),
  'with another Call-ID': () => toposStage({ routes: refusing, topos: { mask_callid: 1 } }),
};

describe('the ACK to a negative reply that no transaction sent', () => {
  it.each(['without topology hiding', 'with topology hiding', 'with another Call-ID'] as const)(
    'ends here inside a dialog, %s, and the ACK to a 2xx does not',
    async (name) => {
      const { alice, bob, sim } = await stages[name]();
      bob.acceptCalls();
      alice.acceptCalls();
      const { callId } = alice.invite(BOB);
      await sim.runFor(100);
      alice.ack2xx(callId);
      await sim.runFor(100);
      expect(bob.received('ACK')).toHaveLength(1);
      for (const ua of [alice, bob]) {
        const again = ua.inDialog('INVITE');
        await sim.runFor(100);
        const [refusal] = ua.receivedStatus(488);
        if (refusal === undefined) throw new Error('not refused');
        ua.ackNegative(again, refusal);
        ua.ackNegative(again, refusal);
        await sim.runFor(100);
      }
      expect([alice, bob].map((ua) => ua.received('ACK').length)).toEqual([0, 1]);
    },
  );
});
