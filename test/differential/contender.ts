/** The two servers that are compared, each started on a loopback port with the same script, bounded in time, ended by its own pid. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isOursNow } from '../support/free-port.ts';
import { requireTool } from '../support/tools.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export type ContenderName = 'kamailio' | 'viaduct';

export interface Contender {
  readonly name: ContenderName;
  readonly port: number;
  /** The end of what it wrote to its log. */
  readonly output: () => string;
  /** Resolves when the server has handled everything that was sent to it before. */
  fence(): Promise<void>;
  stop(): Promise<void>;
}

export interface ContenderOptions {
  readonly cfg: string;
  /** Names for the preprocessor, `ID` or `ID=VALUE`; those that need the port are functions of it. */
  readonly defines?: (port: number) => readonly string[];
  /** A free one unless told. */
  readonly port?: number;
  /** False where the script listens by itself. */
  readonly listen?: boolean;
  /** Listening addresses beside the first, `udp:127.0.0.1:...`. */
  readonly flags?: (port: number) => readonly string[];
  /** Where the server looks for files that the script includes; it writes into a folder of its own below. */
  readonly folder: string;
  /** Flags that only one of them is given. */
  readonly flagsOf?: Partial<Readonly<Record<ContenderName, readonly string[]>>>;
}

const START_MS = 15_000;
const PROBE_MS = 50;
const LEAVE_MS = 5_000;
/** No server outlives this, even when the test that started it is gone. */
const LIFE_SECONDS = '240';
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
const KEPT_OUTPUT = 65_536;

function commandOf(name: ContenderName, port: number, options: ContenderOptions): readonly [string, readonly string[]] {
  const { cfg, folder } = options;
  const defines = (options.defines?.(port) ?? []).flatMap((define) => ['-A', define]);
  const listen = [
    ...(options.listen === false ? [] : ['-l', `udp:127.0.0.1:${port}`, '-l', `tcp:127.0.0.1:${port}`]),
    ...(options.flags?.(port) ?? []),
    ...(options.flagsOf?.[name] ?? []),
  ];
  if (name === 'kamailio') {
    const common = ['-f', cfg, '-DD', '-E', '-m', '64', '-M', '8', '-Y', folder, '-w', folder, '-a', 'no'];
    return [requireTool('kamailio'), [...common, ...listen, ...defines]];
  }
  if (!existsSync(main)) throw new Error('dist/cli/main.js is missing: npm run build');
  return [process.execPath, [main, 'run', cfg, '-w', folder, '--http', 'off', '--quiet', ...listen, ...defines]];
}

export async function startContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const [command, args] = commandOf(name, port, { ...options, folder });
  // In a process group of its own, which timeout ends as a whole.
  const child = spawn('timeout', ['-k', '5', LIFE_SECONDS, command, ...args], {
    cwd: options.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-KEPT_OUTPUT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(error.message));
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const socket = await openSocket();
  let turn = 0;
  const fence = (): Promise<void> => answering(socket, port, `${++turn}`, () => (ended() ? output : undefined));
  const stop = async (): Promise<void> => {
    socket.close();
    if (ended()) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = await Promise.race([gone.then(() => false), wait(LEAVE_MS, true, { ref: false })]);
    if (late && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await gone;
  };
  try {
    await fence();
  } catch (error) {
    await stop();
    throw new Error(`${name} does not start: ${String(error)}\n${output}`, { cause: error });
  }
  return { name, port, output: () => output, fence, stop };
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Below the ports that the system gives to clients; the next one is ours too: it is for TLS. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if ((await isOursNow(port)) && (await isOursNow(port + 1))) return port;
  }
}

/** Asks until the server says something to this very question. */
async function answering(socket: Socket, port: number, turn: string, dead: () => string | undefined): Promise<void> {
  const callId = `fence-${turn}@${socket.address().port}`;
  let answered = false;
  let tell = (): void => undefined;
  const heard = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const hear = (bytes: Buffer): void => {
    if (!bytes.includes(callId)) return;
    answered = true;
    tell();
  };
  socket.on('message', hear);
  try {
    for (let waited = 0; !answered; waited += PROBE_MS) {
      const last = dead();
      if (last !== undefined || waited > START_MS) throw new Error(`no answer:\n${last ?? ''}`);
      // What was sent may be on its way: asked again only later, and not often.
      if (waited % (PROBE_MS * 8) === 0) {
        socket.send(question(port, socket.address().port, callId, waited), port, '127.0.0.1');
      }
      await Promise.race([heard, wait(PROBE_MS)]);
    }
  } finally {
    socket.off('message', hear);
  }
}

/** Debian's script, too, answers an OPTIONS for the server itself. */
const question = (port: number, own: number, callId: string, turn: number): string =>
  [
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${callId.replace(/\W/g, '')}${turn}`,
    'From: <sip:fence@fence.test>;tag=fence',
    'To: <sip:fence@fence.test>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 10',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
