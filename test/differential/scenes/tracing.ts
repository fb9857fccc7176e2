/** Where each message of a traced request goes, as far as both servers agree; correlation ids are left out. */
import type { Contest } from '../contest.ts';
import type { Stage } from '../stage.ts';

export const tracingPrelude = `
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "auth.so"
loadmodule "siptrace.so"
modparam("siptrace", "duplicate_uri", URI_X)
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "hep_version", 3)
modparam("siptrace", "hep_capture_id", 7)
modparam("siptrace", "trace_to_database", 0)
modparam("siptrace", "trace_on", 1)

route[CALLS] {
  if (is_method("CANCEL")) {
    if (t_check_trans()) { t_relay(); }
    exit;
  }
  if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
  if (has_totag()) { loose_route(); t_relay(); exit; }
}
route[RELAY] { t_relay(); exit; }
`;

/** A call that bob answers or rejects, with a trace target Y of its own. */
export const tracedCall =
  (statuses: readonly number[]) =>
  async (stage: Stage): Promise<void> => {
    await stage.sink('Y');
    await stage.sink('Z');
    stage.bob.acceptCalls(statuses);
    const invite = stage.invite();
    const final = statuses.at(-1) ?? 0;
    await stage.hears('alice', `${final} INVITE`);
    const response = stage.alice.receivedStatus(final, 'INVITE')[0];
    if (response === undefined) return;
    if (final >= 300) stage.alice.ackNegative(invite, response);
    else {
      stage.alice.ack2xx();
      await stage.hears('bob', 'ACK');
      stage.alice.bye();
      await stage.hears('alice', '200 BYE');
    }
  };

/** A request that the proxy answers itself; what alice hears is acknowledged. */
export const tracedAnswer =
  (status: number, method = 'INVITE') =>
  async (stage: Stage): Promise<void> => {
    await stage.sink('Y');
    await stage.sink('Z');
    const request = method === 'INVITE' ? stage.invite() : stage.request(method);
    await stage.hears('alice', status);
    const response = stage.alice.receivedStatus(status)[0];
    if (response !== undefined && method === 'INVITE') stage.alice.ackNegative(request, response);
  };

export const tracing: Contest = {
  name: 'tracing',
  prelude: tracingPrelude,
  sinks: ['X'],
  scenes: [
    {
      title: 'the message alone goes to its own target in scope m',
      route: 'route(CALLS); sip_trace("$hdr(X-Y)", "$ci", "m"); route(RELAY);',
      traced: true,
      play: tracedCall([180, 486]),
    },
    {
      title: 'the whole transaction goes to its own target in scope t',
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([180, 486]),
    },
    {
      title: 'without a URI the default target gets the transaction',
      route: 'if (is_method("INVITE")) sip_trace("", "$ci", "t"); route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([486]),
    },
    {
      title: 'sip_trace_mode goes to the default target',
      route: 'if (is_method("INVITE")) sip_trace_mode("t"); route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([486]),
    },
    {
      title: 'sip_trace without arguments traces the message to the default target',
      route: 'if (is_method("INVITE")) sip_trace(); route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([486]),
    },
    {
      title: 'two targets get every message of the transaction each',
      route:
        'if (is_method("INVITE")) { sip_trace("$hdr(X-Y)", "$ci", "t"); sip_trace("$hdr(X-Z)", "other", "t"); } route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([180, 486]),
    },
    {
      title: 'a MESSAGE in scope t',
      route: 'sip_trace("$hdr(X-Y)", "$ci", "t"); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.on('*', (request, ua) => ua.reply(request, 200));
        stage.request('MESSAGE');
        await stage.hears('alice', 200);
      },
    },
    {
      title: 'a reply of the transaction goes to the target that came before it',
      route: 'route(CALLS); sip_trace("$hdr(X-Y)", "$ci", "t"); t_newtran(); send_reply("480", "Away"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    {
      title: 'the reply of a failure route goes to the target',
      route:
        'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); t_on_failure("THIS"); route(RELAY);',
      blocks: 'failure_route[THIS] { t_reply("480", "Later"); }',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.acceptCalls([486]);
        const invite = stage.invite();
        await stage.hears('alice', 480);
        const response = stage.alice.receivedStatus(480)[0];
        if (response !== undefined) stage.alice.ackNegative(invite, response);
      },
    },
    {
      title: 'a second branch of a failure route goes to the target',
      route:
        'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); t_on_failure("THIS"); route(RELAY);',
      blocks: 'failure_route[THIS] { $ru = $hdr(X-carol); t_relay(); }',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.acceptCalls([486]);
        stage.carol.acceptCalls([180, 480]);
        const invite = stage.invite();
        await stage.hears('alice', 480);
        const response = stage.alice.receivedStatus(480)[0];
        if (response !== undefined) stage.alice.ackNegative(invite, response);
      },
    },
    {
      title: 'a timeout and its CANCEL go to the target',
      route:
        'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); t_set_fr(500, 400); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.acceptCalls([180]);
        const invite = stage.invite();
        await stage.hears('alice', 408);
        const response = stage.alice.receivedStatus(408)[0];
        if (response !== undefined) stage.alice.ackNegative(invite, response);
        await stage.hears('bob', 'ACK');
      },
    },
    {
      title: 'nothing is traced without a call',
      route: 'route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([180, 200]),
    },
    {
      title: 'a target that cannot be read fails, and the request goes on',
      route: '$var(a) = sip_trace("no uri at all", "$ci", "m"); append_hf("X-Code: $var(a)\\r\\n"); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.on('*', (request, ua) => ua.reply(request, 200));
        stage.request('MESSAGE');
        await stage.hears('alice', 200);
      },
    },
    {
      title: 'the return code of a trace',
      route:
        '$var(a) = sip_trace("$hdr(X-Y)", "$ci", "m"); $var(b) = sip_trace(); append_hf("X-Code: $var(a) $var(b)\\r\\n"); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.on('*', (request, ua) => ua.reply(request, 200));
        stage.request('MESSAGE');
        await stage.hears('alice', 200);
      },
    },
    {
      title: 'a target over TCP gets the transaction',
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y);transport=tcp", "$ci", "t"); route(CALLS); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await tracedCall([180, 486])(stage);
        // Over TCP frames may wait a few milliseconds for company.
        await stage.target('Y').until(() => stage.target('Y').frames.length >= 9, 2_000);
      },
    },
  ],
};
