/** A whole proxy inside the simulator, with a module of the test's own. */
import { expect, it } from 'vitest';
import { forwardRequest } from '../../src/engine/forward.ts';
import { defineModule } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

const gate = defineModule(
  {
    name: 'gate',
    doc: 'Refuses or forwards, without state.',
    functions: {
      refuse: { cfg: [], routes: ['request'], args: [], returns: { done: 1 }, doc: 'Replies 486.' },
      forward: { cfg: [], routes: ['request'], args: [], async: true, returns: { done: 1 }, doc: 'Sends on.' },
    },
  },
  ({ engine }) => ({
    functions: {
      refuse(ctx) {
        engine.reply(ctx, { status: 486 });
        return 'done';
      },
      async forward(ctx) {
        await forwardRequest(engine, ctx);
        return 'done' as const;
      },
    },
  }),
);

const routes = defineRoutes([gate], ({ gate: gates }) => ({
  request: (ctx) => (ctx.message.method === 'INVITE' ? gates.refuse(ctx) : gates.forward(ctx)),
}));

const listen = ['udp:10.0.0.10:5060', 'tcp:10.0.0.10:5060'];

async function callThroughProxy(transport: 'udp' | 'tcp'): Promise<readonly string[]> {
  const sim = new Simulator({ seed: 3 });
  const proxy = await simulateProxy(sim, routes, { listen });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      transport,
      user,
      proxy: { address: '10.0.0.10', port: 5060 },
    });
  const [alice, bob] = [await agent('alice', '10.0.0.1'), await agent('bob', '10.0.0.2')];
  bob.acceptCalls();
  const suffix = transport === 'udp' ? '' : ';transport=tcp';
  alice.invite(`sip:bob@10.0.0.2${suffix}`);
  alice.request('OPTIONS', `sip:bob@10.0.0.2${suffix}`);
  await sim.runFor(1000);
  expect(alice.lines().toSorted()).toEqual(['200 OK (OPTIONS)', '486 Busy Here (INVITE)']);
  expect(bob.lines()).toEqual([`OPTIONS sip:bob@10.0.0.2${suffix}`]);
  await Promise.all([proxy.stop(), sim.runFor(5000)]);
  return sim.wire.lines();
}

it.each(['udp', 'tcp'] as const)('carries and answers requests over %s, the same way every time', async (transport) => {
  expect(await callThroughProxy(transport)).toEqual(await callThroughProxy(transport));
});

it('fails with the reason when the proxy cannot start', async () => {
  const sim = new Simulator();
  await simulateProxy(sim, routes, { listen });
  await expect(simulateProxy(sim, routes, { listen })).rejects.toThrow(/10\.0\.0\.10/);
  await expect(simulateProxy(sim, routes, { listen: ['nonsense'] })).rejects.toThrow(/nonsense/);
});
