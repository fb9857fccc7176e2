/** RFC 3261 18.1.1: a request that is too large for a datagram goes over TCP. */
import { describe, expect, it } from 'vitest';
import { BOB, stage } from './stage.ts';

const LIMIT = 1_300;

/** How an OPTIONS left that has this many bytes when it leaves as a datagram. */
async function leavesBy(bytes: number): Promise<'udp' | 'tcp' | 'tls'> {
  const scene = await stage((m) => ({ request: (ctx) => m.tm.relay(ctx) }), { tm: { udp_mtu: LIMIT } });
  const leaving = async (pad: number) => {
    scene.sim.wire.clear();
    scene.alice.request('OPTIONS', BOB, { headers: [['X-Pad', 'x'.repeat(pad)]] });
    await scene.sim.runFor(5);
    const ours = scene.sim.wire.entries.filter(({ source, destination }) => {
      return source.address === '10.0.0.1' && destination.address === '10.0.0.3';
    });
    return ours[0];
  };
  const small = (await leaving(1)) ?? expect.fail('nothing left');
  return (await leaving(1 + bytes - small.bytes.length))?.transport ?? 'tcp';
}

describe('udp_mtu', () => {
  it('sends what just fits as a datagram, and one byte more over TCP', async () => {
    expect(await leavesBy(LIMIT)).toBe('udp');
    expect(await leavesBy(LIMIT + 1)).toBe('tcp');
  });

  it('says in the Via that it went over TCP', async () => {
    const scene = await stage((m) => ({ request: (ctx) => m.tm.relay(ctx) }), { tm: { udp_mtu: LIMIT } });
    const bob = await scene.agent('bob', '10.0.0.4', 'tcp');
    scene.alice.request('OPTIONS', 'sip:bob@10.0.0.4:5060', { headers: [['X-Pad', 'x'.repeat(LIMIT)]] });
    await scene.sim.runFor(100);
    const [request] = bob.received('OPTIONS');
    expect(request?.topVia?.transport).toBe('TCP');
    bob.reply(request ?? expect.fail('nothing came'), 200);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(200)).toHaveLength(1);
  });
});
