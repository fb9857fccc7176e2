/** Routes of a kamailio.cfg give a promise only where a function really waits; everything else runs in one go. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CompiledConfig, compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import type { Routes } from '../../src/engine/context.ts';
import type { ProgramSource } from '../../src/engine/program.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

const DEBIAN = '/etc/kamailio/kamailio.cfg';
const PROXY = { address: '10.0.0.1', port: 5060 };

type Runs = { readonly atOnce: number; readonly waited: number };

function compiled(text: string): CompiledConfig {
  const made = compileConfig({ path: 'a.cfg', readFile: (path) => (path === 'a.cfg' ? text : undefined) }, registry, {
    globals: globalParams,
  });
  if (made.kind === 'failed') throw new Error(formatDiagnostics(made.sources, made.diagnostics));
  return made;
}

/** The same program; `runs` counts its request, branch and reply routes by whether they gave a promise. */
function watched(source: ProgramSource): { source: ProgramSource; runs: () => Runs } {
  const counts = { atOnce: 0, waited: 0 };
  const counted =
    <C, R>(route: (ctx: C) => R) =>
    (ctx: C): R => {
      const result = route(ctx);
      counts[result instanceof Promise ? 'waited' : 'atOnce']++;
      return result;
    };
  const all = <C, R>(routes: Readonly<Record<string, (ctx: C) => R>> = {}) =>
    Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, counted(route)]));
  const wrap = (routes: Routes): Routes => ({
    ...routes,
    request: counted(routes.request),
    branch: all(routes.branch),
    onreply: all(routes.onreply),
  });
  return {
    source: { ...source, routes: (modules, linkage) => wrap(source.routes(modules, linkage)) },
    runs: () => counts,
  };
}

async function call(made: CompiledConfig): Promise<{ runs: Runs; heard: readonly string[] }> {
  const { source, runs } = watched(made.source);
  const sim = new Simulator();
  await simulateProxy(sim, source, { listen: ['udp:10.0.0.1:5060'] });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: '10.0.0.1',
      proxy: PROXY,
      auto: true,
    });
  const [alice, bob] = [await agent('alice', '10.0.0.2'), await agent('bob', '10.0.0.3')];
  bob.request('REGISTER', 'sip:10.0.0.1', {
    to: 'sip:bob@10.0.0.1',
    headers: [['Contact', '<sip:bob@10.0.0.3:5060>']],
  });
  await sim.runFor(100);
  bob.acceptCalls();
  alice.invite('sip:bob@10.0.0.1');
  await sim.runFor(3_000);
  return { runs: runs(), heard: alice.lines() };
}

describe('a route of a kamailio.cfg', () => {
  it.skipIf(!existsSync(DEBIAN))("gives no promise in Debian's file, in a registration and a call", async () => {
    const { runs, heard } = await call(compiled(readFileSync(DEBIAN, 'latin1')));
    expect(heard.at(-1)).toBe('200 OK (INVITE)');
    expect(runs.waited).toBe(0);
    expect(runs.atOnce).toBeGreaterThanOrEqual(4);
  });

  it('gives one where it sleeps, and only for the messages for which it does', async () => {
    const { runs, heard } = await call(
      compiled(`
loadmodule "sl.so"
loadmodule "cfgutils.so"
loadmodule "textops.so"
request_route {
  if (is_method("INVITE")) sleep("1");
  sl_send_reply("200", "OK");
}`),
    );
    expect(heard.at(-1)).toBe('200 OK (INVITE)');
    expect(runs).toEqual({ atOnce: expect.any(Number), waited: 1 });
    expect(runs.atOnce).toBeGreaterThanOrEqual(1);
  });
});
