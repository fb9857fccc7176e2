/** mask_callid: the side that did not open the dialog knows the call by another Call-ID, in every message of it. */
import { describe, expect, it } from 'vitest';
import { CallIdMask } from '../../src/modules/topos/callid-mask.ts';
import type { SipMessage, SipRequest } from '../../src/sip/message.ts';
import { parseNameAddr } from '../../src/sip/name-addr.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import { BOB, contactOf, toposSource, toposStage, type ToposStageOptions, viasOf } from './topos-stage.ts';

const SECRET = 'shared by all nodes';
const mask = new CallIdMask(SECRET);
const masking = { mask_callid: 1, secret: SECRET } as const;

const idsOf = (ua: ScriptedUa): readonly (string | undefined)[] => [
  ...new Set(ua.inbox.heard.map(({ message }: { message: SipMessage }) => message.callId)),
];

async function scene(options: ToposStageOptions = {}) {
  return toposStage({ ...options, topos: { ...masking, ...options.topos } });
}

async function established(options: ToposStageOptions = {}) {
  const stage = await scene(options);
  const { alice, bob, sim } = stage;
  bob.acceptCalls();
  const invite = alice.invite(BOB);
  await sim.runFor(500);
  alice.ack2xx();
  alice.on('*', (request) => void alice.reply(request, 200));
  alice.on('ACK', () => undefined);
  await sim.runFor(100);
  const callId = invite.callId ?? '';
  return { ...stage, callId, masked: mask.mask(callId) ?? '' };
}

