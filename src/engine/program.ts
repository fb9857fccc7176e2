/**
 * A Program: the immutable result of loading modules and routes. Loading has no effect on the world; `start` and `stop`
 * run through the modules in the order of their needs and back.
 */
import { ViaductError } from '../errors.ts';
import { trust } from '../util/trust.ts';
import type { Claimer } from './claim.ts';
import type { Computed } from './computed.ts';
import type { RequestContext, Routes } from './context.ts';
import type { Functions, ModuleDecl } from './declaration.ts';
import type { Engine } from './engine.ts';
import type { Slot, Tap } from './exchange.ts';
import type { HttpAnswer, HttpQuestion } from './http.ts';
import { type Log, prefixed } from './log.ts';
import type { Counter, ModuleApis, PvBinding, RpcHandler } from './module.ts';
import { checkParams } from './params.ts';
import type { Sample } from './sample.ts';
import type { Screen } from './screen.ts';
import type { ScriptWatch } from './script-watch.ts';
import type { Reading } from './spec.ts';
import type { Statistic } from './statistic.ts';
import type { AnyTunable, ParameterGroup } from './tunable.ts';

/** Any module, whatever its declaration says. */
export interface AnyModule {
  readonly decl: ModuleDecl;
  readonly setup: (host: never) => AnyInstance;
}
export interface AnyInstance {
  readonly functions: object;
  readonly api?: unknown;
  readonly claims?: Claimer;
  readonly screen?: Screen;
  readonly tap?: Tap;
  readonly rpc?: Readonly<Record<string, RpcHandler>>;
  readonly pvs?: Readonly<Record<string, PvBinding>>;
  readonly tunables?: Readonly<Record<string, AnyTunable>>;
  statistics?(): readonly Statistic[];
  http?(question: HttpQuestion): HttpAnswer | Promise<HttpAnswer> | undefined;
  readonly scriptWatch?: ScriptWatch;
  routeEnded?(ctx: RequestContext): void;
  metrics?(): readonly Sample[];
  pending?(): number;
  check?(): Promise<readonly string[]>;
  start?(): Promise<void>;
  stop?(): Promise<void>;
}
export interface AnyUse {
  readonly module: AnyModule;
  readonly params: Readonly<Record<string, unknown>>;
}
export type Listed = AnyModule | AnyUse;

type DeclOf<L> = L extends { readonly decl: infer D extends ModuleDecl }
  ? D
  : L extends { readonly module: { readonly decl: infer D extends ModuleDecl } }
    ? D
    : never;
/** The listed modules by name, as routes see them. */
export type Faces<L extends readonly Listed[]> = {
  readonly [M in L[number] as DeclOf<M>['name']]: Functions<DeclOf<M>>;
};

/** Routes and the modules they use, not loaded yet. */
export interface ProgramSource {
  readonly kind: 'viaduct-routes';
  readonly uses: readonly AnyUse[];
  readonly routes: (modules: Readonly<Record<string, object>>, linkage: Linkage) => Routes;
}

/** What a compiled script is bound to beside the functions of the modules: their pseudo-variables, and the engine. */
export interface Linkage {
  readonly modules: readonly LoadedModule[];
  readonly engine: Engine;
  readonly log: Log;
  /** Parameters of the script itself, for `cfg.*`. */
  publish(groups: readonly ParameterGroup[]): void;
  /** The code behind a value among the parameters of a module. */
  bind(computed: Computed, reading: Reading): void;
}

/** A routes file exports what this returns as its default. */
export function defineRoutes<const L extends readonly Listed[]>(
  listed: L,
  routes: (modules: Faces<L>) => Routes,
): ProgramSource {
  return {
    kind: 'viaduct-routes',
    uses: listed.map((item) => ('decl' in item ? { module: item, params: {} } : item)),
    // `loadProgram` hands over exactly the functions of the listed modules.
    routes: (modules) => routes(trust<Faces<L>>(modules)),
  };
}

export interface LoadedModule {
  readonly decl: ModuleDecl;
  readonly params: Readonly<Record<string, unknown>>;
  readonly stats: Readonly<Record<string, Counter>>;
  readonly instance: AnyInstance;
}

/** What outlives programs: module state by key and the numbers of exchange slots. */
export interface Heirloom {
  state<T>(key: string, make: () => T): T;
  slot<T>(name: string): Slot<T>;
}

export interface Program {
  /** In start order. */
  readonly modules: readonly LoadedModule[];
  readonly routes: Routes;
  readonly claimers: readonly Claimer[];
  readonly taps: readonly Tap[];
  /** Those that want to know when a request route has ended. */
  readonly enders: readonly Pick<AnyInstance, 'routeEnded'>[];
  readonly screen: Screen | undefined;
  readonly rpc: ReadonlyMap<string, RpcHandler>;
  /** Those of the script; modules have theirs. */
  readonly parameters: readonly ParameterGroup[];
}

