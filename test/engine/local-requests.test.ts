/** Requests that a proxy sends of its own accord, and the header that names it. */
import { expect, it } from 'vitest';
import { defineRoutes } from '../../src/engine/program.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

const BOB = 'sip:bob@10.0.0.3:5060';
const dialog = 'From: <sip:me@example.org>\r\nTo: <sip:you@example.org>\r\n';

it('a request of our own bears the header that the proxy was given, unless it has one of that name', async () => {
  const sim = new Simulator();
  const routes = defineRoutes([tm], (modules) => ({
    request(ctx) {
      modules.tm.send(ctx, 'OPTIONS', BOB, '', '', dialog, '');
      modules.tm.send(ctx, 'INFO', BOB, '', '', `${dialog}User-Agent: own\r\n`, '');
    },
  }));
  await simulateProxy(sim, routes, { listen: ['udp:10.0.0.1:5060'], requestHeader: ['User-Agent', 'given'] });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      proxy: { address: '10.0.0.1', port: 5060 },
    });
  const alice = await agent('alice', '10.0.0.2');
  const bob = await agent('bob', '10.0.0.3');
  alice.request('MESSAGE', BOB);
  await sim.runFor(100);
  expect(bob.received('OPTIONS')[0]?.headers.getAll('User-Agent')).toEqual(['given']);
  expect(bob.received('INFO')[0]?.headers.getAll('User-Agent')).toEqual(['own']);
});
