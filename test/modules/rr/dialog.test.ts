/** A call through a whole proxy that stays in its path: from UDP to TCP and back, along the pair of Record-Routes. */
import { expect, it } from 'vitest';
import { defineRoutes } from '../../../src/engine/program.ts';
import { maxfwd } from '../../../src/modules/maxfwd/maxfwd.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { sanity } from '../../../src/modules/sanity/sanity.ts';
import { siputils } from '../../../src/modules/siputils/siputils.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { H } from '../../../src/sip/header-names.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';

const PROXY = '10.0.0.10';

async function call(listen: readonly string[], calleeTransport: 'udp' | 'tcp') {
  const sim = new Simulator();
  const directions: string[] = [];
  const routes = defineRoutes([maxfwd, rr, sanity, siputils, sl, tm], (use) => ({
    request(ctx) {
      if (use.maxfwd.process(ctx, 10) === 'exhausted') return use.sl.reply(ctx, 483, 'Too Many Hops');
      if (use.sanity.check(ctx) !== 'passed') return undefined;
      if (use.siputils.hasTotag(ctx)) {
        if (use.rr.looseRoute(ctx) !== 'routed') return use.sl.reply(ctx, 404, 'Not here');
        const upstream = use.rr.isDirection(ctx, 'upstream');
        directions.push(`${ctx.message.method} ${upstream ? 'upstream' : 'downstream'}`);
        return use.tm.relay(ctx);
      }
      use.rr.recordRoute(ctx);
      return use.tm.relay(ctx);
    },
  }));
  await simulateProxy(sim, routes, { listen });
  const agent = (user: string, address: string, transport: 'udp' | 'tcp') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      transport,
      user,
      proxy: { address: PROXY, port: 5060 },
    });
  const alice = await agent('alice', '10.0.0.1', 'udp');
  const bob = await agent('bob', '10.0.0.2', calleeTransport);
  bob.acceptCalls([200]);
  alice.acceptCalls();
  alice.invite(`sip:bob@10.0.0.2${calleeTransport === 'tcp' ? ';transport=tcp' : ''}`);
  await sim.runFor(1000);
  alice.ack2xx();
  await sim.runFor(1000);
  alice.inDialog('INFO');
  await sim.runFor(1000);
  bob.bye();
  await sim.runFor(1000);
  return { alice, bob, directions };
}

it.each([
  ['another transport', [`udp:${PROXY}:5060`, `tcp:${PROXY}:5060`], 'tcp', 2],
  ['the same socket', [`udp:${PROXY}:5060`], 'udp', 1],
] as const)('stays in the path of a dialog to %s', async (_, listen, transport, headers) => {
  const { alice, bob, directions } = await call(listen, transport);
  expect(bob.received('INVITE')[0]?.headers.count(H.RecordRoute)).toBe(headers);
  expect(alice.receivedStatus(200, 'INVITE')[0]?.headers.values(H.RecordRoute)).toHaveLength(headers);
  expect(directions).toEqual(['ACK downstream', 'INFO downstream', 'BYE upstream']);
  expect(bob.received().map(({ method }) => method)).toEqual(['INVITE', 'ACK', 'INFO']);
  expect(alice.received().map(({ method }) => method)).toEqual(['BYE']);
  expect(bob.receivedStatus(200, 'BYE')).toHaveLength(1);
  expect(alice.receivedStatus(200, 'INFO')).toHaveLength(1);
  for (const request of [...bob.received(), ...alice.received()]) expect(request.headers.has(H.Route)).toBe(false);
  expect(bob.received('INFO')[0]?.topVia?.transport).toBe(transport.toUpperCase());
  expect(alice.received('BYE')[0]?.topVia?.transport).toBe('UDP');
});
