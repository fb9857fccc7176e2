/** The subcommands, in the order of the help. */
import type { CommandDecl } from './command.ts';
import { check } from './commands/check.ts';
import { collect } from './commands/collect.ts';
import { rpc } from './commands/rpc.ts';
import { run } from './commands/run.ts';
import { selftest } from './commands/selftest.ts';

export const commands: readonly CommandDecl[] = [run, check, selftest, collect, rpc];
