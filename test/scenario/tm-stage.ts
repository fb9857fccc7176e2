/** A stage for scenarios of tm: a proxy and user agents in virtual time, and what each of them heard. */
import type { Routes } from '../../src/engine/context.ts';
import type { Log } from '../../src/engine/log.ts';
import { use } from '../../src/engine/module.ts';
import { defineRoutes, type Faces } from '../../src/engine/program.ts';
import type { ParamInputs } from '../../src/engine/spec.ts';
import { core } from '../../src/modules/core/core.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { tmx } from '../../src/modules/tmx/tmx.ts';
import { type PeerTransport, ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

export const PROXY = { address: '10.0.0.1', port: 5060 };
export const BOB = 'sip:bob@10.0.0.3:5060';
export const CAROL = 'sip:carol@10.0.0.4:5060';
export const DAVE = 'sip:dave@10.0.0.5:5060';

const modules = [tm, sl, core, tmx] as const;
export type TmModules = Faces<typeof modules>;

export interface TmStageOptions {
  readonly tm?: ParamInputs<(typeof tm)['decl']['params']>;
  readonly seed?: number;
  /** How alice and bob speak; the others use UDP. */
  readonly alice?: PeerTransport;
  readonly bob?: PeerTransport;
  /** Agents repeat as the RFC says, and acknowledge by themselves. */
  readonly lively?: boolean;
}

export const programOf = (routes: (modules: TmModules) => Routes, params: TmStageOptions['tm'] = {}) =>
  defineRoutes([use(tm, params), sl, core, tmx], routes);

export async function tmStage(routes: (modules: TmModules) => Routes, options: TmStageOptions = {}) {
  const sim = new Simulator({ seed: options.seed ?? 1 });
  const logged: string[] = [];
  const log: Log = { write: (level, message) => void logged.push(`${level} ${message}`) };
  const proxy = await simulateProxy(sim, programOf(routes, options.tm), {
    listen: ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log,
  });
  const agent = (user: string, address: string, transport: PeerTransport = 'udp') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      transport,
      user,
      domain: 'example.com',
      proxy: PROXY,
      ...(options.lively === true && { auto: true, retransmit: true }),
    });
  return {
    sim,
    proxy,
    logged,
    alice: await agent('alice', '10.0.0.2', options.alice),
    bob: await agent('bob', '10.0.0.3', options.bob),
    carol: await agent('carol', '10.0.0.4'),
    dave: await agent('dave', '10.0.0.5'),
    /** What a transaction that never ended would leave behind. */
    leftovers: () => {
      const stats = Object(proxy.program.rpc.get('tm.stats')?.([]));
      return { current: stats.current, branches: stats.branches, timers: proxy.engine.timers.size };
    },
  };
}

export type TmScene = Awaited<ReturnType<typeof tmStage>>;
export const NOTHING_LEFT = { current: 0, branches: 0, timers: 0 };

/** `INVITE`, `180 INVITE`, `200 BYE`, in the order they came. */
export function heard(agent: ScriptedUa): readonly string[] {
  return agent.inbox.heard.map(({ message }) =>
    message.kind === 'request' ? message.method : `${message.status} ${message.cseq?.method}`,
  );
}

/** The same with the milliseconds since the beginning. */
export function heardAt(agent: ScriptedUa): readonly string[] {
  return heard(agent).map((what, i) => `${agent.inbox.heard[i]?.at} ${what}`);
}

/** Every agent answers its INVITEs so, and a CANCEL with 200 and a 487 to the INVITE. */
export function answers(agent: ScriptedUa, ...statuses: readonly number[]): void {
  agent.acceptCalls(statuses);
}
