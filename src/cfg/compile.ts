/**
 * A kamailio.cfg becomes a program: it is read, checked against the modules of a registry in one pass, and linked when
 * the program is loaded. Nothing runs here.
 */
import type { Computed } from '../engine/computed.ts';
import type { Routes } from '../engine/context.ts';
import type { Linkage, ProgramSource } from '../engine/program.ts';
import type { Reading } from '../engine/spec.ts';
import { ViaductError } from '../errors.ts';
import { effectOfModule } from './check/advice.ts';
import type { Config } from './ast.ts';
import type { DiagnosticCode } from './codes.ts';
import { CustomParams } from './check/custom-params.ts';
import type { Define } from './text/defines.ts';
import { type Advice, type Diagnostic, DiagnosticList, sortDiagnostics } from './diagnostics.ts';
import { lint } from './check/lint.ts';
import { checkPrefix, withPrefix } from './compile/log-prefix.ts';
import { followUps } from './syntax/lost.ts';
import {
  computedOf,
  loadModules,
  type ParamSetting,
  type ReadParams,
  readParams,
  usesOf,
} from './compile/module-uses.ts';
import { eventNotes } from './check/event-routes.ts';
import { compileReading } from './compile/fields.ts';
import { type ParsedConfig, parseConfig } from './syntax/parse.ts';
import type { Input } from './text/preprocessor.ts';
import { binderOf, nowhere, pvsOf, unlinked, watchOf } from './compile/linkage.ts';
import { PvCompiler } from './compile/pv-compiler.ts';
import { Names, type Registry } from './registry.ts';
import { ReceivedViews } from './compile/received-view.ts';
import type { Report } from './report.ts';
import { compileRoutes } from './compile/routes-compiler.ts';
import { type RouteTable, routeTable } from './check/route-table.ts';
import type { Binder, Scene } from './compile/scene.ts';
import type { Standing } from './compile/standing.ts';
import { ScriptPvs } from './compile/script-pvs.ts';
import { type ConfigSettings, type GlobalMap, SettingsReader } from './compile/settings.ts';
import type { Sources, Span } from './source.ts';
import { readWays } from './check/ways.ts';

export interface CompileOptions {
  /** Unknown functions do nothing and give -1. */
  readonly stubUnknown?: boolean;
  /** Warnings refuse the file, too. */
  readonly strict?: boolean;
  /** Which parameter of a module a global parameter is. */
  readonly globals?: GlobalMap;
  /** The parameter of a module that lets a relay that failed be answered twice. */
  readonly twoFinals?: ParamSetting;
  /** Modules to load beside those of the file (`--loadmodule`). */
  readonly modules?: readonly string[];
  /** Values that win over those of the file (`--modparam`). */
  readonly params?: readonly ParamSetting[];
}

