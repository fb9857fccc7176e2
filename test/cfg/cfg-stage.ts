/** A proxy that runs a kamailio.cfg in the simulator, a caller and two callees, and what the script wrote to the log. */
import { type CompiledConfig, type CompileOptions, compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';
import { type Files, inputOf } from './reading.ts';

export const PROXY = { address: '10.0.0.1', port: 5060 };
export const BOB = 'sip:bob@10.0.0.3:5060';

export const HEADER = `#!KAMAILIO
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "cfgutils.so"
loadmodule "htable.so"
loadmodule "siptrace.so"
modparam("xlog", "prefix", "")
`;

/** The modules above, and the file behind them. */
export const withModules = (text: string): string => HEADER + text;

export function compiled(files: string | Files, options: CompileOptions = {}): CompiledConfig {
  const made = compileConfig(inputOf(files), registry, { globals: globalParams, ...options });
  if (made.kind === 'failed') throw new Error(formatDiagnostics(made.sources, made.diagnostics));
  return made;
}

export async function cfgStage(text: string, options: CompileOptions = {}) {
  const program = compiled(withModules(text), options);
  const sim = new Simulator();
  const said: string[] = [];
  const logged: string[] = [];
  const proxy = await simulateProxy(sim, program.source, {
    listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log: {
      write(level, message) {
        logged.push(`${level} ${message}`);
        if (message.startsWith('xlog: ')) said.push(message.slice('xlog: '.length));
      },
    },
  });
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      proxy: PROXY,
    });
  return {
    sim,
    proxy,
    /** Lines of xlog. */
    said,
    logged,
    alice: await agent('alice', '10.0.0.2'),
    bob: await agent('bob', '10.0.0.3'),
    carol: await agent('carol', '10.0.0.4'),
  };
}

/** The statements run on one OPTIONS from alice to bob; what they wrote. */
export async function run(statements: string, more = ''): Promise<readonly string[]> {
  const stage = await cfgStage(`request_route {\n${statements}\n}\n${more}`);
  stage.alice.request('OPTIONS', BOB);
  await stage.sim.runFor(1_000);
  return stage.said;
}