describe('the Call-ID of a hidden call', () => {
  it('is another one in everything that B sees, and its own in everything that A sees (behaviour 8)', async () => {
    const { alice, bob, sim, callId, masked } = await established();
    bob.inDialog('INFO');
    bob.invite(bob.dialog().target, { ...inDialogOf(bob) });
    await sim.runFor(200);
    bob.inDialog('ACK', { cseq: 2 });
    alice.inDialog('UPDATE');
    await sim.runFor(200);
    bob.bye();
    await sim.runFor(200);
    expect(bob.lines()).toEqual([
      `INVITE ${BOB}`,
      `ACK ${BOB}`,
      expect.stringMatching(/^100 .*\(INVITE\)/),
      '200 OK (INFO)',
      '200 OK (INVITE)',
      `UPDATE ${BOB}`,
      '200 OK (BYE)',
    ]);
    expect(alice.received('ACK')).toHaveLength(1);
    expect(alice.received('BYE')).toHaveLength(1);
    expect(idsOf(bob)).toEqual([masked]);
    expect(idsOf(alice)).toEqual([callId]);
  });

  it('is masked in the CANCEL and the ACK that are made here', async () => {
    const { alice, bob, sim } = await scene();
    bob.acceptCalls([180]);
    const invite = alice.invite(BOB);
    await sim.runFor(200);
    alice.cancel(invite);
    await sim.runFor(200);
    expect(bob.received('CANCEL')).toHaveLength(1);
    expect(bob.received('ACK')).toHaveLength(1);
    expect(idsOf(bob)).toEqual([mask.mask(invite.callId ?? '')]);
    expect(alice.receivedStatus(487)).toHaveLength(1);
    expect(idsOf(alice)).toEqual([invite.callId]);
  });

  it('is the same in a request and in what is sent again', async () => {
    const { alice, bob, sim } = await scene();
    const invite = alice.invite(BOB);
    await sim.runFor(4_000);
    alice.send(invite.serialize());
    await sim.runFor(100);
    expect(bob.received('INVITE').length).toBeGreaterThan(2);
    expect(idsOf(bob)).toEqual([mask.mask(invite.callId ?? '')]);
  });

  it.each(['statelessly', 'by its transaction'])('is that of B in replies that B gets from here, %s', async (how) => {
    const { alice, bob, sim, masked } = await established({
      routes: ({ sl, rr, tm }) => ({
        request(ctx) {
          if (ctx.message.method === 'INVITE' && ctx.message.toTag !== undefined) {
            if (how !== 'statelessly') tm.newTransaction(ctx);
            return sl.reply(ctx, 407);
          }
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          return how === 'statelessly' && ctx.message.toTag !== undefined ? undefined : tm.relay(ctx);
        },
      }),
    });
    bob.inbox.clear();
    const again = bob.invite(bob.dialog().target, inDialogOf(bob));
    await sim.runFor(100);
    const [challenge] = bob.receivedStatus(407);
    expect(challenge?.callId).toBe(masked);
    if (challenge !== undefined) bob.ackNegative(again, challenge);
    bob.inbox.clear();
    await sim.runFor(40_000);
    expect(bob.lines()).toEqual([]);
    expect(alice.received('ACK')).toEqual([]);
  });

  it('is that of B in a 200 that a route gives B, which its ACK ends', async () => {
    const { bob, sim, masked } = await established({
      routes: ({ rr, tm }) => ({
        request(ctx) {
          if (ctx.message.method === 'INVITE' && ctx.message.toTag !== undefined) {
            tm.newTransaction(ctx);
            return tm.reply(ctx, 200);
          }
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    bob.inbox.clear();
    const { cseq } = bob.invite(bob.dialog().target, inDialogOf(bob));
    await sim.runFor(600);
    expect(bob.receivedStatus(200).length).toBe(2);
    bob.inDialog('ACK', { cseq: cseq?.number ?? 0 });
    await sim.runFor(100);
    bob.inbox.clear();
    await sim.runFor(10_000);
    expect(bob.lines()).toEqual([]);
    expect(masked).not.toBe('');
  });

  it('is that of B in a refusal for want of a dialog', async () => {
    const { bob, sim, masked } = await established();
    bob.inbox.clear();
    const forged = bob.dialog().target.replace(/btpsh-.{4}/, 'btpsh-0000');
    bob.request('INFO', forged, inDialogOf(bob));
    await sim.runFor(100);
    expect(bob.receivedStatus(481)[0]?.callId).toBe(masked);
  });

  it('is the real one in routes, whoever sends', async () => {
    const seen: (string | undefined)[] = [];
    const { bob, sim, callId } = await established({
      routes: ({ rr, tm }) => ({
        request(ctx) {
          seen.push(ctx.message.callId);
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
        reply: (ctx) => void seen.push(ctx.message.callId),
      }),
    });
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(seen.length).toBeGreaterThan(4);
    expect(new Set(seen)).toEqual(new Set([callId]));
  });

  it('is the correlation id of both legs in the trace, and the trace shows the wire (behaviour 37)', async () => {
    const { bob, sim, sink, callId, masked } = await established();
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(new Set(sink.frames.map(({ correlationId }) => correlationId))).toEqual(new Set([callId]));
    const toBob = sink.frames.filter(({ destination }) => destination.address === '10.0.0.3');
    expect(toBob.length).toBeGreaterThan(0);
    for (const { payload } of toBob) expect(payload).toContain(`Call-ID: ${masked}\r\n`);
    for (const { bytes } of bob.inbox.heard) {
      expect(toBob.map(({ payload }) => payload)).toContain(bytes.toString('latin1'));
    }
  });

  it('is the correlation id where everything is traced without a route', async () => {
    const { bob, sim, sink, callId } = await established({
      siptrace: { trace_mode: 1 },
      routes: ({ rr, tm }) => ({
        request(ctx) {
          if (ctx.message.toTag === undefined) rr.recordRoute(ctx);
          else rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(sink.frames.length).toBeGreaterThan(10);
    expect(new Set(sink.frames.map(({ correlationId }) => correlationId))).toEqual(new Set([callId]));
  });

  it('is looked for under its real name by a trace rule, on both sides', async () => {
    const { bob, sim, sink, proxy, callId } = await established({
      routes: ({ rr, tm }) => ({
        request(ctx) {
          rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    proxy.program.rpc.get('siptrace.start')?.([`callid=${callId}`, 'sip:10.0.9.1:9060', 60]);
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(sink.frames.map(({ firstLine }) => firstLine.split(' ')[0])).toEqual(['INFO', 'INFO', 'SIP/2.0', 'SIP/2.0']);
  });

  it('stays as it is towards a side that an event route shows everything', async () => {
    const { alice, bob, sim, callId } = await established({
      events: {
        'topos:msg-outgoing'(ctx) {
          const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
          return flow?.remote.address === '10.0.0.3' ? ctx.drop() : undefined;
        },
      },
    });
    bob.inDialog('INFO');
    await sim.runFor(100);
    expect(idsOf(bob)).toEqual([callId]);
    expect(idsOf(alice)).toEqual([callId]);
    expect(contactOf(bob.received('INVITE')[0])).toBe('<sip:alice@10.0.0.2:5060>');
  });

  it('does not change when a later message to that side is dropped from hiding', async () => {
    let isDropping = false;
    const { alice, bob, sim, masked } = await established({
      events: { 'topos:msg-outgoing': (ctx) => (isDropping ? ctx.drop() : undefined) },
    });
    isDropping = true;
    alice.inDialog('INFO');
    await sim.runFor(100);
    expect(viasOf(bob.received('INFO')[0]).length).toBe(2);
    expect(idsOf(bob)).toEqual([masked]);
  });

  it('is masked in requests outside of dialogs, and left alone in those that hiding leaves alone', async () => {
    const { alice, bob, sim } = await scene({ topos: { methods_noinitial: ['MESSAGE'] } });
    bob.on('*', (request) => void bob.reply(request, 200));
    const ids = ['OPTIONS', 'MESSAGE', 'PUBLISH'].map((method) => alice.request(method, BOB).callId ?? '');
    await sim.runFor(100);
    const [options = '', message, publish] = ids;
    expect(bob.received().map(({ callId }) => callId)).toEqual([mask.mask(options), message, publish]);
    expect(alice.receivedStatus(200).map(({ callId }) => callId)).toEqual(ids);
  });

  it.each([
    ['reject', 512, [1, 0]],
    ['reject', 513, [0, 1]],
    ['pass', 513, [1, 0]],
  ] as const)('with on_error = %s and %i characters', async (on_error, length, [arrived, refused]) => {
    const { alice, bob, sim } = await scene({ topos: { on_error } });
    bob.acceptCalls();
    alice.invite(BOB, { callId: 'x'.repeat(length) });
    await sim.runFor(100);
    expect(bob.received('INVITE').length).toBe(arrived);
    expect(alice.receivedStatus(503).length).toBe(refused);
  });

  it('is still read after a reload, also without a secret, and when masking ends for new calls', async () => {
    const { alice, bob, proxy, sim, callId } = await established({ topos: { secret: '' } });
    await proxy.reload(toposSource({ topos: { mask_callid: 0 } }));
    const [known] = idsOf(bob);
    bob.inDialog('INFO');
    alice.inDialog('UPDATE');
    await sim.runFor(200);
    expect(alice.received('INFO').map((request) => request.callId)).toEqual([callId]);
    expect(bob.received('UPDATE').map((request) => request.callId)).toEqual([known]);
    expect(known).toMatch(/^tpsc-/);
  });

  it('holds for a call that passes here twice: each of its halves has its sides', async () => {
    const { alice, bob, sim } = await scene({
      routes: ({ rr, tm }) => ({
        request(ctx) {
          if (ctx.message.toTag === undefined) {
            rr.recordRoute(ctx);
            ctx.message.uri = ctx.message.uri.includes('once') ? 'sip:twice@10.0.0.1:5060' : BOB;
          } else rr.looseRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    bob.acceptCalls();
    alice.on('*', (request) => void alice.reply(request, 200));
    alice.on('ACK', () => undefined);
    const invite = alice.invite('sip:once@10.0.0.1');
    await sim.runFor(500);
    alice.ack2xx();
    await sim.runFor(100);
    bob.inDialog('INFO');
    alice.inDialog('UPDATE');
    await sim.runFor(100);
    bob.bye();
    await sim.runFor(100);
    expect(bob.received().map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'UPDATE']);
    expect(alice.received().map(({ method }) => method)).toEqual(['INFO', 'BYE']);
    expect(bob.receivedStatus(200)).toHaveLength(2);
    expect(idsOf(bob)).toEqual([mask.mask(invite.callId ?? '')]);
    expect(idsOf(alice)).toEqual([invite.callId]);
  });

  it('is read by another node that has the secret', async () => {
    const first = await established();
    const second = await scene({ routes: ({ sl }) => ({ request: (ctx) => sl.reply(ctx, 200) }) });
    const seen = first.bob.received('INVITE')[0] as SipRequest;
    second.carol.request('OPTIONS', 'sip:10.0.0.1', { callId: seen.callId ?? '' });
    await second.sim.runFor(100);
    // Whoever asks is answered under the id that it used.
    expect(second.carol.receivedStatus(200)[0]?.callId).toBe(first.masked);
  });
});

describe('another call that a request names', () => {
  /** What arrives of a header that `from` sends to `to`; P is the Call-ID of A, M that of B, X a call of another node. */
  async function arrives(from: 'alice' | 'bob' | 'carol', to: 'alice' | 'bob', header: string, value: string) {
    const { alice, bob, carol, sim, callId, masked } = await established();
    const foreign = mask.mask('x@far') ?? '';
    const tags = { ta: tagOf(alice.dialog().local), tb: tagOf(bob.dialog().local) };
    const spelled = [['P', callId] as const, ['M', masked] as const, ['X', foreign] as const];
    const write = (text: string): string =>
      text
        .replace(/\b[PMX]\b/g, (letter) => spelled.find(([name]) => name === letter)?.[1] ?? letter)
        .replace(/\bt[ab]\b/g, (name) => (name === 'ta' ? tags.ta : tags.tb));
    const read = (text: string): string =>
      spelled
        .reduce((shown, [letter, id]) => shown.replaceAll(id, letter), text)
        .replaceAll(tags.ta, 'ta')
        .replaceAll(tags.tb, 'tb');
    const [sender, receiver] = [{ alice, bob, carol }[from], { alice, bob }[to]];
    receiver.inbox.clear();
    sender.request('INVITE', to === 'alice' ? 'sip:alice@10.0.0.2:5060' : BOB, { headers: [[header, write(value)]] });
    await sim.runFor(200);
    return read(receiver.received('INVITE')[0]?.headers.get(header) ?? 'nothing');
  }

  it.each([
    ['bob', 'alice', 'Replaces', 'M;to-tag=ta;from-tag=tb', 'P;to-tag=ta;from-tag=tb'],
    ['alice', 'bob', 'Replaces', 'P;to-tag=tb;from-tag=ta', 'M;to-tag=tb;from-tag=ta'],
    ['carol', 'alice', 'Replaces', 'M;to-tag=ta;from-tag=tb', 'P;to-tag=ta;from-tag=tb'],
    ['carol', 'bob', 'Replaces', 'M;to-tag=tb;from-tag=ta', 'M;to-tag=tb;from-tag=ta'],
    ['carol', 'bob', 'Join', 'P;to-tag=tb;from-tag=ta', 'M;to-tag=tb;from-tag=ta'],
    ['carol', 'bob', 'Replaces', 'X;to-tag=1;from-tag=2', 'X;to-tag=1;from-tag=2'],
    ['carol', 'bob', 'Replaces', 'y@far;to-tag=1;from-tag=2', 'y@far;to-tag=1;from-tag=2'],
    ['bob', 'alice', 'Target-Dialog', 'M;local-tag=tb;remote-tag=ta', 'P;local-tag=tb;remote-tag=ta'],
    ['alice', 'bob', 'Target-Dialog', 'P;local-tag=ta;remote-tag=tb', 'M;local-tag=ta;remote-tag=tb'],
    ['bob', 'alice', 'In-Reply-To', 'z@far, M', 'z@far, P'],
  ] as const)('%s to %s, %s: %s arrives as %s', async (from, to, header, value, expected) => {
    expect(await arrives(from, to, header, value)).toBe(expected);
  });
});

const tagOf = (address: string): string => parseNameAddr(address)?.params.get('tag') ?? '';

/** Where the next request of this side goes and as whose it goes. */
function inDialogOf(ua: ScriptedUa) {
  const { callId, local, remote, routes } = ua.dialog();
  return { callId, from: local, to: remote, routes };
}
