/** A challenge that the proxy itself answers for a hidden caller (behaviour 28). */
import { describe, expect, it } from 'vitest';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { rr } from '../../src/modules/rr/rr.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { topos } from '../../src/modules/topos/topos.ts';
import { uac } from '../../src/modules/uac/uac.ts';
import { H } from '../../src/sip/header-names.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';
import { BOB, contactOf, UPSTREAM, viasOf } from './topos-stage.ts';

const PROXY = { address: '10.0.0.1', port: 5060 };

async function trunk() {
  const sim = new Simulator({ seed: 1 });
  const credential = use(uac, { credential: ['alice:trunk.example:wonderland'] });
  const program = defineRoutes([tm, rr, topos, credential], (m) => ({
    request(ctx) {
      if (ctx.message.toTag !== undefined) m.rr.looseRoute(ctx);
      else m.rr.recordRoute(ctx);
      if (ctx.message.method === 'INVITE') m.tm.onFailure(ctx, 'challenged');
      return m.tm.relay(ctx);
    },
    failure: { challenged: (ctx) => (m.uac.auth(ctx) === 'answered' ? m.tm.relay(ctx) : undefined) },
  }));
  await simulateProxy(sim, program, { listen: ['udp:10.0.0.1:5060'] });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      proxy: PROXY,
    });
  return { sim, alice: await agent('alice', '10.0.0.2'), bob: await agent('bob', '10.0.0.3') };
}

describe('a trunk that asks the proxy for credentials', () => {
  it('sees one Via and a key on both requests, and its 200 finds the way back', async () => {
    const { sim, alice, bob } = await trunk();
    const challenge = 'Digest realm="trunk.example", nonce="n", qop="auth"';
    bob.on('INVITE', (request) => {
      if (request.headers.has(H.ProxyAuthorization)) bob.reply(request, 200);
      else bob.reply(request, 407, { headers: [['Proxy-Authenticate', challenge]] });
    });
    const invite = alice.invite(BOB, { headers: UPSTREAM });
    await sim.runFor(200);
    const seen = bob.received('INVITE');
    expect(seen.map((request) => request.headers.has(H.ProxyAuthorization))).toEqual([false, true]);
    for (const request of seen) {
      expect(viasOf(request)).toHaveLength(1);
      expect(contactOf(request)).toMatch(/^<sip:btpsh-[0-9a-f]{32}@10\.0\.0\.1>$/);
    }
    const [answer] = alice.receivedStatus(200);
    expect(alice.receivedStatus(407)).toEqual([]);
    expect(viasOf(answer).slice(1)).toEqual(viasOf(invite).slice(1));
    bob.acceptCalls();
    alice.inDialog('ACK', { cseq: 1, routes: [] });
    alice.inDialog('BYE', { routes: [] });
    await sim.runFor(100);
    expect(bob.received('ACK').map(({ uri }) => uri)).toContain(BOB);
    expect(alice.receivedStatus(200, 'BYE')).toHaveLength(1);
  });
});
