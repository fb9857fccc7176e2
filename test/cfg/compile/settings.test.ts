/** What global parameters do: limits of the transports, calls in front of each request, and why the others do nothing. */
import { describe, expect, it } from 'vitest';
import { effective, withoutEffect } from '../../../src/cfg/compile/settings.ts';
import { BOB, cfgStage, compiled, run, withModules } from '../cfg-stage.ts';

const settingsOf = (text: string) => compiled(withModules(`${text}\nrequest_route { exit; }`)).settings;

describe('global parameters', () => {
  it('are limits of the transports, in their units', () => {
    const { transport } = settingsOf(
      'tcp_connection_lifetime=3605\ntcp_connect_timeout=3\ntcp_send_timeout=4\ntcp_max_connections=2048\ntcp_accept_iplimit=9\nmsg_recv_max_size=4096\ntcp_msg_read_timeout=7\ntcp_conn_wq_max=70000',
    );
    expect(transport).toEqual({
      idleMs: 3_605_000,
      connectMs: 3_000,
      writeMs: 4_000,
      connections: 2048,
      connectionsPerAddress: 9,
      firstMessageMs: 7_000,
      writeBufferBytes: 70_000,
      messageBytes: 4096,
    });
  });

  it('say how long names are remembered', () => {
    const { names } = settingsOf('dns_cache_min_ttl=5\ndns_cache_max_ttl=300\ndns_cache_negative_ttl=10');
    expect(names).toEqual({ minTtlMs: 5_000, maxTtlMs: 300_000, noneMs: 10_000 });
  });

  it('leave a limit as it is with 0', () => {
    expect(settingsOf('tcp_accept_iplimit=0').transport).toEqual({});
  });

  it('force_rport sends replies to the port that each request came from', async () => {
    for (const [text, sent] of [
      ['force_rport=yes', ';rport=5060'],
      ['', ''],
    ] as const) {
      const { alice, sim } = await cfgStage(`${text}\nrequest_route { sl_send_reply("200", "OK"); }`);
      alice.send(
        `OPTIONS ${BOB} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n\r\n`,
      );
      await sim.runFor(100);
      expect(alice.receivedStatus(200)[0]?.headers.get('Via')).toContain(`branch=z9hG4bK1${sent}`);
    }
  });

  it.each([
    ['server_header="Server: My Box 1.0"', ['Server', 'My Box 1.0']],
    ['server_header="X-Server:a:b\\r\\n"', ['X-Server', 'a:b']],
    ['server_header="Server: My Box"\nserver_signature=no', undefined],
    ['server_signature=yes', undefined],
  ])('%s gives replies the header %j', (text, header) => {
    expect(settingsOf(text).replyHeader).toEqual(header);
  });

  it.each(['My Box', 'Server: a\\r\\nContact: b', ''])('server_header="%s" is refused', (text) => {
    expect(() => settingsOf(`server_header="${text}"`)).toThrow('server_header is a whole header');
  });

  it.each([
    ['user_agent_header="User-Agent: My Agent"', ['User-Agent', 'My Agent']],
    ['user_agent_header="User-Agent: My Agent"\nserver_signature=no', undefined],
    ['server_header="Server: My Box"', undefined],
  ])('%s gives requests of our own the header %j', (text, header) => {
    expect(settingsOf(text).requestHeader).toEqual(header);
  });

  it('user_agent_header="My Agent" is refused', () => {
    expect(() => settingsOf('user_agent_header="My Agent"')).toThrow('user_agent_header is a whole header');
  });

  it('name the folder to start in, and say of each other why it has no effect', () => {
    expect(settingsOf('workdir="/var/run"').folder).toBe('/var/run');
    expect(settingsOf('wdir="/tmp"').folder).toBe('/tmp');
    expect(settingsOf('children=4\nlog_facility=LOG_LOCAL0\nfork=yes').notes).toEqual([
      'without effect here: children fork. There is one process, and it stays in the foreground.',
      'without effect here: log_facility. The log goes to stderr, as `-d` and `--json` say.',
    ]);
  });

  it('log_prefix stands in front of each line of the script, as it is for this message', async () => {
    const { alice, bob, sim, said, logged } = await cfgStage(`log_prefix="{$mt $rm $ci} "
request_route { xlog("L_ERR", "hello\\n"); xinfo("$rU"); log(-1, "plain"); t_on_reply("R"); t_relay(); }
onreply_route[R] { xlog("$rs"); }`);
    bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    const id = alice.invite(BOB).callId;
    await sim.runFor(1_000);
    expect(said).toEqual([`{1 INVITE ${id}} hello`, `{1 INVITE ${id}} bob`, `{2 INVITE ${id}} 486`]);
    expect(logged.filter((line) => line.includes('plain'))).toEqual([`error core: {1 INVITE ${id}} plain`]);
  });

  it('log_prefix with a pseudo-variable that there is not is an error at its place', () => {
    expect(() => settingsOf('log_prefix="{$nope} "')).toThrow(/\$nope/);
  });

  it('have a meaning or a reason why not, never both', () => {
    const idle = Object.values(withoutEffect).flatMap((names) => names.trim().split(/\s+/));
    expect(new Set(idle).size).toBe(idle.length);
    expect(idle.filter((name) => effective.has(name))).toEqual([]);
  });
});

describe('selects', () => {
  it('are read in expressions and in texts', async () => {
    expect(
      await run(
        'if (@ruri.user == "bob") xlog("$sel(ruri.user) $sel(hf_value.max_forwards) $sel(msg.header.Call_ID) $sel(from.uri.host)");',
      ),
    ).toEqual([expect.stringMatching(/^bob 70 \S+ example\.com$/)]);
  });
});
