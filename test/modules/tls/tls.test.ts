/** tls: profiles read from text, what comes of them, and clients with and without certificates on real loopback sockets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy, type Proxy } from '../../../src/engine/proxy.ts';
import { parseTlsConfig } from '../../../src/modules/tls/tls-config.ts';
import { loadProfiles } from '../../../src/modules/tls/options.ts';
import { tls } from '../../../src/modules/tls/tls.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import { moduleRig } from '../../support/module-rig.ts';
import { certificates } from '../../support/tls-fixtures.ts';

describe('a tls.cfg', () => {
  it('has profiles with their settings, comments and quotes', () => {
    const text =
      '# head\n[server:default]\nmethod = TLSv1.2+ # new\ncertificate="/a b/c.pem"\n\n[client:[::1]:5061]\n;x\nverify_certificate = yes\n[ server:any ]\nserver_name = sip.example.com\n';
    expect(parseTlsConfig(text)).toEqual({
      kind: 'profiles',
      profiles: [
        { side: 'server', at: { kind: 'default' }, settings: { method: 'TLSv1.2+', certificate: '/a b/c.pem' } },
        {
          side: 'client',
          at: { kind: 'address', address: '::1', port: 5061 },
          settings: { verify_certificate: 'yes' },
        },
        { side: 'server', at: { kind: 'any' }, settings: { server_name: 'sip.example.com' } },
      ],
      idle: [],
    });
  });

  it('is told what has no effect, with the line, before it starts and when it does', async () => {
    const files = {
      '/etc/tls.cfg': '[server:default]\nverify_depth = 3\n\n[client:default]\nserver_id = one\n',
    };
    const rig = await moduleRig([use(tls, { config: '/etc/tls.cfg' })], { files });
    const notes = [
      '/etc/tls.cfg:2: verify_depth has no effect: OpenSSL limits chains by itself.',
      '/etc/tls.cfg:5: server_id has no effect: A profile is chosen by address and server name: there is no tls_set_connect_server_id().',
    ];
    expect(await rig.proxy.program.modules[0]?.instance.check?.()).toEqual(notes);
    expect(rig.log.map(({ message }) => message)).toEqual(notes.map((note) => `tls: ${note}`));
    rig.sim.files.set('/etc/tls.cfg', '[server:default]\nca_path = /etc/ssl\n');
    await expect(rig.proxy.program.modules[0]?.instance.check?.()).rejects.toThrow('ca_path is not supported');
  });

  it.each([
    ['[server:nowhere]', 1, /expected: \[server:default\]/],
    ['[server:default]\nmethod', 2, /expected: name = value/],
    ['[server:default]\nmethd = x', 2, /there is no setting methd/],
    ['method = x', 1, /before the first/],
    ['[server:default]\nverify_certificate = maybe', 2, /yes or no/],
  ])('%j is refused with its line', (text, line, message) => {
    expect(parseTlsConfig(text)).toEqual({ kind: 'malformed', line, message: expect.stringMatching(message) });
  });
});

describe('profiles', () => {
  const files = { readText: (path: string) => Promise.resolve(`text of ${path}`) };
  const load = (text: string) => {
    const parsed = parseTlsConfig(text);
    if (parsed.kind !== 'profiles') throw new Error(parsed.message);
    return loadProfiles(parsed.profiles, files, '/etc/x/');
  };

  it('are found by address, by name, or the default', async () => {
    const { server, client } = await load(`[server:default]
certificate = a.pem
[server:10.0.0.1:5061]
certificate = /b.pem
private_key = ./b.key
[server:any]
certificate = c.pem
server_name = c.test
server_name_mode = 1
[server:10.0.0.1:5061]
certificate = d.pem
server_name = d.test
server_name_mode = 2
[client:default]
verify_certificate = yes
[client:10.0.0.9:5061]
ca_list = e.pem
[client:any]
server_name = f.test
certificate = f.pem
`);
    const there = server({ address: '10.0.0.1', port: 5061 });
    expect(there).toMatchObject({ cert: 'text of /b.pem', key: 'text of ./b.key', verify: false, clients: 'nothing' });
    expect(Object.keys(there?.names ?? {})).toEqual(['c.test', '*.c.test', '*.d.test']);
    const elsewhere = server({ address: '10.0.0.2', port: 5061 });
    expect(elsewhere).toMatchObject({ cert: 'text of /etc/x/a.pem', key: 'text of /etc/x/a.pem' });
    expect(Object.keys(elsewhere?.names ?? {})).toEqual(['c.test', '*.c.test']);
    expect(client({ address: '10.0.0.9', port: 5061 }, '')).toMatchObject({
      ca: 'text of /etc/x/e.pem',
      verify: false,
    });
    expect(client({ address: '10.0.0.8', port: 5061 }, 'f.test')).toMatchObject({ cert: 'text of /etc/x/f.pem' });
    expect(client({ address: '10.0.0.8', port: 5061 }, 'g.test')).toMatchObject({ verify: true });
  });

  it.each([
    ['', 'nothing'],
    ['verify_certificate = yes', 'verifiedIfPresented'],
    ['verify_certificate = yes\nrequire_certificate = yes', 'verified'],
    ['require_certificate = 1', 'presented'],
    ['verify_client = optional_no_ca', 'asked'],
    ['verify_certificate = yes\nverify_client = off', 'nothing'],
    ['verify_client = on', 'verified'],
    ['verify_client = optional', 'verifiedIfPresented'],
  ])('of %j want of clients: %s', async (settings, clients) => {
    const { server } = await load(`[server:default]\n${settings}\n`);
    expect(server({ address: '10.0.0.1', port: 1 })?.clients).toBe(clients);
  });

  it.each([
    ['method = SSLv2', /method is one of/],
    ['ca_path = /x', /ca_path is not supported/],
    ['verify_client = perhaps', /verify_client is off, on/],
  ])('with %s are refused', async (settings, message) => {
    await expect(load(`[server:default]\n${settings}\n`)).rejects.toThrow(message);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'viaduct-tls-'));
const running: Proxy[] = [];
afterEach(() => Promise.all(running.splice(0).map((proxy) => proxy.stop())));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const pair = {
  certificate: put('s.pem', certificates.server.cert),
  private_key: put('s.key', certificates.server.key),
};
const ca_list = put('ca.pem', certificates.ca);

const seen = [
  'tls_version',
  'tls_peer_verified',
  'tls_peer_subject_cn',
  'tls_my_subject_cn',
  'tls_peer_server_name',
] as const;

/** A proxy that tells in the reason of its reply what it saw of the peer. */
async function telling(params: Parameters<typeof use<(typeof tls)['decl']>>[1]): Promise<Proxy> {
  const program = defineRoutes([use(tls, params)], ({ tls: face }) => ({
    request(ctx) {
      const pvs = proxy.program.modules[0]?.instance.pvs ?? {};
      const told = seen.map((name) => pvs[name]?.read(ctx, { inner: '', index: undefined }) ?? 'null');
      proxy.engine.reply(ctx, { status: 200, reason: `${face.isPeerVerified(ctx)} ${told.join(' ')}` });
    },
  }));
  const proxy = createProxy({ world: nodeWorld(), program, listen: ['tls:127.0.0.1:0'] });
  running.push(proxy);
  await proxy.start();
  return proxy;
}

