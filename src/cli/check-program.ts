/** `viaduct check` and `run -c`: loads and sets up a program, listens nowhere, and says what it is made of. */
import { createProxy, type Proxy, type ProxyOptions } from '../engine/proxy.ts';
import type { Routes } from '../engine/context.ts';
import type { Log } from '../engine/log.ts';
import { ExitCode, exitCodeOf, isExpected } from './exit-code.ts';
import { aboutFile } from './routes-file.ts';
import { type CfgOptions, printCfg } from './cfg-file.ts';
import type { ParamPlace, Problems } from './loaded.ts';
import type { ProgramOptions } from './run-options.ts';
import { DEFAULT_SIP_PORT, defaultListen, load, surroundings, type TellProblems } from './service.ts';
import type { Shell } from './shell.ts';
import { readTls } from './tls-files.ts';

interface CheckSetting {
  readonly shell: Shell;
  readonly log: Log;
  readonly json: boolean;
}

export interface Summary {
  readonly file: string;
  readonly modules: readonly string[];
  readonly routes: readonly string[];
  readonly listen: readonly string[];
  /** What is accepted and has no effect. */
  readonly notes?: readonly string[];
}

export interface CheckOptions extends ProgramOptions {
  readonly cfg?: CfgOptions;
}

export async function checkProgram(options: CheckOptions, setting: CheckSetting): Promise<ExitCode> {
  const { shell, json } = setting;
  if (!json) {
    shell.out.write(summaryText(await summarize(options, setting, ({ text }) => shell.err.write(text))));
    return ExitCode.ok;
  }
  const found: { problems: Problems | undefined } = { problems: undefined };
  const diagnostics = () => (found.problems === undefined ? {} : { diagnostics: found.problems.list });
  try {
    const summary = await summarize(options, setting, (problems) => {
      found.problems = problems;
    });
    shell.out.write(`${JSON.stringify({ ok: true, ...summary, ...diagnostics() })}\n`);
    return ExitCode.ok;
  } catch (error) {
    if (!isExpected(error)) throw error;
    const code = 'code' in error ? error.code : error.name;
    shell.out.write(`${JSON.stringify({ ok: false, code, message: error.message, ...diagnostics() })}\n`);
    return exitCodeOf(error);
  }
}

async function summarize(options: CheckOptions, { shell, log }: CheckSetting, tell: TellProblems): Promise<Summary> {
  const loaded = await load(options, tell);
  const tls = await readTls(options.tls, shell.world.files);
  const around = await surroundings(options, loaded);
  const listen = around.listen.length > 0 ? around.listen : defaultListen(DEFAULT_SIP_PORT);
  const proxy = made(options.file, loaded.paramPlace, {
    world: shell.world,
    program: loaded.source,
    listen,
    aliases: around.aliases,
    log,
    node: options.node,
    ...(tls && { tls }),
  });
  const notes = [...loaded.notes, ...(await notesOf(proxy, options.file, loaded.paramPlace))];
  return {
    file: options.file ?? 'embedded default',
    modules: proxy.program.modules.map(({ decl }) => decl.name),
    routes: routeNames(proxy.program.routes),
    listen,
    ...(notes.length === 0 ? {} : { notes }),
  };
}

function made(file: string | undefined, paramPlace: ParamPlace, options: ProxyOptions): Proxy {
  try {
    return createProxy(options);
  } catch (error) {
    throw aboutFile(file, error, paramPlace);
  }
}

/** What modules say of the files that they will read. */
async function notesOf(proxy: Proxy, file: string | undefined, paramPlace: ParamPlace): Promise<readonly string[]> {
  try {
    const notes = await Promise.all(
      proxy.program.modules.map(({ instance }) => instance.check?.() ?? Promise.resolve([])),
    );
    return notes.flat();
  } catch (error) {
    throw aboutFile(file, error, paramPlace);
  }
}

/** `request`, `failure[busy]`, ... */
export function routeNames(routes: Routes): readonly string[] {
  const named = (['branch', 'onreply', 'failure', 'branch_failure', 'event'] as const).flatMap((kind) =>
    Object.keys(routes[kind] ?? {}).map((name) => `${kind}[${name}]`),
  );
  const plain = (['request', 'reply', 'onsend'] as const).filter((kind) => routes[kind] !== undefined);
  return [...plain, ...named];
}

const summaryText = ({ file, modules, routes, listen, notes = [] }: Summary): string =>
  [
    'ok',
    `file     ${file}`,
    `modules  ${modules.join(' ')}`,
    `routes   ${routes.join(' ')}`,
    `listen   ${listen.join(' ')}`,
    ...notes.map((note) => `note     ${note}`),
    '',
  ].join('\n');

/** `--cfg-print`. */
export async function printFile(file: string, cfg: CfgOptions, { out, err }: Shell): Promise<ExitCode> {
  const { text, problems } = printCfg(file, cfg);
  err.write(problems.text);
  out.write(text);
  return problems.list.some(({ severity }) => severity === 'error') ? ExitCode.badConfiguration : ExitCode.ok;
}
