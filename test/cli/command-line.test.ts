/** From what was typed to one call of one command. */
import { describe, expect, it } from 'vitest';
import type { CommandDecl, Given } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { runCommandLine } from '../../src/cli/commander-tree.ts';
import { UsageError } from '../../src/cli/exit-code.ts';
import { flagNotes, parseModParam, withModParams } from '../../src/cli/kamailio-flags.ts';
import { programOptions, wholeNumber } from '../../src/cli/run-options.ts';
import { rpcParam } from '../../src/cli/commands/rpc.ts';
import { hepListenSpec } from '../../src/cli/commands/collect.ts';
import { defineRoutes } from '../../src/engine/program.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { TestShell } from './test-shell.ts';

/** What the command `run` is given for these words. */
async function given(...words: readonly string[]): Promise<Given> {
  const seen: Given[] = [];
  const keep = (decl: CommandDecl): CommandDecl => ({
    ...decl,
    run: async (one) => {
      seen.push(one);
      return 0;
    },
  });
  const shell = new TestShell();
  expect(await runCommandLine(words, commands.map(keep), shell)).toBe(0);
  expect(shell.err.text).toBe('');
  const [first] = seen;
  if (first === undefined) throw new Error('no command ran');
  return first;
}

async function typed(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell();
  const code = await runCommandLine(words, commands, shell);
  return { code, out: shell.out.text, err: shell.err.text };
}