const OPTIONS =
  'OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n';

/** The reason of the reply, or that the connection ended without one. */
async function ask(proxy: Proxy, options: ConnectionOptions = {}): Promise<string> {
  const port = proxy.listeners[0]?.local.port ?? 0;
  const socket = connect({ host: '127.0.0.1', port, ca: certificates.ca, ...options });
  socket.on('error', () => undefined);
  socket.write(OPTIONS);
  const answered = once(socket, 'data').then(
    ([bytes]) => /^SIP\/2\.0 200 (.*)\r\n/.exec(String(bytes))?.[1] ?? 'what?',
    () => 'refused',
  );
  const told = await Promise.race([answered, once(socket, 'close').then(() => 'refused')]);
  socket.destroy();
  return told;
}

const known = { cert: certificates.client.cert, key: certificates.client.key };
/** Signed by itself alone, for all that this server knows. */
const unknownCa = put('other-ca.pem', certificates.other.cert);

describe('clients of a listener', () => {
  it('need no certificate unless one is wanted', async () => {
    const proxy = await telling(pair);
    expect(await ask(proxy)).toBe('false TLSv1.3 0 null server null');
    expect(await ask(proxy, { servername: 'localhost' })).toBe('false TLSv1.3 0 null server localhost');
    expect(await ask(proxy, known)).toBe('false TLSv1.3 0 null server null');
  });

  it.each([
    ['on', ca_list, /^true TLSv1\.3 1 /, 'refused', 'refused'],
    ['optional', ca_list, /^true TLSv1\.3 1 /, /^false TLSv1\.3 0 null /, 'refused'],
    ['optional_no_ca', ca_list, /^true TLSv1\.3 1 /, /^false TLSv1\.3 0 null /, /^false TLSv1\.3 0 /],
  ])('where verify_client is %s', async (verify_client, ca, withOne, without, withUnknown) => {
    const match = (wanted: string | RegExp) => (typeof wanted === 'string' ? wanted : expect.stringMatching(wanted));
    const proxy = await telling({ ...pair, ca_list: ca, verify_client });
    expect(await ask(proxy, known)).toEqual(match(withOne));
    expect(await ask(proxy)).toEqual(match(without));
    const other = await telling({ ...pair, ca_list: unknownCa, verify_client });
    expect(await ask(other, known)).toEqual(match(withUnknown));
  });

  it('must present one where require_certificate stands alone', async () => {
    const proxy = await telling({ ...pair, ca_list: unknownCa, require_certificate: 1 });
    expect(await ask(proxy)).toBe('refused');
    expect(await ask(proxy, known)).toMatch(/^false TLSv1\.3 0 /);
  });

  it('speak the versions that tls_method has', async () => {
    const proxy = await telling({ ...pair, tls_method: 'TLSv1.2' });
    expect(await ask(proxy)).toMatch(/^false TLSv1\.2 /);
    expect(await ask(proxy, { minVersion: 'TLSv1.3' })).toBe('refused');
  });
});

