/** CANCEL: what becomes of the call, of its branches and of the CANCEL itself (RFC 3261 sections 9 and 16.10). */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, CAROL, heard, heardAt, NOTHING_LEFT, type TmModules, tmStage } from './tm-stage.ts';

const relaying = ({ tm }: TmModules) => ({ request: (ctx: RequestContext) => void tm.relay(ctx) });
const forking = ({ tm }: TmModules) => ({
  request(ctx: RequestContext) {
    if (ctx.message.method === 'INVITE') ctx.appendBranch(CAROL);
    void tm.relay(ctx);
  },
});

describe('a CANCEL', () => {
  it('of a ringing call reaches the callee hop by hop, and the 487 comes back', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    const [ended] = scene.alice.receivedStatus(487);
    if (ended !== undefined) scene.alice.ackNegative(invite, ended);
    await scene.sim.run();
    expect(scene.alice.lines().slice(1)).toEqual([
      '180 Ringing (INVITE)',
      '200 canceling (CANCEL)',
      '487 Request Terminated (INVITE)',
    ]);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('carries its Reason headers to every branch', async () => {
    const scene = await tmStage(forking);
    for (const agent of [scene.bob, scene.carol]) agent.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const cancel = invite.fork();
    const text = cancel.serialize().toString('latin1').split('\r\n\r\n')[0] ?? '';
    const head = text.replace('INVITE sip', 'CANCEL sip').replace(/CSeq: (\d+) INVITE/, 'CSeq: $1 CANCEL');
    const bare = head.replace(/Content-[^\r]*\r\n/g, '').replace(/\r\nContent-[^\r]*/g, '');
    scene.alice.send(`${bare}\r\nReason: SIP;cause=600\r\nReason: Q.850;cause=16\r\nContent-Length: 0\r\n\r\n`);
    await scene.sim.runFor(100);
    for (const agent of [scene.bob, scene.carol]) {
      expect(agent.received('CANCEL')[0]?.headers.getAll('Reason')).toEqual(['SIP;cause=600', 'Q.850;cause=16']);
    }
    expect(heard(scene.alice).at(-1)).toBe('487 INVITE');
  });

  it('before any reply of the callee is sent on with the first one', async () => {
    const scene = await tmStage(relaying);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(600);
    expect(heardAt(scene.bob)).toEqual(['2 INVITE', '502 INVITE']);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 CANCEL']);
    scene.bob.on('CANCEL', (cancel, ua) => {
      ua.reply(cancel, 200);
      ua.received('INVITE')
        .slice(0, 1)
        .map((request) => ua.reply(request, 487));
    });
    scene.bob
      .received('INVITE')
      .slice(0, 1)
      .map((request) => scene.bob.reply(request, 180));
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INVITE', 'INVITE', 'CANCEL', 'ACK']);
    expect(heard(scene.alice)).toEqual(['100 INVITE', '200 CANCEL', '487 INVITE']);
  });

  it.each([
    ['wait', ['INVITE', 'INVITE'], ['100 INVITE', '200 CANCEL']],
    ['send', ['INVITE', 'CANCEL', 'CANCEL'], ['100 INVITE', '200 CANCEL']],
    ['end', ['INVITE'], ['100 INVITE', '200 CANCEL', '487 INVITE']],
  ] as const)('with cancel_b_method %s reaches a callee that is silent as %j', async (method, atBob, atAlice) => {
    const scene = await tmStage(relaying, { tm: { cancel_b_method: method } });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(550);
    expect(heard(scene.bob)).toEqual(atBob);
    expect([...new Set(heard(scene.alice))]).toEqual(atAlice);
  });

  it('with cancel_b_method end is sent on when the callee rings after all', async () => {
    const scene = await tmStage(relaying, { tm: { cancel_b_method: 'end' } });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    const [request] = scene.bob.received('INVITE');
    if (request !== undefined) scene.bob.reply(request, 180);
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL']);
    expect(heard(scene.alice)).not.toContain('180 INVITE');
  });

  it('goes to the callee once, whatever provisional replies follow', async () => {
    const scene = await tmStage(relaying, { bob: 'tcp' });
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 180)).on('CANCEL', (r, ua) => void ua.reply(r, 200));
    const invite = scene.alice.invite(`${BOB};transport=tcp`);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    scene.bob.received('INVITE').map((request) => scene.bob.reply(request, 183));
    await scene.sim.runFor(100);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL']);
  });

  it('that nobody answers with a final reply ends in a 487 of ours after 64*T1', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 180)).on('CANCEL', (r, ua) => void ua.reply(r, 200));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(1_000);
    scene.alice.cancel(invite);
    await scene.sim.runFor(32_100);
    expect(scene.alice.lines().at(-1)).toBe('487 Request Terminated (INVITE)');
    expect(heardAt(scene.alice).at(-1)).toBe('33002 487 INVITE');
  });

  it('of a silent callee ends in a 487 when fr_timer is over', async () => {
    const scene = await tmStage(relaying, { tm: { fr_timer: 5_000 } });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.run();
    expect(heardAt(scene.alice).slice(0, 3)).toEqual(['2 100 INVITE', '102 200 CANCEL', '5002 487 INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('that crosses the 200 leaves the call answered', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([180]);
    scene.bob.on('CANCEL', (cancel, ua) => void ua.reply(cancel, 200));
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.bob.received('INVITE').map((request) => scene.bob.reply(request, 200));
    scene.alice.cancel(invite);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '200 INVITE', '200 CANCEL']);
    expect(heard(scene.bob)).toEqual(['INVITE']);
    expect(scene.alice.lines().at(-1)).toBe('200 ok -- no more pending branches (CANCEL)');
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('that crosses the 200 further on has both relayed', async () => {
    const scene = await tmStage(relaying);
    scene.bob.on('INVITE', (request, ua) => void ua.reply(request, 180));
    scene.bob.on('CANCEL', (cancel, ua) => {
      ua.received('INVITE').map((request) => ua.reply(request, 200));
      ua.reply(cancel, 200);
    });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.run();
    expect(heard(scene.alice)).toEqual(['100 INVITE', '180 INVITE', '200 CANCEL', '200 INVITE']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('that comes again is answered again and goes nowhere', async () => {
    const scene = await tmStage(relaying);
    scene.bob.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    expect(heard(scene.alice).filter((what) => what === '200 CANCEL')).toHaveLength(2);
    expect(heard(scene.bob)).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  it('without its INVITE is a request like another: t_check_trans says no, relaying sends it on', async () => {
    const checks: boolean[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        checks.push(tm.hasTransaction(ctx));
        void tm.relay(ctx);
      },
    }));
    scene.bob.on('CANCEL', (cancel, ua) => void ua.reply(cancel, 481));
    scene.alice.request('CANCEL', BOB);
    await scene.sim.run();
    expect(checks).toEqual([false]);
    expect(heard(scene.bob)).toEqual(['CANCEL']);
    expect(heard(scene.alice)).toEqual(['481 CANCEL']);
    expect(scene.leftovers()).toEqual(NOTHING_LEFT);
  });

  it('is seen as such by t_check_trans and t_is_canceled, and no failure route adds a branch afterwards', async () => {
    const saw: unknown[] = [];
    const scene = await tmStage(({ tm }) => ({
      request(ctx) {
        if (ctx.message.method === 'CANCEL') saw.push(tm.hasTransaction(ctx), tm.isCanceled(ctx));
        if (ctx.message.method === 'INVITE') tm.onFailure(ctx, 'next');
        void tm.relay(ctx);
      },
      failure: {
        next(ctx) {
          ctx.appendBranch(CAROL);
          saw.push(tm.isCanceled(ctx), tm.relay(ctx));
        },
      },
    }));
    scene.bob.acceptCalls([180]);
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    expect(saw).toEqual([true, false, true, 'failed']);
    expect(heard(scene.carol)).toEqual([]);
    expect(heard(scene.alice).at(-1)).toBe('487 INVITE');
  });

  it('while the next hop is being resolved ends the call at once, and nothing is sent', async () => {
    const scene = await tmStage(relaying);
    scene.sim.resolver.a('bob.example', ['10.0.0.3']).latencyMs = 500;
    const invite = scene.alice.invite('sip:bob@bob.example:5060');
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(2_000);
    expect(scene.alice.lines().slice(0, 3)).toEqual([
      '100 trying -- your call is important to us (INVITE)',
      '487 Request canceled (INVITE)',
      '200 ok -- no more pending branches (CANCEL)',
    ]);
    expect(heard(scene.bob)).toEqual([]);
  });
});
