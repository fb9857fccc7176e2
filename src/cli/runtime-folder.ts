/** `-Y`: the folder of the files that exist while a proxy runs, and where the FIFO of jsonrpcs is to be. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProgramSource } from '../engine/program.ts';
import type { Given } from './command.ts';
import { UsageError } from './exit-code.ts';
import type { FifoOptions } from './rpc-fifo.ts';
import type { Shell } from './shell.ts';

/** Where Kamailio looks for a relative name when there is no `-Y`, and what it calls its FIFO. */
const USUAL_FOLDER = '/run/kamailio';
const USUAL_FIFO = 'kamailio_rpc.fifo';
const USUAL_MODE = 0o660;
const USUAL_REPLY_FOLDER = '/tmp';
/** The bit of `transport` that means the FIFO; 0 is all of them. */
const FIFO_TRANSPORT = 2;

export function runtimeFolder(given: Given, { cwd }: Pick<Shell, 'cwd'>): string | undefined {
  const folder = given.text('runtime-dir');
  if (folder === undefined) return undefined;
  const path = resolve(cwd, folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new UsageError(`-Y ${folder}: there is no such folder`);
}

/** undefined when the program does not use jsonrpcs, or wants no FIFO of it. */
export function fifoOf(
  { uses }: Pick<ProgramSource, 'uses'>,
  folder: string | undefined,
): Pick<FifoOptions, 'path' | 'mode' | 'replyFolder'> | undefined {
  const params = uses.find(({ module }) => module.decl.name === 'jsonrpcs')?.params;
  const { fifo_name: name, fifo_mode: mode, fifo_reply_dir: replies, transport } = params ?? {};
  const isAsked = typeof transport !== 'number' || transport === 0 || (transport & FIFO_TRANSPORT) !== 0;
  // With -Y it has the place and the name that kamctl expects.
  const file = typeof name === 'string' ? name : folder === undefined ? '' : USUAL_FIFO;
  if (params === undefined || !isAsked || file === '') return undefined;
  return {
    path: resolve(folder ?? USUAL_FOLDER, file),
    mode: typeof mode === 'number' ? mode : USUAL_MODE,
    replyFolder: join(typeof replies === 'string' ? replies : USUAL_REPLY_FOLDER),
  };
}