describe('tls', () => {
  it('reads its files again with tls.reload, and keeps the old ones when they are bad', async () => {
    const certificate = put('changing.pem', certificates.server.cert);
    const private_key = put('changing.key', certificates.server.key);
    const proxy = await telling({ certificate, private_key });
    const reload = () => Promise.resolve(proxy.engine.commands.find('tls.reload')?.run([]));
    put('changing.pem', 'no certificate');
    await expect(reload()).rejects.toThrow();
    expect(await ask(proxy)).toMatch(/ server null$/);
    put('changing.pem', certificates.other.cert);
    put('changing.key', certificates.other.key);
    await reload();
    expect(await ask(proxy, { rejectUnauthorized: false })).not.toMatch(/ server null$/);
  });

  it('says which file is missing, and where', async () => {
    const config = put('tls.cfg', '[server:default]\ncertificate = gone.pem\n');
    const program = (params: object) => defineRoutes([use(tls, params)], () => ({ request: () => undefined }));
    const start = (params: object) =>
      createProxy({ world: nodeWorld(), program: program(params), listen: ['udp:127.0.0.1:0'] }).start();
    await expect(start({ config })).rejects.toThrow(
      `tls [server:default] certificate ${join(folder, 'gone.pem')}: there is no such file`,
    );
    await expect(start({ config: put('bad.cfg', '\nx\n') })).rejects.toThrow(`${join(folder, 'bad.cfg')}:2: `);
    await expect(start({ config: join(folder, 'none.cfg') })).rejects.toThrow(/none\.cfg cannot be read/);
  });

  it('knows nothing of messages that came without TLS', async () => {
    const { modules, request, read } = await moduleRig([tls]);
    const ctx = request(OPTIONS);
    expect(modules.tls.isPeerVerified(ctx)).toBe(false);
    expect(seen.map((name) => read(ctx, name))).toEqual([null, null, null, null, null]);
  });
});
