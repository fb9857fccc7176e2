/** jsonrpcs and xhttp: calls made by a script, and scripts that answer HTTP. */
import { describe, expect, it } from 'vitest';
import type { HttpQuestion } from '../../../src/engine/http.ts';
import { use } from '../../../src/engine/module.ts';
import { cfg_rpc } from '../../../src/modules/cfg_rpc/cfg_rpc.ts';
import { ctl } from '../../../src/modules/ctl/ctl.ts';
import { jsonrpcs } from '../../../src/modules/jsonrpcs/jsonrpcs.ts';
import { xhttp } from '../../../src/modules/xhttp/xhttp.ts';
import { moduleRig } from '../../support/module-rig.ts';

const OPTIONS =
  'OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n';

describe('jsonrpc_exec', () => {
  it('leaves the answer in $jsonrpl', async () => {
    const { modules, request, read } = await moduleRig([jsonrpcs]);
    const ctx = request(OPTIONS);
    expect(read(ctx, 'jsonrpl', 'body')).toBeNull();
    expect(
      await modules.jsonrpcs.exec(
        ctx,
        '{"jsonrpc":"2.0","method":"core.echo","params":["gr\u00c3\u00bc\u00c3\u009f"],"id":1}',
      ),
    ).toBe('done');
    expect(['body', 'code', 'text', 'x'].map((inner) => read(ctx, 'jsonrpl', inner))).toEqual([
      '{"jsonrpc":"2.0","id":1,"result":["gr\u00c3\u00bc\u00c3\u009f"]}',
      200,
      'OK',
      null,
    ]);
  });

  it.each([
    ['{"jsonrpc":"2.0","method":"no.such","id":1}', 500, /-32601/],
    ['{', 500, /-32700/],
    ['{"jsonrpc":"2.0","method":"core.echo"}', 200, /^$/],
    ['[{"jsonrpc":"2.0","method":"no.such","id":1}]', 200, /^\[.*-32601/],
  ])('of %s gives %i', async (call, code, body) => {
    const { modules, request, read } = await moduleRig([jsonrpcs]);
    const ctx = request(OPTIONS);
    await modules.jsonrpcs.exec(ctx, call);
    expect(read(ctx, 'jsonrpl', 'code')).toBe(code);
    expect(read(ctx, 'jsonrpl', 'body')).toMatch(body);
  });
});

const question = (more: Partial<HttpQuestion>): HttpQuestion => ({
  method: 'POST',
  url: '/RPC',
  headers: { 'x-token': 'a\r\nVia: b', 'content-length': '99' },
  body: '{"jsonrpc":"2.0","method":"core.echo","params":["x"],"id":1}',
  from: { address: '127.0.0.1', port: 40_000 },
  ...more,
});

const served = (params = {}) =>
  moduleRig([use(xhttp, params), use(jsonrpcs, { pretty_format: 1 })], {
    routes: ({ xhttp: web, jsonrpcs: rpc }) => ({
      event: {
        'xhttp:request'(ctx) {
          const { message, received } = ctx;
          if (message.kind !== 'request') return;
          if (message.method === 'POST') rpc.dispatch(ctx);
          else if (message.method === 'DELETE') throw new Error('a bug');
          else if (message.method === 'GET') {
            const body = `${message.headers.get('X-Token')} ${message.headers.getAll('Via').length} ${received.flow.remote.address}`;
            web.reply(ctx, { status: 403, reason: 'Forbidden', type: 'text/html', body });
            if (web.reply(ctx) !== 'notHttp') throw new Error('answered twice');
          }
        },
      },
    }),
  });

async function ask(rig: Awaited<ReturnType<typeof served>>, more: Partial<HttpQuestion> = {}) {
  return rig.proxy.program.modules
    .map(({ instance }) => instance.http?.(question(more)))
    .find((one) => one !== undefined);
}

describe('event_route[xhttp:request]', () => {
  it('performs the calls of a body', async () => {
    expect(await ask(await served())).toEqual({
      status: 200,
      type: 'application/json',
      body: '{\n\t"jsonrpc": "2.0",\n\t"id": 1,\n\t"result": [\n\t\t"x"\n\t]\n}',
    });
  });

  it('sees a request with its headers, one Via and the address of the client', async () => {
    expect(await ask(await served(), { method: 'GET' })).toEqual({
      status: 403,
      reason: 'Forbidden',
      type: 'text/html',
      body: 'a Via: b 1 127.0.0.1',
    });
    expect(await ask(await served(), { method: 'GET', from: { address: '::1', port: 1 } })).toMatchObject({
      body: 'a Via: b 1 ::1',
    });
  });

  it.each([
    ['HEAD', 404],
    ['DELETE', 500],
    ['A B', 400],
  ])('that answers %s with nothing of its own gives %i', async (method, status) => {
    expect(await ask(await served(), { method })).toMatchObject({ status });
  });

  it('runs on the URLs of url_match without those of url_skip', async () => {
    const rig = await served({ url_match: '^/rpc', url_skip: 'secret' });
    const status = async (url: string) => (await ask(rig, { url, method: 'GET' }))?.status;
    expect([await status('/RPC'), await status('/other'), await status('/rpc/secret')]).toEqual([
      403,
      undefined,
      undefined,
    ]);
  });

  it('is not there: nobody answers', async () => {
    const rig = await moduleRig([xhttp]);
    expect(rig.proxy.program.modules[0]?.instance.http?.(question({}))).toBeUndefined();
  });

  it('has $hu, which is null for SIP', async () => {
    const seen: unknown[] = [];
    const rig = await moduleRig([xhttp], {
      routes: () => ({ event: { 'xhttp:request': (ctx) => void seen.push(rig.read(ctx, 'hu')) } }),
    });
    await rig.proxy.program.modules[0]?.instance.http?.(question({ url: '/a?b=c' }));
    expect([...seen, rig.read(rig.request(OPTIONS), 'hu')]).toEqual(['/a?b=c', null]);
  });
});

it('jsonrpc_dispatch without an HTTP request is refused', async () => {
  const { modules, request } = await moduleRig([jsonrpcs, xhttp]);
  expect(modules.jsonrpcs.dispatch(request(OPTIONS))).toBe('notHttp');
  expect(modules.xhttp.reply(request(OPTIONS))).toBe('notHttp');
});

describe('modules that Kamailio scripts load', () => {
  it('are accepted, with a note where something is not opened', async () => {
    const rig = await moduleRig([
      cfg_rpc,
      use(ctl, { binrpc: ['unix:/run/ctl', 'tcp:localhost:2049'], mode: 0o600, user: 'kamailio' }),
      use(jsonrpcs, { transport: 7, dgram_socket: '/run/rpc.sock', fifo_mode: 0o600 }),
    ]);
    expect(rig.log.map(({ message }) => message)).toEqual([
      'ctl: binrpc is not spoken: call commands with `viaduct rpc`, over HTTP or --ctl',
      'jsonrpcs: dgram_socket /run/rpc.sock is not opened: Node has no unix datagram sockets. `fifo_name`, `--ctl` and HTTP take its place.',
    ]);
    expect(rig.rpc('ctl.listen')).toEqual([]);
  });
});
