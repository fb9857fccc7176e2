/** How long a hidden dialog is known: as long as it rings or lives, a while longer, and not for ever. */
import { describe, expect, it } from 'vitest';
import { answerAs, toCaller, toLeg } from './topos-parties.ts';
import { BOB, toposStage, type ToposStageOptions, UPSTREAM, viasOf } from './topos-stage.ts';

const CONTACT = [['Contact', `<${BOB}>`]] as const;

async function called(options: ToposStageOptions = {}) {
  const scene = await toposStage(options);
  const { alice, bob, sim } = scene;
  const sent = alice.invite(BOB);
  await sim.runFor(20);
  const [invite] = bob.received('INVITE');
  if (invite === undefined) throw new Error('no INVITE');
  for (const ua of [alice, bob]) ua.on('BYE', (request) => void ua.reply(request, 200));
  const ring = async (tag = 'b1') => {
    answerAs(bob, invite, 180, { tag, headers: CONTACT });
    await sim.runFor(20);
    return alice.receivedStatus(180).at(-1);
  };
  const answer = async () => {
    answerAs(bob, invite, 200, { headers: CONTACT });
    await sim.runFor(20);
    return alice.receivedStatus(200, 'INVITE').at(-1);
  };
  /** Whether a request of the callee, then one of the caller, comes through. */
  const reaches = async () => {
    for (const ua of [alice, bob]) ua.inbox.clear();
    toCaller(bob, 'OPTIONS', invite);
    await sim.runFor(20);
    return alice.received('OPTIONS').length === 1;
  };
  return { ...scene, sent, invite, ring, answer, reaches };
}

describe('ringing (behaviour 11)', () => {
  it('may last ten minutes with a branch_expire of 180 s', async () => {
    const { alice, sim, sent, ring, answer, bob } = await called({ tm: { fr_inv_timer: 3_600_000 } });
    await ring();
    await sim.runFor(600_000);
    const ok = await answer();
    expect(viasOf(ok)).toHaveLength(viasOf(sent).length);
    toLeg(alice, 'ACK', ok);
    await sim.runFor(20);
    expect(bob.received('ACK').map(({ uri }) => uri)).toEqual([BOB]);
  });
});

describe('the life of a dialog (behaviours 23 and 24)', () => {
  const lives = { topos: { dialog_expire: 1_000, branch_expire: 180, clean_interval: 10 } };

  it('lasts dialog_expire from its last request', async () => {
    const { sim, ring, answer, reaches, counted } = await called(lives);
    await ring();
    await answer();
    await sim.runFor(999_000);
    expect(await reaches()).toBe(true);
    await sim.runFor(999_000);
    expect(await reaches()).toBe(true);
    await sim.runFor(1_001_000);
    expect(await reaches()).toBe(false);
    await sim.runFor(60_000);
    expect(counted('dialogs_expired')).toBe(1);
  });

  it('lets both sides hang up a call that was refreshed longer than dialog_expire', async () => {
    const { alice, bob, sim, invite, answer } = await called(lives);
    const ok = await answer();
    bob.on('UPDATE', (request) => void bob.reply(request, 200));
    for (let i = 0; i < 3; i++) {
      await sim.runFor(600_000);
      toLeg(alice, 'UPDATE', ok);
      await sim.runFor(20);
    }
    toCaller(bob, 'BYE', invite);
    toLeg(alice, 'BYE', ok);
    await sim.runFor(50);
    expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(1);
  });

  it('is lengthened by the methods of methods_update_time alone, when there are any', async () => {
    const { alice, sim, answer, reaches } = await called({
      topos: { ...lives.topos, methods_update_time: ['INVITE'] },
    });
    const ok = await answer();
    await sim.runFor(900_000);
    toLeg(alice, 'INFO', ok, { headers: [] });
    await sim.runFor(99_000);
    expect(await reaches()).toBe(true);
    await sim.runFor(10_000);
    expect(await reaches()).toBe(false);
  });

  it('lingers for 64 s after a BYE, and lasts when the BYE was refused with a challenge', async () => {
    const { alice, bob, sim, invite, answer, reaches } = await called(lives);
    const ok = await answer();
    bob.on('BYE', (request) => answerAs(bob, request, 407));
    toLeg(alice, 'BYE', ok);
    await sim.runFor(600_000);
    expect(await reaches()).toBe(true);
    toCaller(bob, 'BYE', invite);
    await sim.runFor(60_000);
    expect(await reaches()).toBe(true);
    await sim.runFor(65_000);
    expect(await reaches()).toBe(false);
  });

  it('is not begun anew by a 200 that comes again after the BYE', async () => {
    const { alice, sim, answer, reaches } = await called(lives);
    const ok = await answer();
    toLeg(alice, 'BYE', ok);
    await sim.runFor(1_000);
    await answer();
    await sim.runFor(70_000);
    expect(await reaches()).toBe(false);
  });

  it('ends at once when the call is refused or cancelled', async () => {
    const refused = await called(lives);
    await refused.ring();
    answerAs(refused.bob, refused.invite, 486);
    await refused.sim.runFor(20);
    expect(await refused.reaches()).toBe(false);
    const cancelled = await called(lives);
    await cancelled.ring();
    cancelled.bob.on('CANCEL', (request) => {
      cancelled.bob.reply(request, 200);
      answerAs(cancelled.bob, cancelled.invite, 487);
    });
    cancelled.alice.cancel(cancelled.sent);
    await cancelled.sim.runFor(50);
    expect(cancelled.alice.receivedStatus(487)).toHaveLength(1);
    expect(await cancelled.reaches()).toBe(false);
  });

  it('is short when the callee never answers', async () => {
    const { sim, reaches, ring } = await called({ ...lives, tm: { fr_inv_timer: 10_000 } });
    await ring();
    await sim.runFor(100_000);
    expect(await reaches()).toBe(true);
    await sim.runFor(181_000);
    expect(await reaches()).toBe(false);
  });
});

describe('a table of dialogs', () => {
  it('refuses with an error what it has no room for, and counts it', async () => {
    const { alice, bob, sim, counted } = await toposStage({ topos: { dialogs: 2 } });
    for (let i = 0; i < 3; i++) alice.invite(BOB);
    await sim.runFor(50);
    expect(bob.received('INVITE')).toHaveLength(2);
    expect(alice.inbox.responses().filter(({ status }) => status >= 400)).toHaveLength(1);
    expect(counted('refused')).toBe(1);
  });

  it('lets pass, counted and with all its Vias, what it has no room for, where on_error says so', async () => {
    const { alice, bob, sim, counted } = await toposStage({ topos: { dialogs: 1, on_error: 'pass' } });
    bob.acceptCalls();
    alice.invite(BOB);
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(50);
    expect(bob.received('INVITE').map((invite) => viasOf(invite).length)).toEqual([1, 1 + viasOf(sent).length]);
    const reply = alice.receivedStatus(200).find(({ callId }) => callId === sent.callId);
    expect(viasOf(reply)).toHaveLength(viasOf(sent).length);
    expect(counted('passed')).toBe(1);
  });
});
