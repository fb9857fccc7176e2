/** A stage for samples: the routes file as a user starts it, in the simulator, between two agents and two trace targets. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { loadRoutes } from '../../src/cli/routes-file.ts';
import type { ProgramSource } from '../../src/engine/program.ts';
import { HepSink, ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

const names: ReadonlyMap<string, string> = new Map([
  ['10.0.0.1', 'proxy'],
  ['10.0.0.2', 'alice'],
  ['10.0.0.3', 'bob'],
]);
const samples = new URL('../../samples/', import.meta.url);
const targets = { homer: '10.0.9.1', voipmonitor: '10.0.9.2' };

export interface SampleOptions {
  /** Options of the trace target behind its host and port. */
  readonly homer?: string;
  readonly password?: string;
  /** Whether alice acknowledges and answers challenges by herself. */
  readonly auto?: boolean;
}

export async function sampleStage(sample: string, options: SampleOptions = {}) {
  const { homer = '', password = 'wonderland', auto = true } = options;
  const places = {
    HOMER: `sip:${targets.homer}:9060${homer}`,
    VOIPMONITOR: `sip:${targets.voipmonitor}:9060`,
    NEXT_HOP: 'sip:10.0.0.3:5060',
  };
  const source = sample.endsWith('.cfg') ? scriptOf(sample, places) : await routesOf(sample, places);
  const sim = new Simulator({ seed: 1 });
  await simulateProxy(sim, source, { listen: ['udp:10.0.0.1:5060'] });
  const agent = (user: string, address: string, answers: boolean) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      password,
      proxy: { address: '10.0.0.1', port: 5060 },
      auto: answers,
    });
  const sink = (address: string) => HepSink.start({ world: sim.host(address), local: { address, port: 9060 } });
  return {
    sim,
    homer: await sink(targets.homer),
    voipmonitor: await sink(targets.voipmonitor),
    alice: await agent('alice', '10.0.0.2', auto),
    bob: (await agent('bob', '10.0.0.3', false)).acceptCalls(),
  };
}

export type SampleStage = Awaited<ReturnType<typeof sampleStage>>;

/** Registers, calls, hangs up, and lets the traces arrive. */
export async function registerAndCall({ sim, alice }: SampleStage): Promise<void> {
  alice.register();
  await sim.runFor(100);
  alice.invite('sip:bob@example.com');
  await sim.runFor(100);
  alice.bye();
  await sim.runFor(100);
}

/** `alice > proxy INVITE`, `proxy > alice 407`, in the order of their arrival. */
export const seenBy = (sink: HepSink): readonly string[] =>
  sink.frames.map(({ source, destination, firstLine }) => {
    const [first = '', second = ''] = firstLine.split(' ');
    const name = (address: string): string => names.get(address) ?? address;
    return `${name(source.address)} > ${name(destination.address)} ${first === 'SIP/2.0' ? second : first}`;
  });

export const registration = [
  'alice > proxy REGISTER',
  'proxy > bob REGISTER',
  'bob > proxy 200',
  'proxy > alice 200',
] as const;

export const challenge = ['alice > proxy INVITE', 'proxy > alice 407', 'alice > proxy ACK'] as const;

export const answeredCall = [
  'alice > proxy INVITE',
  'proxy > alice 100',
  'proxy > bob INVITE',
  'bob > proxy 180',
  'proxy > alice 180',
  'bob > proxy 200',
  'proxy > alice 200',
  'alice > proxy ACK',
  'proxy > bob ACK',
  'alice > proxy BYE',
  'proxy > bob BYE',
  'bob > proxy 200',
  'proxy > alice 200',
] as const;

type Places = Readonly<Record<string, string>>;

const routesOf = (sample: string, places: Places): Promise<ProgramSource> =>
  withEnvironment(places, () => loadRoutes(fileURLToPath(new URL(`${sample}/routes.ts`, samples))));

/** A kamailio.cfg, with `-A` for each place. */
function scriptOf(sample: string, places: Places): ProgramSource {
  const text = readFileSync(new URL(sample, samples), 'latin1');
  const defines = Object.entries(places).map(([name, uri]) => `${name}="${uri}"`);
  const input = { path: sample, readFile: (path: string) => (path === sample ? text : undefined), defines };
  const made = compileConfig(input, registry, { globals: globalParams });
  if (made.kind === 'failed') throw new Error(formatDiagnostics(made.sources, made.diagnostics));
  return made.source;
}

export async function withEnvironment<T>(values: Readonly<Record<string, string>>, fn: () => Promise<T>): Promise<T> {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  try {
    return await fn();
  } finally {
    vi.unstubAllEnvs();
  }
}
