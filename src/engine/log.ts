/** What the engine and modules log through. The command line puts pino behind it, tests put an array. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The levels, most urgent first, and what a kamailio.cfg calls them. */
export const levelNames = {
  alert: ['L_ALERT'],
  critical: ['L_CRIT', 'L_BUG'],
  error: ['L_ERR'],
  warn: ['L_WARN'],
  notice: ['L_NOTICE'],
  info: ['L_INFO'],
  debug: ['L_DBG'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type LogLevel = keyof typeof levelNames;

/** `L_INFO` and so on; undefined for another text. */
export function levelNamed(name: string): LogLevel | undefined {
  for (const level of levels) if (levelNames[level].some((known) => known === name)) return level;
  return undefined;
}

export interface Log {
  /** Values may hold anything a peer sent: the sink makes control characters visible and never writes them raw. */
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

/** Drops everything. */
export const silentLog: Log = { write: () => undefined };

/** The same log with a module's name in front of each message. */
export function prefixed(log: Log, prefix: string): Log {
  return { write: (level, message, fields) => log.write(level, `${prefix}: ${message}`, fields) };
}

/** Kamailio's `debug = N`, from -5 on. */
const levels: readonly LogLevel[] = [
  'alert',
  'critical',
  'critical',
  'critical',
  'error',
  'warn',
  'notice',
  'info',
  'debug',
];
export const LEAST_DEBUG = -5;
export const MOST_DEBUG = LEAST_DEBUG + levels.length - 1;

/** Numbers beyond the ends mean the ends. */
export const levelOf = (debug: number): LogLevel =>
  levels[Math.max(0, Math.min(debug - LEAST_DEBUG, levels.length - 1))] ?? 'notice';

export const debugOf = (level: LogLevel): number => LEAST_DEBUG + levels.lastIndexOf(level);

/** A log that lets through what is at least as urgent as its level. */
export interface LeveledLog extends Log {
  level: LogLevel;
}
