/** A stage for scenarios: a proxy, a caller, a callee and three HEP sinks, all in virtual time. */
import type { Routes } from '../../src/engine/context.ts';
import { type Log, silentLog } from '../../src/engine/log.ts';
import { use } from '../../src/engine/module.ts';
import { defineRoutes, type Faces } from '../../src/engine/program.ts';
import type { ParamInputs } from '../../src/engine/spec.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { HepSink, ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

/** The default target, and two that routes choose. */
export const X = 'sip:10.0.9.1:9060';
export const Y = 'sip:10.0.9.2:9060';
export const Z = 'sip:10.0.9.3:9060';
export const PROXY = { address: '10.0.0.1', port: 5060 };
export const BOB = 'sip:bob@10.0.0.3:5060';

const modules = [tm, sl, siptrace] as const;
export type Modules = Faces<typeof modules>;
export type SiptraceParams = ParamInputs<(typeof siptrace)['decl']['params']>;

export interface StageOptions {
  readonly siptrace?: SiptraceParams;
  readonly tm?: ParamInputs<(typeof tm)['decl']['params']>;
  readonly log?: Log;
  readonly seed?: number;
}

export async function stage(routes: (modules: Modules) => Routes, options: StageOptions = {}) {
  const sim = new Simulator({ seed: options.seed ?? 1 });
  const source = defineRoutes(
    [use(tm, options.tm ?? {}), sl, use(siptrace, { duplicate_uri: X, ...options.siptrace })],
    routes,
  );
  const proxy = await simulateProxy(sim, source, {
    listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log: options.log ?? silentLog,
  });
  const sink = (address: string) => HepSink.start({ world: sim.host(address), local: { address, port: 9060 } });
  const agent = (user: string, address: string, transport: 'udp' | 'tcp' = 'udp') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      transport,
      user,
      domain: 'example.com',
      proxy: PROXY,
    });
  return {
    sim,
    proxy,
    x: await sink('10.0.9.1'),
    y: await sink('10.0.9.2'),
    z: await sink('10.0.9.3'),
    alice: await agent('alice', '10.0.0.2'),
    bob: await agent('bob', '10.0.0.3'),
    agent,
  };
}

/** What a sink saw: `INVITE`, `407`, `ACK`, in order, each followed by `+id` when it had a correlation id. */
export function seen(sink: HepSink): string {
  return sink.frames
    .map(({ firstLine, correlationId }) => {
      const [first = '', second = ''] = firstLine.split(' ');
      return (first === 'SIP/2.0' ? second : first) + (correlationId === undefined ? '' : `+${correlationId}`);
    })
    .join(' ');
}
