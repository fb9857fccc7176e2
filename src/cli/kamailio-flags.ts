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
  { flags: '-a <mode>', doc: 'find aliases by reverse DNS', hidden: true },
  { flags: '-n <count>', doc: 'number of processes', hidden: true },
  { flags: '-Y <folder>', doc: 'folder for runtime files', hidden: true },
];

/** Those that concern only a kamailio.cfg, when the routes are TypeScript. */
const onlyForCfg: readonly Flag[] = [
  ['define', '-A', 'TypeScript has no preprocessor; read process.env in the routes file'],
  ['subst', '--subst', 'TypeScript has no preprocessor'],
  ['substdef', '--substdef', 'TypeScript has no preprocessor'],
  ['substdefs', '--substdefs', 'TypeScript has no preprocessor'],
  ['loadmodule', '--loadmodule', 'modules are imported by the routes file'],
  ['cfg-print', '--cfg-print', 'there is no preprocessed configuration to print'],
  ['strict', '--strict', 'it is for kamailio.cfg'],
  ['stub-unknown', '--stub-unknown', 'it is for kamailio.cfg'],
];

type Flag = readonly [name: string, written: string, why: string];

const meaningless: readonly Flag[] = [
  ['E', '-E', 'the log always goes to stderr'],
  ['D', '-D', 'viaduct never forks'],
  ['m', '-m', 'memory is not reserved'],
  ['M', '-M', 'memory is not reserved'],
  ['L', '-L', 'modules are part of viaduct'],
  ['a', '-a', 'aliases are never looked up'],
  ['n', '-n', 'viaduct runs in one process'],
  ['Y', '-Y', 'viaduct writes no runtime files'],
];

/** One sentence for each given flag that has no effect. */
export const flagNotes = (given: Given, cfg = false): readonly string[] =>
  [...meaningless, ...(cfg ? [] : onlyForCfg)]
    .filter(
      ([flag]) =>
        given.has(flag) || given.text(flag) !== undefined || given.list(flag).length > 0 || given.count(flag) > 0,
    )
    .map(([, written, why]) => `${written} has no effect: ${why}`);

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
