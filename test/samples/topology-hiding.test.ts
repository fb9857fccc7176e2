/** The sample `topology-hiding`: a trunk, two proxies and a phone; what its README shows is what they see. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadRoutes } from '../../src/cli/routes-file.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';
import { withEnvironment } from './sample-stage.ts';

const folder = new URL('../../samples/topology-hiding/', import.meta.url);
const TRUNK = '10.0.0.2';
const A = '10.0.0.10';
const B = '10.0.0.11';
const PHONE = '10.0.0.3';

async function stage(peerSees: string) {
  const sim = new Simulator({ seed: 1 });
  const proxy = (own: string, peer: string, inside: string) =>
    withEnvironment({ PEER: `sip:${peer}:5060`, INSIDE: `sip:${inside}:5060`, PEER_SEES: peerSees }, () =>
      loadRoutes(fileURLToPath(new URL('routes.ts', folder))),
    ).then((source) => simulateProxy(sim, source, { listen: [`udp:${own}:5060`] }));
  await proxy(A, B, TRUNK);
  await proxy(B, A, PHONE);
  const agent = (user: string, address: string, by: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      proxy: { address: by, port: 5060 },
      auto: true,
    });
  return { sim, trunk: await agent('trunk', TRUNK, A), phone: await agent('phone', PHONE, B) };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** The trunk calls, the phone holds and unholds, the trunk hangs up. */
async function callIn({ sim, trunk, phone }: Stage): Promise<void> {
  phone.acceptCalls();
  trunk.acceptCalls();
  trunk.invite('sip:1000@example.com', { callId: 'call-1@example.com' });
  await sim.runFor(100);
  for (let holds = 0; holds < 2; holds++) {
    phone.inDialog('INVITE', { body: 'v=0\r\n', contentType: 'application/sdp' });
    await sim.runFor(100);
  }
  trunk.bye();
  await sim.runFor(100);
}

/** Whose addresses stand in the headers that hiding is about. */
function addresses(agent: ScriptedUa): ReadonlySet<string> {
  const found = agent.inbox.heard.flatMap(({ message }) =>
    [H.Via, H.RecordRoute, H.Route, H.Contact].flatMap((id) =>
      message.headers.values(id).flatMap((value) => value.match(/10\.0\.0\.\d+/g) ?? []),
    ),
  );
  return new Set(found);
}

/** As the README prints a message: what is random has a name, and the body is left out. */
function shown(message: SipMessage | undefined): string {
  const [head = ''] = message?.raw.split('\r\n\r\n') ?? [];
  return head
    .replaceAll(/tpsh-[0-9a-f]{32}/g, 'tpsh-KEY')
    .replaceAll(/branch=[^;\s]+/g, 'branch=...')
    .replaceAll(/tag=[0-9a-f]+/g, 'tag=...')
    .split('\r\n')
    .filter((line) => !/^(?:Content-|Max-Forwards)/.test(line))
    .map((line) => `    ${line}`)
    .join('\n');
}

describe('a call from the trunk to a phone', () => {
  it.each(['nothing', 'everything'])(
    'shows neither the other, when the proxies show each other %s',
    async (peerSees) => {
      const scene = await stage(peerSees);
      await callIn(scene);
      expect(scene.trunk.receivedStatus(200, 'BYE')).toHaveLength(1);
      expect(scene.trunk.received('ACK')).toHaveLength(2);
      expect(addresses(scene.trunk)).toEqual(new Set([TRUNK, A]));
      expect(addresses(scene.phone)).toEqual(new Set([PHONE, B]));
    },
  );

  it('looks as the README says', async () => {
    const readme = readFileSync(new URL('README.md', folder), 'utf8');
    const scene = await stage('nothing');
    await callIn(scene);
    const { trunk, phone } = scene;
    for (const message of [
      phone.received('INVITE')[0],
      trunk.receivedStatus(200, 'INVITE')[0],
      trunk.received('INVITE')[0],
      phone.received('BYE')[0],
    ]) {
      expect(readme).toContain(shown(message));
    }
  });
});
