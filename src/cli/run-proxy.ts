/** The life of `viaduct run`: start, announce, answer signals, stop. */
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type LeveledLog, levelOf, type Log, type LogLevel } from '../engine/log.ts';
import type { Given } from './command.ts';
import { paintFor } from './colours.ts';
import { announce } from './announcement.ts';
import { ExitCode, UsageError } from './exit-code.ts';
import { cfgOptions, isCfg } from './cfg-file.ts';
import type { Problems } from './loaded.ts';
import { checkProgram, printFile } from './check-program.ts';
import { Control } from './control.ts';
import { socketPath } from './ctl-socket.ts';
import { DEFAULT_HTTP, httpLimits, parseHttpAddress } from './http-port.ts';
import { flagNotes } from './kamailio-flags.ts';
import { liveView } from './live-view.ts';
import { operationOf } from './operation.ts';
import { levelFor, pinoLog } from './pino-log.ts';
import { programOptions, wholeNumber } from './run-options.ts';
import { fifoOf, runtimeFolder } from './runtime-folder.ts';
import { load, Service } from './service.ts';
import type { Shell, Signal } from './shell.ts';

const DEFAULT_GRACE_SECONDS = 5;
const MAX_GRACE_SECONDS = 3_600;

export async function runProxy(given: Given, shell: Shell): Promise<ExitCode> {
  if (given.has('v') || given.has('info')) return tellVersions(shell, given.has('info'));
  const options = { ...programOptions(given, shell.cwd), cfg: cfgOptions(given, shell.env) };
  if (given.has('cfg-print') && isCfg(options.file)) return printFile(options.file, options.cfg, shell);
  const embedded = options.file === undefined;
  const notes = flagNotes(given, isCfg(options.file));
  if (given.has('check')) {
    const log = logFor(given, shell, { embedded });
    for (const note of notes) log.write('notice', note);
    return checkProgram(options, { shell, log, json: given.has('json') });
  }
  const tell = ({ text }: Problems): void => shell.err.write(text);
  const loaded = await load(options, tell);
  const log = logFor(given, shell, { embedded, level: loaded.logLevel });
  for (const note of [...notes, ...loaded.notes]) log.write('notice', note);
  const graceMs = 1000 * (wholeNumber(given, 'grace', { min: 0, max: MAX_GRACE_SECONDS }) ?? DEFAULT_GRACE_SECONDS);
  const http = httpOptions(given, shell);
  changeFolder(given.text('working-dir') ?? loaded.folder, shell);

  const live = !given.has('quiet') && (given.has('live') || shell.out.isTty || options.file === undefined);
  const view = { module: liveView(shell.out, paintFor(shell.env, shell.out)), params: {} };
  const signals = new HeardSignals(shell);
  const pidFile = writePidFile(given.text('pid-file'), shell);
  const folder = runtimeFolder(given, shell);
  const ctl = ctlPath(given, folder ?? shell.cwd);
  const asked = fifoOf(loaded.source, folder);
  const fifo = asked && { ...asked, clock: shell.world.clock };
  const control = await orElse(
    () => removePidFile(pidFile),
    () => Control.open({ http, ctl, fifo }),
  );
  const undo = (): void => {
    control.close();
    removePidFile(pidFile);
  };
  const service = await orElse(undo, () =>
    Service.start({
      ...options,
      loaded,
      tell,
      world: shell.world,
      log,
      dress: (source) => (live ? { ...source, uses: [...source.uses, view] } : source),
    }),
  );
  const { version, process, world } = shell;
  control.operation = operationOf({
    service,
    version,
    clock: world.clock,
    process,
    log,
    raise: (signal) => signals.take(signal),
  });
  if (ctl !== undefined) log.write('notice', 'RPC on the control socket', { path: ctl });
  if (fifo !== undefined) log.write('notice', 'RPC on the FIFO', { path: fifo.path });
  announce({ service, http: control.http, log, shell, embedded, anywhere: options.listen.length === 0 });
  return new Running({ service, control, shell, log, graceMs, pidFile }).untilSignalled(signals);
}

/** Nothing stays half started. */
async function orElse<T>(undo: () => void, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    undo();
    throw error;
  }
}

function removePidFile(path: string | undefined): void {
  if (path !== undefined) rmSync(path, { force: true });
}