export interface LoadEnvironment {
  readonly engine: Engine;
  readonly log: Log;
  readonly heirloom: Heirloom;
}

const NO_ROUTES: Routes = { request: () => undefined };

/** Throws a ViaductError that says what is wrong; nothing has been started then. */
export function loadProgram(source: ProgramSource, environment: LoadEnvironment): Program {
  const loaded: LoadedModule[] = [];
  const holder: { routes: Routes } = { routes: NO_ROUTES };
  const readings = new Map<Computed, Reading>();
  const bound =
    (computed: Computed): Reading =>
    (ctx) =>
      readings.get(computed)?.(ctx) ?? null;
  for (const { module, params } of inOrder(source.uses)) {
    loaded.push(setUp(module, checkParams(module.decl, params, bound), { loaded, holder, environment }));
  }
  const parameters: ParameterGroup[] = [];
  holder.routes = source.routes(
    Object.fromEntries(loaded.map(({ decl, instance }) => [decl.name, instance.functions])),
    {
      modules: loaded,
      engine: environment.engine,
      log: environment.log,
      publish: (groups) => void parameters.push(...groups),
      bind: (computed, reading) => void readings.set(computed, reading),
    },
  );
  const instances = loaded.map(({ instance }) => instance);
  return {
    modules: loaded,
    routes: holder.routes,
    claimers: instances.flatMap(({ claims }) => (claims === undefined ? [] : [claims])),
    taps: instances.flatMap(({ tap }) => (tap === undefined ? [] : [tap])),
    enders: instances.filter((one) => 'routeEnded' in one),
    screen: instances.find(({ screen }) => screen !== undefined)?.screen,
    rpc: new Map(instances.flatMap(({ rpc }) => Object.entries(rpc ?? {}))),
    parameters,
  };
}

interface Scene {
  readonly loaded: readonly LoadedModule[];
  readonly holder: { readonly routes: Routes };
  readonly environment: LoadEnvironment;
}

function setUp(module: AnyModule, params: LoadedModule['params'], scene: Scene): LoadedModule {
  const { decl } = module;
  const { engine, log, heirloom } = scene.environment;
  const stats = heirloom.state(`stats:${decl.name}`, () =>
    Object.fromEntries(Object.keys(decl.stats ?? {}).map((name): [string, Counter] => [name, { value: 0 }])),
  );
  const api = (name: string): unknown => scene.loaded.find((other) => other.decl.name === name)?.instance.api;
  const host = {
    params,
    log: prefixed(log, decl.name),
    world: engine.world,
    engine,
    stats,
    use: (name: keyof ModuleApis) => api(name) ?? missing(decl.name, name),
    find: (name: keyof ModuleApis) => api(name),
    state: <T>(key: string, make: () => T): T => heirloom.state(`${decl.name}:${key}`, make),
    slot: <T>(name: string): Slot<T> => heirloom.slot(`${decl.name}:${name}`),
  };
  // Not in the literal: one with a getter in it is a dictionary to V8, and routes are asked for at every message.
  Object.defineProperty(host, 'routes', { get: () => scene.holder.routes });
  // `defineModule` proved that setup fits its own declaration; here the declaration is any.
  return { decl, params, stats, instance: module.setup(trust<never>(host)) };
}

function missing(who: string, name: string): never {
  throw new ViaductError('MODULE_MISSING', `${who} needs the module ${name}: list it in the routes file as well`);
}

/** Depth first through `needs`, otherwise as listed. */
function inOrder(uses: readonly AnyUse[]): readonly AnyUse[] {
  const byName = new Map<string, AnyUse>();
  for (const item of uses) {
    const { name } = item.module.decl;
    if (byName.has(name)) throw new ViaductError('MODULE_TWICE', `the module ${name} is listed twice`);
    byName.set(name, item);
  }
  const ordered = new Set<AnyUse>();
  const visit = (item: AnyUse): void => {
    const { name, needs = [] } = item.module.decl;
    for (const need of needs) visit(byName.get(need) ?? missing(name, need));
    ordered.add(item);
  };
  for (const item of uses) visit(item);
  return [...ordered];
}

/** Starts the modules in order; when one fails, stops those already started and rethrows. */
export async function startModules(program: Program): Promise<void> {
  const begun: LoadedModule[] = [];
  try {
    for (const module of program.modules) {
      begun.push(module);
      await module.instance.start?.();
    }
  } catch (error) {
    await stopModules(begun);
    throw error;
  }
}

export async function stopModules(modules: readonly LoadedModule[]): Promise<void> {
  for (const { instance } of [...modules].reverse()) await instance.stop?.();
}
