/** The commands about the process: what runs, since when, on what memory, and how much it logs. */
import type { Commands } from '../engine/command.ts';
import { debugOf, LEAST_DEBUG, type LeveledLog, levelOf, MOST_DEBUG } from '../engine/log.ts';
import type { ParameterGroup } from '../engine/tunable.ts';
import { RpcFault } from '../engine/rpc-fault.ts';
import { int } from '../engine/spec.ts';
import type { WallTime } from '../util/time.ts';
import { type AboutProcess, DESCRIPTION, FEATURES } from './about-process.ts';
import { startCommands } from './start-commands.ts';

export function processCommands(about: AboutProcess): Commands {
  const { clock, version, service, process, log } = about;
  const began = { at: clock.now(), wall: clock.wall() };
  const uptime = (): number => Math.floor((clock.now() - began.at) / 1000);
  const name = `viaduct ${version}`;
  return {
    ...startCommands(about),
    'core.version': { doc: 'Name and version.', run: () => name },
    'core.uptime': {
      doc: 'Now, the time of the start (both UTC), and the seconds between.',
      run: () => ({ now: dateText(clock.wall()), up_since: dateText(began.wall), uptime: uptime() }),
    },
    'core.info': {
      doc: 'Version and runtime.',
      run: () => ({ version: name, id: '', compiler: process.runtime, compiled: '', flags: FEATURES }),
    },
    'core.runinfo': {
      doc: 'The same with the times of the run.',
      run: () => ({
        name: 'viaduct',
        version,
        sourceid: '',
        compiler: process.runtime,
        compiled: '',
        time_now: dateText(clock.wall()),
        time_started: dateText(began.wall),
        uptime_secs: uptime(),
        utime_days: daysText(uptime()),
      }),
    },
    'core.ps': { doc: 'Process ids and what each does: there is one.', run: () => [process.id, DESCRIPTION] },
    'core.psx': { doc: 'The same as objects.', run: () => [{ IDX: 0, PID: process.id, DSC: DESCRIPTION }] },
    'core.psa': {
      doc: 'The same with its place and rank.',
      run: () => [{ index: 0, pid: process.id, status: 1, rank: 0, description: DESCRIPTION }],
    },
    'core.shmmem': { doc: 'Resident memory: one process shares none with others.', run: () => memory(process) },
    'core.pwd': { doc: 'The folder it runs in.', run: () => [process.folder()] },
    'core.listeners': { doc: 'The sockets that SIP is received on, as for `-l`.', run: () => service.listeners },
    'corex.debug': {
      doc: 'How much is logged, as in Kamailio: -1 errors, 1 notices, 3 everything. With a number, changes it until the next start.',
      run: ([level]) => debugLevel(log, level),
    },
    'core.reload': {
      doc: 'Reads the routes again, as SIGHUP does.',
      run: () => service.reload().then(() => 'new routes are in force'),
    },
  };
}

const DEBUG = int({ min: LEAST_DEBUG, max: MOST_DEBUG, runtime: true, doc: 'How much is logged.' });

function debugLevel(log: LeveledLog, level: string | number | undefined) {
  const old = debugOf(log.level);
  if (level === undefined) return { debug: old };
  const wanted = /^-?\d$/.test(String(level)) ? Number(level) : NaN;
  if (!(wanted >= LEAST_DEBUG && wanted <= MOST_DEBUG)) {
    throw new RpcFault(400, `a number from ${LEAST_DEBUG} to ${MOST_DEBUG}`);
  }
  log.level = levelOf(wanted);
  return { old, new: debugOf(log.level) };
}

/** What `cfg.*` know beside the parameters of modules. */
export const processParameters = (log: LeveledLog): ParameterGroup => ({
  name: 'core',
  specs: { debug: DEBUG },
  values: { debug: debugOf(log.level) },
  tunables: {
    debug: { read: () => debugOf(log.level), write: (level: number) => void (log.level = levelOf(level)) },
  },
});

function memory(process: AboutProcess['process']) {
  const used = process.memoryBytes();
  return { used, real_used: used, note: 'there is no shared memory: this is the resident memory of the process' };
}

/** `Fri Nov 20 05:27:46 2026`, as ctime(3), in UTC. */
export function dateText(wall: WallTime): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(wall / 1000).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;
}

function daysText(seconds: number): string {
  const part = (size: number, of: number): number => Math.floor(seconds / size) % of;
  return `${Math.floor(seconds / 86_400)}d ${part(3_600, 24)}h ${part(60, 60)}m ${seconds % 60}s`;
}
