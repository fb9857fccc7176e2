/** The FIFO of jsonrpcs: where it is, and what it does not take the place of. What it answers is in test/wire/fifo.test.ts. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { MAX_REPLIES, RpcFifo } from '../../src/cli/rpc-fifo.ts';
import { fifoOf, runtimeFolder } from '../../src/cli/runtime-folder.ts';
import { use } from '../../src/engine/module.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { jsonrpcs } from '../../src/modules/jsonrpcs/jsonrpcs.ts';
import { nodeWorld } from '../../src/world/node/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-fifo-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is not made where something else stands, or where there is no folder', () => {
  const { clock } = nodeWorld();
  const open = (path: string) => () =>
    RpcFifo.open({ path, mode: 0o600, replyFolder: folder, clock, operation: () => undefined });
  const file = join(folder, 'plain');
  writeFileSync(file, '');
  expect(open(file)).toThrow(`fifo_name ${file}: this is there and is no FIFO.`);
  expect(open(folder)).toThrow(`fifo_name ${folder}: this is there and is no FIFO.`);
  expect(open(join(folder, 'no', 'fifo'))).toThrow('Give a path in a folder that exists.');
});

it('keeps a bounded number of answers for readers that have not come, and none when it is closed', async () => {
  const path = join(folder, 'calls');
  execFileSync('mkfifo', [join(folder, 'nobody')]);
  let asked = 0;
  let waits = 0;
  const wake = (): (() => void) => {
    waits++;
    return () => void waits--;
  };
  const clock = { now: () => nodeWorld().clock.now(), wake };
  const fifo = await new Promise<RpcFifo>((resolve) => {
    const rpc = async (): Promise<string> => {
      asked++;
      if (asked > MAX_REPLIES) setImmediate(() => resolve(opened));
      return '{}';
    };
    const opened = RpcFifo.open({ path, mode: 0o600, replyFolder: folder, clock, operation: () => ({ rpc }) });
    writeFileSync(path, '{"reply_name":"nobody"}\n'.repeat(MAX_REPLIES + 1));
  });
  expect([asked, waits]).toEqual([MAX_REPLIES + 1, MAX_REPLIES]);
  fifo.close();
  expect(waits).toBe(0);
});

const of = (params: Record<string, unknown>, at?: string) =>
  fifoOf(
    defineRoutes([use(jsonrpcs, params)], () => ({ request: () => undefined })),
    at,
  );

it.each([
  [{ fifo_name: '/tmp/f' }, undefined, '/tmp/f'],
  [{ fifo_name: 'f' }, undefined, '/run/kamailio/f'],
  [{ fifo_name: 'f' }, '/run/x', '/run/x/f'],
  [{ fifo_name: '/tmp/f' }, '/run/x', '/tmp/f'],
  [{}, '/run/x', '/run/x/kamailio_rpc.fifo'],
  [{}, undefined, undefined],
  [{ fifo_name: '' }, '/run/x', undefined],
  [{ fifo_name: '/tmp/f', transport: 1 }, undefined, undefined],
  [{ fifo_name: '/tmp/f', transport: 7 }, undefined, '/tmp/f'],
])('its place is by %j and -Y %s: %s', (params, at, expected) => {
  expect(of(params, at)?.path).toBe(expected);
});

it('has the permissions and the folder of answers that the parameters say', () => {
  expect(of({ fifo_name: '/f' })).toEqual({ path: '/f', mode: 0o660, replyFolder: '/tmp' });
  expect(of({ fifo_name: '/f', fifo_mode: 0o600, fifo_reply_dir: '/var/tmp/' })).toMatchObject({
    mode: 0o600,
    replyFolder: '/var/tmp/',
  });
  expect(fifoOf({ uses: [] }, '/run/x')).toBeUndefined();
});

it('and -Y need a folder that is there', () => {
  mkdirSync(join(folder, 'sub'));
  const given = (text: string | undefined) => ({
    args: [],
    has: () => false,
    text: () => text,
    list: () => [],
    count: () => 0,
  });
  expect(runtimeFolder(given('sub'), { cwd: folder })).toBe(join(folder, 'sub'));
  expect(runtimeFolder(given(undefined), { cwd: folder })).toBeUndefined();
  for (const wrong of ['absent', 'plain']) {
    expect(() => runtimeFolder(given(wrong), { cwd: folder })).toThrow(`-Y ${wrong}: there is no such folder`);
  }
});
