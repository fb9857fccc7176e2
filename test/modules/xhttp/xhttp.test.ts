/** HTTP on the ports of SIP, over real loopback sockets: one request a connection, answered by the script or not at all. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../../src/engine/proxy.ts';
import { jsonrpcs } from '../../../src/modules/jsonrpcs/jsonrpcs.ts';
import { xhttp } from '../../../src/modules/xhttp/xhttp.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';

const running: Proxy[] = [];
afterEach(() => Promise.all(running.splice(0).map((proxy) => proxy.stop())));

async function listening(program: Parameters<typeof createProxy>[0]['program']): Promise<number> {
  const proxy = createProxy({ world: nodeWorld(), program, listen: ['tcp:127.0.0.1:0'] });
  running.push(proxy);
  await proxy.start();
  return proxy.listeners[0]?.local.port ?? 0;
}

const serving = () =>
  listening(
    defineRoutes([xhttp, jsonrpcs], ({ xhttp: web, jsonrpcs: rpc }) => ({
      request: () => undefined,
      event: {
        'xhttp:request'(ctx) {
          const { message, received } = ctx;
          if (message.kind !== 'request') return;
          if (message.method === 'POST') rpc.dispatch(ctx);
          else
            web.reply(ctx, {
              status: 403,
              reason: 'No\r\nWay',
              type: 'text/html',
              body: `<${received.flow.transport}>\u00c3\u00a9`,
            });
        },
      },
    })),
  );

/** What comes until the connection is closed. */
async function answerTo(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

describe('an HTTP request on a port of SIP', () => {
  it('is answered by the event route, in one line of status', async () => {
    const answer = await answerTo(await serving(), 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n');
    const [head = '', body] = answer.split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual([
      'HTTP/1.1 403 No Way',
      'Content-Type: text/html',
      'Content-Length: 7',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
    ]);
    // Scripts hold bytes, one character each.
    expect(Buffer.from(body ?? '', 'latin1').toString('utf8')).toBe('<tcp>é');
  });

  it('may call commands', async () => {
    const answer = await fetch(`http://127.0.0.1:${await serving()}/RPC`, {
      method: 'POST',
      body: '{"jsonrpc":"2.0","method":"core.echo","params":["x"],"id":1}',
    });
    expect(await answer.json()).toEqual({ jsonrpc: '2.0', id: 1, result: ['x'] });
  });

  it('of a web page is refused', async () => {
    const body = '{"jsonrpc":"2.0","method":"core.echo","id":1}';
    const head = `POST /RPC HTTP/1.1\r\nOrigin: http://x.test\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await answerTo(await serving(), head + body)).toMatch(/^HTTP\/1\.1 403 .*not for web pages\n$/s);
  });

  it('gets the head alone for HEAD', async () => {
    expect(await answerTo(await serving(), 'HEAD / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 [^<]*\r\n\r\n$/);
  });

  it.each([
    ['that comes in chunks', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['of another version', 'GET / HTTP/2.0\r\n\r\n'],
  ])('%s is not understood, and the connection is closed', async (_, text) => {
    expect(await answerTo(await serving(), text)).toBe('');
  });

  it('closes the connection without a word where nobody serves HTTP', async () => {
    const port = await listening(defineRoutes([], () => ({ request: () => undefined })));
    expect(await answerTo(port, 'GET / HTTP/1.1\r\n\r\n')).toBe('');
  });
});
