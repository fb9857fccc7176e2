/** A stage for topology hiding: one proxy between two sides in virtual time, routes as a Kamailio script has them. */
import type { Routes } from '../../src/engine/context.ts';
import type { Log } from '../../src/engine/log.ts';
import { use } from '../../src/engine/module.ts';
import { type AnyUse, defineRoutes, type Faces, type ProgramSource } from '../../src/engine/program.ts';
import type { ParamInputs } from '../../src/engine/spec.ts';
import { core } from '../../src/modules/core/core.ts';
import { pv } from '../../src/modules/pv/pv.ts';
import { rr } from '../../src/modules/rr/rr.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { topos } from '../../src/modules/topos/topos.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import { HepSink, type PeerTransport, ScriptedUa, Simulator, simulateProxy } from '../../src/testing.ts';

/** The socket on A's side. */
const PROXY_A = { address: '10.0.0.1', port: 5060 };
export const BOB = 'sip:bob@10.0.0.3:5060';

const modules = [tm, sl, pv, rr, core, topos, siptrace] as const;
export type ToposModules = Faces<typeof modules>;
export type ToposParams = ParamInputs<(typeof topos)['decl']['params']>;

export interface ToposStageOptions {
  readonly topos?: ToposParams;
  readonly tm?: ParamInputs<(typeof tm)['decl']['params']>;
  readonly siptrace?: ParamInputs<(typeof siptrace)['decl']['params']>;
  /** Beside those that every scene has. */
  readonly more?: readonly AnyUse[];
  readonly events?: Routes['event'];
  readonly routes?: (modules: ToposModules) => Partial<Routes>;
  readonly listen?: readonly string[];
  readonly alice?: PeerTransport;
  readonly bob?: PeerTransport;
  readonly seed?: number;
}

/** Loose routing inside dialogs, Record-Route and relay outside of them, everything traced. */
const usual =
  ({ events, routes }: ToposStageOptions) =>
  (m: ToposModules): Routes => ({
    request(ctx) {
      m.siptrace.trace(ctx, { to: SINK, scope: 'transaction' });
      if (ctx.message.method === 'CANCEL') return m.tm.relay(ctx);
      if (ctx.message.toTag !== undefined) {
        m.rr.looseRoute(ctx);
        return m.tm.relay(ctx);
      }
      m.rr.recordRoute(ctx);
      return m.tm.relay(ctx);
    },
    ...(events !== undefined && { event: events }),
    ...routes?.(m),
  });

const SINK = 'sip:10.0.9.1:9060';

/** The program of a stage, to load it again. */
export function toposSource(options: ToposStageOptions = {}): ProgramSource {
  const traced = use(siptrace, { duplicate_uri: SINK, ...options.siptrace });
  const hiding = use(topos, options.topos ?? {});
  const source = defineRoutes([use(tm, options.tm ?? {}), sl, pv, rr, core, hiding, traced], usual(options));
  return { ...source, uses: [...source.uses, ...(options.more ?? [])] };
}

export async function toposStage(options: ToposStageOptions = {}) {
  const sim = new Simulator({ seed: options.seed ?? 1 });
  const logged: string[] = [];
  const log: Log = { write: (level, message) => void logged.push(`${level} ${message}`) };
  const proxy = await simulateProxy(sim, toposSource(options), {
    listen: options.listen ?? ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060'],
    log,
  });
  const agent = (user: string, address: string, transport: PeerTransport = 'udp') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      transport,
      user,
      domain: 'example.com',
      proxy: PROXY_A,
    });
  return {
    sim,
    proxy,
    logged,
    agent,
    alice: await agent('alice', '10.0.0.2', options.alice),
    bob: await agent('bob', '10.0.0.3', options.bob),
    carol: await agent('carol', '10.0.0.4'),
    sink: await HepSink.start({ world: sim.host('10.0.9.1'), local: { address: '10.0.9.1', port: 9060 } }),
    /** A counter of topos. */
    counted: (name: keyof (typeof topos)['decl']['stats']): number =>
      proxy.program.modules.find(({ decl }) => decl.name === 'topos')?.stats[name]?.value ?? -1,
  };
}

/** What two proxies ahead of alice left on her INVITE. */
export const UPSTREAM: readonly (readonly [string, string])[] = [
  ['Via', 'SIP/2.0/UDP 10.0.7.2:5060;received=10.0.7.2;branch=z9hG4bKinner2'],
  ['Via', 'SIP/2.0/UDP 192.168.1.100;branch=z9hG4bKinner1;rport=5060'],
  ['Record-Route', '<sip:10.0.0.2;lr;up=1>'],
  ['Record-Route', '<sip:10.0.7.2;lr;up=2>'],
];

export const viasOf = (message: SipMessage | undefined): readonly string[] => message?.headers.values(H.Via) ?? [];
export const routesOf = (message: SipMessage | undefined): readonly string[] => message?.headers.values(H.Route) ?? [];
export const recordsOf = (message: SipMessage | undefined): readonly string[] =>
  message?.headers.values(H.RecordRoute) ?? [];
export const contactOf = (message: SipMessage | undefined): string | undefined => message?.headers.get(H.Contact);
