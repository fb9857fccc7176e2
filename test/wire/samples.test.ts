/** Each sample as its README starts it, with a registration and a call by sipp over real sockets. */
import { freePort } from '../support/free-port.ts';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HepSink } from '../../src/testing.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { hasTool, requireTool } from '../support/tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scenario = (name: string): string => fileURLToPath(new URL(`sipp/${name}.xml`, import.meta.url));
const world = nodeWorld();
const LOOPBACK = '127.0.0.1';

/** What a test has opened. */
class Scene implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];
  readonly #sinks: HepSink[] = [];

  async sink(): Promise<HepSink> {
    const sink = await HepSink.start({ world, local: { address: LOOPBACK, port: 0 } });
    this.#sinks.push(sink);
    return sink;
  }

  /** Resolves when it says that it listens. */
  async proxy(sample: string, port: number, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
    const args = ['dist/cli/main.js', 'run', `samples/${sample}/routes.ts`, '-l', `udp:${LOOPBACK}:${port}`];
    const child = spawn(process.execPath, [...args, '--http', 'off'], { cwd: root, env: { ...process.env, ...env } });
    this.#children.push(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        if (said.includes('listening')) resolve();
      });
      child.once('exit', () => reject(new Error(`the proxy left: ${said}`)));
    });
    return child;
  }

  /** A pair of sipps, one call between them. The called one lingers for retransmissions and is not waited for. */
  async call(proxyPort: number, calleePort: number, caller: string, callee: readonly string[]): Promise<void> {
    const limits = ['-m', '1', '-i', LOOPBACK, '-nostdin', '-timeout', '10s', '-timeout_error'];
    const called = this.#sipp([...callee, '-p', String(calleePort), ...limits]);
    const port = String(await freePort());
    const calling = this.#sipp(['-sf', scenario(caller), '-p', port, ...limits, `${LOOPBACK}:${proxyPort}`]);
    let said = '';
    calling.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    const [code] = await once(calling, 'exit');
    if (code !== 0) throw new Error(`sipp ${caller} left with ${String(code)}: ${said}`);
    await killed(called);
  }

  #sipp(args: readonly string[]): ChildProcess {
    const env = { ...process.env, TERM: 'dumb' };
    const child = spawn(requireTool('sipp'), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await killed(child);
    for (const sink of this.#sinks) sink.close();
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene[Symbol.asyncDispose]();
});

/** Registers and calls through the sample, then stops it, which flushes what it still holds. */
async function played(sample: string, homerOptions = '') {
  const scene = new Scene();
  scenes.push(scene);
  const [homer, voipmonitor] = [await scene.sink(), await scene.sink()];
  const [proxyPort, calleePort] = [await freePort(), await freePort()];
  const proxy = await scene.proxy(sample, proxyPort, {
    HOMER: `sip:${LOOPBACK}:${homer.local.port}${homerOptions}`,
    VOIPMONITOR: `sip:${LOOPBACK}:${voipmonitor.local.port}`,
    NEXT_HOP: `sip:${LOOPBACK}:${calleePort}`,
  });
  await scene.call(proxyPort, calleePort, 'register', ['-sf', scenario('registrar')]);
  await scene.call(proxyPort, calleePort, 'call', ['-sn', 'uas']);
  proxy.removeAllListeners('exit');
  proxy.kill('SIGTERM');
  const [code] = await once(proxy, 'exit');
  expect(code).toBe(0);
  return { homer: names(homer), voipmonitor: names(voipmonitor) };
}

/** How many frames show each message: `INVITE`, `407 INVITE`. */
function names({ frames }: HepSink): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { firstLine, payload } of frames) {
    const [first = '', status = ''] = firstLine.split(' ');
    const method = /^CSeq: \d+ (\w+)/im.exec(payload)?.[1] ?? '';
    const name = first === 'SIP/2.0' ? `${status} ${method}` : first;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const none = new Map();
const registration = { REGISTER: 2, '200 REGISTER': 2 };
const call = { INVITE: 2, '100 INVITE': 1, '180 INVITE': 2, '200 INVITE': 2, ACK: 2, BYE: 2, '200 BYE': 2 };

describe.skipIf(!hasTool('sipp'))('a registration and a call by sipp', () => {
  it('through per-route-targets: REGISTER at Homer, the call with its 407 and that ACK at Voipmonitor', async () => {
    const { homer, voipmonitor } = await played('per-route-targets');
    expect(homer).toEqual(new Map(Object.entries(registration)));
    expect(voipmonitor).toEqual(new Map(Object.entries({ ...call, INVITE: 3, '407 INVITE': 1, ACK: 3 })));
  });

  it('through homer: everything at Homer, over TCP', async () => {
    const { homer, voipmonitor } = await played('homer', ';transport=tcp');
    expect(homer).toEqual(new Map(Object.entries({ ...registration, ...call })));
    expect(voipmonitor).toEqual(none);
  });

  it('through voipmonitor: everything at Voipmonitor', async () => {
    const { homer, voipmonitor } = await played('voipmonitor');
    expect(voipmonitor).toEqual(new Map(Object.entries({ ...registration, ...call })));
    expect(homer).toEqual(none);
  });
});
