/**
 * Loads a routes file, TypeScript or JavaScript, through jiti. `viaduct` in it means this very process, and nothing is
 * cached: what is loaded again is read again. Whatever is wrong is told with file and line.
 */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ProgramSource } from '../engine/program.ts';
import { ViaductError } from '../errors.ts';
import { trust } from '../util/trust.ts';

const readable: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/** Told by its name from a kamailio.cfg, which may have any other. */
export const isRoutes = (file: string): boolean => readable.includes(extname(file));

/** `file` is an absolute path. */
export async function loadRoutes(file: string): Promise<ProgramSource> {
  await checkFile(file);
  // A kamailio.cfg needs neither: they would be half of the time that its check takes.
  const [{ createJiti }, viaduct] = await Promise.all([import('jiti'), import('../index.ts')]);
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { viaduct },
  });
  let loaded: unknown;
  try {
    loaded = await jiti.import(file);
  } catch (error) {
    throw new ViaductError('CONFIG_FILE_UNREADABLE', explain(file, error, textOf), { cause: error });
  }
  return programOf(file, loaded);
}

/** Throws when there is no such file. */
export async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const why = found.code === 'ENOENT' ? 'there is no such file' : found.message;
    throw new ViaductError('CONFIG_FILE_UNREADABLE', `${file}: ${why}. Give the path of a routes file.`);
  }
  if (found.isDirectory()) {
    throw new ViaductError('CONFIG_FILE_UNREADABLE', `${file}: this is a folder. Give the path of a routes file.`);
  }
}

function programOf(file: string, loaded: unknown): ProgramSource {
  const program: unknown = isObject(loaded) && 'default' in loaded ? loaded.default : undefined;
  if (program === undefined) {
    throw new ViaductError(
      'CONFIG_NOT_ROUTES',
      `${file}: nothing is exported as default. Write \`export default defineRoutes([...], ...)\`.`,
    );
  }
  if (!isObject(program) || !('kind' in program) || program.kind !== 'viaduct-routes') {
    throw new ViaductError(
      'CONFIG_NOT_ROUTES',
      `${file}: the default export is not what defineRoutes returns. Write \`export default defineRoutes([...], ...)\`.`,
    );
  }
  // Only `defineRoutes` makes this kind.
  return trust<ProgramSource>(program);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** An error while a program was made or started, told with the place it came from. Bugs of ours are left as they are. */
export function aboutFile(
  file: string | undefined,
  error: unknown,
  paramPlace: (name: string) => string | undefined = () => undefined,
): unknown {
  if (file === undefined || !(error instanceof Error)) return error;
  const place = placeInStack(file, error.stack);
  if (error instanceof ViaductError) {
    if (error.code.startsWith('LISTEN_') || error.code.startsWith('TLS_')) return error;
    // Messages about a parameter begin with its name.
    const param = paramPlace(/^\w+\.\w+/.exec(error.message)?.[0] ?? '');
    return new ViaductError(error.code, `${param ?? place ?? file}: ${error.message}`, { cause: error });
  }
  if (place === undefined) return error;
  return new ViaductError('CONFIG_FILE_UNREADABLE', explain(file, error, textOf), { cause: error });
}

/** `file:line: what`, for what the parser refuses (with the column), what cannot be imported, and throws in the file. */
export function explain(file: string, error: unknown, text: (file: string) => string): string {
  if (!(error instanceof Error)) return `${file}: it threw ${String(error)}`;
  const [first = '', second = ''] = error.message.split('\n');
  const refused = /^(?:\w*Error: )?(.*?)\s*$/.exec(first)?.[1] ?? first;
  // The parser counts columns from 0, editors from 1.
  const [, place, column] = /^ *(\/.*:\d+):(\d+)$/.exec(second) ?? [];
  if (place !== undefined) return `${place}:${Number(column) + 1}: ${refused}`;
  const importer = /^- (\/.*)$/m.exec(error.message)?.[1];
  if (importer !== undefined) return `${importer}${lineNaming(first, text(importer))}: ${first}`;
  const name = error.name === 'Error' || error.name === 'ViaductError' ? '' : `${error.name}: `;
  return `${placeInStack(file, error.stack) ?? file}: ${name}${first}`;
}

/** Where in the routes file it was, as `file:line`: jiti keeps lines, not columns. */
export function placeInStack(file: string, stack = ''): string | undefined {
  const lines = stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const own = lines.find((line) => line.includes(`${file}:`));
  return own === undefined ? undefined : /\(?(?:file:\/\/)?([^\s()]+:\d+):\d+\)?$/.exec(own)?.[1];
}

/** The transformed file has other lines than the one on disk: an import is found there by what it names. */
function lineNaming(message: string, text: string): string {
  const quoted = /'([^']+)'/.exec(message)?.[1];
  const index = quoted === undefined ? -1 : text.split('\n').findIndex((line) => line.includes(quoted));
  return index < 0 ? '' : `:${index + 1}`;
}
