/** A proxy of the self test's own, with a target port for each name, and the routes of a file between them. */
import { createProxy, type Proxy } from '../../engine/proxy.ts';
import type { Log } from '../../engine/log.ts';
import type { ProgramSource } from '../../engine/program.ts';
import { ViaductError } from '../../errors.ts';
import type { Endpoint, World } from '../../world/world.ts';
import { isCfg, loadCfg, plainCfg } from '../cfg-file.ts';
import { loadRoutes } from '../routes-file.ts';
import { type TargetName, targetNames } from './expectation.ts';
import { readFrame } from './hep-eye.ts';
import { sipPackage } from './sip-package.ts';
import { TargetPort } from './target-port.ts';
import { show, type WireMessage, wireMessage } from './wire-view.ts';

export interface OwnProxyOptions {
  readonly world: World;
  /** Absolute path of the routes file. */
  readonly file: string;
  readonly nextHop: Endpoint;
}

export interface Traced {
  readonly frames: Readonly<Record<TargetName, readonly WireMessage[]>>;
  readonly remarks: readonly string[];
}

export class OwnProxy {
  readonly local: Endpoint;
  readonly #proxy: Proxy;
  readonly #targets: Targets;
  readonly #faults: readonly string[];

  private constructor(proxy: Proxy, targets: Targets, faults: readonly string[]) {
    this.#proxy = proxy;
    this.#targets = targets;
    this.#faults = faults;
    this.local = proxy.listeners[0]?.local ?? { address: '127.0.0.1', port: 0 };
  }

  static async start({ world, file, nextHop }: OwnProxyOptions): Promise<OwnProxy> {
    const targets = await openTargets(world);
    const environment = {
      HOMER: targets.homer.uri,
      VOIPMONITOR: targets.voipmonitor.uri,
      NEXT_HOP: `sip:${show(nextHop)}`,
    };
    const faults: string[] = [];
    try {
      const program = await withEnvironment(environment, () => programIn(file, environment));
      const proxy = createProxy({ world, program, listen: ['udp:127.0.0.1:0'], log: faultLog(faults) });
      await proxy.start();
      return new OwnProxy(proxy, targets, faults);
    } catch (error) {
      closeTargets(targets);
      throw error;
    }
  }

  /** Frames that have come so far. */
  get frameCount(): number {
    return targetNames.reduce((sum, name) => sum + this.#targets[name].frames.length, 0);
  }

  /** Flushes what is still to be traced. */
  stop(): Promise<void> {
    return this.#proxy.stop();
  }

  closeTargets(): void {
    closeTargets(this.#targets);
  }

  /** What each target has, read by `hep-js` and `sip`. */
  traced(): Traced {
    const remarks = this.#faults.map((fault) => `the proxy says: ${fault}`);
    const read = (name: TargetName): readonly WireMessage[] =>
      this.#targets[name].frames.flatMap((bytes) => readMessage(bytes, (why) => remarks.push(`${name}: ${why}`)));
    return { frames: { homer: read('homer'), voipmonitor: read('voipmonitor') }, remarks };
  }
}

type Targets = Readonly<Record<TargetName, TargetPort>>;

async function openTargets(world: World): Promise<Targets> {
  const homer = await TargetPort.open(world);
  try {
    return { homer, voipmonitor: await TargetPort.open(world) };
  } catch (error) {
    homer.close();
    throw error;
  }
}

function closeTargets(targets: Targets): void {
  for (const name of targetNames) targets[name].close();
}

function readMessage(bytes: Buffer, complain: (why: string) => void): readonly WireMessage[] {
  const verdict = readFrame(bytes);
  switch (verdict.kind) {
    case 'other':
      return [];
    case 'unreadable':
      complain(`a frame of ${bytes.length} bytes is ${verdict.why}`);
      return [];
    case 'message': {
      const message = sipPackage.parse(verdict.frame.payload);
      if (message !== undefined) return [wireMessage(message, verdict.frame)];
      complain('a frame holds no SIP message');
      return [];
    }
  }
}

/** What routes and modules complain about: a throw in a route, a target that is refused. */
const faultLog = (faults: string[]): Log => ({
  write(level, message, fields = {}) {
    if (level !== 'alert' && level !== 'critical' && level !== 'error') return;
    const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    faults.push([message, ...details].join(' '));
  },
});

/** Routes files read the environment when they are loaded. */
async function withEnvironment<T>(values: Readonly<Record<string, string>>, fn: () => Promise<T>): Promise<T> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  try {
    return await fn();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

async function programIn(file: string, env: Readonly<Record<string, string>>): Promise<ProgramSource> {
  if (!isCfg(file)) return loadRoutes(file);
  const loaded = await loadCfg(file, { ...plainCfg, env }, []);
  if (loaded.kind === 'program') return loaded.source;
  throw new ViaductError('CONFIG_PROBLEMS', `${loaded.message}\n${loaded.problems.text}`);
}
