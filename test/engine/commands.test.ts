/** The commands that every proxy has: shapes and refusals as Kamailio 5.6.3 gave them, JSON-RPC, dgram socket. */
import { describe, expect, it } from 'vitest';
import { use } from '../../src/engine/module.ts';
import { defineModule } from '../../src/engine/module.ts';
import { RpcFault } from '../../src/engine/rpc-fault.ts';
import { choice, int, list, str } from '../../src/engine/spec.ts';
import * as viaduct from '../../src/index.ts';
import { maxfwd } from '../../src/modules/maxfwd/maxfwd.ts';
import { siptrace } from '../../src/modules/siptrace/siptrace.ts';
import { sl } from '../../src/modules/sl/sl.ts';
import { tm } from '../../src/modules/tm/tm.ts';
import { moduleRig } from '../support/module-rig.ts';

const OPTIONS = `OPTIONS sip:a@10.0.0.10 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1
From: <sip:a@h>;tag=1
To: <sip:b@h>
Call-ID: c
CSeq: 1 OPTIONS
Max-Forwards: 70

`.replaceAll('\n', '\r\n');

const inText = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1);

function fault(attempt: () => unknown): readonly [number, string] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof RpcFault) return [error.status, error.message];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('commands about commands', () => {
  it('name every command once, in order, with what it does', async () => {
    const { rpc } = await moduleRig([tm, sl]);
    const names = rpc('system.listMethods');
    expect(names).toEqual(expect.arrayContaining(['core.echo', 'sl.stats', 'system.listMethods', 'tm.stats']));
    expect(names).toEqual([...new Set(Array.isArray(names) ? names.toSorted(inText) : [])]);
    expect(rpc('system.methodHelp', 'tm.stats')).toBe('Counters and the number of transactions.');
    expect(rpc('system.methodSignature', 'tm.stats')).toEqual([['undef']]);
    expect(fault(() => rpc('system.methodHelp', 'nope'))).toEqual([400, 'command not found']);
    expect(fault(() => rpc('system.methodHelp'))).toEqual([400, 'command not found']);
  });

  it('answer what they were given', async () => {
    const { rpc } = await moduleRig([]);
    expect(rpc('core.echo', 'a', 1)).toEqual(['a', '1']);
    expect([rpc('core.prints', 'x'), rpc('core.printi', 5), rpc('core.echo')]).toEqual([['x'], [5], []]);
    expect(fault(() => rpc('core.printi', 'x'))).toEqual([400, 'x is no whole number']);
  });

  it('name the modules, the last first', async () => {
    const { rpc } = await moduleRig([tm, sl]);
    expect(rpc('core.modules')).toEqual(['sl', 'tm']);
  });
});

describe('sockets', () => {
  it('are listed with their advertised addresses and names', async () => {
    const { rpc } = await moduleRig([], { listen: ['udp:10.0.0.10:5060', 'tcp:10.0.0.10:5060/192.0.2.5:5070/outer'] });
    const common = {
      address: '10.0.0.10',
      ipaddress: '10.0.0.10',
      port: '5060',
      mcast: 'no',
      mhomed: 'no',
      virtual: 'no',
    };
    expect(rpc('core.sockets_list')).toEqual([
      { socket: { proto: 'udp', ...common } },
      { socket: { proto: 'tcp', ...common, advertise: '192.0.2.5:5070', name: 'outer' } },
    ]);
    expect(rpc('core.aliases_list')).toEqual({ myself_callbacks: 'no', aliases: [] });
  });

  it('tell their limits by the names of Kamailio', async () => {
    const { rpc } = await moduleRig([]);
    expect(rpc('core.tcp_options')).toEqual({
      connect_timeout: 5,
      send_timeout: 30,
      connection_lifetime: 600,
      'max_connections(soft)': 10_000,
      'max_tls_connections(soft)': 10_000,
      no_connect: 0,
      async: 1,
      wq_max: 1_048_576,
      crlf_ping: 1,
      accept_aliases: 0,
    });
    expect(rpc('core.udp4_raw_info')).toEqual({ udp4_raw: 0, udp4_raw_mtu: 0, udp4_raw_ttl: 0 });
  });

  it('show a connection with both its ends, and count it', async () => {
    const { rpc, sim } = await moduleRig([], { listen: ['tcp:10.0.0.10:5060'] });
    expect([rpc('core.tcp_list'), rpc('core.tcp_info')]).toEqual([
      [],
      {
        readers: 1,
        max_connections: 10_000,
        max_tls_connections: 10_000,
        opened_connections: 0,
        opened_tls_connections: 0,
        write_queued_bytes: 0,
      },
    ]);
    const quiet = { open() {}, data() {}, drain() {}, closed() {} };
    sim.host('10.0.0.1').net.connect('tcp', { address: '10.0.0.10', port: 5060 }, {}, quiet);
    await sim.runFor(2_500);
    expect(rpc('core.tcp_list')).toEqual([
      {
        id: 1,
        type: 'TCP',
        state: 'CONN_OK',
        timeout: 8,
        lifetime: 600,
        ref_count: 1,
        src_ip: '10.0.0.1',
        src_port: expect.any(Number),
        dst_ip: '10.0.0.10',
        dst_port: 5060,
      },
    ]);
    expect(rpc('core.tcp_info')).toMatchObject({ opened_connections: 1 });
  });
});

