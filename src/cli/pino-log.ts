/**
 * The log of the engine over pino: one JSON object a line, or a short coloured line for people. What peers sent cannot
 * break lines or move the cursor, and credentials are taken out.
 */
import { pino } from 'pino';
import type { LeveledLog, LogFields, LogLevel } from '../engine/log.ts';
import type { Colour, Paint } from './colours.ts';
import { clockTime } from './message-line.ts';
import { visible, withoutCredentials } from './visible.ts';
import type { Clock } from '../world/world.ts';

/** Kamailio's levels with their numbers in pino's scale. */
const levels: Readonly<Record<LogLevel, number>> = {
  alert: 70,
  critical: 60,
  error: 50,
  warn: 40,
  notice: 35,
  info: 30,
  debug: 20,
};

/** Bytes of one value in a log line; the rest is cut. */
export const MAX_VALUE_LENGTH = 2_000;

export interface LogSink {
  write(line: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Pick<Clock, 'wall'>;
  readonly sink: LogSink;
  /** Lines for people with these colours; JSON when absent. */
  readonly paint?: Paint | undefined;
}

export function pinoLog({ level, clock, sink, paint }: LogOptions): LeveledLog {
  if (paint !== undefined) return prettyLog(level, clock, sink, paint);
  const logger = pino<LogLevel>(
    {
      level,
      customLevels: levels,
      useOnlyCustomLevels: true,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wall() / 1000).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return {
    get level() {
      return named(logger.level);
    },
    set level(to) {
      logger.level = to;
    },
    write: (at, message, fields) => logger[at](clean(fields), safe(message)),
  };
}

/** pino has levels of its own; here it knows only ours. */
const named = (level: string): LogLevel => (isLevel(level) ? level : 'notice');
const isLevel = (level: string): level is LogLevel => Object.hasOwn(levels, level);

const levelColours: Readonly<Record<LogLevel, Colour>> = {
  alert: 'red',
  critical: 'red',
  error: 'red',
  warn: 'yellow',
  notice: 'cyan',
  info: 'green',
  debug: 'dim',
};

function prettyLog(level: LogLevel, clock: Pick<Clock, 'wall'>, sink: LogSink, paint: Paint): LeveledLog {
  const log: LeveledLog = {
    level,
    write(at, message, fields) {
      if (levels[at] < levels[log.level]) return;
      const details = Object.entries(clean(fields)).map(([name, value]) => `${paint('dim', `${name}=`)}${value}`);
      const head = `${paint('dim', clockTime(clock.wall()))} ${paint(levelColours[at], at.padEnd(8))}`;
      sink.write(`${[head, safe(message), ...details].join(' ')}\n`);
    },
  };
  return log;
}

const safe = (text: string): string => visible(withoutCredentials(text)).slice(0, MAX_VALUE_LENGTH);

function clean(fields: LogFields = {}): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (isSecret(name)) kept[name] = '***';
    else kept[name] = typeof value === 'string' ? safe(value) : value;
  }
  return kept;
}

const isSecret = (name: string): boolean =>
  /^(?:(?:proxy-?)?authorization|password|passwd|token|secret|ha1|auth_?key)$/i.test(name);

/** How often `-d` was given, as a level. */
export function levelFor(debug: number): LogLevel {
  if (debug <= 0) return 'notice';
  return debug === 1 ? 'info' : 'debug';
}
