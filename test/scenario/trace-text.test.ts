/** Text that is no SIP message of ours: log lines, and messages that a route makes up; and copies that carry their own addresses. */
import { describe, expect, it } from 'vitest';
import { BOB, stage, X, Y } from './stage.ts';

describe('hlog', () => {
  it('is a HEP log frame at the default target, under the Call-ID', async () => {
    const scene = await stage((m) => ({
      request(ctx) {
        m.siptrace.hlog(ctx, 'Grüße');
        m.siptrace.hlog(ctx, 'other', 'id-7');
        return m.sl.reply(ctx, 404);
      },
    }));
    const { callId } = scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    expect(scene.x.frames.map(({ packet, payload, correlationId }) => [packet.type, payload, correlationId])).toEqual([
      [100, Buffer.from('Grüße').toString('latin1'), callId],
      [100, 'other', 'id-7'],
    ]);
  });
});

describe('traceMessage', () => {
  const made = (more: object) =>
    stage((m) => ({
      request(ctx) {
        const outcome = m.siptrace.traceMessage(ctx, {
          text: 'OPTIONS sip:x SIP/2.0\r\n\r\n',
          from: 'udp:192.0.2.1:5060',
          to: 'udp:[2001:db8::1]:5070',
          ...more,
        });
        return m.sl.reply(ctx, outcome === 'traced' ? 200 : 500, outcome);
      },
    }));

  it('goes out with the addresses it was given, to a target or the default one', async () => {
    const scene = await made({ target: Y, correlationId: 'c' });
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    const [frame] = scene.y.frames;
    expect([frame?.source.address, frame?.destination, frame?.correlationId]).toEqual([
      '::ffff:192.0.2.1',
      { address: '2001:db8::1', port: 5070 },
      'c',
    ]);
    expect(scene.x.frames).toHaveLength(0);
  });

  it.each([{ from: '192.0.2.1' }, { to: 'nowhere' }, { from: 'udp:192.0.2.1:99999' }])('refuses %j', async (more) => {
    const scene = await made(more);
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    expect(scene.alice.receivedStatus(500)[0]?.reason).toBe('badAddress');
    expect(scene.x.frames).toHaveLength(0);
  });
});

describe('xheaders', () => {
  it('write puts addresses, time, method and direction at the end of the head of a copy', async () => {
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: `${Y};hep=0`, scope: 'message' });
          return m.sl.reply(ctx, 404);
        },
      }),
      { siptrace: { xheaders_write: 1 } },
    );
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    const [copy, reply] = scene.y.others.map((bytes) => bytes.toString('latin1'));
    expect(copy).toMatch(
      /\r\nX-Siptrace-Fromip: udp:10\.0\.0\.2:5060\r\nX-Siptrace-Toip: udp:10\.0\.0\.1:5060\r\nX-Siptrace-Time: \d+ \d+\r\nX-Siptrace-Method: OPTIONS\r\nX-Siptrace-Dir: in\r\n\r\n$/,
    );
    expect(reply).toContain('X-Siptrace-Method: Reply\r\nX-Siptrace-Dir: out\r\n\r\n');
    expect(scene.alice.receivedStatus(404)[0]?.headers.has('X-Siptrace-Dir')).toBe(false);
  });

  it('read takes addresses and time from a copy, and traces nothing else', async () => {
    const scene = await stage(
      (m) => ({
        request(ctx) {
          m.siptrace.trace(ctx, { to: Y, scope: 'message' });
        },
      }),
      { siptrace: { xheaders_read: 1 } },
    );
    const xheaders = [
      ['X-Siptrace-Fromip', 'udp:192.0.2.1:5060'],
      ['X-Siptrace-Toip', 'udp:192.0.2.2:5061'],
      ['X-Siptrace-Time', '1700000000 123456'],
    ] as const;
    scene.alice.request('OPTIONS', BOB, { headers: xheaders });
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    expect(scene.y.lines()).toEqual([`192.0.2.1:5060 > 192.0.2.2:5061 OPTIONS ${BOB}`]);
    expect(scene.y.frames[0]?.payload).not.toContain('X-Siptrace');
    expect(scene.y.frames[0]?.at).toBe(1_700_000_000_123_456);
  });
});

it('trace_mode 4 sends raw copies, 5 both', async () => {
  const scene = await stage((m) => ({ request: (ctx) => m.sl.reply(ctx, 404) }), {
    siptrace: { trace_mode: 5, duplicate_uri: X },
  });
  scene.alice.request('OPTIONS', BOB);
  await scene.sim.runFor(50);
  expect(scene.x.frames).toHaveLength(2);
  expect(scene.x.others).toHaveLength(2);
});

it('trace_local_ip and data_mode change the local side only', async () => {
  const scene = await stage(
    (m) => ({
      request(ctx) {
        m.siptrace.trace(ctx, { to: Y, scope: 'message' });
        return m.sl.reply(ctx, 404);
      },
    }),
    { siptrace: { trace_local_ip: 'udp:198.51.100.7:5099' } },
  );
  scene.alice.request('OPTIONS', BOB);
  await scene.sim.runFor(50);
  expect(scene.y.lines()).toEqual([
    `10.0.0.2:5060 > 198.51.100.7:5099 OPTIONS ${BOB}`,
    '198.51.100.7:5099 > 10.0.0.2:5060 404 Not Found',
  ]);
});
