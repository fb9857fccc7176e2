/** `viaduct selftest` on real loopback sockets: its verdict on good routes, on wrong ones, and on a proxy that runs already. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/commander-tree.ts';
import { selftest } from '../../src/cli/commands/selftest.ts';
import { defaultRoutes } from '../../src/cli/default-routes.ts';
import { DependencyError, UsageError } from '../../src/cli/exit-code.ts';
import { createProxy } from '../../src/engine/proxy.ts';
import type { ProgramSource } from '../../src/engine/program.ts';
import { after } from '../../src/util/time.ts';
import type { World } from '../../src/world/world.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { TestShell } from './test-shell.ts';

interface Told {
  readonly ok: boolean;
  readonly scenarios: readonly { readonly scenario: string; readonly ok: boolean; readonly says: string }[];
  readonly messages: readonly {
    readonly scenario: string;
    readonly message: string;
    readonly expected: readonly string[];
    readonly found: readonly string[];
    readonly verdict: string;
  }[];
  readonly remarks: readonly string[];
}

async function run(...argv: readonly string[]) {
  const shell = new TestShell();
  const code = await runCommandLine(['selftest', ...argv], [selftest], shell);
  return { code, text: shell.out.text };
}

/** As `run`, for what ends by losing patience. */
async function runHurried(...argv: readonly string[]) {
  const hasty = Object.assign(new TestShell(), { world: hurried(20) });
  const code = await runCommandLine(['selftest', ...argv], [selftest], hasty);
  return { code, text: hasty.out.text };
}

async function runJson(...argv: readonly string[]) {
  const { code, text } = await run('--json', ...argv);
  const told: Told = JSON.parse(text);
  return { code, told };
}

const folder: { path: string } = { path: '' };
beforeAll(async () => {
  folder.path = await mkdtemp(join(tmpdir(), 'viaduct-selftest-'));
});
afterAll(() => rm(folder.path, { recursive: true }));

/** Challenges every INVITE and relays the rest, traced as `trace` says. */
async function routesFile(name: string, trace: string, params = '{}'): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(
    path,
    `import { auth, defineRoutes, rr, siptrace, tm, use } from 'viaduct';
const { HOMER, VOIPMONITOR, NEXT_HOP } = process.env;
export default defineRoutes(
  [rr, tm, use(siptrace, ${params}), use(auth, { credentials: ['alice:wonderland'] })],
  ({ rr, tm, siptrace, auth }) => ({
    request(ctx) {
      ${trace}
      if (rr.looseRoute(ctx) === 'routed') return tm.relay(ctx);
      if (ctx.message.method === 'INVITE' && auth.proxyAuthenticate(ctx) !== 'ok') return auth.proxyChallenge(ctx, {});
      rr.recordRoute(ctx);
      ctx.destination.uri = NEXT_HOP;
      return tm.relay(ctx);
    },
  }),
);
`,
  );
  return path;
}

const byMethod = `siptrace.trace(ctx, { to: ctx.message.method === 'REGISTER' ? HOMER : VOIPMONITOR, scope: 'transaction' });`;

async function running(program: ProgramSource) {
  const proxy = createProxy({ world: nodeWorld(), program, listen: ['udp:127.0.0.1:0'] });
  await proxy.start();
  return { proxy, address: `127.0.0.1:${proxy.listeners[0]?.local.port ?? 0}` };
}

