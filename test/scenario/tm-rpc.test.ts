/** What operators see of transactions, and how they end a call that rings: tm.stats, tm.list, tm.cancel, tmx: statistics. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { RpcFault } from '../../src/engine/rpc-fault.ts';
import { MAX_LISTED } from '../../src/modules/tm/rpc.ts';
import { BOB, heard, NOTHING_LEFT, type TmModules, tmStage } from './tm-stage.ts';

const relaying = ({ tm }: TmModules) => ({ request: (ctx: RequestContext) => void tm.relay(ctx) });

async function stage(routes: Parameters<typeof tmStage>[0] = relaying) {
  const scene = await tmStage(routes);
  const rpc = (method: string, ...params: (string | number)[]): unknown =>
    scene.proxy.engine.commands.find(method)?.run(params);
  return { ...scene, rpc };
}

describe('tm.stats', () => {
  it('has the names of Kamailio, and ours behind them', async () => {
    const { rpc } = await stage();
    const names = 'current waiting total total_local rpl_received rpl_generated rpl_sent 6xx 5xx 4xx 3xx 2xx';
    expect(Object.keys(Object(rpc('tm.stats'))).slice(0, 15)).toEqual([
      ...names.split(' '),
      'created',
      'freed',
      'delayed_free',
    ]);
  });

  it('counts what a call did', async () => {
    const { rpc, alice, bob, sim } = await stage();
    bob.acceptCalls([180]);
    alice.invite(BOB);
    await sim.runFor(100);
    expect(rpc('tm.stats')).toMatchObject({
      current: 1,
      waiting: 0,
      total: 1,
      rpl_received: 1,
      rpl_generated: 1,
      rpl_sent: 2,
    });
    const [invite] = bob.received('INVITE');
    if (invite !== undefined) bob.reply(invite, 603);
    await sim.runFor(100);
    expect(rpc('tm.stats')).toMatchObject({ current: 1, waiting: 1, rpl_received: 2, rpl_sent: 3, '6xx': 1, '4xx': 0 });
    await sim.run();
    expect(rpc('tm.stats')).toMatchObject({ current: 0, waiting: 0, created: 1, freed: 1, peak: 1, branches: 0 });
    expect(rpc('stats.fetchn', 'tmx:')).toMatchObject({
      'tmx.6xx_transactions': 1,
      'tmx.UAS_transactions': 1,
      'tmx.active_transactions': 0,
      'tmx.inuse_transactions': 0,
      'tmx.rpl_received': 2,
      'tmx.rpl_sent': 3,
    });
  });
});

describe('tm.list', () => {
  it('shows what is under way', async () => {
    const { rpc, alice, bob, sim } = await stage();
    bob.acceptCalls([180]);
    const invite = alice.invite(BOB);
    await sim.runFor(3_100);
    expect(rpc('tm.list')).toEqual([
      {
        id: expect.any(String),
        method: 'INVITE',
        from: invite.headers.get('From'),
        to: invite.headers.get('To'),
        callid: invite.callId,
        cseq: '1 INVITE',
        uas_request: 'yes',
        outgoings: 1,
        pending: 1,
        canceled: 'no',
        answered: 'no',
        age: 3,
      },
    ]);
    alice.cancel(invite);
    await sim.runFor(10);
    expect(rpc('tm.list')).toEqual([]);
  });

  it(`shows at most ${MAX_LISTED}`, async () => {
    const { rpc, alice, sim } = await stage();
    for (let i = 0; i <= MAX_LISTED; i++) alice.request('OPTIONS', BOB);
    await sim.runFor(50);
    expect(rpc('tm.list')).toHaveLength(MAX_LISTED);
    expect(rpc('tm.stats')).toMatchObject({ current: MAX_LISTED + 1 });
  });
});

describe('tm.cancel', () => {
  it('ends a ringing call on both sides', async () => {
    const { rpc, alice, bob, sim, leftovers } = await stage();
    bob.acceptCalls([180]);
    const invite = alice.invite(BOB);
    await sim.runFor(100);
    expect(rpc('tm.cancel', invite.callId ?? '', '1')).toBe('branches remaining (waiting for timeout)');
    await sim.runFor(100);
    const [ended] = alice.receivedStatus(487);
    if (ended !== undefined) alice.ackNegative(invite, ended);
    await sim.run();
    expect(heard(bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(heard(alice).at(-1)).toBe('487 INVITE');
    expect(leftovers()).toEqual(NOTHING_LEFT);
  });

  it('answers the call itself where no branch was tried', async () => {
    const { rpc, alice, sim } = await stage(({ tm }) => ({
      request(ctx) {
        tm.newTransaction(ctx);
        return new Promise(() => undefined);
      },
    }));
    const invite = alice.invite(BOB);
    await sim.runFor(100);
    expect(rpc('tm.cancel', invite.callId ?? '', 1)).toEqual({});
    await sim.runFor(100);
    expect(heard(alice)).toEqual(['487 INVITE']);
  });

  it.each([
    [[], 'Callid and CSeq expected as parameters'],
    [['x'], 'Callid and CSeq expected as parameters'],
    [['x', 1], 'Transaction not found'],
  ])('refuses %j', async (params, why) => {
    const { rpc, alice, sim } = await stage();
    alice.invite(BOB);
    await sim.runFor(10);
    expect(() => rpc('tm.cancel', ...params)).toThrow(new RpcFault(400, why));
  });
});