describe('statistics', () => {
  const ready = () => moduleRig([sl, tm], { routes: ({ sl: own }) => ({ request: (ctx) => own.reply(ctx, 200) }) });

  it('are lines, texts or numbers', async () => {
    const { rpc, modules, request } = await ready();
    modules.sl.reply(request(OPTIONS), 404);
    expect(rpc('stats.get_statistics', 'sl:404_replies', 'sl:sent_replies')).toEqual([
      'sl:404_replies = 1',
      'sl:sent_replies = 1',
    ]);
    expect(rpc('stats.fetch', '404_replies')).toEqual({ 'sl.404_replies': '1' });
    expect(rpc('stats.fetchn', 'sl:404_replies', 'sl:404_replies')).toEqual({ 'sl.404_replies': 1 });
    expect(rpc('stats.get_statistics', 'nope')).toEqual([]);
  });

  it('of the core tell what arrived, by method and by status', async () => {
    const { rpc, sim } = await ready();
    const world = sim.host('10.0.0.1');
    const socket = await world.net.bindUdp({ address: '10.0.0.1', port: 5060 }, { datagram() {}, fault() {} });
    const send = (text: string): unknown => socket.send(Buffer.from(text), { address: '10.0.0.12', port: 5060 });
    const status = (code: number): string => OPTIONS.replace(/^.*/, `SIP/2.0 ${code} x`);
    for (const text of [OPTIONS, OPTIONS.replaceAll('OPTIONS', 'INVITE'), OPTIONS.replaceAll('OPTIONS', 'FOO')])
      send(text);
    for (const code of [180, 183, 200, 404, 486, 603]) send(status(code));
    await sim.runFor(100);
    const numbers = Object(rpc('stats.fetchn', 'core:'));
    const some = Object.entries(numbers).filter(([, value]) => value !== 0);
    expect(Object.fromEntries(some)).toEqual({
      'core.drop_replies': 6,
      'core.rcv_replies': 6,
      'core.rcv_replies_18x': 2,
      'core.rcv_replies_1xx': 2,
      'core.rcv_replies_2xx': 1,
      'core.rcv_replies_404': 1,
      'core.rcv_replies_486': 1,
      'core.rcv_replies_4xx': 2,
      'core.rcv_replies_6xx': 1,
      'core.rcv_requests': 3,
      'core.rcv_requests_invite': 1,
      'core.rcv_requests_options': 1,
      'core.unsupported_methods': 1,
    });
  });

  it('of all groups are sorted, each once', async () => {
    const { rpc } = await ready();
    const all = rpc('stats.get_statistics', 'all');
    const names = Array.isArray(all) ? all.map((line) => String(line).replace(/ = .*/, '')) : [];
    expect(names).toEqual(expect.arrayContaining(['core:rcv_requests', 'sl:xxx_replies', 'tmx:UAS_transactions']));
    expect(new Set(names).size).toBe(names.length);
    expect(names.map((name) => name.split(':')[0])).toEqual(names.map((name) => name.split(':')[0]).toSorted(inText));
  });

  it('are set to 0 where they count', async () => {
    const { rpc, modules, request } = await ready();
    modules.sl.reply(request(OPTIONS), 404);
    expect(rpc('stats.clear_statistics', 'replies')).toEqual(['sl:replies = 1']);
    expect(rpc('stats.fetchn', 'replies', '404_replies')).toEqual({ 'sl.404_replies': 1, 'sl.replies': 0 });
    expect(rpc('stats.reset_statistics', 'all')).toEqual({});
  });

  it('need to be named', async () => {
    const { rpc } = await ready();
    expect(fault(() => rpc('stats.get_statistics'))).toEqual([400, 'Please provide which stats to retrieve']);
    expect(fault(() => rpc('stats.fetch'))).toEqual([400, 'Please provide which stats to retrieve']);
    expect(fault(() => rpc('stats.reset_statistics'))).toEqual([400, 'Please provide stats name']);
  });
});

