/** Rules R1, R2, R5, R7 and R8 on whole calls: what a traced request causes goes to the targets of its route. */
import { describe, expect, it } from 'vitest';
import type { ReplyContext, RequestContext, Routes } from '../../src/engine/context.ts';
import { forwardRequest } from '../../src/engine/forward.ts';
import { MAX_TARGETS } from '../../src/modules/siptrace/trace-context.ts';
import { BOB, type Modules, seen, stage, X, Y, Z } from './stage.ts';

type Scene = Awaited<ReturnType<typeof stage>>;

const traced =
  (more: Partial<Routes> = {}, arm?: (m: Modules, ctx: RequestContext) => void) =>
  (m: Modules): Routes => ({
    request(ctx) {
      if (ctx.message.method !== 'CANCEL') m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' });
      arm?.(m, ctx);
      return m.tm.relay(ctx);
    },
    ...more,
  });

/** `in 10.0.0.2 INVITE`, seen from the proxy. */
function wire(scene: Scene): readonly string[] {
  return scene.y.frames.map(({ source, destination, firstLine }) => {
    const out = source.address === '10.0.0.1' && source.port === 5060;
    const [first = '', second = ''] = firstLine.split(' ');
    return `${out ? 'out' : 'in'} ${out ? destination.address : source.address} ${first === 'SIP/2.0' ? second : first}`;
  });
}

/** Every message that the proxy's SIP sockets sent or received, in the same notation. */
function truth(scene: Scene): readonly string[] {
  return sipEntries(scene).map(({ source, destination, bytes }) => {
    const out = source.address === '10.0.0.1';
    const [first = '', second = ''] = Buffer.from(bytes).toString('latin1').split('\r\n', 1).join('').split(' ');
    return `${out ? 'out' : 'in'} ${out ? destination.address : source.address} ${first === 'SIP/2.0' ? second : first}`;
  });
}

/** As the proxy's own socket had them: sent by it when they left, sent to it when they arrived. */
function sipEntries(scene: Scene) {
  return scene.sim.wire.entries.filter(
    ({ kind, source, destination }) =>
      source.port === 5060 &&
      destination.port === 5060 &&
      kind === (source.address === '10.0.0.1' ? 'sent' : 'received'),
  );
}

