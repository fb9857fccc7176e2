/** `loadmodule` and `modparam`: which modules the program has and with what values for their parameters. */
import { Computed } from '../../engine/computed.ts';
import type { AnyModule, AnyUse } from '../../engine/program.ts';
import type { FieldsSpec, ParamSpec } from '../../engine/spec.ts';
import { effectOfModule, moduleAdvice } from '../check/advice.ts';
import type { Config, LoadModule, ModParam } from '../ast.ts';
import { isKamailioModule, kamailioModules } from '../check/catalogue.ts';
import { isKamailioParam } from '../check/catalogue-params.ts';
import { coerce } from './coercion.ts';
import { compileReading, fieldValues, readFields } from './fields.ts';
import { faults, type PvCompiler } from './pv-compiler.ts';
import { whyIdle } from '../check/idle.ts';
import { compileRegex } from '../../util/regex/regex.ts';
import { type Names, nearest } from '../registry.ts';
import type { Report } from '../report.ts';
import { reportInString, type Scene } from './scene.ts';
import { placeInString } from '../text/string-escapes.ts';
import type { Span } from '../source.ts';

export interface ParamSetting {
  readonly module: string;
  readonly name: string;
  readonly value: string | number;
}

/** Loads what the file asks for into `names`. Gives the modules of Kamailio that are not here, which is no mistake. */
export function loadModules({ items }: Config, names: Names, report: Report): readonly string[] {
  const absent: string[] = [];
  for (const item of items) {
    if (item.kind === 'loadModule' && !names.load(item.module)) absent.push(...absentModule(item, names, report));
  }
  return absent;
}

function absentModule({ module, path }: LoadModule, names: Names, report: Report): readonly string[] {
  const lost = effectOfModule.get(module);
  if (lost !== undefined) {
    report('CFG_MODULE_ABSENT', path.span, `viaduct does not have the module ${module}: ${lost}`);
    return [module];
  }
  if (isKamailioModule(module)) return [module];
  const meant = nearest(module, [...names.moduleNames, ...kamailioModules]);
  const hint = moduleAdvice.get(module) ?? (meant === undefined ? undefined : `did you mean ${meant}.so?`);
  report('CFG_MODULE_UNKNOWN', path.span, `no module ${module} is known`, { hint });
  return [module];
}

export interface ParamScene {
  readonly names: Names;
  readonly absent: readonly string[];
  readonly report: Report;
  readonly pvs: PvCompiler;
  readonly sources: Scene['sources'];
}

export interface ReadParams {
  readonly settings: readonly ParamSetting[];
  readonly unused: readonly string[];
  /** A sentence for each that is taken and not used. */
  readonly idle: readonly string[];
  /** Where each was given its value, by `module.name`. */
  readonly places: ReadonlyMap<string, Span>;
}

/** The values of all modparams, and the parameters of Kamailio that mean nothing here. */
export function readParams(config: Config, scene: ParamScene): ReadParams {
  const places = new Map<string, Span>();
  const settings: ParamSetting[] = [];
  const unused: string[] = [];
  const idle = new Set<string>();
  for (const item of config.items) {
    if (item.kind !== 'modParam') continue;
    const value = valueOf(item, scene);
    for (const module of modulesOf(item, scene)) {
      const spec = module.decl.params?.[item.param.value];
      if (spec === undefined) unused.push(...unknownParam(item, module, scene));
      else if (value !== undefined && fits(item, spec, value, scene)) {
        const why = whyIdle(spec.doc);
        if (why !== undefined) idle.add(`${module.decl.name}.${item.param.value} has no effect: ${why}`);
        places.set(`${module.decl.name}.${item.param.value}`, item.value.span);
        settings.push({ module: module.decl.name, name: item.param.value, value: placed(spec, value, config) });
      }
    }
  }
  return { settings, unused, idle: [...idle], places };
}

/** A path that begins with neither `/` nor `.` is meant beside the script. */
function placed(spec: ParamSpec, value: string | number, { span }: Config): string | number {
  if (spec.type !== 'str' || spec.file !== true || typeof value !== 'string' || /^[./]/.test(value)) return value;
  return span.file.slice(0, span.file.lastIndexOf('/') + 1) + value;
}

/** `"nathelper|registrar"` is a regular expression over the names of what is loaded. */
function modulesOf(item: ModParam, { names, absent, report }: ParamScene): readonly AnyModule[] {
  const { value, span } = item.modules;
  const pattern = compileRegex(`^(${value})$`, { ignoreCase: true });
  if ('problem' in pattern) {
    report('CFG_REGEX', span, `in this regular expression: ${pattern.problem.message}`);
    return [];
  }
  const found = names.loaded.filter((name) => pattern.test(name));
  if (found.length === 0 && !absent.some((name) => pattern.test(name))) {
    const known = names.moduleNames.includes(value);
    const meant = known ? value : nearest(value, names.loaded);
    const hint = known
      ? `add loadmodule "${value}.so" before it`
      : meant === undefined
        ? undefined
        : `did you mean ${meant}?`;
    report('CFG_PARAM_MODULE', span, `no module ${value} is loaded`, { hint });
  }
  return found.flatMap((name) => names.module(name) ?? []);
}

