/** Stopping without cutting anybody off: what runs may end, what is new is sent elsewhere, traces are flushed. */
import { describe, expect, it } from 'vitest';
import { BOB, seen, stage, Y } from './stage.ts';

const ringing = async () => {
  const scene = await stage((m) => ({
    request(ctx) {
      m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
      return m.tm.relay(ctx);
    },
  }));
  scene.bob.on('INVITE', (invite, ua) => void ua.reply(invite, 180));
  scene.alice.invite(BOB);
  await scene.sim.runFor(100);
  return scene;
};

describe('drain', () => {
  it('waits for the call that rings and refuses a new one with Retry-After', async () => {
    const scene = await ringing();
    const drained = scene.proxy.drain(10_000);
    expect(scene.proxy.phase).toBe('draining');
    scene.alice.invite(BOB);
    await scene.sim.runFor(100);
    const [refused] = scene.alice.receivedStatus(503);
    expect(refused?.headers.get('Retry-After')).toBe('10');
    const [invite] = scene.bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    scene.bob.reply(invite, 200);
    await scene.sim.runFor(100);
    expect(await drained).toBe('idle');
    expect(scene.alice.receivedStatus(200)).toHaveLength(1);
  });

  it('lets requests within a dialog pass', async () => {
    const scene = await ringing();
    const [invite] = scene.bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    scene.bob.reply(invite, 200);
    await scene.sim.runFor(50);
    scene.alice.ack2xx();
    void scene.proxy.drain(10_000);
    scene.alice.bye();
    await scene.sim.runFor(50);
    expect(scene.bob.received('BYE')).toHaveLength(1);
    await scene.sim.runFor(20_000);
  });

  it('gives up after the grace period', async () => {
    const scene = await ringing();
    const drained = scene.proxy.drain(1_000);
    await scene.sim.runFor(1_100);
    expect(await drained).toBe('busy');
  });

  it('is idle at once when nothing is under way, and stop flushes the traces', async () => {
    const scene = await stage((m) => ({
      request(ctx) {
        m.siptrace.trace(ctx, { to: `${Y};transport=tcp`, scope: 'message' });
        return m.sl.reply(ctx, 404);
      },
    }));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(2);
    expect(await scene.proxy.drain(1_000)).toBe('idle');
    const stopped = scene.proxy.stop();
    await scene.sim.runFor(3_000);
    await stopped;
    expect(seen(scene.y)).toBe('OPTIONS 404');
  });
});
