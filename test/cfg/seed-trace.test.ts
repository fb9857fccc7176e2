/** The script that an article gives for tracing challenges, not a character changed but its addresses: the 407 reaches the target of sip_trace(). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HepSink, ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';
import { compiled } from './cfg-stage.ts';

const X = '10.0.9.1';
const Y = '10.0.9.2';
const file = fileURLToPath(new URL('./golden/seed-trace-of-challenges.cfg', import.meta.url));
const script = (readFileSync(file, 'utf8').split('\n----------\n')[0] ?? '').replaceAll('Y.Y.Y.Y', Y);
const head = `#!KAMAILIO
${['tm', 'sl', 'pv', 'textops', 'siptrace', 'auth', 'auth_db', 'db_text'].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("auth_db", "db_url", "text:///tables")
modparam("siptrace", "duplicate_uri", "sip:${X}:9060")
modparam("siptrace", "trace_on", 1)
modparam("siptrace", "hep_mode_on", 1)
`;
const subscriber = `id(int,auto) username(string) domain(string) password(string) ha1(string,null) ha1b(string,null)
1:alice:example.com:secret:x:x
`;

async function challenged(method: string) {
  const sim = new Simulator({ seed: 1 });
  sim.files.set('/tables/subscriber', subscriber);
  const sinks = { x: X, y: Y };
  const sink = (address: string) => HepSink.start({ world: sim.host(address), local: { address, port: 9060 } });
  const [x, y] = [await sink(sinks.x), await sink(sinks.y)];
  await simulateProxy(sim, compiled(head + script).source, { listen: ['udp:10.0.0.1:5060'] });
  const alice = await ScriptedUa.start({
    ...{
      world: sim.host('10.0.0.2'),
      local: { address: '10.0.0.2', port: 5060 },
      user: 'alice',
      domain: 'example.com',
    },
    proxy: { address: '10.0.0.1', port: 5060 },
  });
  alice.request(method, 'sip:bob@example.com');
  await sim.runFor(1_000);
  const lines = ({ frames }: HepSink): readonly string[] => [...new Set(frames.map(({ firstLine }) => firstLine))];
  return { heard: alice.lines(), x: lines(x), y: lines(y) };
}

describe('the script of the article', () => {
  it('sends the INVITE and its 407 to the target that sip_trace() names, and nothing to the default', async () => {
    const { heard, x, y } = await challenged('INVITE');
    expect(heard).toContain('407 Proxy Authentication Required (INVITE)');
    expect(y).toContain('SIP/2.0 407 Proxy Authentication Required');
    expect(y).toContain('INVITE sip:bob@example.com SIP/2.0');
    expect(x).toEqual([]);
  });

  it('traces other requests to a text that was never set nowhere', async () => {
    const { heard, y } = await challenged('MESSAGE');
    expect(heard).toContain('407 Proxy Authentication Required (MESSAGE)');
    expect(y).toEqual([]);
  });
});
