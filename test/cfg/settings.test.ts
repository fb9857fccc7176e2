/** What global parameters do: limits of the transports, calls in front of each request, and why the others do nothing. */
import { describe, expect, it } from 'vitest';
import { effective, withoutEffect } from '../../src/cfg/settings.ts';
import { BOB, cfgStage, compiled, run, withModules } from './cfg-stage.ts';

const settingsOf = (text: string) => compiled(withModules(`${text}\nrequest_route { exit; }`)).settings;

describe('global parameters', () => {
  it('are limits of the transports, in their units', () => {
    const { transport } = settingsOf(
      'tcp_connection_lifetime=3605\ntcp_connect_timeout=3\ntcp_send_timeout=4\ntcp_max_connections=2048\ntcp_accept_iplimit=9\nmsg_recv_max_size=4096',
    );
    expect(transport).toEqual({
      idleMs: 3_605_000,
      connectMs: 3_000,
      writeMs: 4_000,
      connections: 2048,
      connectionsPerAddress: 9,
      messageBytes: 4096,
    });
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