describe('the command line', () => {
  it.each([
    [['run', '--lisen', 'x'], "viaduct: unknown option '--lisen'. Did you mean --listen? See viaduct run --help\n"],
    [['--quite'], "viaduct: unknown option '--quite'. Did you mean --quiet? See viaduct run --help\n"],
    [['chek'], "viaduct: unknown command 'chek'. Did you mean check? See viaduct --help\n"],
    [['check', '-l'], "viaduct: option '-l, --listen <address>' argument missing. See viaduct check --help\n"],
    [['rpc'], "viaduct: missing required argument 'method'. See viaduct rpc --help\n"],
    [
      ['run', 'a.ts', 'b.ts'],
      "viaduct: too many arguments for 'run'. Expected 1 argument but got 2. See viaduct run --help\n",
    ],
  ])('%j is refused in one line', async (words, message) => {
    expect(await typed(...words)).toEqual({ code: 2, out: '', err: message });
  });

  it('prints help and version on stdout', async () => {
    expect(await typed('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
    const help = await typed('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const { name } of commands) expect(help.out).toContain(`  ${name} `);
    expect((await typed('run', '--help')).out).toContain('--listen <address>');
  });

  it('runs the default command when none is named', async () => {
    const some = await given('routes.ts', '-l', 'udp:127.0.0.1:5060', '-l', 'tcp:127.0.0.1:5060', '-dd');
    expect(some.args).toEqual(['routes.ts']);
    expect(some.list('listen')).toEqual(['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060']);
    expect(some.count('d')).toBe(2);
    expect(some.has('quiet')).toBe(false);
  });

  it('declares no flag twice in one command', () => {
    for (const { name, flags } of commands) {
      const names = flags.flatMap((flag) => flag.flags.match(/(?<=^|[ ,])--?[a-zA-Z-]+/g) ?? []);
      expect([name, ...names]).toEqual([name, ...new Set(names)]);
    }
  });
});

describe("kamailio's flags", () => {
  it('without meaning are accepted, each with a note', async () => {
    const some = await given(
      ...'-E -DD -m 64 -M 8 -L /x -A FOO=1 -A BAR --alias a.b -a no -n 4 -Y /run --cfg-print'.split(' '),
    );
    expect(flagNotes(some)).toEqual([
      '-D has no effect: viaduct never forks',
      '-m has no effect: memory is not reserved',
      '-M has no effect: memory is not reserved',
      '-L has no effect: modules are part of viaduct',
      '-a has no effect: aliases are never looked up',
      '-n has no effect: viaduct runs in one process',
      '-A has no effect: TypeScript has no preprocessor; read process.env in the routes file',
      '--cfg-print has no effect: there is no preprocessed configuration to print',
    ]);
  });

  it('of seed scripts are all accepted', async () => {
    const flags =
      '--atexit=no --all-errors --log-engine=json:M --server-id=3 --iuid=1 -b 1 -B 1 -g g -G f -K -N 2 -O 1 -Q 2 -r -R ' +
      '-S -t / -u u -W poll -x fm -X qm';
    expect(flagNotes(await given(...flags.split(' ')), true)).toHaveLength(21);
  });

  it('with meaning need no note', async () => {
    const some = await given(
      '-f',
      'r.ts',
      '-c',
      '-l',
      'udp:127.0.0.1:5060',
      '-P',
      'pid',
      '-w',
      '/',
      '-e',
      '-d',
      '--domain=x',
    );
    expect(flagNotes(some)).toEqual([]);
    expect(some.text('file')).toBe('r.ts');
    expect(some.has('check')).toBe(true);
  });

  it('set module parameters', () => {
    expect(parseModParam('tm:fr_timer:i:5000')).toEqual({ module: 'tm', name: 'fr_timer', value: 5000 });
    expect(parseModParam('siptrace:duplicate_uri:s:sip:127.0.0.1:9060')).toEqual({
      module: 'siptrace',
      name: 'duplicate_uri',
      value: 'sip:127.0.0.1:9060',
    });
    const source = defineRoutes([tm], () => ({ request: () => undefined }));
    const changed = withModParams(source, [parseModParam('tm:fr_timer:i:5000'), parseModParam('tm:retr_timer1:i:100')]);
    expect(changed.uses.map(({ params }) => params)).toEqual([{ fr_timer: 5000, retr_timer1: 100 }]);
    expect(source.uses.map(({ params }) => params)).toEqual([{}]);
  });

  it.each(['tm', 'tm:fr_timer', 'tm:fr_timer:i:abc', 'tm:fr_timer:x:1'])('refuse the module parameter %s', (text) => {
    expect(() => parseModParam(text)).toThrow(
      new UsageError(`--modparam "${text}": write module:param:type:value, type s (text) or i (number)`),
    );
  });

  it('refuse parameters of a module that the routes do not use', () => {
    const source = defineRoutes([tm], () => ({ request: () => undefined }));
    expect(() => withModParams(source, [parseModParam('rr:x:i:1')])).toThrow(
      new UsageError('--modparam: the routes do not use a module rr'),
    );
  });
});

describe('the options of a program', () => {
  it('are absolute paths, addresses and numbers', async () => {
    const some = await given(
      'r.ts',
      '-l',
      'tls:[::1]:5061',
      '--tls-cert',
      'c.pem',
      '--tls-key',
      '/k.pem',
      '--node',
      '7',
      '--alias',
      'udp:sip.example.com:5062',
      '--alias',
      'example.com',
      '--tcp-accept-aliases',
    );
    expect(programOptions(some, '/etc/viaduct')).toEqual({
      file: '/etc/viaduct/r.ts',
      listen: ['tls:[::1]:5061'],
      aliases: ['sip.example.com:5062', 'example.com'],
      acceptAliases: true,
      tls: { cert: '/etc/viaduct/c.pem', key: '/k.pem', ca: undefined },
      node: 7,
      modParams: [],
    });
  });

  it.each([
    [['-l', 'udp:127.0.0.1:65536'], '-l: listen address "udp:127.0.0.1:65536": "65536" is not a port (0 to 65535)'],
    [['a.ts', '-f', 'b.ts'], 'give one routes file, as the argument or with -f'],
    [['--tls-cert', 'c.pem'], '--tls-cert and --tls-key come together'],
    [['-l', 'tls:127.0.0.1:5061'], '-l tls:127.0.0.1:5061: TLS needs a certificate. Give --tls-cert and --tls-key'],
    [['--node', '65536'], '--node takes a whole number from 0 to 65535, not "65536"'],
    [['--node', '-1'], '--node takes a whole number from 0 to 65535, not "-1"'],
  ])('%j are refused', async (words, message) => {
    const some = await given(...words);
    expect(() => programOptions(some, '/')).toThrow(new UsageError(message));
  });

  it('take numbers up to their limits', async () => {
    const bounds = { min: 0, max: 65_535 };
    expect(wholeNumber(await given('--node', '0'), 'node', bounds)).toBe(0);
    expect(wholeNumber(await given('--node', '65535'), 'node', bounds)).toBe(65_535);
    expect(wholeNumber(await given(), 'node', bounds)).toBeUndefined();
  });
});

it.each([
  ['42', 42],
  ['-1', -1],
  ['s:42', '42'],
  ['sip:a@b', 'sip:a@b'],
  ['', ''],
])('an rpc parameter %j is %j', (text, value) => {
  expect(rpcParam(text)).toBe(value);
});

it('collects HEP over udp and tcp only', () => {
  expect(hepListenSpec('udp:127.0.0.1:9060')).toMatchObject({ transport: 'udp', port: 9060 });
  expect(() => hepListenSpec('tls:127.0.0.1:9060')).toThrow(
    new UsageError('-l tls:127.0.0.1:9060: HEP is received over udp and tcp'),
  );
  expect(() => hepListenSpec('127.0.0.1:9060')).toThrow(
    new UsageError(
      '-l: listen address "127.0.0.1:9060": it must begin with udp:, tcp: or tls:, as in udp:127.0.0.1:5060',
    ),
  );
});
