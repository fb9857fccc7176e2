/** Programs replace each other while calls go on; tracing and transactions survive it. */
import { describe, expect, it } from 'vitest';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { BOB, seen, stage, X, Y } from './stage.ts';

const answering = (status: number, node: string) =>
  defineRoutes([tm, sl, use(siptrace, { duplicate_uri: X, hep_node_name: node })], (m) => ({
    request(ctx) {
      m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
      return m.sl.reply(ctx, status);
    },
  }));

describe('reload', () => {
  it('puts new routes in force and lets a running call end in its own program', async () => {
    const scene = await stage((m) => ({
      request(ctx) {
        m.siptrace.trace(ctx, { to: Y, scope: 'transaction' });
        m.tm.onFailure(ctx, 'mine');
        return m.tm.relay(ctx);
      },
      failure: { mine: (ctx) => m.tm.reply(ctx, 480, 'Answered by the old program') },
    }));
    const first = scene.alice.invite(BOB);
    await scene.sim.runFor(50);
    await scene.proxy.reload(answering(404, 'second'));
    scene.alice.request('OPTIONS', BOB);
    const [invite] = scene.bob.received('INVITE');
    if (invite === undefined) throw new Error('no INVITE');
    scene.bob.reply(invite, 486);
    await scene.sim.runFor(100);
    expect(scene.alice.receivedStatus(404)).toHaveLength(1);
    const [ended] = scene.alice.receivedStatus(480);
    expect(ended?.reason).toBe('Answered by the old program');
    expect(ended?.callId).toBe(first.callId);
    expect(seen(scene.y)).toBe('INVITE 100 INVITE OPTIONS 404 486 ACK 480');
  });

  it('keeps the old program when the new one cannot be loaded, and says why', async () => {
    const scene = await stage((m) => ({ request: (ctx) => m.sl.reply(ctx, 403) }));
    const broken = defineRoutes([sl, use(siptrace, { target: ['nonsense'] })], () => ({ request: () => undefined }));
    await expect(scene.proxy.reload(broken)).rejects.toThrow(/siptrace\.target "nonsense": a named target is name=uri/);
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    expect(scene.alice.receivedStatus(403)).toHaveLength(1);
  });

  it('hands queues and connections on when siptrace has the same parameters', async () => {
    const scene = await stage((m) => ({ request: (ctx) => m.sl.reply(ctx, 403) }));
    await scene.proxy.reload(answering(404, 'same'));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    await scene.proxy.reload(answering(405, 'same'));
    scene.alice.request('OPTIONS', BOB);
    await scene.sim.runFor(50);
    expect(seen(scene.y)).toBe('OPTIONS 404 OPTIONS 405');
    const ports = new Set(scene.sim.wire.of('10.0.9.2').map(({ source }) => source.port));
    expect(ports.size).toBe(1);
  });
});
