/**
 * The flags of the kamailio binary that `viaduct run` understands beside its own, so that start scripts keep working.
 * Those that mean nothing here are accepted, and a note says so.
 */
import type { FlagDecl, Given } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { ProgramSource } from '../engine/program.ts';

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
  ['T', '-T', 'name the listeners with -l'],
];

type Flag = readonly [name: string, written: string, why: string];

const meaningless: readonly Flag[] = [
  ['D', '-D', 'viaduct never forks'],
  ['m', '-m <megabytes>', 'memory is not reserved'],
  ['M', '-M <megabytes>', 'memory is not reserved'],
  ['x', '-x <name>', 'memory is that of Node'],
  ['X', '-X <name>', 'memory is that of Node'],
  ['L', '-L <path>', 'modules are part of viaduct'],
  ['a', '-a <mode>', 'aliases are never looked up'],
  ['n', '-n <count>', 'viaduct runs in one process'],
  ['N', '-N <count>', 'viaduct runs in one process'],
  ['Q', '-Q <count>', 'viaduct runs in one process'],
  ['G', '-G <file>', 'viaduct runs in one process; -P writes its id'],
  ['O', '-O <level>', 'a script is always compiled'],
  ['W', '-W <method>', 'sockets are polled by Node'],
  ['b', '-b <bytes>', 'socket buffers are those of the system'],
  ['B', '-B <bytes>', 'socket buffers are those of the system'],
  ['r', '-r', 'received is added by address, without DNS'],
  ['R', '-R', 'received is added by address, without DNS'],
  ['K', '-K', 'replies are matched by their branch'],
  ['S', '-S', 'SCTP is not spoken'],
  ['t', '-t <folder>', 'viaduct changes no root; start it in the one it shall have'],
  ['u', '-u <user>', 'viaduct keeps the user who starts it'],
  ['g', '-g <group>', 'viaduct keeps the group of who starts it'],
  ['all-errors', '--all-errors', 'all errors are always shown'],
  ['atexit', '--atexit <value>', 'there are no libraries to be told'],
  ['iuid', '--iuid <number>', 'viaduct makes its own unique ids'],
  ['log-engine', '--log-engine <name>', '--json chooses the form of the log'],
  ['server-id', '--server-id <number>', '--node numbers a node'],
];

const repeated: ReadonlySet<string> = new Set(['-D', '-r', '-R']);

export const kamailioFlags: readonly FlagDecl[] = [
  { flags: '--modparam <mod:param:type:value>', doc: 'set a module parameter (type s or i)', repeat: 'list' },
  { flags: '-P, --pid-file <file>', doc: 'write the process id to this file' },
  { flags: '-w, --working-dir <folder>', doc: 'change to this folder first' },
  { flags: '-Y, --runtime-dir <folder>', doc: 'folder of the FIFO of jsonrpcs and of a relative --ctl' },
  { flags: '-I, --info', doc: 'print the versions of what runs, and leave' },
  { flags: '-v', doc: 'print the version, and leave' },
  { flags: '-E', doc: 'log lines for people, also where stderr is no terminal' },
  { flags: '-e', doc: 'coloured log, also where it does not go to a terminal' },
  { flags: '-T', doc: 'no TCP, as disable_tcp=yes in a kamailio.cfg' },
  { flags: '--domain <host>', doc: 'as --alias', repeat: 'list', hidden: true },
  ...meaningless.map(
    ([, flags, doc]): FlagDecl => ({ flags, doc, hidden: true, ...(repeated.has(flags) && { repeat: 'count' }) }),
  ),
];

/** One sentence for each given flag that has no effect. */
export const flagNotes = (given: Given, cfg = false): readonly string[] =>
  [...meaningless, ...(cfg ? [] : onlyForCfg)]
    .filter(
      ([flag]) =>
        given.has(flag) || given.text(flag) !== undefined || given.list(flag).length > 0 || given.count(flag) > 0,
    )
    .map(([, written, why]) => `${written.replace(/ .*/, '')} has no effect: ${why}`);

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
