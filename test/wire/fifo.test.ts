/** The FIFO of jsonrpcs in a program that runs: calls in, as kamctl writes them, answers into the FIFO that they name. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type Spawned, Stable } from './spawned.ts';

const stable = new Stable();
const folder = mkdtempSync(join(tmpdir(), 'viaduct-fifo-'));
const cfg = join(folder, 'kamailio.conf');
writeFileSync(
  cfg,
  `#!KAMAILIO
#!define WITH_FOO
#!define NUM 15
loadmodule "jsonrpcs.so"
modparam("jsonrpcs", "fifo_reply_dir", "${folder}")
modparam("jsonrpcs", "fifo_mode", 0640)
modparam("jsonrpcs", "dgram_socket", "/run/rpc.sock")
request_route { exit; }
`,
);
const path = join(folder, 'kamailio_rpc.fifo');
afterEach(() => stable.clear());
afterAll(() => rmSync(folder, { recursive: true }));

async function running(): Promise<Spawned> {
  const place = ['-Y', folder, '-l', 'udp:127.0.0.1:0', '--http', 'off', '--json', '--quiet'];
  const proxy = stable.viaduct(['run', '-f', cfg, ...place, '--http-token=geheim-geheim']);
  await proxy.says(/RPC on the FIFO/);
  return proxy;
}

const makeFifo = (name: string): string => {
  execFileSync('mkfifo', [join(folder, name)]);
  return join(folder, name);
};

/** What comes out of a FIFO that is made and read for this answer. */
async function ask(call: object, name: string): Promise<unknown> {
  const reply = makeFifo(name);
  const reading = open(reply, 'r').then(async (file) => {
    const text = await file.readFile('utf8');
    await file.close();
    return text;
  });
  await writeFile(path, `${JSON.stringify({ jsonrpc: '2.0', ...call, reply_name: name })}\n`);
  return JSON.parse(await reading);
}

it('answers into the FIFO that the call names, and goes with the proxy', async () => {
  const proxy = await running();
  expect(proxy.err).toContain('dgram_socket /run/rpc.sock is not opened: Node has no unix datagram sockets.');
  expect(statSync(path).mode & 0o777).toBe(0o640);
  const large = 'x'.repeat(3_000);
  expect(await ask({ method: 'core.echo', params: ['a', large], id: 7 }, 'reply-1')).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: ['a', large],
  });
  expect(await ask({ method: 'core.ppdefines', id: 1 }, 'reply-2')).toMatchObject({
    result: expect.arrayContaining(['KAMAILIO_6', 'WITH_FOO', 'NUM', 'MOD_jsonrpcs']),
  });
  expect(await ask({ method: 'core.ppdefines_full', id: 1 }, 'reply-3')).toMatchObject({
    result: expect.arrayContaining([
      { name: 'WITH_FOO', type: 0, value: 'none' },
      { name: 'NUM', type: 0, value: '15' },
    ]),
  });
  expect(await ask({ method: 'core.arg', id: 1 }, 'reply-4')).toMatchObject({
    result: [
      'viaduct',
      'run',
      '-f',
      cfg,
      '-Y',
      folder,
      ...['-l', 'udp:127.0.0.1:0', '--http', 'off', '--json', '--quiet'],
      '--http-token=***',
    ],
  });
  expect(await ask({ method: 'core.kill', params: [15], id: 8 }, 'reply-5')).toEqual({
    jsonrpc: '2.0',
    id: 8,
    result: {},
  });
  expect(await proxy.ended).toBe(0);
  expect(existsSync(path)).toBe(false);
});

it('writes to nothing but a FIFO', async () => {
  await running();
  const file = join(folder, 'plain');
  writeFileSync(file, 'mine');
  const real = makeFifo('real');
  symlinkSync(real, join(folder, 'link'));
  const reading = open(real, 'r');
  for (const name of ['plain', 'link', '../plain', 'absent']) {
    await writeFile(path, `${JSON.stringify({ jsonrpc: '2.0', method: 'core.echo', id: 1, reply_name: name })}\n`);
  }
  expect(await ask({ method: 'core.echo', params: ['last'], id: 2 }, 'reply-6')).toMatchObject({ id: 2 });
  expect(statSync(file).size).toBe(4);
  await writeFile(real, 'only this');
  const held = await reading;
  expect(await held.readFile('utf8')).toBe('only this');
  await held.close();
});

it('is not taken from a program that reads it, and is from one that is gone', async () => {
  const first = await running();
  const second = stable.viaduct(['run', '-f', cfg, '-Y', folder, '-l', 'udp:127.0.0.1:0', '--http', 'off']);
  await second.ended;
  expect(second.err).toContain(`fifo_name ${path}: another process reads it. Choose another path.`);
  first.signal('SIGKILL');
  await first.ended;
  expect(existsSync(path)).toBe(true);
  await running();
  expect(await ask({ method: 'core.echo', params: ['b'], id: 1 }, 'reply-7')).toMatchObject({ result: ['b'] });
});
