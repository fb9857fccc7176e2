/** The program itself, as a process: calls of sipp through it, signals, exit codes, and HEP received. */
import { freePorts } from '../support/free-port.ts';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { encodeHep3, hep3Length } from '../../src/hep/encode.ts';
import { sample } from '../hep/frames.ts';
import { hasTool, requireTool } from '../support/tools.ts';
import { type Spawned, Stable } from './spawned.ts';

const stable = new Stable();
const folder = mkdtempSync(join(tmpdir(), 'viaduct-cli-'));
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await stable.clear();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function udp(port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', resolve);
  });
  sockets.push(socket);
  return socket;
}

const anywhere = ['-l', 'udp:127.0.0.1:0', '--http', '127.0.0.1:0', '--json'];

/** A proxy that runs, its SIP port and the address of its HTTP port. */
async function running(args: readonly string[]): Promise<{ proxy: Spawned; port: number; http: string }> {
  const proxy = stable.viaduct(['run', ...args]);
  const http = (await proxy.says(/"url":"http:\/\/([^"]+)"/))[1] ?? '';
  const port = Number((await proxy.says(/"address":"udp:127\.0\.0\.1:(\d+)"/))[1]);
  return { proxy, port, http };
}

/** Sends a request and gives the first line of the final reply. */
async function ask(port: number, method = 'OPTIONS', uri = `sip:127.0.0.1:${port}`): Promise<string> {
  const socket = await udp();
  const reply = new Promise<string>((resolve) => {
    socket.on('message', (bytes) => {
      const [line = ''] = bytes.toString().split('\r\n');
      if (!line.startsWith('SIP/2.0 1')) resolve(line);
    });
  });
  const own = `127.0.0.1:${socket.address().port}`;
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${socket.address().port}`,
    'Max-Forwards: 70',
    `From: <sip:alice@${own}>;tag=1`,
    `To: <${uri}>`,
    `Call-ID: ask-${own}`,
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
    '',
    '',
  ];
  socket.send(lines.join('\r\n'), port, '127.0.0.1');
  return reply;
}

const routes = (phrase: string): string => `import { defineRoutes, sl } from 'viaduct';
const phrase: string = '${phrase}';
export default defineRoutes([sl], ({ sl }) => ({
  request(ctx) {
    sl.reply(ctx, 480, phrase);
  },
}));
`;

/** Its module never finishes. */
const slowToStop = `import { defineModule, defineRoutes } from 'viaduct';
const slow = defineModule({ name: 'slow', doc: 'Never stops.' }, () => ({
  functions: {},
  stop: () => new Promise<void>(() => undefined),
}));
export default defineRoutes([slow], () => ({ request() {} }));
`;

describe.skipIf(!hasTool('sipp'))('a call of sipp', () => {
  it('is relayed by the embedded default, and every message is shown', async () => {
    const { proxy, port } = await running([...anywhere, '-l', 'tcp:127.0.0.1:0']);
    const [uas, uac, media1, media2] = await freePorts(4);
    const common = ['-i', '127.0.0.1', '-m', '1', '-nostdin', '-timeout', '15s'];
    stable.start(requireTool('sipp'), ['-sn', 'uas', '-p', `${uas}`, '-mp', `${media1}`, ...common], {
      cwd: folder,
    });
    // A uas says nothing when it is ready: the caller repeats its INVITE until then.
    const through = ['-rsa', `127.0.0.1:${port}`, `127.0.0.1:${uas}`];
    const caller = stable.start(
      requireTool('sipp'),
      ['-sn', 'uac', '-p', `${uac}`, '-mp', `${media2}`, '-d', '1', ...common, ...through],
      { cwd: folder },
    );
    expect(await caller.ended).toBe(0);
    await proxy.says(/200 OK \(BYE\)[^]*200 OK \(BYE\)/, 'out');
    const shown = proxy.out.split('\n').filter((line) => line !== '');
    const count = (part: RegExp): number => shown.filter((line) => part.test(line)).length;
    expect(
      count(new RegExp(`→│ +udp 127.0.0.1:${uac} +→ 127.0.0.1:${port} +INVITE sip:service@127.0.0.1:${uas}`)),
    ).toBe(1);
    expect(count(/ │→ udp .* INVITE sip:/)).toBeGreaterThanOrEqual(1);
    expect(count(/ 100 trying .*\(INVITE\)/)).toBeGreaterThanOrEqual(1);
    expect(count(/180 Ringing \(INVITE\)/)).toBe(2);
    expect(count(/200 OK \(INVITE\)/)).toBe(2);
    expect(count(/ ACK sip:/)).toBe(2);
    expect(count(/ BYE sip:/)).toBe(2);
    expect(count(/200 OK \(BYE\)/)).toBe(2);
    proxy.signal('SIGTERM');
    expect(await proxy.ended).toBe(0);
  }, 30_000);
});

describe('the embedded default', () => {
  it('answers what is addressed to itself, and never loops', async () => {
    const { port } = await running(anywhere);
    expect(await ask(port)).toBe('SIP/2.0 200 OK');
    expect(await ask(port, 'INVITE', `sip:bob@127.0.0.1:${port}`)).toBe('SIP/2.0 404 Nobody is registered here');
    expect(await ask(port, 'REGISTER')).toBe('SIP/2.0 501 No registrar here');
  });

  it('takes the next free port when 5060 is taken, says so, and says what to type', async () => {
    // Somebody else may hold it: that is as good.
    await udp(5060).catch(() => undefined);
    const proxy = stable.viaduct(['run', '--http', 'off']);
    const [, port = ''] = await proxy.says(/Port 5060 is taken, so this is the next free one: (\d+)\./);
    expect(Number(port)).toBeGreaterThan(5060);
    await proxy.says(new RegExp(`selftest --through 127\\.0\\.0\\.1:${port}\n`));
    await proxy.says(new RegExp(`sipp -sn uac .* -rsa 127\\.0\\.0\\.1:${port} `));
    expect(await ask(Number(port))).toBe('SIP/2.0 200 OK');
    await proxy.says(/OPTIONS sip:127\.0\.0\.1/, 'out');
  });
});

describe('signals', () => {
  it('SIGHUP takes over a good file, and keeps the old one when the new one is broken', async () => {
    const file = join(folder, 'reloaded.ts');
    writeFileSync(file, routes('first'));
    const { proxy, port } = await running([file, ...anywhere]);
    expect(await ask(port)).toBe('SIP/2.0 480 first');
    writeFileSync(file, 'export default defineRoutes([;\n');
    proxy.signal('SIGHUP');
    const [, why] = await proxy.says(
      /"error":"([^\n]*)","msg":"the routes were not reloaded, the old ones stay in force"/,
    );
    expect(why).toBe(`${file}:1:30: Unexpected token`);
    expect(await ask(port)).toBe('SIP/2.0 480 first');
    writeFileSync(file, routes('second'));
    proxy.signal('SIGHUP');
    await proxy.says(/"msg":"new routes are in force"/);
    expect(await ask(port)).toBe('SIP/2.0 480 second');
    proxy.signal('SIGINT');
    expect(await proxy.ended).toBe(0);
    expect(proxy.out).toBe('');
  });

  it('SIGTERM waits for the modules within the grace period, a second one waits for nothing', async () => {
    const file = join(folder, 'slow.ts');
    writeFileSync(file, slowToStop);
    const hasty = await running([file, ...anywhere, '--grace', '0']);
    hasty.proxy.signal('SIGTERM');
    expect(await hasty.proxy.ended).toBe(1);
    expect(hasty.proxy.err).toContain('"seconds":0,"msg":"did not finish within the grace period"');
    const patient = await running([file, ...anywhere]);
    patient.proxy.signal('SIGTERM');
    await patient.proxy.says(/"msg":"stopping"/);
    patient.proxy.signal('SIGTERM');
    expect(await patient.proxy.ended).toBe(1);
    expect(patient.proxy.err).toContain('"signal":"SIGTERM","msg":"stopped at once"');
  });

  it('SIGTERM makes a proxy that still stops not ready', async () => {
    const file = join(folder, 'slow.ts');
    writeFileSync(file, slowToStop);
    const { proxy, http } = await running([file, ...anywhere]);
    expect((await fetch(`http://${http}/readyz`)).status).toBe(200);
    proxy.signal('SIGTERM');
    await proxy.says(/"msg":"stopping"/);
    expect((await fetch(`http://${http}/readyz`)).status).toBe(503);
  });

  it('leave no process id behind', async () => {
    const pidFile = join(folder, 'viaduct.pid');
    const { proxy } = await running([...anywhere, '-P', pidFile]);
    expect(readFileSync(pidFile, 'utf8')).toBe(`${proxy.child.pid}\n`);
    proxy.signal('SIGTERM');
    expect(await proxy.ended).toBe(0);
    expect(() => readFileSync(pidFile)).toThrow('ENOENT');
  });
});

