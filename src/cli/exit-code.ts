/** What the process tells whoever started it: the exit codes, and which error has which (sysexits.h from 64 up). */
import { type ErrorCode, ViaductError } from '../errors.ts';
import { ListenError } from '../transport/listen-error.ts';

export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  dependencyDown: 69,
  privilegedPort: 77,
  badConfiguration: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What was typed cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something we were told to talk to does not answer. */
export class DependencyError extends Error {
  override readonly name = 'DependencyError';
}

/** Codes that are not the fault of the configuration. */
const ofCode: ReadonlyMap<ErrorCode, ExitCode> = new Map<ErrorCode, ExitCode>([
  ['LISTEN_IN_USE', ExitCode.failure],
  ['LISTEN_FAILED', ExitCode.failure],
  ['LISTEN_FORBIDDEN', ExitCode.privilegedPort],
]);

/** Codes of the system that mean that the configuration asks for what this host does not have. */
const ofSystemCode: ReadonlyMap<string, ExitCode> = new Map([
  ['EACCES', ExitCode.privilegedPort],
  ['EADDRNOTAVAIL', ExitCode.badConfiguration],
  ['EAFNOSUPPORT', ExitCode.badConfiguration],
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof DependencyError) return ExitCode.dependencyDown;
  if (error instanceof ViaductError) return ofCode.get(error.code) ?? ExitCode.badConfiguration;
  if (error instanceof ListenError) {
    if (error.code.startsWith('ERR_')) return ExitCode.badConfiguration;
    return ofSystemCode.get(error.code) ?? ExitCode.failure;
  }
  return ExitCode.failure;
}

/** Errors that are told in their own words; any other one is a bug of ours or of a routes file and shows its stack. */
export const isExpected = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof DependencyError ||
  error instanceof ViaductError ||
  error instanceof ListenError;