function unknownParam({ param }: ModParam, { decl }: AnyModule, { report }: ParamScene): readonly string[] {
  const name = param.value;
  if (isKamailioParam(decl.name, name)) return [`${decl.name}.${name}`];
  const meant = nearest(name, Object.keys(decl.params ?? {}));
  report('CFG_PARAM_UNKNOWN', param.span, `${decl.name} has no parameter ${name}; it is ignored`, {
    hint: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
  return [];
}

/** `modparamx` evaluates pseudo-variables once; those of messages are not there yet. */
function valueOf(item: ModParam, scene: ParamScene): string | number | undefined {
  const { value } = item;
  if (value.kind === 'number') return value.value;
  const text = value.kind === 'string' ? value.value : value.text;
  if (!item.evaluated) return text;
  const format = scene.pvs.format(text);
  if (format.kind === 'wrong') {
    const { code, message, hint } = format.problem;
    if (value.kind === 'string') {
      reportInString({ sources: scene.sources, report: scene.report }, value, faults(format));
    } else scene.report(code, value.span, message, { hint });
    return undefined;
  }
  if (typeof format.value === 'string') return format.value;
  const fixed = scene.pvs.fixed(text);
  if (fixed === undefined) {
    scene.report('CFG_PARAM_VALUE', value.span, 'there is no message yet when modparamx is evaluated', {
      hint: 'only $env(NAME), $def(NAME) and $sel(cfg_get.x.y) can stand here',
    });
  }
  return fixed;
}

function fits(item: ModParam, spec: ParamSpec, value: string | number, scene: ParamScene): boolean {
  if (spec.type === 'fields') return fieldsFit(item, spec, String(value), scene);
  const { report } = scene;
  const coerced = coerce(spec, value);
  if (coerced.kind === 'fits') return true;
  const shown = spec.secret === true ? 'this' : JSON.stringify(value);
  report('CFG_PARAM_VALUE', item.value.span, `${item.param.value} is ${coerced.wanted}, not ${shown}`);
  return false;
}

function fieldsFit(item: ModParam, { max }: FieldsSpec, text: string, { report, pvs, sources }: ParamScene): boolean {
  const { value } = item;
  const place = (at: number): Span => (value.kind === 'string' ? placeInString(sources, value, at) : value.span);
  const read = readFields(text, pvs.takesInner);
  if (read.kind === 'wrong') {
    report('CFG_PARAM_VALUE', place(read.problem.at), `in ${item.param.value}: ${read.problem.message}`);
    return false;
  }
  if (read.fields.length > max)
    report('CFG_PARAM_VALUE', value.span, `${item.param.value} has more than ${max} fields`);
  for (const field of read.fields) {
    const reading = compileReading(field.value, pvs);
    if (reading.kind === 'made') continue;
    for (const { code, at, message, hint } of faults(reading)) report(code, place(field.at + at), message, { hint });
  }
  return true;
}

/** What the program is made with. Lists grow with each setting, other parameters keep the last one. */
export function usesOf(
  names: Names,
  settings: readonly ParamSetting[],
  { takesInner }: Pick<PvCompiler, 'takesInner'>,
): readonly AnyUse[] {
  return names.loaded.flatMap((name): readonly AnyUse[] => {
    const module = names.module(name);
    if (module === undefined) return [];
    return [{ module, params: paramsOf(module, settings, takesInner) }];
  });
}

function paramsOf(
  { decl }: AnyModule,
  settings: readonly ParamSetting[],
  takesInner: PvCompiler['takesInner'],
): Readonly<Record<string, unknown>> {
  const params: Record<string, unknown> = cfgDefaults(decl.params ?? {});
  for (const { module, name, value } of settings) {
    const spec = decl.params?.[name];
    if (module !== decl.name || spec === undefined) continue;
    if (spec.type === 'fields') {
      params[name] = fieldValues(String(value), takesInner);
      continue;
    }
    const coerced = coerce(spec, value);
    if (coerced.kind === 'wrong') continue;
    const before = params[name];
    params[name] =
      spec.type === 'list' && Array.isArray(coerced.value)
        ? [...(Array.isArray(before) ? before : []), ...coerced.value]
        : coerced.value;
  }
  return params;
}

function cfgDefaults(specs: Readonly<Record<string, ParamSpec>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(specs).flatMap(([name, spec]) =>
      spec.type === 'int' && spec.cfgDefault !== undefined ? [[name, spec.cfgDefault]] : [],
    ),
  );
}

/** The values of parameters that wait for the script to be linked. */
export function computedOf(uses: readonly AnyUse[]): readonly Computed[] {
  const values = uses.flatMap(({ params }) => Object.values(params));
  return values
    .flatMap((value): readonly unknown[] => (value instanceof Map ? [...value.values()] : []))
    .filter((value) => value instanceof Computed);
}