const demo = defineModule(
  {
    name: 'demo',
    doc: 'A module with one parameter of each kind.',
    params: {
      count: int({ default: 3, min: 1, max: 5, runtime: true, doc: 'A number.' }),
      text: str({ default: 'a', runtime: true, doc: 'A text.' }),
      mode: choice({ default: 'off', choices: { on: ['1', 'yes'], off: ['0'] }, runtime: true, doc: 'One of two.' }),
      names: list({ default: ['x'], doc: 'Texts.' }),
      none: str({ doc: 'Not set.' }),
      key: str({ secret: true, default: 'geheim', doc: 'Not for eyes.' }),
    },
  },
  ({ params }) => {
    const own = { count: params.count, text: params.text, mode: params.mode };
    return {
      functions: {},
      tunables: {
        count: { read: () => own.count, write: (value) => void (own.count = value) },
        text: { read: () => own.text, write: (value) => void (own.text = value) },
        mode: { read: () => own.mode, write: (value) => void (own.mode = value) },
      },
    };
  },
);

describe('parameters', () => {
  it('are listed, read and explained', async () => {
    const { rpc } = await moduleRig([demo, maxfwd]);
    expect(rpc('cfg.list', 'demo')).toEqual(
      ['count', 'text', 'mode', 'names', 'none', 'key'].map((one) => `demo: ${one}`),
    );
    expect(rpc('cfg.list')).toContain('maxfwd: max_limit');
    expect(rpc('cfg.get', 'demo')).toEqual({ count: 3, text: 'a', mode: 0, names: ['x'], none: null });
    expect(rpc('cfg.get', 'demo', 'mode')).toBe(0);
    expect(rpc('cfg.help', 'demo', 'count')).toBe('A number. (parameter type is integer; changes at run time)');
    expect(rpc('cfg.help', 'demo', 'names')).toBe('Texts. (parameter type is list; read-only)');
  });

  it.each([
    [['cfg.seti', 'demo', 'count', 5], 'count', 5],
    [['cfg.sets', 'demo', 'count', '4'], 'count', 4],
    [['cfg.set', 'demo', 'text', 7], 'text', '7'],
    [['cfg.set_now_string', 'demo', 'mode', 'yes'], 'mode', 1],
    [['cfg.set_now_int', 'demo', 'mode', 1], 'mode', 1],
  ] as const)('change by %j, and go back', async ([method, ...params], name, value) => {
    const { rpc } = await moduleRig([demo]);
    const before = rpc('cfg.get', 'demo', name);
    expect(rpc(method, ...params)).toEqual({});
    expect(rpc('cfg.get', 'demo', name)).toBe(value);
    expect(rpc('cfg.reset', 'demo', name)).toEqual({});
    expect(rpc('cfg.get', 'demo', name)).toBe(before);
  });

  it.each([
    [['cfg.get', 'nope', 'x'], 'Failed to get the variable'],
    [['cfg.get', 'demo', 'toString'], 'Failed to get the variable'],
    [['cfg.get', 'nope'], 'Failed to get the variable'],
    [['cfg.get', 'demo', 'key'], 'Variable exists, but it is not readable via RPC interface'],
    [['cfg.seti', 'demo', 'count', 6], 'demo.count takes an integer from 1 to 5, not 6'],
    [['cfg.seti', 'demo', 'count', 'x'], 'demo.count takes an integer from 1 to 5, not "x"'],
    [['cfg.seti', 'demo', 'count'], 'a value is missing: group, name, value'],
    [['cfg.sets', 'demo', 'mode', '2'], 'demo.mode takes one of on, off, not "2"'],
    [
      ['cfg.sets', 'demo', 'names', 'y'],
      'demo.names is fixed while the program runs: change it in the script and reload',
    ],
    [['cfg.reset', 'demo', 'key'], 'demo.key is fixed while the program runs: change it in the script and reload'],
  ] as const)('refuse %j', async ([method, ...params], why) => {
    const { rpc } = await moduleRig([demo]);
    expect(fault(() => rpc(method, ...params))).toEqual([400, why]);
    expect(rpc('cfg.get', 'demo')).toMatchObject({ count: 3, mode: 0 });
  });

  it('wait for cfg.commit when they are delayed, and are forgotten by cfg.rollback', async () => {
    const { rpc } = await moduleRig([demo]);
    rpc('cfg.set_delayed_int', 'demo', 'count', 4);
    rpc('cfg.set_delayed_int', 'demo', 'count', 5);
    rpc('cfg.set_delayed_string', 'demo', 'text', 'b');
    expect(rpc('cfg.get', 'demo')).toMatchObject({ count: 3, text: 'a' });
    expect(rpc('cfg.diff')).toEqual([
      { 'group name': 'demo', 'variable name': 'count', 'old value': 3, 'new value': 5 },
      { 'group name': 'demo', 'variable name': 'text', 'old value': 'a', 'new value': 'b' },
    ]);
    expect(rpc('cfg.commit')).toEqual({});
    expect(rpc('cfg.get', 'demo')).toMatchObject({ count: 5, text: 'b' });
    expect(rpc('cfg.diff')).toEqual([]);

    rpc('cfg.set_delayed', 'demo', 'count', 1);
    expect(rpc('cfg.rollback')).toEqual({});
    rpc('cfg.commit');
    expect(rpc('cfg.get', 'demo', 'count')).toBe(5);
    expect(fault(() => rpc('cfg.set_delayed', 'demo', 'count', 6))[0]).toBe(400);
    expect(rpc('cfg.diff')).toEqual([]);
  });

  it('of siptrace, maxfwd and tm are obeyed at once', async () => {
    const { rpc, modules, request } = await moduleRig([
      maxfwd,
      tm,
      use(siptrace, { duplicate_uri: 'sip:10.0.9.1:9060' }),
    ]);
    expect(modules.siptrace.trace(request(OPTIONS))).toBe('traced');
    rpc('cfg.seti', 'siptrace', 'trace_on', 0);
    expect([modules.siptrace.trace(request(OPTIONS)), rpc('siptrace.status', 'check')]).toEqual(['off', 'Disabled']);
    rpc('siptrace.status', 'on');
    expect(rpc('cfg.get', 'siptrace', 'trace_on')).toBe(1);
    rpc('cfg.seti', 'maxfwd', 'max_limit', 9);
    const ctx = request(OPTIONS);
    modules.maxfwd.process(ctx, 70);
    expect(ctx.message.maxForwards).toBe(9);
    rpc('cfg.seti', 'tm', 'fr_timer', 100);
    expect(rpc('cfg.get', 'tm', 'fr_timer')).toBe(100);
  });
});