describe('exit codes and messages', () => {
  it.each([
    [['run', '--bogus'], 2, "viaduct: unknown option '--bogus'. See viaduct run --help\n"],
    [
      ['run', '--http', '0.0.0.0:0'],
      78,
      'viaduct: --http 0.0.0.0:0: beyond loopback it needs a token. Give --http-token, or listen on 127.0.0.1.\n',
    ],
    [['run', '--http-token', 'short'], 2, 'viaduct: --http-token takes at least 8 characters without spaces\n'],
    [['run', '--grace', 'x'], 2, 'viaduct: --grace takes a whole number from 0 to 3600, not "x"\n'],
    [
      ['run', '--http', 'off', '-l', 'udp:192.0.2.77:5060'],
      78,
      'viaduct: cannot listen on udp:192.0.2.77:5060: no network interface of this host has the address 192.0.2.77 (EADDRNOTAVAIL). Listen on an address of this host, and advertise the public one: address:port/public-address.\n',
    ],
    [
      ['check', '/nonexistent/routes.ts'],
      78,
      'viaduct: /nonexistent/routes.ts: there is no such file. Give the path of a routes file.\n',
    ],
    [
      ['rpc', 'tm.stats', '--http', '127.0.0.1:9'],
      69,
      'viaduct: http://127.0.0.1:9/rpc: connect ECONNREFUSED 127.0.0.1:9. Is the proxy running there? Give its address with --http.\n',
    ],
  ])('%j leaves with %i', async (args, code, message) => {
    const spawned = stable.viaduct(args);
    expect([await spawned.ended, spawned.out, spawned.err]).toEqual([code, '', message]);
  });

  it('a taken port leaves with 1, and nothing stays half started', async () => {
    const { port } = (await udp()).address();
    const [free] = await freePorts(1);
    const spawned = stable.viaduct([
      'run',
      '-l',
      `udp:127.0.0.1:${free}`,
      '-l',
      `udp:127.0.0.1:${port}`,
      '--http',
      'off',
    ]);
    expect([await spawned.ended, spawned.out, spawned.err]).toEqual([
      1,
      '',
      `viaduct: cannot listen on udp:127.0.0.1:${port}: the address is in use (EADDRINUSE). Stop the program that holds it, or listen on another port.\n`,
    ]);
  });

  it('a certificate that is none leaves with 78', async () => {
    const pem = new URL('../support/tls/server.pem', import.meta.url).pathname;
    const key = new URL('../support/tls/other.key', import.meta.url).pathname;
    const tls = ['-l', 'tls:127.0.0.1:0', '--tls-cert', pem, '--tls-key', key];
    const spawned = stable.viaduct(['run', '--http', 'off', ...tls]);
    expect(await spawned.ended).toBe(78);
    expect(spawned.err).toMatch(
      /^viaduct: cannot listen on tls:127\.0\.0\.1:0: the certificate or its key cannot be used: .* Both must be PEM and belong together\.\n$/,
    );
  });
});

