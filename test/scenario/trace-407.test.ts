/** The 407 matrix: an INVITE is challenged and acknowledged, in each of the ways that a route can be written. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/engine/context.ts';
import { BOB, type Modules, seen, type SiptraceParams, stage, X, Y, Z } from './stage.ts';

interface Row {
  readonly row: string;
  readonly route: (modules: Modules, ctx: RequestContext) => unknown;
  readonly siptrace?: SiptraceParams;
  readonly x: string;
  readonly y: string;
  readonly z?: string;
}

const challenge = ({ sl }: Modules, ctx: RequestContext) => sl.reply(ctx, 407, 'Proxy Authentication Required');
const all = 'INVITE+c 407+c ACK+c';

const rows: readonly Row[] = [
  { row: 'a0: no trace at all', route: (m, ctx) => challenge(m, ctx), x: '', y: '' },
  {
    row: 'a1: scope m, stateless',
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'message' }), challenge(m, ctx)],
    x: '',
    y: all,
  },
  {
    row: 'a20: no scope, stateless',
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c' }), challenge(m, ctx)],
    x: '',
    y: all,
  },
  {
    row: 'a2 and a7: scope t, stateless',
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }), challenge(m, ctx)],
    x: '',
    y: all,
  },
  {
    row: 'a9: scope d, stateless',
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'dialog' }), challenge(m, ctx)],
    x: '',
    y: all,
  },
  {
    row: 'a3: scope t, then a transaction, then sl',
    route: (m, ctx) => [
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }),
      m.tm.newTransaction(ctx),
      challenge(m, ctx),
    ],
    x: '',
    y: all,
  },
  {
    row: 'a4, a8 and a16: scope t, then a transaction and its reply',
    route: (m, ctx) => [
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }),
      m.tm.newTransaction(ctx),
      m.tm.reply(ctx, 407),
    ],
    x: '',
    y: all,
  },
  {
    row: 'a5: the transaction first',
    route: (m, ctx) => [
      m.tm.newTransaction(ctx),
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }),
      m.sl.send(ctx, 407),
    ],
    x: '',
    y: all,
  },
  {
    row: 'a6: scope m and a stateful reply: this message only',
    route: (m, ctx) => [
      m.tm.newTransaction(ctx),
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'message' }),
      m.sl.send(ctx, 407),
    ],
    x: '',
    y: 'INVITE+c',
  },
  {
    row: 'a10: traced after the stateful reply went out',
    route: (m, ctx) => [
      m.tm.newTransaction(ctx),
      m.sl.send(ctx, 407),
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }),
    ],
    x: '',
    y: all,
  },
  {
    row: 'traced after the stateless reply went out',
    route: (m, ctx) => [challenge(m, ctx), m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'message' })],
    x: '',
    y: all,
  },
  {
    row: 'a11: trace_flag makes scope t the default',
    siptrace: { trace_flag: 3 },
    route: (m, ctx) => {
      ctx.state.flags |= 1 << 3;
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c' });
      m.tm.newTransaction(ctx);
      m.sl.send(ctx, 407);
    },
    x: '',
    y: all,
  },
  {
    row: 'a12: two targets, stateless',
    route: (m, ctx) => [
      m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }),
      m.siptrace.trace(ctx, { to: Z, correlationId: 'z', scope: 'transaction' }),
      challenge(m, ctx),
    ],
    x: '',
    y: all,
    z: 'INVITE+z 407+z ACK+z',
  },
  {
    row: 'a13: two targets in one list, stateful',
    route: (m, ctx) => [
      m.siptrace.trace(ctx, { to: [Y, Z], correlationId: 'c', scope: 'transaction' }),
      m.tm.newTransaction(ctx),
      m.sl.send(ctx, 407),
    ],
    x: '',
    y: all,
    z: all,
  },
  {
    row: 'a14: trace_mode function, default target',
    route: (m, ctx) => [m.siptrace.traceMode(ctx, 'transaction'), challenge(m, ctx)],
    x: 'INVITE 407 ACK',
    y: '',
  },
  {
    row: 'a15: an empty URI means the default target',
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: '', correlationId: 'c', scope: 'transaction' }), challenge(m, ctx)],
    x: all,
    y: '',
  },
  {
    row: 'the same target twice gets each message once',
    route: (m, ctx) => [
      m.siptrace.trace(ctx, { to: [Y, Y], correlationId: 'c', scope: 'transaction' }),
      m.siptrace.trace(ctx, { to: Y, correlationId: 'd', scope: 'transaction' }),
      challenge(m, ctx),
    ],
    x: '',
    y: all,
  },
  {
    row: 'trace_sl_acks concerns only ACKs without a context',
    siptrace: { trace_sl_acks: 1 },
    route: (m, ctx) => challenge(m, ctx),
    x: 'ACK',
    y: '',
  },
  {
    row: 'trace_sl_acks does not double an ACK that has a context',
    siptrace: { trace_sl_acks: 1 },
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'message' }), challenge(m, ctx)],
    x: '',
    y: all,
  },
  {
    row: 'trace_sl_replies 0 leaves stateless replies and their ACKs out',
    siptrace: { trace_sl_replies: 0 },
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }), challenge(m, ctx)],
    x: '',
    y: 'INVITE+c',
  },
  {
    row: 'trace_mode: everything at the default target, once; the id counts from when it is given',
    siptrace: { trace_mode: 1 },
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: X, correlationId: 'c', scope: 'transaction' }), challenge(m, ctx)],
    x: 'INVITE 407+c ACK+c',
    y: '',
  },
  {
    row: 'trace_mode together with a target of the route',
    siptrace: { trace_mode: 1 },
    route: (m, ctx) => [m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' }), challenge(m, ctx)],
    x: 'INVITE 407 ACK',
    y: all,
  },
];

describe('the 407 to an INVITE and its ACK', () => {
  it.each(rows)('$row', async ({ route, siptrace = {}, x, y, z = '' }) => {
    const scene = await stage((modules) => ({ request: (ctx) => void route(modules, ctx) }), { siptrace });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const [reply] = scene.alice.receivedStatus(407);
    if (reply === undefined) throw new Error('no 407');
    scene.alice.ackNegative(invite, reply);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(407)).toHaveLength(1);
    expect({ x: seen(scene.x), y: seen(scene.y), z: seen(scene.z) }).toEqual({ x, y, z });
    expect(scene.bob.received()).toHaveLength(0);
  });
});
