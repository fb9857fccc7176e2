/** Parameters of tm that change what peers see, beside the timers. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, heard, heardAt, type TmModules, type TmStageOptions, tmStage } from './tm-stage.ts';

const relaying = ({ tm }: TmModules) => ({ request: (ctx: RequestContext) => void tm.relay(ctx) });
const stage = (tm: NonNullable<TmStageOptions['tm']>) => tmStage(relaying, { tm });

describe('unmatched_cancel', () => {
  it.each([
    ['stateful', ['CANCEL', 'CANCEL']],
    ['stateless', ['CANCEL']],
    ['drop', []],
  ] as const)('%s', async (unmatched_cancel, reached) => {
    const { alice, bob, sim } = await stage({ unmatched_cancel });
    alice.request('CANCEL', BOB);
    // What has a transaction is repeated.
    await sim.runFor(600);
    expect(heard(bob)).toEqual(reached);
  });
});

describe('relay_100', () => {
  it.each([
    ['off', ['100 INVITE', '180 INVITE']],
    ['on', ['100 INVITE', '100 INVITE', '180 INVITE']],
  ] as const)('%s', async (relay_100, answers) => {
    const { alice, bob, sim } = await stage({ relay_100 });
    bob.acceptCalls([100, 180]);
    alice.invite(BOB);
    await sim.runFor(10);
    expect(heard(alice)).toEqual(answers);
  });
});

describe('ac_extra_hdrs', () => {
  it('are copied into CANCEL and ACK, whatever their case', async () => {
    const { alice, bob, sim } = await stage({ ac_extra_hdrs: 'X-Keep' });
    bob.acceptCalls([180]);
    const invite = alice.invite(BOB, {
      headers: [
        ['x-keep-a', '1'],
        ['X-Lost', '2'],
      ],
    });
    await sim.runFor(10);
    alice.cancel(invite);
    await sim.runFor(10);
    const kept = ['CANCEL', 'ACK'].map((method) => bob.received(method)[0]?.headers);
    expect(kept.map((headers) => [headers?.get('X-Keep-A'), headers?.has('X-Lost')])).toEqual([
      ['1', false],
      ['1', false],
    ]);
  });
});

describe('restart_fr_on_each_reply', () => {
  it.each([
    ['on', 182, '4702 408 INVITE'],
    ['off', 182, '3802 408 INVITE'],
    ['off', 180, '4702 408 INVITE'],
  ] as const)('%s, with %d again', async (restart_fr_on_each_reply, status, last) => {
    const { alice, bob, sim } = await stage({ restart_fr_on_each_reply, fr_inv_timer: 2_000 });
    bob.on('INVITE', () => undefined);
    alice.invite(BOB);
    for (const one of [180, status, 182]) {
      await sim.runFor(900);
      const [invite] = bob.received('INVITE');
      if (invite !== undefined) bob.reply(invite, one);
    }
    await sim.runFor(4_000);
    expect(heardAt(alice).find((line) => line.endsWith('408 INVITE'))).toBe(last);
  });
});