function writePidFile(path: string | undefined, { cwd, process }: Shell): string | undefined {
  if (path === undefined) return undefined;
  const file = resolve(cwd, path);
  try {
    writeFileSync(file, `${process.id}\n`);
  } catch (error) {
    throw new UsageError(`-P ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return file;
}

function tellVersions({ out, version }: Shell, all: boolean): ExitCode {
  // Wrappers of Kamailio look for this line.
  out.write(`version: viaduct ${version}\n`);
  if (all) for (const name of ['node', 'v8', 'openssl', 'uv']) out.write(`${name} ${process.versions[name] ?? '?'}\n`);
  return ExitCode.ok;
}

/** JSON for programs, lines for people: on a terminal, for newcomers wherever it goes, and where -E or -e asks for them. */
function logFor(
  given: Given,
  shell: Shell,
  { embedded, level }: { embedded: boolean; level?: LogLevel | undefined },
): LeveledLog {
  const { err, env, world } = shell;
  const pretty = !given.has('json') && (err.isTty || embedded || given.has('E') || given.has('e'));
  const paint = given.has('e') ? paintFor({ FORCE_COLOR: '1' }, err) : paintFor(env, err);
  return pinoLog({
    level: askedLevel(given) ?? level ?? levelFor(0),
    clock: world.clock,
    sink: err,
    paint: pretty ? paint : undefined,
  });
}

/** `-dd`, or `--debug=3` as Kamailio numbers levels. */
function askedLevel(given: Given): LogLevel | undefined {
  if (given.count('d') > 0) return levelFor(given.count('d'));
  const text = given.text('debug');
  if (text === undefined) return undefined;
  if (!/^-?\d{1,2}$/.test(text)) throw new UsageError(`--debug takes a level, -5 to 3, not "${text}"`);
  return levelOf(Number(text));
}

function httpOptions(given: Given, { env }: Shell) {
  const asked = given.text('http');
  const token = given.text('http-token') ?? env['VIADUCT_HTTP_TOKEN'];
  if (token !== undefined && !/^\S{8,}$/.test(token)) {
    throw new UsageError('--http-token takes at least 8 characters without spaces');
  }
  const at = asked === undefined ? DEFAULT_HTTP : parseHttpAddress(asked);
  return { at, tries: asked === undefined ? httpLimits.portsTried : 1, token };
}

function ctlPath(given: Given, folder: string): string | undefined {
  const path = given.text('ctl');
  return path === undefined ? undefined : resolve(folder, socketPath(path));
}

function changeFolder(folder: string | undefined, { cwd, process }: Shell): void {
  if (folder === undefined) return;
  try {
    process.changeFolder(resolve(cwd, folder));
  } catch (error) {
    throw new UsageError(`-w ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Listens from the first moment: what comes while the proxy starts is told when it runs. */
class HeardSignals {
  readonly #early: Signal[] = [];
  #told: ((signal: Signal) => void) | undefined;

  constructor(shell: Shell) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      shell.onSignal(signal, () => this.take(signal));
    }
  }

  take(signal: Signal): void {
    if (this.#told === undefined) this.#early.push(signal);
    else this.#told(signal);
  }

  tell(fn: (signal: Signal) => void): void {
    this.#told = fn;
    for (const signal of this.#early.splice(0)) fn(signal);
  }
}

interface RunningParts {
  readonly service: Service;
  readonly control: Control;
  readonly shell: Shell;
  readonly log: Log;
  readonly graceMs: number;
  readonly pidFile: string | undefined;
}

class Running {
  readonly #parts: RunningParts;

  constructor(parts: RunningParts) {
    this.#parts = parts;
  }

  /** Resolves when the first SIGTERM or SIGINT has been obeyed, or at once at the second. */
  untilSignalled(signals: HeardSignals): Promise<ExitCode> {
    const { shell, log } = this.#parts;
    shell.process.onStrayRejection((error) =>
      log.write('error', 'a promise was rejected and nobody waited for it', { error: String(error) }),
    );
    return new Promise((leave) => {
      let stopping = false;
      signals.tell((signal) => {
        if (signal === 'SIGHUP') {
          void this.#reload();
        } else if (stopping) {
          log.write('warn', 'stopped at once', { signal });
          leave(ExitCode.failure);
        } else {
          stopping = true;
          log.write('notice', 'stopping', { signal });
          void this.#stop().then(leave);
        }
      });
    });
  }

  async #reload(): Promise<void> {
    const { service, log } = this.#parts;
    try {
      await service.reload();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.write('error', 'the routes were not reloaded, the old ones stay in force', { error: why });
    }
  }

  async #stop(): Promise<ExitCode> {
    const { service, control, log, graceMs, pidFile } = this.#parts;
    const outcome = await service.stop(graceMs).catch((error: unknown) => String(error));
    control.close();
    removePidFile(pidFile);
    if (outcome === 'stopped') {
      log.write('notice', 'stopped');
      return ExitCode.ok;
    }
    if (outcome === 'late') log.write('warn', 'did not finish within the grace period', { seconds: graceMs / 1000 });
    else log.write('error', 'stopping failed', { error: outcome });
    return ExitCode.failure;
  }
}
