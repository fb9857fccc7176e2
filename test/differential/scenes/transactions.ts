/** What routes may say to their transaction and ask of it, and from which request its replies are made. */
import type { SipRequest } from '../../../src/sip/message.ts';
import type { ScriptedUa } from '../../../src/testing/user-agent.ts';
import type { Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';
import { rejected, toBranches } from './call-plays.ts';

const inMessage =
  (status: number) =>
  async (stage: Stage): Promise<void> => {
    for (const peer of [stage.bob, stage.carol]) peer.on('*', (request, ua) => ua.reply(request, 200));
    stage.request('MESSAGE');
    await stage.hears('alice', status);
  };

/** Neither answers its INVITE, and both end it when it is cancelled. */
const silent = (...peers: readonly ScriptedUa[]): void => {
  for (const peer of peers) {
    peer
      .on('INVITE', () => undefined)
      .on('CANCEL', (request, ua) => {
        ua.reply(request, 200);
        say(ua, 487);
      });
  }
};

/** Answers the INVITE that came first. */
function say(peer: ScriptedUa, status: number): void {
  const invite = peer.received('INVITE')[0];
  if (invite !== undefined) peer.reply(invite, status);
}

async function acknowledged(stage: Stage, invite: SipRequest, status: number): Promise<void> {
  await stage.hears('alice', `${status} INVITE`);
  const response = stage.alice.receivedStatus(status, 'INVITE')[0];
  if (response !== undefined) stage.alice.ackNegative(invite, response);
}

const asking = `
   if (t_any_timeout()) append_hf("X-Any: timeout\\r\\n");
   if (t_any_replied()) append_hf("X-Any: replied\\r\\n");
   if (t_branch_timeout()) append_hf("X-Branch: timeout\\r\\n");
   if (t_branch_replied()) append_hf("X-Branch: replied\\r\\n");
   if (t_grep_status("486")) append_hf("X-Status: 486\\r\\n");
   if (t_grep_status("408")) append_hf("X-Status: 408\\r\\n");
   if (t_is_expired()) append_hf("X-Expired: 1\\r\\n");
   append_hf("X-Count: $T_branch_idx\\r\\n");`;

export const transactions: readonly Scene[] = [
  {
    title: 'a failure route asks what came of two branches',
    route: `${toBranches} t_set_fr(900, 400); t_on_failure("THIS"); route(RELAY);`,
    blocks: `failure_route[THIS] { ${asking} $ru = $hdr(X-dave); t_relay(); }`,
    play: rejected({ bob: [486], dave: [404] }, 404),
  },
  {
    title: 'a failure route asks of a branch that rang before it refused',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: `failure_route[THIS] { ${asking} $ru = $hdr(X-carol); t_relay(); }`,
    play: rejected({ bob: [180, 486], carol: [404] }, 404),
  },
  {
    title: 'the number of branches and the last reply, in a request route',
    route:
      'route(CALLS); append_hf("X-Before: $T_branch_idx $T_reply_code\\r\\n"); t_on_branch("THIS"); t_newtran(); t_reply("183", "Wait"); append_hf("X-After: $T_branch_idx $T_reply_code\\r\\n"); route(RELAY);',
    blocks: 'branch_route[THIS] { append_hf("X-Branch: $T_branch_idx\\r\\n"); }',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'a relay that fails in a failure route leaves the reply that there is',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { $ru = "sip:x@no-such-host.invalid"; t_relay(); }',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'a relay that cannot send in a failure route replaces the reply that there is',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { $du = "sip:255.255.255.255"; $ru = "sip:x@example.org"; t_relay(); }',
    play: rejected({ bob: [486] }, 477),
  },
  {
    title: 'an onreply route answers with t_reply: the branch is cancelled with that reason',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { if ($rs == 180) t_reply("480", "Not now"); }',
    play: rejected({ bob: [180] }, 480),
  },
  {
    title: 'an onreply route answers with send_reply',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { if ($rs == 180) send_reply("480", "Not now"); }',
    play: rejected({ bob: [180] }, 480),
  },
  {
    title: 'an onreply route gives it less time to ring',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { if ($rs == 180) t_set_fr(400); }',
    play: rejected({ bob: [180] }, 408),
  },
  {
    title: 'an onreply route cancels the other branches',
    route: `${toBranches} t_on_reply("THIS"); route(RELAY);`,
    blocks: 'onreply_route[THIS] { if ($rs == 183) t_cancel_branches("others"); }',
    play: async (stage) => {
      stage.carol.acceptCalls([180]);
      stage.bob.on('INVITE', () => undefined);
      const invite = stage.invite();
      await stage.hears('alice', '180');
      say(stage.bob, 183);
      await stage.hears('carol', 'ACK');
      say(stage.bob, 486);
      await acknowledged(stage, invite, 486);
    },
  },
  {
    title: 'a transaction has a longest life',
    route: 'route(CALLS); t_set_max_lifetime(700, 0); route(RELAY);',
    play: rejected({ bob: [180] }, 408),
  },
  {
    title: 'no 100 where none is wanted',
    route: 'route(CALLS); t_set_auto_inv_100("0"); route(RELAY);',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'a 6xx that ends nothing',
    route: `${toBranches} t_set_disable_6xx("1"); route(RELAY);`,
    play: async (stage) => {
      silent(stage.carol);
      stage.bob.acceptCalls([603]);
      stage.invite();
      await stage.hears('carol', 'INVITE');
      await stage.hears('bob', 'ACK');
      await stage.settle();
      say(stage.carol, 200);
      await stage.hears('alice', '200 INVITE');
    },
  },
  {
    title: 'no reply where none is wanted when relaying fails',
    route: 't_newtran(); t_set_disable_internal_reply("1"); $ru = "sip:x@no-such-host.invalid"; t_relay(); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.settle();
    },
  },
  {
    title: 'the caller gives a reason, and a route keeps it back',
    route: 'route(CALLS); t_set_no_e2e_cancel_reason("1"); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', '180');
      stage.alice.send(cancelWithReason(invite));
      await acknowledged(stage, invite, 487);
    },
  },
  {
    title: 'the caller gives a reason, which reaches the callee',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', '180');
      stage.alice.send(cancelWithReason(invite));
      await acknowledged(stage, invite, 487);
    },
  },
  {
    title: 't_relay_to_tcp finds nobody: 477',
    route: 't_relay_to_tcp(); exit;',
    play: inMessage(477),
  },
  {
    title: 't_relay_cancel passes what is no CANCEL',
    route: '$var(a) = t_relay_cancel(); append_hf("X-Rc: $var(a)\\r\\n"); route(RELAY);',
    play: inMessage(200),
  },
  {
    title: 't_relay_cancel ends a call, and the route',
    route:
      't_relay_cancel(); if (is_method("CANCEL")) { sl_send_reply("481", "Never"); exit; } route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', '180');
      stage.alice.cancel(invite);
      await acknowledged(stage, invite, 487);
    },
  },
  {
    title: 't_lookup_cancel knows whether there is an INVITE',
    route:
      'if (is_method("CANCEL")) { if (t_lookup_cancel()) { sl_send_reply("200", "Known"); } else { sl_send_reply("481", "Unknown"); } exit; } $var(a) = t_lookup_request(); sl_send_reply("404", "$var(a)"); exit;',
    play: async (stage) => {
      const invite = stage.invite();
      await acknowledged(stage, invite, 404);
      stage.alice.cancel(invite);
      await stage.hears('alice', 481);
    },
  },
  {
    title: 't_get_status_code in a request, a reply and a failure route',
    route:
      'route(CALLS); t_newtran(); t_reply("183", "Wait"); $var(a) = t_get_status_code(); append_hf("X-Code: $var(a)\\r\\n"); t_on_reply("THIS"); t_on_failure("THIS"); route(RELAY);',
    blocks:
      'onreply_route[THIS] { $var(b) = t_get_status_code(); append_hf("X-Code: $var(b)\\r\\n"); } failure_route[THIS] { $var(c) = t_get_status_code(); t_reply("$var(c)", "As it was"); }',
    play: rejected({ bob: [180, 486] }, 486),
  },
  {
    title: 'a branch that failed is tried again',
    route: 'route(CALLS); t_on_branch_failure("THIS"); route(RELAY);',
    blocks:
      'event_route[tm:branch-failure:THIS] { if (t_check_status("500")) { $var(a) = t_reuse_branch(); append_hf("X-Again: $var(a) $T_branch_idx\\r\\n"); t_relay(); } }',
    play: async (stage) => {
      silent(stage.bob);
      const invite = stage.invite();
      await stage.hears('bob', 'INVITE');
      say(stage.bob, 500);
      await stage.hears('bob', 'INVITE', 2);
      const again = stage.bob.received('INVITE')[1];
      if (again !== undefined) stage.bob.reply(again, 486);
      await acknowledged(stage, invite, 486);
    },
  },
  {
    title: 't_send_reply makes the transaction that it answers through',
    route: 't_send_reply("486", "Busy"); exit;',
    play: inMessage(486),
  },
  {
    title: 't_check_status in a request route is about the last reply sent',
    route:
      'route(CALLS); t_newtran(); t_reply("183", "Wait"); if (t_check_status("183")) t_reply("486", "It was"); else t_reply("487", "It was not"); exit;',
    play: async (stage) => acknowledged(stage, stage.invite(), 486),
  },
  {
    title: 'a removed From is in the reply all the same',
    route: 'remove_hf("From"); sl_send_reply("404", "No"); exit;',
    play: inMessage(404),
  },
  {
    title: 'removed headers are in the reply of a transaction all the same',
    route: 'remove_hf("From"); remove_hf("To"); remove_hf("Call-ID"); t_newtran(); t_reply("404", "No"); exit;',
    play: inMessage(404),
  },
  {
    title: 'From and To that a route changed are in the reply as they came',
    route: '$fu = "sip:x@example.net"; $tu = "sip:z@example.net"; sl_send_reply("404", "No"); exit;',
    play: inMessage(404),
  },
  {
    title: 'an inserted Record-Route is not in the reply',
    route: 'insert_hf("Record-Route: <sip:192.0.2.4;lr>\\r\\n"); sl_send_reply("200", "OK"); exit;',
    play: inMessage(200),
  },
  {
    title: 'the reply is made from the changed request after msg_apply_changes',
    route:
      '$fu = "sip:x@example.net"; insert_hf("Record-Route: <sip:192.0.2.4;lr>\\r\\n"); msg_apply_changes(); sl_send_reply("200", "OK"); exit;',
    play: inMessage(200),
  },
  {
    title: 'sl_reply_error says why forwarding failed',
    route: '$ru = "sip:bob@no-such-host.invalid"; if (!forward()) { sl_reply_error(); } exit;',
    play: inMessage(478),
  },
  { title: 'sl_reply_error without an error: 500', route: 'sl_reply_error(); exit;', play: inMessage(500) },
  {
    title: 'is_myself without a port means any port, uri==myself the default one',
    route:
      'if (is_myself("sip:127.0.0.1")) $var(a) = 1; if (is_myself("sip:127.0.0.1:9")) $var(b) = 1; if (is_myself("127.0.0.1")) $var(c) = 1; $ru = "sip:a@127.0.0.1"; if (uri==myself) $var(d) = 1;',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'blocks that no name leads to are armed as empty ones, also where only running tells the name',
    route: `$var(n) = "NOBODY"; t_on_failure("THIS"); $var(a) = t_on_failure("$var(n)"); $var(b) = t_on_reply("$var(n)");
   $var(c) = t_on_branch("$var(n)"); $var(d) = t_on_branch_failure("$var(n)");
   append_hf("X-Armed: $var(a) $var(b) $var(c) $var(d)\\r\\n"); $var(x) = route($var(n)); append_hf("X-Route: $var(x)\\r\\n");
   $var(a) = t_is_set("failure_route"); $var(b) = t_is_set("onreply_route"); $var(c) = t_is_set("branch_route");
   append_hf("X-Set: $var(a) $var(b) $var(c)\\r\\n"); t_relay(); exit;`,
    blocks: 'failure_route[THIS] { t_reply("480", "Not this one"); }',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'what onsend_route edits does not leave',
    route: 't_relay(); exit;',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', { callId: `${stage.id}.edited@example.org` });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 't_on_failure of 0 takes back what was armed',
    route:
      't_on_failure("THIS"); $var(a) = t_on_failure("0"); $var(b) = t_is_set("failure_route"); append_hf("X-Set: $var(a) $var(b)\\r\\n"); t_relay(); exit;',
    blocks: 'failure_route[THIS] { t_reply("480", "Not this one"); }',
    play: rejected({ bob: [486] }, 486),
  },
];

/** The CANCEL of this INVITE, by hand. */
function cancelWithReason(invite: SipRequest): string {
  const { headers } = invite;
  const lines = [
    `CANCEL ${invite.uri} SIP/2.0`,
    `Via: ${headers.get('Via') ?? ''}`,
    'Max-Forwards: 70',
    `From: ${headers.get('From') ?? ''}`,
    `To: ${headers.get('To') ?? ''}`,
    `Call-ID: ${headers.get('Call-ID') ?? ''}`,
    `CSeq: ${invite.cseq?.number ?? 0} CANCEL`,
    'Reason: SIP;cause=600',
    'Content-Length: 0',
    '',
    '',
  ];
  return lines.join('\r\n');
}
