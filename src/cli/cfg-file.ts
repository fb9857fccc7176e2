/**
 * A kamailio.cfg from the disk: read, checked and compiled against the modules of this program, with the flags of
 * Kamailio's command line that concern it.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { compileConfig } from '../cfg/compile.ts';
import { type Diagnostic, diagnosticJson, formatDiagnostics } from '../cfg/diagnostics.ts';
import type { Input } from '../cfg/text/preprocessor.ts';
import { printConfig } from '../cfg/print.ts';
import type { Sources } from '../cfg/source.ts';
import type { FlagDecl, Given } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { ModParam } from './kamailio-flags.ts';
import { addresses, everywhere } from './listen-addresses.ts';
import type { Loaded, Problems } from './loaded.ts';
import { globalParams, registry, twoFinals } from './registry.ts';
import { isRoutes } from './routes-file.ts';

/** Kamailio takes a file of any name. */
export const isCfg = (file: string | undefined): file is string => file !== undefined && !isRoutes(file);

export const cfgFlags: readonly FlagDecl[] = [
  {
    flags: '-A, --define <name>',
    doc: 'define a name for the preprocessor, ID or ID=VALUE, again for more',
    repeat: 'list',
  },
  { flags: '--subst <expression>', doc: 'substitute in texts, as #!subst', repeat: 'list' },
  { flags: '--substdef <expression>', doc: 'substitute and define, as #!substdef', repeat: 'list' },
  { flags: '--substdefs <expression>', doc: 'the same, with the value in quotes', repeat: 'list' },
  { flags: '--loadmodule <name>', doc: 'load this module, too', repeat: 'list' },
  { flags: '--cfg-print', doc: 'print a kamailio.cfg after its preprocessor, and leave' },
  { flags: '--strict', doc: 'take warnings about a kamailio.cfg for errors' },
  { flags: '--stub-unknown', doc: 'unknown functions of a kamailio.cfg do nothing and give -1' },
];

export const plainCfg: CfgOptions = {
  defines: [],
  substitutions: [],
  modules: [],
  strict: false,
  stubUnknown: false,
  noTcp: false,
  env: {},
};

export interface CfgOptions {
  readonly defines: readonly string[];
  readonly substitutions: NonNullable<Input['substitutions']>;
  readonly modules: readonly string[];
  readonly strict: boolean;
  readonly stubUnknown: boolean;
  /** `-T`: as `disable_tcp=yes` in the file. */
  readonly noTcp: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function cfgOptions(given: Given, env: CfgOptions['env']): CfgOptions {
  const kinds = ['subst', 'substdef', 'substdefs'] as const;
  return {
    defines: given.list('define'),
    substitutions: kinds.flatMap((kind) => given.list(kind).map((text) => ({ kind, text }))),
    modules: given.list('loadmodule').map((name) => basename(name, '.so')),
    strict: given.has('strict'),
    stubUnknown: given.has('stub-unknown'),
    noTcp: given.has('T'),
    env,
  };
}

export interface LoadedCfg extends Loaded {
  readonly kind: 'program';
  readonly problems: Problems;
}

export interface FailedCfg {
  readonly kind: 'failed';
  /** `kamailio.cfg: 2 errors, 1 warning`. */
  readonly message: string;
  readonly problems: Problems;
}

export async function loadCfg(
  file: string,
  options: CfgOptions,
  modParams: readonly ModParam[],
): Promise<LoadedCfg | FailedCfg> {
  const made = compileConfig(inputOf(file, options), registry, {
    globals: globalParams,
    twoFinals,
    stubUnknown: options.stubUnknown,
    strict: options.strict,
    modules: options.modules,
    params: modParams,
  });
  const problems = problemsOf(made.sources, made.diagnostics);
  if (made.kind === 'failed') return { kind: 'failed', message: `${file}: ${counted(made.diagnostics)}`, problems };
  const { source, settings, notes, paramPlaces, sources } = made;
  const sockets = options.noTcp ? { ...settings, tcp: false, tls: false } : settings;
  for (const { module } of modParams) {
    if (source.uses.every((use) => use.module.decl.name !== module)) {
      throw new UsageError(`--modparam: the file does not load a module ${module}`);
    }
  }
  return {
    kind: 'program',
    source,
    listen: await addresses(settings.listen, sockets),
    fallback: settings.listen.length > 0 ? [] : await addresses(everywhere, sockets),
    sockets,
    aliases: settings.aliases,
    acceptAliases: settings.acceptAliases,
    limits: settings.transport,
    names: settings.names,
    replyHeader: settings.replyHeader,
    requestHeader: settings.requestHeader,
    folder: settings.folder,
    logLevel: settings.logLevel,
    notes,
    defines: [...made.defines.values()],
    paramPlace: (name) => {
      const span = paramPlaces.get(name);
      if (span === undefined) return undefined;
      const { line, column } = sources.place(span.file, span.start);
      return `${span.file}:${line}:${column}`;
    },
    problems,
  };
}

/** `--cfg-print`: the text, or what is wrong with the directives. */
export function printCfg(file: string, options: CfgOptions): { readonly text: string; readonly problems: Problems } {
  const { text, diagnostics, sources } = printConfig(inputOf(file, options));
  return { text: Buffer.from(text, 'latin1').toString('utf8'), problems: problemsOf(sources, diagnostics) };
}

/** Includes are looked for where viaduct was started, then beside the file. */
function inputOf(file: string, { defines, substitutions, env }: CfgOptions): Input {
  return {
    path: file,
    defines,
    substitutions,
    environment: (name) => env[name],
    readFile: (path) => readText(path) ?? (isAbsolute(path) ? undefined : readText(resolve(dirname(file), path))),
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function problemsOf(sources: Sources, found: readonly Diagnostic[]): Problems {
  const text = formatDiagnostics(sources, found);
  return { text: text === '' ? '' : `${text}\n`, list: found.map((one) => diagnosticJson(sources, one)) };
}

function counted(found: readonly Diagnostic[]): string {
  const errors = found.filter(({ severity }) => severity === 'error').length;
  const warnings = found.length - errors;
  const count = (number: number, what: string) => (number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`]);
  return [...count(errors, 'error'), ...count(warnings, 'warning')].join(', ');
}