describe('a traced call', () => {
  it('shows every message of INVITE, ACK and BYE with the correlation id', async () => {
    const scene = await stage(traced());
    scene.bob.acceptCalls();
    scene.alice.invite(BOB);
    await scene.sim.runFor(500);
    scene.alice.ack2xx();
    await scene.sim.runFor(100);
    scene.alice.bye();
    await scene.sim.runFor(1_000);
    expect(wire(scene)).toEqual([
      'in 10.0.0.2 INVITE',
      'out 10.0.0.2 100',
      'out 10.0.0.3 INVITE',
      'in 10.0.0.3 180',
      'out 10.0.0.2 180',
      'in 10.0.0.3 200',
      'out 10.0.0.2 200',
      'in 10.0.0.2 ACK',
      'out 10.0.0.3 ACK',
      'in 10.0.0.2 BYE',
      'out 10.0.0.3 BYE',
      'in 10.0.0.3 200',
      'out 10.0.0.2 200',
    ]);
    expect(scene.y.frames.every(({ correlationId }) => correlationId === 'c')).toBe(true);
    expect(scene.x.frames).toHaveLength(0);
  });

  it('shows the CANCEL, its 200, the 487s and both ACKs (R5)', async () => {
    const scene = await stage(traced());
    scene.bob.on('INVITE', (invite, ua) => {
      ua.reply(invite, 180);
      scene.bob.on('CANCEL', (cancel) => {
        ua.reply(cancel, 200);
        ua.reply(invite, 487);
      });
    });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    scene.alice.cancel(invite);
    await scene.sim.runFor(100);
    const [ended] = scene.alice.receivedStatus(487);
    if (ended === undefined) throw new Error('no 487');
    scene.alice.ackNegative(invite, ended);
    await scene.sim.runFor(100);
    expect(wire(scene).slice(5)).toEqual([
      'in 10.0.0.2 CANCEL',
      'out 10.0.0.2 200',
      'out 10.0.0.3 CANCEL',
      'in 10.0.0.3 200',
      'in 10.0.0.3 487',
      'out 10.0.0.3 ACK',
      'out 10.0.0.2 487',
      'in 10.0.0.2 ACK',
    ]);
  });

  it('shows retransmissions in and out, the timer 408 and its ACK', async () => {
    const scene = await stage(traced(), { tm: { fr_timer: 3_000 } });
    const invite = scene.alice.invite(BOB);
    await scene.sim.runFor(200);
    scene.alice.send(invite);
    await scene.sim.runFor(4_000);
    const [timeout] = scene.alice.receivedStatus(408);
    if (timeout === undefined) throw new Error('no 408');
    scene.alice.ackNegative(invite, timeout);
    await scene.sim.runFor(100);
    expect(wire(scene)).toEqual(truth(scene));
    expect(wire(scene).filter((line) => line === 'out 10.0.0.3 INVITE')).toHaveLength(3);
    expect(wire(scene).filter((line) => line === 'in 10.0.0.2 INVITE')).toHaveLength(2);
    expect(wire(scene)).toContain('out 10.0.0.2 408');
    expect(wire(scene)).toContain('in 10.0.0.2 ACK');
  });

  it('shows both attempts and the reply of a failure route', async () => {
    const scene = await stage((m) =>
      traced(
        {
          failure: {
            second(ctx) {
              if (ctx.winning?.status !== 486) return;
              m.tm.onFailure(ctx, 'third');
              ctx.message.uri = 'sip:carol@10.0.0.4:5060';
              return m.tm.relay(ctx);
            },
            third: (ctx) => m.tm.reply(ctx, 480),
          },
        },
        (_m, ctx) => m.tm.onFailure(ctx, 'second'),
      )(m),
    );
    const carol = await scene.agent('carol', '10.0.0.4');
    scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 486));
    carol.on('INVITE', (invite, ua) => void ua.reply(invite, 603));
    scene.alice.invite(BOB);
    await scene.sim.runFor(300);
    expect(wire(scene)).toEqual([
      'in 10.0.0.2 INVITE',
      'out 10.0.0.2 100',
      'out 10.0.0.3 INVITE',
      'in 10.0.0.3 486',
      'out 10.0.0.3 ACK',
      'out 10.0.0.4 INVITE',
      'in 10.0.0.4 603',
      'out 10.0.0.4 ACK',
      'out 10.0.0.2 480',
    ]);
  });

  it('shows a stateless forward and its reply', async () => {
    const scene: Scene = await stage((m) => ({
      async request(ctx) {
        m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
        await forwardRequest(scene.proxy.engine, ctx);
      },
    }));
    scene.bob.on('OPTIONS', (request, ua) => void ua.reply(request, 200));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    expect(wire(scene)).toEqual(['in 10.0.0.2 OPTIONS', 'out 10.0.0.3 OPTIONS', 'in 10.0.0.3 200', 'out 10.0.0.2 200']);
  });

  it('is the same whether traced before or after relaying (R1, R8)', async () => {
    const late = await stage((m) => ({
      async request(ctx) {
        await m.tm.relay(ctx);
        m.siptrace.trace(ctx, { to: Y, correlationId: 'c', scope: 'transaction' });
      },
    }));
    late.bob.acceptCalls();
    late.alice.invite(BOB);
    await late.sim.runFor(200);
    late.alice.ack2xx();
    await late.sim.runFor(200);
    expect(wire(late)).toEqual(truth(late));
    expect(wire(late)).toHaveLength(9);
  });

  it('is wire-exact: payload bytes, addresses and rising times are those of the socket', async () => {
    const scene = await stage(traced());
    scene.bob.acceptCalls();
    scene.alice.invite(BOB, { body: 'v=0\r\ns=-\0é\r\n', contentType: 'application/sdp' });
    await scene.sim.runFor(200);
    const sip = sipEntries(scene);
    expect(scene.y.frames.map(({ payload }) => payload)).toEqual(
      sip.map(({ bytes }) => Buffer.from(bytes).toString('latin1')),
    );
    const times = scene.y.frames.map(({ at }) => Number(at));
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });
});