describe('selftest with the sample', () => {
  it('finds every message of the calls at the target where it belongs', async () => {
    const { code, told } = await runJson();
    expect(told.messages.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(told.scenarios.map(({ scenario, says }) => `${scenario}: ${says}`)).toEqual([
      'register: 200 OK',
      'call without credentials: 407 Proxy Authentication Required',
      'call with credentials: 200 OK, BYE 200 OK',
      expect.stringMatching(/^cancel: 180 Ringing, CANCEL 200 .*, then 487 /),
      'callee hangs up: 200 OK, BYE 200 OK',
    ]);
    expect({ code, ok: told.ok, remarks: told.remarks }).toEqual({ code: 0, ok: true, remarks: [] });
  });

  it('shows the stateless 407 and its ACK in the table', async () => {
    const { code, text } = await run();
    const lines = text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
    expect(lines).toContain('alice > proxy REGISTER | homer | homer | ok');
    expect(lines).toContain('proxy > alice 407 (INVITE) | voipmonitor | voipmonitor | ok');
    expect(lines).toContain('alice > proxy ACK | voipmonitor | voipmonitor | ok');
    expect(text).toMatch(/5 of 5 scenarios ended as they should, (\d+) of \1 messages where they belong/);
    expect(code).toBe(0);
  });

  it('leaves the environment as it was', async () => {
    const before = process.env['HOMER'];
    await run();
    expect(process.env['HOMER']).toBe(before);
  });
});

describe('selftest with a routes file', () => {
  it('names the 407 and its ACK where they are traced nowhere', async () => {
    const { code, told } = await runJson(await routesFile('untraced.ts', byMethod, '{ trace_sl_replies: 0 }'));
    const wrong = told.messages.filter(({ verdict }) => verdict !== 'ok');
    expect(new Set(wrong.map(({ message, verdict }) => `${message}: ${verdict}`))).toEqual(
      new Set(['proxy > alice 407 (INVITE): missing', 'alice > proxy ACK: missing']),
    );
    expect(wrong.map(({ scenario }) => scenario)).toContain('call without credentials');
    expect({ code, ok: told.ok }).toEqual({ code: 1, ok: false });
  });

  it('names what went to the wrong target', async () => {
    const trace = `siptrace.trace(ctx, { to: ctx.message.method === 'BYE' ? HOMER : VOIPMONITOR, scope: 'transaction' });`;
    const { code, told } = await runJson(await routesFile('wrong.ts', trace), '--expect', '*=voipmonitor');
    const wrong = told.messages.filter(({ verdict }) => verdict !== 'ok');
    expect(new Set(wrong.map(({ message }) => message.split(' ').slice(3).join(' ')))).toEqual(
      new Set(['BYE', '200 (BYE)']),
    );
    expect(new Set(wrong.map(({ found, verdict }) => `${found.join()} ${verdict}`))).toEqual(
      new Set(['homer wrong target']),
    );
    expect(code).toBe(1);
  });

  it('takes several targets, and none, as the expectation', async () => {
    const trace = `if (ctx.message.method !== 'REGISTER') siptrace.trace(ctx, { to: [HOMER, VOIPMONITOR], scope: 'transaction' });`;
    const file = await routesFile('both.ts', trace);
    const { code, told } = await runJson(file, '--expect', 'REGISTER=none', '--expect', '*=homer,voipmonitor');
    expect(told.messages.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(code).toBe(0);
  });

  it('hears targets over TCP as well', async () => {
    const trace = byMethod.replace('VOIPMONITOR,', '`${VOIPMONITOR};transport=tcp`,');
    const { code, told } = await runJson(await routesFile('tcp.ts', trace));
    expect(told.messages.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(code).toBe(0);
  });

  it('tells of a route that throws', async () => {
    const { code, told } = await runJson(
      await routesFile('throws.ts', `if (ctx.message.method === 'BYE') throw new Error('out of order');`),
      '--expect',
      '*=none',
    );
    expect(told.remarks.join('\n')).toContain('out of order');
    expect(code).toBe(1);
  });
});

describe('selftest --through', () => {
  it('places the calls through a proxy that runs already', async () => {
    const { proxy, address } = await running(defaultRoutes);
    try {
      const { code, told } = await runJson('--through', address);
      expect(told.scenarios.map(({ scenario, ok }) => [scenario, ok])).toEqual([
        ['register', true],
        ['call without credentials', true],
        ['call with credentials', true],
        ['cancel', true],
        ['callee hangs up', true],
      ]);
      expect(told.messages).toEqual([]);
      expect(code).toBe(0);
    } finally {
      await proxy.stop();
    }
  });

  it('fails where the proxy refuses', async () => {
    const refusing: ProgramSource = {
      ...defaultRoutes,
      routes: (modules, linkage) => {
        const { request } = defaultRoutes.routes(modules, linkage);
        return { request: (ctx) => (ctx.message.method === 'BYE' ? ctx.drop() : request(ctx)) };
      },
    };
    const { proxy, address } = await running(refusing);
    try {
      const { code, text } = await runHurried('--through', address);
      expect(text).toContain('BYE no answer');
      expect(code).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  it('says so when the callee cannot listen where it was told to', async () => {
    const { proxy, address } = await running(defaultRoutes);
    try {
      await expect(run('--through', address, '--callee', address)).rejects.toThrow(
        `nobody can listen at udp ${address}`,
      );
    } finally {
      await proxy.stop();
    }
  });

  it('says so when nothing answers', async () => {
    const { proxy, address } = await running(defaultRoutes);
    await proxy.stop();
    const asked = runHurried('--through', address);
    await expect(asked).rejects.toThrow(DependencyError);
    await expect(asked).rejects.toThrow(`nothing answers at udp ${address}`);
  });
});

/** Patience runs out this many times faster. */
function hurried(factor: number): World {
  const world = nodeWorld();
  const start = world.clock.now();
  const now = () => after(start, (world.clock.now() - start) * factor);
  return {
    ...world,
    clock: {
      ...world.clock,
      now,
      wake: (at, fn) => world.clock.wake(after(world.clock.now(), (at - now()) / factor), fn),
    },
  };
}

describe('selftest refuses', () => {
  it.each([
    [['--through', '192.0.2.1:5060'], 'stays on this machine'],
    [['--through', 'localhost'], 'write an IPv4 address and a port'],
    [['--through', '127.0.0.1:0'], 'write an IPv4 address and a port'],
    [['--through', '127.0.0.1:5060', 'routes.ts'], 'takes no routes file'],
    [['--through', '127.0.0.1:5060', '--expect', '*=homer'], 'the targets are not ours to see'],
    [['--callee', '127.0.0.1:5080'], 'goes with --through'],
    [['--expect', 'INVITE'], 'write method=target'],
    [['--expect', 'INVITE=nowhere'], 'the targets are homer, voipmonitor and none'],
  ])('%j: %s', async (argv, why) => {
    const refused = run(...argv);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(why);
  });
});