describe('the HTTP port of a running proxy', () => {
  it('is reached by viaduct rpc', async () => {
    const { proxy, http } = await running(anywhere);
    const rpc = async (...words: readonly string[]) => {
      const spawned = stable.viaduct(['rpc', ...words, '--http', http]);
      return [await spawned.ended, spawned.out, spawned.err];
    };
    expect(await rpc('core.listeners', '--json')).toEqual([
      0,
      expect.stringMatching(/^\["udp:127\.0\.0\.1:\d+"\]\n$/),
      '',
    ]);
    expect(await rpc('no.such')).toEqual([1, '', 'viaduct: no.such: there is no command no.such\n']);
    const metrics = await (await fetch(`http://${http}/metrics`)).text();
    expect(metrics).toMatch(/^viaduct_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
    expect(metrics).toMatch(/^viaduct_sip_requests_total 0$/m);
    expect((await fetch(`http://${http}/readyz`)).status).toBe(200);
    proxy.signal('SIGTERM');
    expect(await proxy.ended).toBe(0);
  });
});

describe('the control socket of a running proxy', () => {
  it('is reached by viaduct rpc, and goes with the proxy', async () => {
    const path = join(folder, 'ctl');
    const { proxy } = await running([...anywhere, '--ctl', path]);
    const spawned = stable.viaduct(['rpc', 'core.psx', '--json', '--ctl', path]);
    expect([await spawned.ended, spawned.out, spawned.err]).toEqual([
      0,
      `[{"IDX":0,"PID":${proxy.child.pid},"DSC":"main process - all of viaduct"}]\n`,
      '',
    ]);
    proxy.signal('SIGTERM');
    expect(await proxy.ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

describe('viaduct collect', () => {
  const frame = (() => {
    const bytes = Buffer.alloc(hep3Length(sample));
    encodeHep3(bytes, 0, sample);
    return bytes;
  })();

  async function collecting(...args: readonly string[]) {
    const listen = ['-l', 'udp:127.0.0.1:0', '-l', 'tcp:127.0.0.1:0'];
    const collector = stable.viaduct(['collect', ...listen, ...args]);
    const port = async (transport: string): Promise<number> =>
      Number((await collector.says(new RegExp(`on ${transport}:127\\.0\\.0\\.1:(\\d+)`)))[1]);
    return { collector, udpPort: await port('udp'), tcpPort: await port('tcp') };
  }

  it('prints what arrives over udp and tcp, and survives garbage', async () => {
    const { collector, udpPort, tcpPort } = await collecting();
    const socket = await udp();
    socket.send('garbage', udpPort, '127.0.0.1');
    socket.send(frame, udpPort, '127.0.0.1');
    await collector.says(/udp 192\.0\.2\.1:5060 +→ 192\.0\.2\.2:5062 +OPTIONS sip:a@example\.com {2}id=2001\n/, 'out');
    connect(tcpPort, '127.0.0.1').end(frame);
    await collector.says(/(?:.*OPTIONS sip:a@example\.com.*\n){2}/, 'out');
    collector.signal('SIGTERM');
    expect(await collector.ended).toBe(0);
    expect(collector.err).toMatch(/\n2 packets, 0 not shown, 0 malformed, 1 not HEP\n$/);
  });

  it('prints JSON', async () => {
    const { collector, udpPort } = await collecting('--json');
    (await udp()).send(frame, udpPort, '127.0.0.1');
    const [line] = await collector.says(/^.*\n/, 'out');
    expect(JSON.parse(line)).toMatchObject({ protocol: 'udp', captureId: 2001, source: { port: 5060 } });
  });

  it('ends without complaint when its reader goes', async () => {
    const { collector, udpPort } = await collecting();
    const socket = await udp();
    collector.child.stdout.destroy();
    socket.send(frame, udpPort, '127.0.0.1');
    expect(await collector.ended).toBe(0);
    expect(collector.err).not.toContain('EPIPE');
  });
});

describe('-E', () => {
  it('shows what a script writes as it wrote it', async () => {
    const file = join(folder, 'told.cfg');
    writeFileSync(
      file,
      `loadmodule "xlog.so"
loadmodule "htable.so"
request_route { exit; }
event_route[htable:mod-init] { xlog("L_NOTICE", "it said \\"hello\\"\\n"); }
`,
    );
    const proxy = stable.viaduct(['run', '-f', file, '-E', '-l', 'udp:127.0.0.1:0', '--http', 'off']);
    await proxy.says(/ notice {3}.*it said "hello" /);
    await proxy.says(/listening/);
  });
});
