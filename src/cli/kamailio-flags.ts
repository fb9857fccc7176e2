/**
 * The flags of the kamailio binary that `viaduct run` understands beside its own, so that start scripts keep working.
 * Those that mean nothing here are accepted, and a note says so.
 */
import type { FlagDecl, Given } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { ProgramSource } from '../engine/program.ts';

export const kamailioFlags: readonly FlagDecl[] = [
  { flags: '--modparam <mod:param:type:value>', doc: 'set a module parameter (type s or i)', repeat: 'list' },
  { flags: '-P, --pid-file <file>', doc: 'write the process id to this file' },
  { flags: '-w, --working-dir <folder>', doc: 'change to this folder first' },
  { flags: '-I, --info', doc: 'print the versions of what runs, and leave' },
  { flags: '-v', doc: 'print the version, and leave' },
  { flags: '-e', doc: 'coloured log, also where it does not go to a terminal' },
  { flags: '-E', doc: 'log to stderr', hidden: true },
  { flags: '-D', doc: 'do not fork', repeat: 'count', hidden: true },
  { flags: '-m <megabytes>', doc: 'shared memory', hidden: true },
  { flags: '-M <megabytes>', doc: 'private memory', hidden: true },
  { flags: '-L <path>', doc: 'folder of the modules', hidden: true },
  { flags: '-A <name>', doc: 'define a name for the preprocessor', repeat: 'list', hidden: true },
  { flags: '-a <mode>', doc: 'find aliases by reverse DNS', hidden: true },
  { flags: '-n <count>', doc: 'number of processes', hidden: true },
  { flags: '-Y <folder>', doc: 'folder for runtime files', hidden: true },
  { flags: '--cfg-print', doc: 'print the configuration', hidden: true },
];

const meaningless: readonly (readonly [flag: string, why: string])[] = [
  ['E', 'the log always goes to stderr'],
  ['D', 'viaduct never forks'],
  ['m', 'memory is not reserved'],
  ['M', 'memory is not reserved'],
  ['L', 'modules are imported by the routes file'],
  ['A', 'TypeScript has no preprocessor; read process.env in the routes file'],
  ['a', 'aliases are never looked up'],
  ['n', 'viaduct runs in one process'],
  ['Y', 'viaduct writes no runtime files'],
  ['cfg-print', 'there is no preprocessed configuration to print'],
];

/** One sentence for each given flag that has no effect. */
export const flagNotes = (given: Given): readonly string[] =>
  meaningless
    .filter(
      ([flag]) =>
        given.has(flag) || given.text(flag) !== undefined || given.list(flag).length > 0 || given.count(flag) > 0,
    )
    .map(([flag, why]) => `${flag.length === 1 ? '-' : '--'}${flag} has no effect: ${why}`);

export interface ModParam {
  readonly module: string;
  readonly name: string;
  readonly value: string | number;
}

/** `siptrace:trace_on:i:1`; the value may contain colons. */
export function parseModParam(text: string): ModParam {
  const found = /^([^:]+):([^:]+):([si]):([^]*)$/.exec(text);
  const [, module = '', name = '', type, value = ''] = found ?? [];
  if (found === null || (type === 'i' && !/^-?\d+$/.test(value))) {
    throw new UsageError(`--modparam "${text}": write module:param:type:value, type s (text) or i (number)`);
  }
  return { module, name, value: type === 'i' ? Number(value) : value };
}

/** The program with these parameters instead of those in its file. Names and values are checked when it is loaded. */
export function withModParams(source: ProgramSource, params: readonly ModParam[]): ProgramSource {
  for (const { module } of params) {
    if (source.uses.every((use) => use.module.decl.name !== module)) {
      throw new UsageError(`--modparam: the routes do not use a module ${module}`);
    }
  }
  const uses = source.uses.map((use) => {
    const own = params.filter(({ module }) => module === use.module.decl.name);
    if (own.length === 0) return use;
    return { ...use, params: { ...use.params, ...Object.fromEntries(own.map(({ name, value }) => [name, value])) } };
  });
  return { ...source, uses };
}
