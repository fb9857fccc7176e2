/** The HTTP port: metrics, health and RPC, for programs on this host or with a token. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answerHttp, type Operation } from '../../src/cli/http-answers.ts';
import { httpLimits, HttpPort, parseHttpAddress } from '../../src/cli/http-port.ts';
import type { HttpQuestion } from '../../src/engine/http.ts';
import { answerRpc } from '../../src/engine/json-rpc.ts';

const operation = (ready = true): Operation => ({
  ready: () => ready,
  metrics: () => Promise.resolve({ type: 'text/plain; version=0.0.4', text: 'a 1\n' }),
  rpc: (text) => answerRpc(text, { find: (name) => (name === 'echo' ? { run: (params) => params } : undefined) }),
  page: ({ url, body }) =>
    url.startsWith('/page') ? { status: 200, type: 'text/html', body: `${url} ${body}` } : undefined,
});
const question = (url: string, more: Partial<HttpQuestion> = {}): HttpQuestion => ({
  method: 'GET',
  url,
  from: { address: '127.0.0.1', port: 40_000 },
  headers: { host: '127.0.0.1:8060' },
  body: '',
  ...more,
});
const status = async (asked: HttpQuestion, token?: string): Promise<number> =>
  (await answerHttp(asked, operation(), token)).status;

describe('an answer', () => {
  it.each([
    ['/livez', 200, 'ok\n'],
    ['/readyz', 200, 'ready\n'],
    ['/metrics', 200, 'a 1\n'],
    ['/', 404, 'not found: there are /metrics, /livez, /readyz and /rpc\n'],
    ['/rpc', 405, 'use POST\n'],
  ])('to GET %s is %i', async (path, code, body) => {
    expect(await answerHttp(question(path), operation(), undefined)).toMatchObject({ status: code, body });
  });

  it('that none of ours is left to the modules, behind the same guard', async () => {
    expect(await answerHttp(question('/page?a=1', { body: 'b' }), operation(), undefined)).toMatchObject({
      status: 200,
      body: '/page?a=1 b',
    });
    expect(await status(question('/page', { headers: { host: 'evil.example.com' } }))).toBe(403);
    expect(await status(question('/page'), 'correct-horse')).toBe(401);
  });

  it('says that a proxy which drains is not ready, and lives', async () => {
    expect(await answerHttp(question('/readyz'), operation(false), undefined)).toMatchObject({ status: 503 });
    expect(await answerHttp(question('/livez'), operation(false), undefined)).toMatchObject({ status: 200 });
  });

  it('to an RPC is its result, and nothing to a notification', async () => {
    const post = (body: string, type = 'application/json') =>
      answerHttp(
        question('/rpc', { method: 'POST', body, headers: { host: 'localhost:8060', 'content-type': type } }),
        operation(),
        undefined,
      );
    expect(await post('{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]}')).toMatchObject({
      status: 200,
      body: '{"jsonrpc":"2.0","id":1,"result":[1]}',
    });
    expect(await post('{"jsonrpc":"2.0","method":"echo"}')).toMatchObject({ status: 204, body: '' });
    expect(await post('{}', 'text/plain')).toMatchObject({ status: 415 });
  });

  it.each([
    ['localhost:8060', 200],
    ['127.0.0.1', 200],
    ['[::1]:8060', 200],
    ['evil.example.com:8060', 403],
    ['', 403],
  ])('without a token goes to who asked for loopback: Host %j gets %i', async (host, code) => {
    expect(await status(question('/metrics', { headers: { host } }))).toBe(code);
  });

  it('is never given to a web page', async () => {
    const headers = { host: '127.0.0.1:8060', origin: 'http://127.0.0.1:8060' };
    expect(await status(question('/metrics', { headers }))).toBe(403);
  });

  it.each([
    [undefined, 401],
    ['Bearer wrong', 401],
    ['Bearer correct-horse', 200],
    ['bearer correct-horse', 200],
    ['Basic correct-horse', 401],
  ])('with a token goes to who bears it: %j gets %i', async (authorization, code) => {
    const headers = { host: 'proxy.example.com', authorization };
    expect(await status(question('/metrics', { headers }), 'correct-horse')).toBe(code);
    expect(await status(question('/livez', { headers: { host: 'proxy.example.com' } }), 'correct-horse')).toBe(200);
  });
});

const opened: HttpPort[] = [];
afterEach(() => {
  for (const port of opened.splice(0)) port.close();
});

async function open(options: Partial<Parameters<typeof HttpPort.open>[0]> = {}): Promise<HttpPort> {
  const port = await HttpPort.open({
    at: { address: '127.0.0.1', port: 0 },
    tries: 1,
    token: undefined,
    operation,
    ...options,
  });
  opened.push(port);
  return port;
}

function ask(url: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(url, { method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('the port', () => {
  it('answers over a socket', async () => {
    const { url } = await open();
    expect(await ask(`${url}/readyz?verbose`)).toEqual({ status: 200, text: 'ready\n' });
    expect(await ask(`${url}/rpc`, '{"jsonrpc":"2.0","id":1,"method":"echo","params":["a"]}')).toEqual({
      status: 200,
      text: '{"jsonrpc":"2.0","id":1,"result":["a"]}',
    });
  });

  it('says that it is starting until there is something behind it', async () => {
    const { url } = await open({ operation: () => undefined });
    expect(await ask(`${url}/livez`)).toEqual({ status: 503, text: 'starting\n' });
  });

  it('takes a body up to its limit', async () => {
    const { url } = await open();
    const call = '{"jsonrpc":"2.0","id":1,"method":"nothing"}';
    expect((await ask(`${url}/rpc`, call.padEnd(httpLimits.bodyBytes))).status).toBe(200);
    expect((await ask(`${url}/rpc`, call.padEnd(httpLimits.bodyBytes + 1))).status).toBe(413);
  });

  it('survives what is no HTTP', async () => {
    const { url, local } = await open();
    await new Promise<void>((done) => {
      const socket = connect(local.port, local.address, () => socket.write('\u0000\u0001garbage\r\n\r\n'));
      socket.on('data', () => undefined);
      socket.on('close', () => done());
      socket.on('error', () => undefined);
    });
    expect((await ask(`${url}/livez`)).status).toBe(200);
  });

  it('is refused beyond loopback without a token', async () => {
    const at = { address: '0.0.0.0', port: 8060 };
    await expect(open({ at })).rejects.toMatchObject({
      code: 'HTTP_TOKEN',
      message: '--http 0.0.0.0:8060: beyond loopback it needs a token. Give --http-token, or listen on 127.0.0.1.',
    });
    expect((await open({ at: { ...at, port: 0 }, token: 'correct-horse' })).local.port).toBeGreaterThan(0);
  });

  it('moves to the next free port where it may, and says so where it may not', async () => {
    const first = await open();
    const second = await open({ at: first.local, tries: 50 });
    expect(second.local.port).toBeGreaterThan(first.local.port);
    await expect(open({ at: first.local })).rejects.toMatchObject({
      code: 'LISTEN_IN_USE',
      message: `--http 127.0.0.1:${first.local.port}: the address is in use. Choose another port, or --http off.`,
    });
  });
});

describe('--http', () => {
  it.each([
    ['127.0.0.1:8060', { address: '127.0.0.1', port: 8060 }],
    ['[::1]:80', { address: '::1', port: 80 }],
    ['off', undefined],
  ])('%s is understood', (text, endpoint) => {
    expect(parseHttpAddress(text)).toEqual(endpoint);
  });

  it.each(['8060', 'localhost:8060', '127.0.0.1:65536', '::1:80', 'on'])('%s is refused', (text) => {
    expect(() => parseHttpAddress(text)).toThrow(`--http "${text}": write address:port, as in 127.0.0.1:8060, or off`);
  });
});