describe('a module', () => {
  const loadable = Object.values(viaduct).filter(
    (value): value is typeof maxfwd => typeof value === 'object' && 'decl' in value && 'setup' in value,
  );
  const named = loadable.map((module) => [module.decl.name, module] as const);
  const needs = (module: (typeof loadable)[number]): (typeof loadable)[number][] => {
    const decl: viaduct.ModuleDecl = module.decl;
    const below = (decl.needs ?? []).flatMap((need) => loadable.filter((one) => String(one.decl.name) === need));
    return [...new Set([...below.flatMap(needs), module])];
  };

  /** Parameters without which a module does not start. */
  const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    ndb_redis: { server: ['name=one;addr=127.0.0.1'] },
    topos_redis: { serverid: 'one' },
  };
  const used = (module: (typeof loadable)[number]) =>
    needs(module).map((one) => ({ module: one, params: required[one.decl.name] ?? {} }));

  it.each(named)('%s changes exactly the parameters that it declares to change at run time', async (name, module) => {
    const { proxy } = await moduleRig(used(module));
    const loaded = proxy.program.modules.find(({ decl }) => decl.name === name);
    const declared = Object.entries(loaded?.decl.params ?? {}).filter(([, spec]) => spec.runtime === true);
    expect(Object.keys(loaded?.instance.tunables ?? {}).toSorted()).toEqual(declared.map(([one]) => one).toSorted());
  });

  it.each(named)('%s has code behind each command that it declares, and declares each', async (name, module) => {
    const { proxy } = await moduleRig(used(module));
    const loaded = proxy.program.modules.find(({ decl }) => decl.name === name);
    expect(Object.keys(loaded?.instance.rpc ?? {}).toSorted()).toEqual(Object.keys(loaded?.decl.rpc ?? {}).toSorted());
  });
});
