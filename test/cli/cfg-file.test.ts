/** A kamailio.cfg on the command line: `check`, `run -c`, `--cfg-print`, and the flags of Kamailio that concern it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCfg, plainCfg } from '../../src/cli/cfg-file.ts';
import { runCommandLine } from '../../src/cli/commander-tree.ts';
import { commands } from '../../src/cli/commands.ts';
import { TestShell } from './test-shell.ts';

let folder = '';
const GOOD = 'loadmodule "sl.so"\nrequest_route {\n\tsl_send_reply("200", "OK");\n}\n';
const files: Readonly<Record<string, string>> = {
  'good.cfg': `#!KAMAILIO\nlisten=udp:127.0.0.1:5090 advertise sip.example.com:5060 name "edge"\nalias=example.com\n${GOOD}`,
  'bad.cfg': `${GOOD}route[A] {\n\tabracadabra();\n}\n`,
  'warned.cfg': `${GOOD}route[A] {\n\texit;\n}\n`,
  'switched.cfg': `#!ifdef WITH_X\n${GOOD}#!else\nrequest_route { abracadabra(); }\n#!endif\n`,
  'texts.cfg': 'loadmodule "xlog.so"\nloadmodule "tm.so"\nrequest_route { xlog("NAME $env(WHO)"); }\n',
  'including.cfg': 'include_file "parts/routes.cfg"\n',
  'parts/routes.cfg': GOOD,
  'sockets.cfg': `children=4\nport=5070\nlisten=127.0.0.1\nlisten=tcp:[::1]:5080\nlisten=lo\ndisable_tcp=yes\n${GOOD}`,
  'mysql.cfg': `loadmodule "auth_db.so"\nmodparam("auth_db", "db_url", "mysql://u:secret@h/d")\n${GOOD}`,
  'tls.cfg': '[server:default]\ncertificate = absent.pem\nverify_depth = 3\n',
  'secure.cfg': `loadmodule "tls.so"\nmodparam("tls", "config", "tls.cfg")\n${GOOD}`,
  'idle.cfg': `mhomed=yes\nloadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "dgram_socket", "/run/rpc.sock")\n${GOOD}`,
  'around.cfg': `server_header="Server: My Box"\nworkdir="/tmp"\ndns_cache_max_ttl=60\n#!define NUM 15\n${GOOD}`,
  'debug.cfg': `debug=2\ntcp_accept_aliases=yes\n${GOOD}`,
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'viaduct-cfg-'));
  mkdirSync(join(folder, 'parts'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function typed(...words: readonly string[]) {
  const shell = new TestShell({ cwd: folder });
  const code = await runCommandLine(words, commands, shell).catch((error: unknown) => String(error));
  return { code, out: shell.out.text, err: shell.err.text };
}

describe('check', () => {
  it('says what a good file is made of', async () => {
    const { code, out, err } = await typed('check', 'good.cfg');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(
      `ok\nfile     ${folder}/good.cfg\nmodules  core pv sl\nroutes   request\n` +
        'listen   udp:127.0.0.1:5090/sip.example.com:5060/edge\n',
    );
  });

  it.each(['kamailio.conf', 'proxy', 'routes.py'])(
    'takes %s for a kamailio.cfg: only routes have names of their own',
    async (name) => {
      writeFileSync(join(folder, name), GOOD);
      expect(await typed('check', '-f', name)).toMatchObject({ code: 0, err: '' });
      expect((await typed('run', '--cfg-print', '-f', name)).out).toContain('sl_send_reply("200", "OK")');
    },
  );

  it('says of each parameter without effect why it has none', async () => {
    const { out } = await typed('check', 'idle.cfg');
    expect(out).toContain('note     jsonrpcs.dgram_socket has no effect: Node has no unix datagram sockets.');
    expect(out).toMatch(/^note {5}without effect here: mhomed\. .*waiting/m);
    const { notes } = JSON.parse((await typed('check', '--json', 'idle.cfg')).out);
    expect(notes).toHaveLength(2);
  });

  it('reads the file of TLS profiles, and what it names', async () => {
    const { code } = await typed('check', 'secure.cfg');
    expect(code).toMatch(/certificate .*absent\.pem: there is no such file/);
    writeFileSync(join(folder, 'absent.pem'), 'text');
    const { out } = await typed('check', 'secure.cfg');
    expect(out).toContain(`note     ${folder}/tls.cfg:3: verify_depth has no effect: OpenSSL limits chains by itself.`);
  });

  it('shows every problem, and leaves with 78', async () => {
    const { code, err } = await typed('check', 'bad.cfg');
    expect(code).toBe(`ViaductError: ${folder}/bad.cfg: 1 error, 1 warning`);
    expect(err).toContain(`${folder}/bad.cfg:6:2: error: no function abracadabra is known`);
    expect(err).toContain('  6 | \tabracadabra();\n    | \t^^^^^^^^^^^');
    expect((await typed('check', '--json', 'bad.cfg')).code).toBe(78);
  });

  it('gives an editor JSON', async () => {
    const { out } = await typed('check', '--json', 'bad.cfg');
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      code: 'CONFIG_PROBLEMS',
      diagnostics: [
        { code: 'CFG_ROUTE_UNUSED', severity: 'warning', line: 5, column: 7, endColumn: 8 },
        { code: 'CFG_FUNCTION_UNKNOWN', severity: 'error', line: 6, column: 2 },
      ],
    });
    expect(JSON.parse((await typed('check', '--json', 'warned.cfg')).out)).toMatchObject({
      ok: true,
      diagnostics: [{ code: 'CFG_ROUTE_UNUSED' }],
    });
  });

  it('accepts warnings, unless it is strict', async () => {
    expect((await typed('check', 'warned.cfg')).code).toBe(0);
    expect((await typed('check', '--strict', 'warned.cfg')).code).toBe(`ViaductError: ${folder}/warned.cfg: 1 warning`);
  });

  it('runs as Kamailio is called, too', async () => {
    expect((await typed('-c', '-f', 'good.cfg')).code).toBe(0);
    expect((await typed('-f', 'bad.cfg', '-c')).code).toBe(`ViaductError: ${folder}/bad.cfg: 1 error, 1 warning`);
  });

  it('finds included files beside the file', async () => {
    expect((await typed('check', 'including.cfg')).code).toBe(0);
  });
});

describe("kamailio's flags", () => {
  it('define names', async () => {
    expect((await typed('check', 'switched.cfg', '-A', 'WITH_X')).code).toBe(0);
    expect((await typed('check', 'switched.cfg')).code).toMatch(/1 error$/);
  });

  it('stub what is unknown', async () => {
    expect((await typed('check', 'switched.cfg', '--stub-unknown')).code).toBe(0);
  });

  it('load modules and set their parameters', async () => {
    const { code, out } = await typed(
      'check',
      'texts.cfg',
      '--loadmodule',
      'maxfwd.so',
      '--modparam',
      'tm:fr_timer:i:5000',
    );
    expect(code).toBe(0);
    expect(out).toContain('modules  core pv xlog tm maxfwd\n');
    expect((await typed('check', 'texts.cfg', '--modparam', 'rr:x:i:1')).code).toBe(
      'UsageError: --modparam: the file does not load a module rr',
    );
  });

  it('print the file as the preprocessor leaves it', async () => {
    const { code, out } = await typed('-f', 'switched.cfg', '--cfg-print', '-A', 'WITH_X');
    expect(code).toBe(0);
    expect(out).toContain('sl_send_reply');
    expect(out).not.toContain('abracadabra');
  });
});

describe('a parameter that its module refuses', () => {
  it.each(['check', 'run'])('is told with its place by %s', async (command) => {
    const { code, out } = await typed(command, 'mysql.cfg');
    expect(code).toContain(
      `${join(folder, 'mysql.cfg')}:2:31: auth_db.db_url is a URL of mysql, and there is no client`,
    );
    expect(`${code}${out}`).not.toContain('secret');
  });
});

describe('the settings of a file', () => {
  const loaded = async (name: string) => {
    const made = await loadCfg(join(folder, name), plainCfg, []);
    if (made.kind === 'failed') throw new Error(made.problems.text);
    return made;
  };

  it('are sockets with their standard ports, and interfaces by name', async () => {
    const { listen, notes } = await loaded('sockets.cfg');
    const lo = (networkInterfaces()['lo'] ?? [])
      .filter(({ family }) => family === 'IPv4')
      .map(({ address }) => address);
    expect(listen).toEqual([
      ...new Set(['udp:127.0.0.1:5070', 'tcp:[::1]:5080', ...lo.map((address) => `udp:${address}:5070`)]),
    ]);
    expect(notes).toEqual(['without effect here: children. There is one process, and it stays in the foreground.']);
  });

  it('are what is around the routes', async () => {
    const { replyHeader, folder: at, names, defines } = await loaded('around.cfg');
    expect({ replyHeader, at, names }).toEqual({
      replyHeader: ['Server', 'My Box'],
      at: '/tmp',
      names: { maxTtlMs: 60_000 },
    });
    expect(defines.filter(({ name }) => name === 'NUM')).toEqual([
      expect.objectContaining({ name: 'NUM', value: '15' }),
    ]);
  });

  it('are what -l means without a transport, a port or an address', async () => {
    const listens = async (...words: readonly string[]) =>
      / {3}(.*)/.exec((await typed('run', '-c', ...words)).out.split('listen')[1] ?? '')?.[1];
    expect(await listens('good.cfg', '-l', '127.0.0.1')).toBe(
      'udp:127.0.0.1:5060 tcp:127.0.0.1:5060 udp:127.0.0.1:5090/sip.example.com:5060/edge',
    );
    expect(await listens('debug.cfg', '-l', 'localhost:5080/1.2.3.4:5062/in', '-T')).toBe(
      'udp:127.0.0.1:5080/1.2.3.4:5062/in',
    );
    expect(await listens('debug.cfg', '-l', 'udp:(127.0.0.1, 127.0.0.2):5065')).toBe(
      'udp:127.0.0.1:5065 udp:127.0.0.2:5065',
    );
    expect(await listens('debug.cfg', '-l', '[::1]:5080', '-T')).toBe('udp:[::1]:5080');
  });

  it('are aliases, levels of the log and connections', async () => {
    expect((await loaded('good.cfg')).aliases).toEqual(['example.com']);
    const { logLevel, acceptAliases, listen, fallback } = await loaded('debug.cfg');
    expect([logLevel, acceptAliases, listen]).toEqual(['info', true, []]);
    expect(fallback).toContain('udp:127.0.0.1:5060');
  });
});
