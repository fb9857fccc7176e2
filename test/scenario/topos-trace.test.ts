/** What is traced of a hidden call is what was on the wire of each leg (behaviours 37 and 38). */
import { describe, expect, it } from 'vitest';
import { answerAs, toLeg } from './topos-parties.ts';
import { BOB, toposStage, type ToposStageOptions, UPSTREAM } from './topos-stage.ts';

type Scene = Awaited<ReturnType<typeof toposStage>>;

/** Every SIP message of the proxy as its sockets had it. */
const wireOf = ({ sim }: Scene): readonly string[] =>
  sim.wire.entries
    .filter(({ kind, source, destination }) => {
      const isOut = source.address === '10.0.0.1';
      return destination.port === 5060 && source.port === 5060 && kind === (isOut ? 'sent' : 'received');
    })
    .map(({ source, destination, bytes }) => `${source.address} ${destination.address}\n${bytes.toString('latin1')}`);

const tracedOf = ({ sink }: Scene): readonly string[] =>
  sink.frames.map(({ source, destination, payload }) => `${source.address} ${destination.address}\n${payload}`);

async function settled(scene: Scene): Promise<void> {
  await scene.sim.runFor(500);
  expect(tracedOf(scene)).toEqual(wireOf(scene));
  expect(tracedOf(scene).length).toBeGreaterThan(0);
}

async function call(options: ToposStageOptions = {}): Promise<Scene> {
  const scene = await toposStage(options);
  const { alice, bob, sim } = scene;
  bob.acceptCalls();
  alice.on('*', (request) => void alice.reply(request, 200));
  alice.invite(BOB, { headers: UPSTREAM });
  await sim.runFor(100);
  toLeg(alice, 'ACK', alice.receivedStatus(200)[0], { cseq: 1 });
  await sim.runFor(100);
  toLeg(alice, 'INFO', alice.receivedStatus(200)[0]);
  bob.inDialog('BYE', { routes: [] });
  return scene;
}

const perLeg = (address: string): ToposStageOptions => ({
  events: {
    'topos:msg-outgoing'(ctx) {
      const flow = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
      return flow?.remote.address === address ? ctx.drop() : undefined;
    },
  },
});

describe('the trace of a hidden call (behaviour 37)', () => {
  it('is byte for byte what was on the wire of both legs, under one correlation id', async () => {
    const scene = await call({
      routes: ({ siptrace, rr, tm }) => ({
        request(ctx) {
          siptrace.trace(ctx, { to: 'sip:10.0.9.1:9060;correlation=callid', scope: 'transaction' });
          if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
          else rr.recordRoute(ctx);
          return tm.relay(ctx);
        },
      }),
    });
    await settled(scene);
    const [callId] = scene.alice.received().map((request) => request.callId);
    expect(new Set(scene.sink.frames.map(({ correlationId }) => correlationId))).toEqual(new Set([callId]));
    expect(scene.sink.frames.length).toBe(1 + 2 * 8);
  });

  it.each([
    ['towards A', '10.0.0.2'],
    ['towards B', '10.0.0.3'],
  ])('is so when hiding is dropped %s', async (_leg, address) => {
    await settled(await call(perLeg(address)));
  });

  it('is so for what is sent again, cancelled and acknowledged by us', async () => {
    const scene = await toposStage();
    const { alice, bob, sim } = scene;
    const sent = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(3_000);
    bob.acceptCalls([180]);
    const [invite] = bob.received('INVITE');
    if (invite !== undefined) answerAs(bob, invite, 180);
    await sim.runFor(100);
    alice.cancel(sent);
    await sim.runFor(100);
    const reply = alice.receivedStatus(487)[0];
    if (reply !== undefined) alice.ackNegative(sent, reply);
    await settled(scene);
  });
});

describe('replies of our own (behaviour 38)', () => {
  const refusing: ToposStageOptions = {
    routes: ({ sl, siptrace, rr, tm }) => ({
      request(ctx) {
        siptrace.trace(ctx, { to: 'sip:10.0.9.1:9060', scope: 'transaction' });
        if (ctx.message.toTag !== undefined) rr.looseRoute(ctx);
        if (ctx.message.method === 'OPTIONS' || ctx.message.uri.includes('nobody')) return sl.reply(ctx, 407);
        rr.recordRoute(ctx);
        return tm.relay(ctx);
      },
    }),
  };

  it.each([
    ['', {}],
    [' on a leg that is not hidden', perLeg('10.0.0.2')],
  ])('that need no transaction go to the target of their route, with their ACK%s', async (_where, more) => {
    const scene = await toposStage({ ...refusing, ...more });
    const { alice, bob, sim } = scene;
    bob.acceptCalls();
    const sent = alice.invite('sip:nobody@10.0.0.3', { headers: UPSTREAM });
    await sim.runFor(20);
    const [challenge] = alice.receivedStatus(407);
    if (challenge !== undefined) alice.ackNegative(sent, challenge);
    alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(50);
    alice.inDialog('OPTIONS', { routes: [] });
    await settled(scene);
    expect(scene.sink.frames.filter(({ firstLine }) => firstLine.includes(' 407 '))).toHaveLength(2);
    expect(scene.sink.frames.filter(({ firstLine }) => firstLine.startsWith('ACK '))).toHaveLength(1);
  });
});
