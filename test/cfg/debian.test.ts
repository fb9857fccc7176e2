/** The kamailio.cfg of Debian, unmodified: registration, calls, and what it refuses. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

const FILE = '/etc/kamailio/kamailio.cfg';
const PROXY = { address: '10.0.0.1', port: 5060 };
const DOMAIN = '10.0.0.1';

async function debian(defines: readonly string[] = [], files: Readonly<Record<string, string>> = {}) {
  const made = compileConfig(
    {
      path: FILE,
      readFile: (path) => (path === FILE ? readFileSync(FILE, 'latin1') : undefined),
      defines,
    },
    registry,
    { globals: globalParams },
  );
  if (made.kind === 'failed') throw new Error(formatDiagnostics(made.sources, made.diagnostics));
  const sim = new Simulator();
  for (const [path, text] of Object.entries(files)) sim.files.set(path, text);
  const logged: string[] = [];
  await simulateProxy(sim, made.source, {
    listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log: { write: (level, message) => logged.push(`${level} ${message}`) },
  });
  const agent = (user: string, address: string, password = 'secret') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: DOMAIN,
      password,
      proxy: PROXY,
      auto: true,
    });
  return { sim, logged, made, agent, alice: await agent('alice', '10.0.0.2'), bob: await agent('bob', '10.0.0.3') };
}

function register(agent: ScriptedUa, user: string, address: string): void {
  agent.request('REGISTER', `sip:${DOMAIN}`, {
    to: `sip:${user}@${DOMAIN}`,
    headers: [
      ['Contact', `<sip:${user}@${address}:5060>`],
      ['Expires', '600'],
    ],
  });
}

describe.skipIf(!existsSync(FILE))("Debian's kamailio.cfg", () => {
  it('registers two users and connects their call', async () => {
    const { sim, alice, bob, logged } = await debian();
    register(alice, 'alice', '10.0.0.2');
    register(bob, 'bob', '10.0.0.3');
    await sim.runFor(100);
    expect([alice.lines(), bob.lines()]).toEqual([['200 OK (REGISTER)'], ['200 OK (REGISTER)']]);
    bob.acceptCalls();
    alice.invite(`sip:bob@${DOMAIN}`);
    await sim.runFor(1_000);
    expect(alice.lines().slice(1)).toEqual([
      '100 trying -- your call is important to us (INVITE)',
      '180 Ringing (INVITE)',
      '200 OK (INVITE)',
    ]);
    alice.bye();
    await sim.runFor(1_000);
    expect(bob.received('INVITE')[0]?.uri).toBe('sip:bob@10.0.0.3:5060');
    expect(bob.received('INVITE')[0]?.headers.get('Record-Route')).toMatch(/^<sip:10\.0\.0\.1;lr/);
    expect([bob.received('ACK').length, bob.received('BYE').length]).toEqual([1, 1]);
    expect(alice.lines().at(-1)).toBe('200 OK (BYE)');
    expect(logged.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('cancels a call', async () => {
    const { sim, alice, bob } = await debian();
    register(bob, 'bob', '10.0.0.3');
    await sim.runFor(100);
    bob.acceptCalls([180]);
    const invite = alice.invite(`sip:bob@${DOMAIN}`);
    await sim.runFor(500);
    alice.cancel(invite);
    await sim.runFor(500);
    expect(bob.received('CANCEL')).toHaveLength(1);
    expect(alice.lines()).toContain('200 canceling (CANCEL)');
  });

  it('answers for those who are not there, and keeps count of hops', async () => {
    const { sim, alice } = await debian();
    alice.invite(`sip:nobody@${DOMAIN}`);
    await sim.runFor(500);
    expect(alice.lines().at(-1)).toMatch(/^404 Not Found/);
    alice.request('OPTIONS', `sip:${DOMAIN}`);
    await sim.runFor(500);
    expect(alice.lines().at(-1)).toBe('200 Keepalive (OPTIONS)');
  });

  it('asks for credentials with WITH_AUTH, and knows a wrong password', async () => {
    const { sim, alice, agent } = await debian(['WITH_AUTH', 'DBURL="text:///tables"'], {
      '/tables/subscriber':
        'id(int,auto) username(string) domain(string) password(string) ha1(string,null) ha1b(string,null)\n' +
        '1:alice:10.0.0.1:secret::\n2:mallory:10.0.0.1:other::\n',
    });
    register(alice, 'alice', '10.0.0.2');
    await sim.runFor(500);
    expect(alice.lines()).toEqual(['401 Unauthorized (REGISTER)', '200 OK (REGISTER)']);
    const mallory = await agent('mallory', '10.0.0.4', 'wrong');
    register(mallory, 'mallory', '10.0.0.4');
    await sim.runFor(500);
    expect(mallory.lines()).toEqual(['401 Unauthorized (REGISTER)', '401 Unauthorized (REGISTER)']);
  });

  it('is checked with media, floods, gateways and voicemail', async () => {
    const { made } = await debian(['WITH_NAT', 'WITH_ANTIFLOOD', 'WITH_PSTN', 'WITH_VOICEMAIL']);
    expect(made.diagnostics.map(({ code }) => code)).toEqual([
      'CFG_FUNCTION_STUBBED',
      'CFG_FUNCTION_STUBBED',
      'CFG_UNREACHABLE',
      'CFG_UNREACHABLE',
    ]);
  });
});