describe('switching', () => {
  it('off stops a running transaction at once, on resumes it (R7)', async () => {
    const scene = await stage(traced());
    scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 180));
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const status = scene.proxy.program.rpc.get('siptrace.status');
    status?.(['off']);
    scene.y.forget();
    const [invite] = scene.bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    scene.bob.reply(invite, 183);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(183)).toHaveLength(1);
    expect(scene.y.frames).toHaveLength(0);
    status?.(['on']);
    scene.bob.reply(invite, 200);
    await scene.sim.runFor(100);
    expect(seen(scene.y)).toBe('200+c 200+c');
  });

  it('may silence one target and leave the others', async () => {
    const scene = await stage((m) => ({
      request(ctx) {
        m.siptrace.trace(ctx, { to: [Y, Z], scope: 'transaction' });
        return m.sl.reply(ctx, 404);
      },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    scene.proxy.program.rpc.get('siptrace.status')?.(['off', Z]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    expect(seen(scene.y)).toBe('INVITE 404 INVITE 404');
    expect(seen(scene.z)).toBe('INVITE 404');
  });
});

describe('trouble', () => {
  it('without a target traces nothing, says so once, and the call goes on (R6)', async () => {
    const lines: string[] = [];
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: '', scope: 'transaction' });
          return m.sl.reply(ctx, 404);
        },
      }),
      { siptrace: { duplicate_uri: '' }, log: { write: (_level, message) => lines.push(message) } },
    );
    for (let i = 0; i < 5; i++) scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    expect(scene.alice.receivedStatus(404)).toHaveLength(5);
    expect(lines).toEqual(['siptrace: there is no target: give one, or set duplicate_uri']);
  });

  it('traces one request to 16 targets and refuses the next', async () => {
    const targets = Array.from({ length: MAX_TARGETS + 1 }, (_, i) => `sip:10.0.9.2:${9060 + i}`);
    const outcomes: string[] = [];
    const scene = await stage((m) => ({
      request(ctx) {
        for (const to of targets) outcomes.push(m.siptrace.trace(ctx, { to, scope: 'transaction' }));
        return m.sl.reply(ctx, 404);
      },
    }));
    scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    expect(outcomes).toEqual([...Array<string>(MAX_TARGETS).fill('traced'), 'tooMany']);
    expect(seen(scene.y)).toBe('INVITE 404');
  });

  it('refuses a target that is our own listener', async () => {
    const lines: string[] = [];
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: 'sip:10.0.0.1:5060', scope: 'transaction' });
          return m.sl.reply(ctx, 404);
        },
      }),
      { log: { write: (_level, message) => lines.push(message) } },
    );
    scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    expect(scene.alice.receivedStatus(404)).toHaveLength(1);
    expect(lines.join()).toContain('one of our own listeners');
  });

  it('a dead collector delays nothing', async () => {
    const scene = await stage(traced());
    scene.y.close();
    scene.sim.net.partition('10.0.9.2');
    scene.bob.acceptCalls([200]);
    scene.alice.invite(BOB);
    await scene.sim.runFor(20);
    expect(scene.alice.receivedStatus(200)).toHaveLength(1);
  });

  it('event_route[siptrace:msg] keeps messages back, in scripts and in trace_mode', async () => {
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
          return m.tm.relay(ctx);
        },
        event: {
          'siptrace:msg': (ctx) =>
            ctx.message.kind === 'response' && ctx.message.status === 180 ? ctx.drop() : undefined,
        },
      }),
      { siptrace: { trace_mode: 1 } },
    );
    scene.bob.acceptCalls();
    scene.alice.invite(BOB);
    await scene.sim.runFor(200);
    expect(seen(scene.y)).toBe('INVITE 100 INVITE 200 200');
    expect(seen(scene.x)).toBe('INVITE 100 INVITE 200 200');
    expect(scene.alice.receivedStatus(180)).toHaveLength(1);
  });

  it('event_route[siptrace:msg] can ask between which ends a message goes', async () => {
    const ends: string[] = [];
    const siptraceOf = (ctx: RequestContext | ReplyContext, inner: string): string => {
      const binding = scene.proxy.program.modules.find(({ decl }) => decl.name === 'siptrace')?.instance.pvs?.[
        'siptrace'
      ];
      return String(binding?.read(ctx, { inner, index: undefined }));
    };
    const scene = await stage((m) => ({
      request(ctx) {
        ends.push(siptraceOf(ctx, 'src_addr'));
        m.siptrace.trace(ctx, { to: X });
        return m.sl.reply(ctx, 404);
      },
      event: {
        'siptrace:msg': (ctx) => {
          ends.push(['src_addr', 'dst_hostip', 'dst_port', 'src_proto'].map((part) => siptraceOf(ctx, part)).join(' '));
        },
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(100);
    const { address, port } = scene.alice.local;
    expect(ends[0]).toBe('null');
    expect(ends[1]).toMatch(new RegExp(`^udp:${address}:${port} [0-9.]+ [0-9]+ udp$`));
    expect(ends[2]).toMatch(new RegExp(`${address} ${port} udp$`));
  });

  it('tells what trace_mode and a target share only once', async () => {
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: X, scope: 'transaction' });
          return m.sl.reply(ctx, 404);
        },
      }),
      { siptrace: { trace_mode: 1 } },
    );
    scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    expect(seen(scene.x)).toBe('INVITE 404');
  });
});
