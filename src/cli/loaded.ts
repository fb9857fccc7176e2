/** A program and what its file says about the proxy around it, whichever language the file is in. Nothing has run but the file itself. */
import type { Define } from '../cfg/text/defines.ts';
import type { DiagnosticJson } from '../cfg/diagnostics.ts';
import type { LogLevel } from '../engine/log.ts';
import type { ProgramSource } from '../engine/program.ts';
import type { TransportLimits } from '../transport/limits.ts';
import type { LocateLimits } from '../transport/locate.ts';
import { plainSockets, type SocketDefaults } from './listen-addresses.ts';

export interface Loaded {
  readonly source: ProgramSource;
  readonly listen: readonly string[];
  /** Where to listen when neither the file nor the command line says; a kamailio.cfg: on every address. */
  readonly fallback: readonly string[];
  /** What an address of the command line without transport or port means. */
  readonly sockets: SocketDefaults;
  readonly aliases: readonly string[];
  readonly acceptAliases: boolean;
  readonly limits: Partial<TransportLimits>;
  readonly names: Partial<LocateLimits>;
  /** For every reply that is made here. */
  readonly replyHeader: readonly [name: string, value: string] | undefined;
  readonly requestHeader: readonly [name: string, value: string] | undefined;
  /** To change to before anything starts; `-w` wins. */
  readonly folder: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly notes: readonly string[];
  /** Names that the preprocessor knows at the end of the file. */
  readonly defines: readonly Pick<Define, 'name' | 'value'>[];
  readonly paramPlace: ParamPlace;
}

/** `file:line:column` of the value of a parameter, by `module.name`. */
export type ParamPlace = (name: string) => string | undefined;

export interface Problems {
  /** With lines, carets and hints, for people; empty when there are none. */
  readonly text: string;
  readonly list: readonly DiagnosticJson[];
}

/** Routes in TypeScript say nothing about what is around them. */
export const onlyRoutes = (source: ProgramSource): Loaded => ({
  source,
  listen: [],
  fallback: [],
  sockets: plainSockets,
  aliases: [],
  acceptAliases: false,
  limits: {},
  names: {},
  replyHeader: undefined,
  requestHeader: undefined,
  folder: undefined,
  logLevel: undefined,
  notes: [],
  defines: [],
  paramPlace: () => undefined,
});
