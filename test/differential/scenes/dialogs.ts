/** Record routing and routing within dialogs: parameters, two sockets, advertised addresses, loose and strict routes. */
import { buildReply } from '../../../src/sip/reply.ts';
import type { SipRequest } from '../../../src/sip/message.ts';
import type { UaRequestOptions } from '../../../src/testing/user-agent.ts';
import type { Contest } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
listen=udp:127.0.0.1:MYPORT
listen=tcp:127.0.0.1:MYPORT
listen=udp:127.0.0.2:MYPORT
listen=udp:127.0.0.3:MYPORT advertise 203.0.113.7:5077
alias="proxy.example.org"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "kex.so"
loadmodule "corex.so"
modparam("rr", "enable_full_lr", 0)

route[CALLS] {
  if (is_method("CANCEL")) {
    if (t_check_trans()) { t_relay(); }
    exit;
  }
  if (!has_totag()) { return; }
  $var(x) = loose_route();
  append_hf("X-Loose: $var(x) [$du] [$rc]\\r\\n");
  if (is_direction("upstream")) append_hf("X-Direction: upstream\\r\\n");
  if (is_direction("downstream")) append_hf("X-Direction: downstream\\r\\n");
  if (check_route_param("nat=yes")) append_hf("X-Param: nat\\r\\n");
  if (check_route_param("color=red")) append_hf("X-Param: red\\r\\n");
  if ($var(x) < 0 && !is_method("ACK")) { sl_send_reply("404", "Not here"); exit; }
  t_relay();
  exit;
}
route[RELAY] { t_relay(); exit; }
`;

/** A call through the proxy; alice ends it unless told that bob does. */
const call =
  (by: 'alice' | 'bob' = 'alice') =>
  async (stage: Stage): Promise<void> => {
    stage.alice.on('BYE', (request, ua) => ua.reply(request, 200));
    stage.bob.acceptCalls();
    stage.invite();
    await stage.hears('alice', '200 INVITE');
    stage.alice.ack2xx();
    await stage.hears('bob', 'ACK');
    stage.peer(by).bye();
    await stage.hears(by, '200 BYE');
  };

/** Answers to where the request came from, whatever its Via says. */
function answer(stage: Stage, request: SipRequest, status: number, address: string): void {
  const contact: readonly (readonly [string, string])[] = [['Contact', stage.bob.contact]];
  const response = buildReply(request, status, '', { toTag: 'bobtag', headers: contact });
  stage.bob.send(response, { address, port: stage.server.port });
}

/** A request in a dialog that nobody saw begin, along these routes. */
const within =
  (
    routes: (stage: Stage) => readonly string[],
    more: { uri?: (stage: Stage) => string; options?: UaRequestOptions } = {},
  ) =>
  async (stage: Stage): Promise<void> => {
    for (const name of ['bob', 'carol', 'dave']) stage.peer(name).on('*', (request, ua) => ua.reply(request, 200));
    const via = { address: '127.0.0.1', port: stage.server.port };
    const to = '<sip:bob@example.org>;tag=remote';
    stage.request('INFO', more.uri?.(stage) ?? 'bob', { routes: routes(stage), via, to, ...more.options });
    await stage.alice.until(() => stage.alice.receivedStatus().length > 0, 3_000);
  };

const own = (stage: Stage, params = ';lr'): string => `<sip:127.0.0.1:${stage.server.port}${params}>`;
const at = (stage: Stage, name: string, params = ';lr'): string => `<${stage.uri(name)}${params}>`;

export const dialogs: Contest = {
  name: 'dialogs',
  prelude,
  listen: false,
  scenes: [
    {
      title: 'a call is record-routed and follows its routes',
      route: 'route(CALLS); record_route(); route(RELAY);',
      play: call(),
    },
    {
      title: 'the callee ends a record-routed call',
      route: 'route(CALLS); record_route(); route(RELAY);',
      play: call('bob'),
    },
    {
      title: 'parameters of record_route and of add_rr_param come back',
      route: 'route(CALLS); record_route(";color=red"); add_rr_param(";nat=yes"); route(RELAY);',
      play: call(),
    },
    {
      title: 'parameters that are added before record_route',
      route: 'route(CALLS); add_rr_param(";nat=yes"); record_route(); route(RELAY);',
      play: call('bob'),
    },
    {
      title: 'the second record_route fails',
      route:
        'route(CALLS); $var(a) = record_route(); $var(b) = record_route(); append_hf("X-Codes: $var(a) $var(b)\\r\\n"); route(RELAY);',
      play: call(),
    },
    {
      title: 'a record route with another address',
      route: 'route(CALLS); record_route_advertised_address("198.51.100.7:5099"); t_relay(); exit;',
      play: async (stage) => {
        stage.bob.acceptCalls([486]);
        stage.invite();
        await stage.hears('alice', 486);
      },
    },
    {
      title: 'a preset record route',
      route: 'route(CALLS); record_route_preset("192.0.2.1:5090;x=y"); t_relay(); exit;',
      play: async (stage) => {
        stage.bob.acceptCalls([486]);
        stage.invite();
        await stage.hears('alice', 486);
      },
    },
    {
      title: 'record_route in the branch route',
      route: 'route(CALLS); t_on_branch("THIS"); route(RELAY);',
      blocks: 'branch_route[THIS] { record_route(); add_rr_param(";nat=yes"); }',
      play: call(),
    },
    {
      title: 'a call from TCP to UDP gets two record routes',
      route: 'route(CALLS); $fs = "udp:127.0.0.1:" + $Rp; record_route(); route(RELAY);',
      play: async (stage) => {
        await stage.join('alice', { transport: 'tcp' });
        await call()(stage);
      },
    },
    {
      title: 'a call from UDP to TCP gets two record routes, and the callee ends it',
      route: 'route(CALLS); record_route(); if (!has_totag()) $du = $hdr(X-bob) + ";transport=tcp"; route(RELAY);',
      play: async (stage) => {
        await stage.join('bob', { transport: 'tcp' });
        await call('bob')(stage);
      },
    },
    {
      title: 'a call that leaves by another socket gets two record routes',
      route: 'route(CALLS); force_send_socket(udp:127.0.0.2:MYPORT); record_route(); route(RELAY);',
      play: call(),
    },
    {
      title: 'a call that leaves by a socket of a variable gets two record routes',
      route: 'route(CALLS); $fs = "udp:127.0.0.2:" + $Rp; record_route(); route(RELAY);',
      play: call('bob'),
    },
    {
      title: 'an advertised address stands in Via and Record-Route of what leaves',
      route: 'route(CALLS); $fs = "udp:127.0.0.3:" + $Rp; record_route(); route(RELAY);',
      play: async (stage) => {
        stage.bob.on('INVITE', (request) => answer(stage, request, 486, '127.0.0.3'));
        const invite = stage.invite();
        await stage.hears('alice', 486);
        const response = stage.alice.receivedStatus(486)[0];
        if (response !== undefined) stage.alice.ackNegative(invite, response);
        await stage.hears('bob', 'ACK');
      },
    },
    {
      title: 'a call that comes in at an advertised address goes on with it',
      route: 'route(CALLS); record_route(); route(RELAY);',
      play: async (stage) => {
        stage.bob.on('INVITE', (request) => answer(stage, request, 200, '127.0.0.3'));
        stage.bob.on('*', (request) => answer(stage, request, 200, '127.0.0.3')).on('ACK', () => undefined);
        const via = { address: '127.0.0.3', port: stage.server.port };
        stage.invite('bob', { via });
        await stage.hears('alice', '200 INVITE');
        const { callId, inviteCSeq } = stage.alice.dialog();
        stage.alice.inDialog('ACK', { via, callId, cseq: inviteCSeq });
        await stage.hears('bob', 'ACK');
        stage.alice.inDialog('BYE', { via });
        await stage.hears('alice', '200 BYE');
      },
    },
    {
      title: 'set_advertised_address changes the Via',
      route:
        'route(CALLS); set_advertised_address(198.51.100.4); set_advertised_port(5099); record_route(); route(RELAY);',
      play: async (stage) => {
        stage.bob.on('*', (request) => answer(stage, request, 486, '127.0.0.1'));
        stage.invite();
        await stage.hears('alice', 486);
      },
    },
    {
      title: 'a route of ours is taken off, the next one leads',
      route: 'route(CALLS);',
      play: within((stage) => [own(stage), at(stage, 'carol')]),
    },
    {
      title: 'the last route is ours: the Request-URI leads',
      route: 'route(CALLS);',
      play: within((stage) => [own(stage)]),
    },
    {
      title: 'two routes of ours with r2 are both taken off',
      route: 'route(CALLS);',
      play: within((stage) => [own(stage, ';r2=on;lr'), own(stage, ';transport=tcp;r2=on;lr'), at(stage, 'carol')]),
    },
    {
      title: 'two routes of ours without r2 are taken off one after the other',
      route: 'route(CALLS);',
      play: within((stage) => [own(stage), own(stage, ';lr;x=1'), at(stage, 'carol')]),
    },
    {
      title: 'the topmost route is foreign: it leads',
      route: 'route(CALLS);',
      play: within((stage) => [at(stage, 'carol'), at(stage, 'dave')]),
    },
    { title: 'no route and a tag in To', route: 'route(CALLS);', play: within(() => []) },
    {
      title: 'the next hop is a strict router',
      route: 'route(CALLS);',
      play: within((stage) => [own(stage), at(stage, 'carol', '')]),
    },
    {
      title: 'a strict router sent it: our URI is the Request-URI',
      route: 'route(CALLS);',
      play: within((stage) => [at(stage, 'carol'), at(stage, 'dave')], {
        uri: (stage) => `sip:127.0.0.1:${stage.server.port};lr`,
      }),
    },
    {
      title: 'a strict router sent it, and only the target is left',
      route: 'route(CALLS);',
      play: within((stage) => [at(stage, 'carol', '')], { uri: (stage) => `sip:127.0.0.1:${stage.server.port};lr` }),
    },
    {
      title: 'several routes in one header',
      route: 'route(CALLS);',
      play: within((stage) => [`${own(stage)}, ${at(stage, 'carol')}, ${at(stage, 'dave')}`]),
    },
    {
      title: 'a route that names us by an alias',
      route: 'route(CALLS);',
      play: within((stage) => ['<sip:proxy.example.org;lr>', at(stage, 'carol')]),
    },
    {
      title: 'a route with a display name and parameters behind it',
      route: 'route(CALLS);',
      play: within((stage) => [`"Us" ${own(stage)};q=1`, at(stage, 'carol')]),
    },
    {
      title: 'a preloaded route of an initial request',
      route:
        'if (loose_route()) { append_hf("X-Loose: 1 [$du]\\r\\n"); } else { append_hf("X-Loose: no\\r\\n"); } route(RELAY);',
      play: within((stage) => [own(stage), at(stage, 'carol')], { options: { to: '<sip:bob@example.org>' } }),
    },
    {
      title: 'the Record-Route of others stays below ours',
      route: 'route(CALLS); record_route(); route(RELAY);',
      play: async (stage) => {
        stage.bob.acceptCalls([180, 486]);
        stage.invite('bob', {
          headers: [
            ['Record-Route', '<sip:192.0.2.8;lr>'],
            ['Record-Route', '<sip:192.0.2.9;lr>, <sip:192.0.2.10;lr>'],
          ],
        });
        await stage.hears('alice', 486);
      },
    },
  ],
};
