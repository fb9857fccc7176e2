/**
 * How a module is made: its declaration and one `setup` that supplies the code behind it. `setup` is synchronous, does
 * no I/O and receives everything through its host; sockets and files wait for `start`.
 */
import type { World } from '../world/world.ts';
import type { Claimer } from './claim.ts';
import type { ReplyContext, RequestContext, Routes } from './context.ts';
import type { Functions, ModuleDecl } from './declaration.ts';
import type { Engine } from './engine.ts';
import type { RpcHandler } from './command.ts';
import type { Slot, Tap } from './exchange.ts';
import type { HttpAnswer, HttpQuestion } from './http.ts';
import type { Log } from './log.ts';
import type { PvValue } from './pv-value.ts';
import type { Sample } from './sample.ts';
import type { Screen } from './screen.ts';
import type { ScriptWatch } from './script-watch.ts';
import type { ParamInputs, ParamsOf } from './spec.ts';
import type { Statistic } from './statistic.ts';
import type { Tunable } from './tunable.ts';

/** What modules offer each other, by module name. Each `api.ts` adds its own entry by declaration merging. */
export interface ModuleApis {}

/** A count that only grows; shown by `stats` and on /metrics. */
export interface Counter {
  value: number;
}

export interface Host<D extends ModuleDecl> {
  readonly params: ParamsOf<D['params']>;
  readonly log: Log;
  readonly world: World;
  readonly engine: Engine;
  readonly stats: { readonly [K in keyof D['stats']]: Counter };
  /** The routes of this program. Empty during `setup`. */
  readonly routes: Routes;
  /** Another module's api; a ViaductError when it is not loaded. */
  use<N extends keyof ModuleApis>(name: N): ModuleApis[N];
  /** Another module's api, or undefined when it is not loaded. */
  find<N extends keyof ModuleApis>(name: N): ModuleApis[N] | undefined;
  /** State that outlives a reload: made once per proxy and key, then handed on to each next generation. */
  state<T>(key: string, make: () => T): T;
  /** A place for this module's data on every Exchange; the same one in every generation. */
  slot<T>(name: string): Slot<T>;
}

export type { PvValue } from './pv-value.ts';

/** One use of a pseudo-variable: what stands in its parentheses, evaluated, and the index in its brackets. */
export interface PvRef {
  readonly inner: string;
  readonly index: number | 'all' | undefined;
}

export interface PvBinding {
  read(ctx: RequestContext | ReplyContext, ref: PvRef): PvValue;
  /** Absent for what cannot be written. Writing null removes. */
  write?(ctx: RequestContext | ReplyContext, ref: PvRef, value: PvValue): void;
}

export type { RpcHandler } from './command.ts';

export interface Instance<D extends ModuleDecl> {
  readonly functions: Functions<D>;
  readonly api?: D['name'] extends keyof ModuleApis ? ModuleApis[D['name']] : undefined;
  readonly claims?: Claimer;
  /** At most one module of a program has one. */
  readonly screen?: Screen;
  readonly tap?: Tap;
  readonly rpc?: { readonly [K in keyof D['rpc']]: RpcHandler };
  readonly pvs?: { readonly [K in keyof D['pvs']]: PvBinding };
  /** The parameters that take another value at run time: those that the declaration marks with `runtime`. */
  readonly tunables?: { readonly [K in keyof D['params']]?: Tunable<ParamsOf<D['params']>[K]> };
  /** What `stats.*` show of it beside its counters, under Kamailio's names. */
  statistics?(): readonly Statistic[];
  /** Answers an HTTP request that the HTTP port does not serve itself; undefined leaves it to others. */
  http?(question: HttpQuestion): HttpAnswer | Promise<HttpAnswer> | undefined;
  /** Follows the script step by step; at most one module of a program does. */
  readonly scriptWatch?: ScriptWatch;
  /** Called when the request route has ended on a message, also after a throw. */
  routeEnded?(ctx: RequestContext): void;
  /** What this module measures beside its counters; asked at every scrape. */
  metrics?(): readonly Sample[];
  /** How much is under way that a stop would cut off: a drain waits until there is none. */
  pending?(): number;
  /** For `check`: reads what `start` will read, rejects when that will, and tells what has no effect. Opens nothing. */
  check?(): Promise<readonly string[]>;
  /** Opens what `setup` could not. A rejection stops what had started and refuses the program. */
  start?(): Promise<void>;
  /** Undoes `start`; also called after half a start. */
  stop?(): Promise<void>;
}

export interface Module<D extends ModuleDecl> {
  readonly decl: D;
  readonly setup: (host: Host<D>) => Instance<D>;
}

/** A module with values for its parameters, as a program lists it. */
export interface Use<D extends ModuleDecl> {
  readonly module: Module<D>;
  readonly params: ParamInputs<D['params']>;
}

/** Maps keys the shape does not have to never, so that a misspelt field is an error and not an extra. */
type NoExtra<T, Shape> = { readonly [K in Exclude<keyof T, keyof Shape>]: never };

/** Binds a declaration (pure data) to the code behind it. */
export function defineModule<const D extends ModuleDecl>(
  decl: D & NoExtra<D, ModuleDecl>,
  setup: (host: Host<D>) => Instance<D>,
): Module<D> {
  return { decl, setup };
}

/** Lists a module with parameters: `use(siptrace, { trace_on: 1 })`. */
export function use<D extends ModuleDecl>(module: Module<D>, params: ParamInputs<D['params']> = {}): Use<D> {
  return { module, params };
}