export interface CompiledConfig {
  readonly kind: 'program';
  readonly source: ProgramSource;
  readonly settings: ConfigSettings;
  /** Where parameters of modules were given their values, by `module.name`: their modules look at them later. */
  readonly paramPlaces: ReadonlyMap<string, Span>;
  /** By name, as they are at the end of the file. */
  readonly defines: ReadonlyMap<string, Define>;
  /** Accepted, and without effect here. */
  readonly notes: readonly string[];
  /** Warnings only. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

export interface FailedConfig {
  readonly kind: 'failed';
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

export function compileConfig(
  input: Input,
  registry: Registry,
  options: CompileOptions = {},
): CompiledConfig | FailedConfig {
  const parsed = parseConfig(input);
  const found = new DiagnosticList();
  const hidden = followUps(parsed.diagnostics, parsed.lost);
  const report = (code: DiagnosticCode, span: Span, message: string, advice?: Advice): void => {
    const { file, start, end } = span;
    const isLost =
      (code === 'CFG_ROUTE_UNDEFINED' || code === 'CFG_ROUTE_UNARMED') &&
      parsed.lost.routes.has(nameIn(parsed.sources.text(file)?.slice(start, end)));
    if (!hidden.has(code) && !isLost) found.add(code, span, message, advice);
  };
  const work = new Work(parsed, registry, { ...options, report, environment: input.environment ?? (() => undefined) });
  const made = work.check();
  const { sources } = parsed;
  const diagnostics = sortDiagnostics(sources, [...parsed.diagnostics, ...found.all]);
  const fatal =
    options.strict === true ? diagnostics.length > 0 : diagnostics.some(({ severity }) => severity === 'error');
  return fatal
    ? { kind: 'failed', diagnostics, sources }
    : { kind: 'program', ...made, defines: parsed.defines, diagnostics, sources };
}

/** A name may stand in quotes. */
const nameIn = (text = ''): string => text.replace(/^["'](.*)["']$/, '$1');

interface WorkOptions extends CompileOptions {
  readonly report: Scene['report'];
  readonly environment: (name: string) => string | undefined;
}

interface Linking extends Pick<Scene, 'limits' | 'ways'> {
  readonly firstCalls: readonly string[];
  readonly logPrefix: ConfigSettings['logPrefix'];
  readonly table: RouteTable;
  readonly families: readonly string[];
  readonly computed: readonly Computed[];
}

/** One file on its way through the compiler. */
class Work {
  readonly #parsed: ParsedConfig;
  readonly #options: WorkOptions;
  readonly #names: Names;
  readonly #custom: CustomParams;
  readonly #script: ScriptPvs;
  readonly #standing: Standing = { line: 0, route: '' };

  constructor(parsed: ParsedConfig, registry: Registry, options: WorkOptions) {
    this.#parsed = parsed;
    this.#options = options;
    this.#names = new Names(registry);
    this.#custom = CustomParams.of(parsed.config);
    this.#script = this.#scriptPvs(this.#custom);
  }

  #scriptPvs(custom: CustomParams): ScriptPvs {
    const { defines, config } = this.#parsed;
    const { environment } = this.#options;
    return new ScriptPvs({ defines, custom, environment, file: config.span.file, standing: this.#standing });
  }

  check(): Pick<CompiledConfig, 'source' | 'settings' | 'notes' | 'paramPlaces'> {
    const { config, sources } = this.#parsed;
    const { report, globals = {}, modules = [], params = [] } = this.#options;
    const names = this.#names;
    const settings = new SettingsReader({ report }, globals).read(config);
    const absent = loadModules(config, names, report);
    for (const name of modules) names.load(name);
    const pvs = new PvCompiler(names, nowhere, this.#script);
    checkPrefix(settings.logPrefix, pvs, { report, sources });
    const read = readParams(config, { names, absent, report, pvs, sources });
    const table = routeTable(config, report);
    const families = this.#families();
    eventNotes(config, names, report);
    const { limits, firstCalls, logPrefix } = settings;
    const ways = readWays(config, report);
    compileRoutes(this.#scene({ ...unlinked, pvs, limits, ways, report, custom: this.#custom }), table, families);
    reportImplied(names, lastLoad(config), report);
    lint(config, table, { report, sources, byClock: families.length > 0 });
    const second = ways.twoFinals ? this.#options.twoFinals : undefined;
    const given = [...settings.params, ...read.settings, ...params, ...(second === undefined ? [] : [second])];
    const uses = usesOf(names, given, pvs);
    const computed = computedOf(uses);
    const routes = (faces: Readonly<Record<string, object>>, linkage: Linkage): Routes =>
      this.#link({ table, families, limits, ways, firstCalls, logPrefix, computed }, faces, linkage);
    return {
      source: { kind: 'viaduct-routes', uses, routes },
      settings,
      paramPlaces: read.places,
      notes: notesOf(
        // A warning has told of the others.
        absent.filter((name) => !effectOfModule.has(name)),
        read,
        settings,
      ),
    };
  }

  /** Modules that run `route[X]` under a name of theirs, by the clock. */
  #families(): readonly string[] {
    return this.#names.loaded.flatMap((name) => {
      const events = this.#names.module(name)?.decl.eventRoutes ?? {};
      return Object.keys(events).filter((event) => events[event]?.runs === 'route');
    });
  }

  #link(linking: Linking, faces: Readonly<Record<string, object>>, linkage: Linkage): Routes {
    const { table, families, limits, ways } = linking;
    const custom = this.#custom.fresh();
    linkage.publish(custom.groups());
    const views = ways.readsReceived ? new ReceivedViews() : undefined;
    const pvs = new PvCompiler(this.#names, pvsOf(linkage, ways, views), this.#scriptPvs(custom));
    const binder = withPrefix(binderOf(faces, linkage, views), linking.logPrefix, pvs);
    for (const one of linking.computed) linkage.bind(one, readingOf(one, pvs));
    const report = (): void => undefined;
    const { log } = linkage;
    const watch = watchOf(linkage);
    const scene = this.#scene({ pvs, binder, log, watch, limits, ways, report, custom });
    const routes = compileRoutes(scene, table, families);
    return this.#withFirst(linking.firstCalls, routes, binder);
  }

  #withFirst(names: readonly string[], routes: Routes, binder: Binder): Routes {
    if (names.length === 0) return routes;
    const calls = names.flatMap((name) =>
      this.#names.functions(name).map(({ module, key }) => binder.callable(module, key, name)),
    );
    const { request } = routes;
    return {
      ...routes,
      request(ctx) {
        for (const call of calls) call(ctx);
        return request(ctx);
      },
    };
  }

  #scene(
    parts: Pick<Scene, 'pvs' | 'binder' | 'log' | 'watch' | 'limits' | 'ways' | 'report' | 'custom'>,
  ): Omit<Scene, 'routes' | 'armable' | 'unarmed'> {
    const { sources, config } = this.#parsed;
    return {
      ...parts,
      names: this.#names,
      sources,
      flags: flagNumbers(config),
      standing: this.#standing,
      stubUnknown: this.#options.stubUnknown === true,
    };
  }
}

function readingOf({ text }: Computed, pvs: PvCompiler): Reading {
  const reading = compileReading(text, pvs);
  if (reading.kind === 'made') return reading.value;
  throw new ViaductError('PARAM_VALUE', `in a parameter, ${text}: ${reading.problem.message}`);
}

function reportImplied({ implied }: Names, span: Span, report: Report): void {
  if (implied.size === 0) return;
  const needs = [...implied].map(([module, pv]) => `${module} for $${pv}`).join(', ');
  report('CFG_MODULE_IMPLIED', span, `pseudo-variables need modules that the file does not load: ${needs}`, {
    hint: `add ${[...implied.keys()].map((module) => `loadmodule "${module}.so"`).join(', ')}`,
  });
}

/** Where a loadmodule could be added. */
function lastLoad({ items, span }: Config): Span {
  const last = items.findLast(({ kind }) => kind === 'loadModule');
  return last?.span ?? { file: span.file, start: 0, end: 0 };
}

function flagNumbers({ items }: Config): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const item of items) {
    if (item.kind !== 'flags' || item.of !== 'message') continue;
    for (const { name, number } of item.flags) numbers.set(name.text, number?.value ?? firstFree(numbers));
  }
  return numbers;
}

function firstFree(numbers: ReadonlyMap<string, number>): number {
  const taken = new Set(numbers.values());
  let number = 31;
  while (taken.has(number)) number--;
  return number;
}

function notesOf(
  absent: readonly string[],
  { unused, idle }: ReadParams,
  { notes }: ConfigSettings,
): readonly string[] {
  return [
    ...(absent.length === 0 ? [] : [`modules without effect here: ${absent.join(' ')}`]),
    ...(unused.length === 0 ? [] : [`parameters of modules without effect here: ${[...new Set(unused)].join(' ')}`]),
    ...idle,
    ...notes,
  ];
}
