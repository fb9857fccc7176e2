/** The shell over the real process: its streams, environment and signals. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { packageFile } from './package-files.ts';
import type { Output, Shell } from './shell.ts';
import { nodeWorld } from '../world/node/world.ts';

export function processShell(): Shell {
  return {
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    version: packageVersion(),
    self: calledAs(process.argv[1] ?? 'viaduct'),
    world: nodeWorld(),
    process: {
      id: process.pid,
      runtime: `node ${process.version}`,
      args: ['viaduct', ...process.argv.slice(2)],
      folder: () => process.cwd(),
      memoryBytes: () => process.memoryUsage.rss(),
      heapBytes,
      changeFolder: (path) => process.chdir(path),
      onStrayRejection: (fn) => process.on('unhandledRejection', fn),
    },
    onSignal(signal, fn) {
      process.on(signal, fn);
      return () => process.off(signal, fn);
    },
  };
}

function heapBytes() {
  const { used_heap_size: used, total_heap_size: total, heap_size_limit: limit } = getHeapStatistics();
  return { used, total, limit };
}

/** Installed it is `viaduct`; in a clone it is a file. */
const calledAs = (script: string): string =>
  script.endsWith('.js') ? `node ${relative(process.cwd(), script)}` : 'viaduct';

/** A reader that goes away (`viaduct collect | head`) is no error. */
function outputOf(stream: NodeJS.WriteStream): Output {
  const state = { open: true, listeners: new Array<() => void>() };
  const close = (): void => {
    if (!state.open) return;
    state.open = false;
    for (const listener of state.listeners) listener();
  };
  stream.on('error', close);
  return {
    isTty: stream.isTTY,
    get backlog() {
      return stream.writableLength;
    },
    get open() {
      return state.open;
    },
    write(text) {
      if (state.open) stream.write(text);
    },
    onClosed: (fn) => state.listeners.push(fn),
  };
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
}

/** What was written has reached the system when this resolves. */
export async function flushed(): Promise<void> {
  const drained = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise((resolve) => {
      if (stream.writableLength === 0 || stream.destroyed) resolve();
      else stream.write('', () => resolve());
    });
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
}
