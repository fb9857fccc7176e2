/** The control socket: JSON-RPC a line at a time, for the user who runs the proxy. */
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/commander-tree.ts';
import { rpc } from '../../src/cli/commands/rpc.ts';
import { ctlLimits, CtlSocket, type CtlSocketOptions, socketPath } from '../../src/cli/ctl-socket.ts';
import { answerRpc } from '../../src/engine/json-rpc.ts';
import { TestShell } from './test-shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-ctl-'));
const path = join(folder, 'ctl');
const opened: CtlSocket[] = [];
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const socket of opened.splice(0)) socket.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const slow: { resolve: (value: string) => void } = { resolve: () => undefined };
const operation: NonNullable<ReturnType<CtlSocketOptions['operation']>> = {
  rpc: (text) =>
    answerRpc(text, {
      find(name) {
        if (name === 'echo') return { run: (params) => params };
        if (name === 'slow') return { run: () => new Promise((resolve) => (slow.resolve = resolve)) };
        return undefined;
      },
    }),
};

async function open(options: Partial<CtlSocketOptions> = {}): Promise<CtlSocket> {
  const socket = await CtlSocket.open({ path, operation: () => operation, ...options });
  opened.push(socket);
  return socket;
}

const echo = (id: number, text = 'x'): string => `{"jsonrpc":"2.0","id":${id},"method":"echo","params":["${text}"]}`;
const echoed = (id: number, text = 'x'): string => `{"jsonrpc":"2.0","id":${id},"result":["${text}"]}`;

/** Sends, and gives the first `count` lines that come back, or those that came before the end. */
function ask(text: string, count: number): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let heard = '';
    const lines = (): readonly string[] => heard.split('\n').slice(0, -1);
    const client = connect(path, () => client.write(text));
    clients.push(client);
    client.on('data', (part) => {
      heard += String(part);
      if (lines().length >= count) resolve(lines());
    });
    client.on('close', () => resolve(lines()));
    client.on('error', () => undefined);
  });
}

describe('the socket', () => {
  it('answers each line in the order of the lines, and notifications not at all', async () => {
    await open();
    const calls = [
      '{"jsonrpc":"2.0","id":0,"method":"slow"}',
      echo(1),
      '{"jsonrpc":"2.0","method":"echo"}',
      '',
      echo(2, 'ü'),
    ];
    const answers = ask(`${calls.join('\n')}\n`, 3);
    await ask(`${echo(9)}\n`, 1);
    slow.resolve('done');
    expect(await answers).toEqual(['{"jsonrpc":"2.0","id":0,"result":"done"}', echoed(1), echoed(2, 'ü')]);
  });

  it('takes a batch, and answers what is no JSON', async () => {
    await open();
    expect(await ask(`[${echo(1)},${echo(2)}]\n{\n`, 2)).toEqual([
      `[${echoed(1)},${echoed(2)}]`,
      expect.stringContaining('-32700'),
    ]);
  });

  it('puts a line together from its parts', async () => {
    await open();
    const client = connect(path);
    clients.push(client);
    const answer = new Promise((resolve) => client.once('data', (part) => resolve(String(part))));
    client.write(echo(1).slice(0, 10), () => client.write(`${echo(1).slice(10)}\n`));
    expect(await answer).toBe(`${echoed(1)}\n`);
  });

  it('takes a line up to its limit, and ends a client with a longer one', async () => {
    await open();
    expect(await ask(`${echo(1).padEnd(ctlLimits.lineBytes)}\n`, 1)).toEqual([echoed(1)]);
    const [refusal, ...more] = await ask(`${echo(1).padEnd(ctlLimits.lineBytes + 1)}\n${echo(2)}\n`, 9);
    expect([refusal, more]).toEqual([expect.stringContaining('the line is too long'), []]);
  });

  it('says that the proxy is starting until it runs', async () => {
    await open({ operation: () => undefined });
    expect(await ask(`${echo(1)}\n`, 1)).toEqual([expect.stringContaining('the proxy is starting')]);
  });

  it('belongs to its user, leaves nothing beside it, and goes when it is closed', async () => {
    const socket = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['ctl']);
    socket.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it(`has ${ctlLimits.connections} clients at a time`, async () => {
    await open();
    const held = await Promise.all(Array.from({ length: ctlLimits.connections }, () => ask(`${echo(1)}\n`, 1)));
    expect(held).toHaveLength(ctlLimits.connections);
    expect(await ask(`${echo(1)}\n`, 1)).toEqual([]);
  });
});

describe('a path', () => {
  it('that another process listens on is left alone', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'LISTEN_IN_USE' });
    expect(await ask(`${echo(1)}\n`, 1)).toEqual([echoed(1)]);
  });

  it('where a dead socket stands is taken', async () => {
    await open();
    // Renamed away from under the first one, the name stays when that is gone.
    renameSync(path, join(folder, 'stale'));
    for (const socket of opened.splice(0)) socket.close();
    renameSync(join(folder, 'stale'), path);
    await open();
    expect(await ask(`${echo(1)}\n`, 1)).toEqual([echoed(1)]);
  });

  it('of something else, or in no folder, is refused', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    await expect(open({ path: file })).rejects.toMatchObject({ code: 'CTL_SOCKET' });
    await expect(open({ path: join(folder, 'none/ctl') })).rejects.toMatchObject({ code: 'CTL_SOCKET' });
    rmSync(file);
  });

  it('may have the prefix of Kamailio', () => {
    expect(['unix:/a', 'unixs:/a', '/a', 'b/unix:'].map(socketPath)).toEqual(['/a', '/a', '/a', 'b/unix:']);
  });
});

describe('viaduct rpc --ctl', () => {
  async function call(...words: readonly string[]) {
    const shell = new TestShell({ cwd: folder });
    const code = await runCommandLine(['rpc', ...words], [rpc], shell);
    return [code, shell.out.text, shell.err.text];
  }

  it('prints the result', async () => {
    await open();
    expect(await call('--ctl', 'unix:ctl', '--json', 'echo', '1', 's:1')).toEqual([0, '[1,"1"]\n', '']);
  });

  it('tells a refusal', async () => {
    await open();
    expect(await call('--ctl', path, 'nope')).toEqual([1, '', 'viaduct: nope: there is no command nope\n']);
  });

  it('tells that nobody is there', async () => {
    await expect(call('--ctl', path, 'echo')).rejects.toThrow(/ENOENT.*Is the proxy running with --ctl there\?$/);
  });
});
