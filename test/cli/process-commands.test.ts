/** The commands about the process, with the shapes of Kamailio 5.6.3. */
import { describe, expect, it } from 'vitest';
import { pinoLog } from '../../src/cli/pino-log.ts';
import { dateText, processCommands, processParameters } from '../../src/cli/process-commands.ts';
import { parameterCommands } from '../../src/engine/commands/parameter-commands.ts';
import { shownArguments } from '../../src/cli/shown-arguments.ts';
import { KILL_DELAY_MS } from '../../src/cli/start-commands.ts';
import { Simulator } from '../../src/testing.ts';
import { after, type WallTime } from '../../src/util/time.ts';
import { TestShell } from './test-shell.ts';

function commands() {
  const { clock } = new Simulator();
  const { process, version } = new TestShell();
  const reloads: string[] = [];
  const service = {
    listeners: ['udp:127.0.0.1:5060'],
    reload: () => Promise.resolve(void reloads.push('reload')),
    defines: [
      { name: 'WITH_FOO', value: undefined },
      { name: 'NUM', value: '15' },
      { name: 'TXT', value: '"hello"' },
    ],
  };
  const raised: string[] = [];
  const raise = (signal: string): void => void raised.push(signal);
  const lines: string[] = [];
  const log = pinoLog({ level: 'notice', clock, sink: { write: (line) => void lines.push(line) } });
  const all = processCommands({ service, version, clock, process, log, raise });
  const own = processParameters(log);
  const parameters = parameterCommands(() => [own]);
  const call = (name: string, ...params: (string | number)[]): unknown => (all[name] ?? parameters[name])?.run(params);
  return { clock, reloads, raised, lines, log, call };
}

describe('a process', () => {
  it('tells its version and its only process', () => {
    const { call } = commands();
    expect(call('core.version')).toBe('viaduct 1.2.3');
    expect(call('core.psx')).toEqual([{ IDX: 0, PID: 4711, DSC: 'main process - all of viaduct' }]);
    expect(call('core.ps')).toEqual([4711, 'main process - all of viaduct']);
    expect(call('core.info')).toEqual({
      version: 'viaduct 1.2.3',
      id: '',
      compiler: 'node v0',
      compiled: '',
      flags: call('core.flags'),
    });
    expect([call('core.pwd'), call('core.listeners')]).toEqual([['/nowhere'], ['udp:127.0.0.1:5060']]);
  });

  it('tells its only process with all that Kamailio tells of one', () => {
    const { call } = commands();
    const description = 'main process - all of viaduct';
    expect(call('core.psa')).toEqual([{ index: 0, pid: 4711, status: 1, rank: 0, description }]);
    expect(call('pkg.stats')).toEqual([
      { entry: 0, pid: 4711, rank: 0, used: 300, free: 200, real_used: 1_000, total_size: 2_000, desc: description },
    ]);
    expect(call('pkg.info')).toEqual({ name: 'v8', size: 2_000 });
    expect(call('core.flags')).toMatch(/^[A-Z_]+(, [A-Z_]+)*$/);
  });

  it('tells how it was started, without what is secret', () => {
    const { call } = commands();
    expect(call('core.arg')).toEqual(['viaduct', 'run', '--http-token', '***']);
    const secret = ['--modparam=auth:secret:s:abc', '--modparam', 'tm:fr_timer:i:5', '--http-token=abcdefgh', '-E'];
    expect(shownArguments(secret)).toEqual([
      '--modparam=auth:secret:s:***',
      '--modparam',
      'tm:fr_timer:i:5',
      '--http-token=***',
      '-E',
    ]);
  });

  it('tells the names of the preprocessor', () => {
    const { call } = commands();
    expect(call('core.ppdefines')).toEqual(['WITH_FOO', 'NUM', 'TXT']);
    expect(call('core.ppdefines_full')).toEqual([
      { name: 'WITH_FOO', type: 0, value: 'none' },
      { name: 'NUM', type: 0, value: '15' },
      { name: 'TXT', type: 0, value: '"hello"' },
    ]);
  });

  it.each([
    [[], ['SIGTERM']],
    [[15], ['SIGTERM']],
    [[2], ['SIGINT']],
    [['1'], ['SIGHUP']],
    [[0], []],
  ])('obeys core.kill %j as the signal, a moment after the answer', (params, expected) => {
    const { call, raised, clock } = commands();
    expect(call('core.kill', ...params)).toEqual({});
    clock.step(KILL_DELAY_MS - 1);
    expect(raised).toEqual([]);
    clock.step(KILL_DELAY_MS);
    expect(raised).toEqual(expected);
  });

  it('refuses other signals', () => {
    const { call } = commands();
    for (const wrong of [9, -1, 'x', '']) expect(() => call('core.kill', wrong)).toThrow('a signal is 0, 1, 2 or 15');
  });

  it('says that it has no shared memory', () => {
    expect(commands().call('core.shmmem')).toEqual({
      used: 1_000,
      real_used: 1_000,
      note: 'there is no shared memory: this is the resident memory of the process',
    });
  });

  it('counts the seconds since its start', () => {
    const { call, clock } = commands();
    const before = Object(call('core.uptime'));
    clock.advanceTo(after(clock.now(), 93_784_999));
    const later = Object(call('core.uptime'));
    expect([before.uptime, later.uptime]).toEqual([0, 93_784]);
    expect([before.now, later.up_since]).toEqual([before.up_since, before.up_since]);
    expect(Date.parse(`${later.now} UTC`) - Date.parse(`${later.up_since} UTC`)).toBeCloseTo(93_784_000, -4);
    expect(call('core.runinfo')).toMatchObject({ uptime_secs: 93_784, utime_days: '1d 2h 3m 4s' });
  });

  it('logs as much as it is told to', () => {
    const { call, log, lines } = commands();
    expect(call('corex.debug')).toEqual({ debug: 1 });
    log.write('debug', 'before');
    expect(call('corex.debug', 3)).toEqual({ old: 1, new: 3 });
    log.write('debug', 'between');
    expect(call('cfg.seti', 'core', 'debug', -1)).toEqual({});
    log.write('notice', 'after');
    log.write('error', 'at last');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['between', 'at last']);
    expect([call('cfg.get', 'core', 'debug'), call('cfg.reset', 'core', 'debug'), log.level]).toEqual([
      -1,
      {},
      'notice',
    ]);
    for (const wrong of [4, -6, 'x', '1.5']) {
      expect(() => call('corex.debug', wrong)).toThrow('a number from -5 to 3');
    }
  });

  it('reloads', async () => {
    const { call, reloads } = commands();
    expect(await call('core.reload')).toBe('new routes are in force');
    expect(reloads).toEqual(['reload']);
  });
});

it.each([
  [1_795_152_466_000_000, 'Fri Nov 20 05:27:46 2026'],
  [1_793_491_200_000_000, 'Sun Nov  1 00:00:00 2026'],
])('a date is written as ctime writes it: %i', (wall, text) => {
  expect(dateText(new Simulator().clock.wall())).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
  expect(dateText(wall as WallTime)).toBe(text);
});
