/** The two proxies that are compared, each started on a loopback port with the same routes and stopped again. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Child, Children } from './children.ts';
import { freePorts } from '../support/free-port.ts';

const configFile = fileURLToPath(new URL('./kamailio.cfg', import.meta.url));
const routesFile = fileURLToPath(import.meta.resolve('./routes.ts'));

export interface RunningProxy {
  readonly port: number;
  readonly pid: number;
  readonly output: () => string;
  stop(): Promise<void>;
}

/** With trace targets as SIP URIs. */
export type StartProxy = (children: Children, targets: readonly string[]) => Promise<RunningProxy>;

const START_MS = 10_000;
const PROBE_MS = 100;

/** It has one default target. */
export const startKamailio: StartProxy = (children, targets) =>
  kamailio(children, targets[0] === undefined ? [] : [`HEP_URI="${targets[0]}"`]);

/** Two workers, as Debian's package is often run on a small machine. */
export async function kamailio(children: Children, defines: readonly string[]): Promise<RunningProxy> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  const child = children.start('kamailio', [
    ...['-f', configFile, '-DD', '-E', '-m', '512', '-M', '16', '-Y', folder],
    ...[`CALLS_LISTEN=udp:127.0.0.1:${port}`, ...defines].flatMap((define) => ['-A', define]),
  ]);
  await answering(child, port);
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, pid: child.pid, output: child.output, stop };
}

export interface ViaductOptions {
  /** The compiled command line. */
  readonly cli: string;
  readonly nodeFlags?: readonly string[];
}

export const viaduct =
  (options: ViaductOptions): StartProxy =>
  (children, targets) =>
    viaductWithRoutes(children, options, { file: routesFile, env: { BENCH_TARGETS: targets.join(',') } });

export interface RoutesToRun {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface RunningViaduct extends RunningProxy {
  /** Its control socket. */
  readonly ctl: string;
}

export async function viaductWithRoutes(
  children: Children,
  { cli, nodeFlags = [] }: ViaductOptions,
  routes: RoutesToRun,
): Promise<RunningViaduct> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bench-'));
  const file = join(folder, 'routes.ts');
  const ctl = join(folder, 'ctl');
  // Exports by name are the rule in this project; a routes file is asked for its default.
  writeFileSync(file, `export { routes as default } from '${routes.file}';\n`);
  const flags = ['-l', `udp:127.0.0.1:${port}`, '--quiet', '--http', 'off', '--ctl', ctl];
  const env = { ...routes.env, NODE_ENV: 'production' };
  const child = children.start(process.execPath, [...nodeFlags, cli, 'run', file, ...flags], env);
  await answering(child, port);
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, pid: child.pid, output: child.output, stop, ctl };
}

/** With the very file that Kamailio runs. */
export const viaductWithCfg =
  ({ cli, nodeFlags = [] }: ViaductOptions): StartProxy =>
  async (children, targets) => {
    const [port = 0] = await freePorts(1);
    const target = targets[0] === undefined ? [] : ['-A', `HEP_URI="${targets[0]}"`];
    const flags = ['-A', `CALLS_LISTEN=udp:127.0.0.1:${port}`, ...target, '--modparam', 'tm:wt_timer:i:5000'];
    const args = [...nodeFlags, cli, 'run', configFile, ...flags, '--quiet', '--http', 'off'];
    const child = children.start(process.execPath, args, { NODE_ENV: 'production' });
    await answering(child, port);
    return { port, pid: child.pid, output: child.output, stop: () => child.stop() };
  };

/** Asks with Max-Forwards 0 until the proxy says something. */
async function answering(child: Child, port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let answered = false;
  socket.once('message', () => {
    answered = true;
  });
  const own = `127.0.0.1:${socket.address().port}`;
  try {
    for (let waited = 0; !answered; waited += PROBE_MS) {
      if (child.ended() || waited > START_MS) throw new Error(`the proxy does not answer:\n${child.output()}`);
      socket.send(probe(own, waited), port, '127.0.0.1');
      await wait(PROBE_MS);
    }
  } finally {
    socket.close();
  }
}

const probe = (own: string, turn: number): string =>
  [
    'OPTIONS sip:nobody@127.0.0.1:9 SIP/2.0',
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bKprobe${turn}`,
    `From: <sip:probe@${own}>;tag=probe`,
    'To: <sip:nobody@127.0.0.1>',
    `Call-ID: probe-${turn}@${own}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 0',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
