/** Who may use a key: the side that was shown it, in its own dialog (behaviour 15, invariant I9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerAs, contactUri, toCaller, toLeg } from './topos-parties.ts';
import { BOB, toposStage } from './topos-stage.ts';

async function inCall() {
  const scene = await toposStage({
    routes: ({ tm, rr, sl }) => ({
      request(ctx) {
        const { message } = ctx;
        if (message.toTag !== undefined) rr.looseRoute(ctx);
        if (message.uri.includes('@10.0.0.1')) return sl.reply(ctx, 404);
        rr.recordRoute(ctx);
        return tm.relay(ctx);
      },
    }),
  });
  const { alice, bob, sim } = scene;
  alice.invite(BOB);
  await sim.runFor(20);
  const [invite] = bob.received('INVITE');
  if (invite === undefined) throw new Error('no INVITE');
  answerAs(bob, invite, 200, { headers: [['Contact', `<${BOB}>`]] });
  await sim.runFor(20);
  const [ok] = alice.receivedStatus(200);
  toLeg(alice, 'ACK', ok);
  await sim.runFor(20);
  for (const ua of [alice, bob]) ua.inbox.clear();
  return { ...scene, invite, ok };
}

describe('a key', () => {
  it('gets a 481 with another Call-ID, other tags, from the wrong side, out of a dialog or when nobody has it', async () => {
    const { alice, bob, carol, sim, invite, ok, counted } = await inCall();
    const key = contactUri(ok);
    const from = ok?.headers.get('From') ?? '';
    const to = ok?.headers.get('To') ?? '';
    const callId = ok?.callId ?? '';
    const tries = [
      carol.request('OPTIONS', key),
      carol.request('OPTIONS', key, { from, to }),
      carol.request('BYE', key, { callId, to }),
      carol.request('BYE', key, { callId, from, to: '<sip:bob@10.0.0.3>;tag=other' }),
      carol.request('BYE', key, { callId, from, to: '<sip:bob@10.0.0.3>' }),
      carol.request('BYE', key, { callId, from: to, to: from }),
      carol.request('BYE', contactUri(invite), { callId, from, to }),
      carol.request('INVITE', key.replace(/[0-9a-f]{4}@/, '0000@'), { callId, from, to }),
    ];
    await sim.runFor(50);
    expect(carol.receivedStatus(481)).toHaveLength(tries.length);
    expect(counted('strangers')).toBe(tries.length);
    expect([...alice.lines(), ...bob.lines()]).toEqual([]);
  });

  it('gets no answer where it stands in an ACK of a stranger', async () => {
    const { alice, bob, carol, sim, ok, counted } = await inCall();
    carol.request('ACK', contactUri(ok), { callId: ok?.callId ?? '' });
    await sim.runFor(50);
    expect([...alice.lines(), ...bob.lines(), ...carol.lines()]).toEqual([]);
    expect(counted('strangers')).toBe(1);
  });

  it('of somebody else is none of ours', async () => {
    const { alice, carol, sim } = await inCall();
    carol.on('*', (request) => void carol.reply(request, 200));
    alice.request('OPTIONS', `sip:atpsh-${'0'.repeat(32)}@10.0.0.4`);
    await sim.runFor(50);
    expect(alice.receivedStatus(200)).toHaveLength(1);
  });

  it('works for its own side all the while', async () => {
    const { alice, bob, sim, invite, ok } = await inCall();
    toLeg(alice, 'INFO', ok);
    toCaller(bob, 'INFO', invite);
    await sim.runFor(50);
    expect([alice.received('INFO').length, bob.received('INFO').length]).toEqual([1, 1]);
  });

  it('is worth nothing to who guesses at it (property)', async () => {
    const { bob, carol, sim, ok } = await inCall();
    const { callId = '', headers } = ok ?? {};
    const [, id = ''] = /tpsh-([0-9a-f]{32})/.exec(contactUri(ok)) ?? [];
    const guess = fc.record({
      side: fc.constantFrom('a', 'b', 'A', ''),
      id: fc.oneof(
        fc.constant(id),
        fc.constant(id.toUpperCase()),
        fc.constant(id.slice(1)),
        fc.stringMatching(/^[0-9a-f]{32}$/),
      ),
      tag: fc.constantFrom('', ';tag=b1', ';tag=x'),
      call: fc.constantFrom(callId, 'another'),
      from: fc.constantFrom('<sip:carol@10.0.0.4>;tag=c', headers?.get('From') ?? ''),
    });
    await fc.assert(
      fc.asyncProperty(guess, async ({ side, id: text, tag, call, from }) => {
        fc.pre(!(side === 'a' && text === id && tag === ';tag=b1' && call === callId && from.includes('alice')));
        bob.inbox.clear();
        const uri = `sip:${side}tpsh-${text}@10.0.0.1`;
        carol.request('MESSAGE', uri, { callId: call, from, to: `<sip:bob@10.0.0.3>${tag}` });
        await sim.runFor(20);
        expect(bob.lines()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
