/** Transactions that a script suspends and continues later, from another message. */
import { loading, waiting } from '../beginnings.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';
import { rejected } from './call-plays.ts';

const prelude = `
${loading()}
modparam("pv", "shvset", "index=i:0")
modparam("pv", "shvset", "label=i:0")
${waiting(5_000, 8_000)}

route[KEEP] {
  $shv(index) = $T(id_index);
  $shv(label) = $T(id_label);
}
route[HOLD] {
  if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  t_newtran();
  route(KEEP);
  if (t_suspend()) exit;
  send_reply("500", "Not suspended");
  exit;
}
`;

/** An INFO of alice is what lets the transaction go on in the route THISGO. */
const go = `
  if (is_method("INFO")) {
    if (t_continue("$shv(index)", "$shv(label)", "THISGO")) sl_send_reply("200", "Continued");
    else sl_send_reply("480", "Not continued");
    exit;
  }`;

/** alice begins with this method; what bob and carol answer comes back when the INFO has let it go on. */
const played =
  (method: string, final: number, infos: readonly number[] = [200]) =>
  async (stage: Stage): Promise<void> => {
    for (const peer of [stage.bob, stage.carol]) {
      if (method === 'INVITE') peer.acceptCalls([180, 200]);
      else peer.on('*', (request, ua) => ua.reply(request, 200));
    }
    const request = method === 'INVITE' ? stage.invite() : stage.request(method);
    await stage.settle();
    for (const [index, status] of infos.entries()) {
      stage.request('INFO', stage.own());
      await stage.hears('alice', `${status} INFO`, infos.slice(0, index + 1).filter((one) => one === status).length);
      await stage.settle();
    }
    await stage.hears('alice', `${final} ${method}`);
    const response = stage.alice.receivedStatus(final, method)[0];
    if (method !== 'INVITE' || response === undefined) return;
    if (final >= 300) stage.alice.ackNegative(request, response);
    else stage.alice.ack2xx();
  };

const requests: readonly Scene[] = [
  {
    title: 'goes on in another route and is relayed',
    route: `${go} append_hf("X-Before: 1\\r\\n"); route(HOLD);`,
    blocks: 'route[THISGO] { append_hf("X-After: $rm\\r\\n"); t_relay(); }',
    play: played('MESSAGE', 200),
  },
  {
    title: 'an INVITE is answered with 100 while it waits',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { t_relay(); }',
    play: played('INVITE', 200),
  },
  {
    title: 'a request without a transaction gets one',
    route: `${go} if (t_suspend()) { route(KEEP); exit; } sl_send_reply("500", "No");`,
    blocks: 'route[THISGO] { t_relay(); }',
    play: played('MESSAGE', 200),
  },
  {
    title: 'a second t_continue finds it not suspended',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { t_reply("486", "Busy"); }',
    play: played('MESSAGE', 486, [200, 480]),
  },
  {
    title: 'a route that does not exist leaves it waiting',
    route:
      'if (is_method("INFO")) { $var(go) = "NOSUCHROUTE"; if (t_continue("$shv(index)", "$shv(label)", "$var(go)")) sl_send_reply("200", "Continued"); else sl_send_reply("480", "Not continued"); exit; } if (is_method("MESSAGE")) t_set_fr(0, 600); route(HOLD);',
    play: played('MESSAGE', 408, [480]),
  },
  {
    title: 'an id that nobody has',
    route:
      'if (t_continue("1", "2", "THISGO")) sl_send_reply("200", "Continued"); else sl_send_reply("480", "Not continued"); exit;',
    blocks: 'route[THISGO] { t_relay(); }',
  },
  {
    title: 'what nobody continues ends by fr_timer',
    route: 't_set_fr(8000, 600); route(HOLD);',
    play: played('INVITE', 408, []),
  },
  {
    title: 'the failure route runs for what nobody continues',
    route: 't_set_fr(8000, 600); t_on_failure("THIS"); route(HOLD);',
    blocks:
      'failure_route[THIS] { if (t_branch_timeout()) append_to_reply("X-Timeout: $T_reply_code\\r\\n"); t_reply("480", "Nobody came"); }',
    play: played('INVITE', 480, []),
  },
  {
    title: 'the failure route relays what nobody continues where it was to go: that counts as tried',
    route: 't_set_fr(8000, 600); t_on_failure("THIS"); route(HOLD);',
    blocks: 'failure_route[THIS] { t_relay(); }',
    play: played('INVITE', 408, []),
  },
  {
    title: 'the failure route relays what nobody continues elsewhere',
    route: 't_set_fr(8000, 600); t_on_failure("THIS"); route(HOLD);',
    blocks: 'failure_route[THIS] { $ru = $hdr(X-carol); t_relay(); }',
    play: played('INVITE', 200, []),
  },
  {
    title: 'continued after it timed out',
    route: `${go} if (is_method("MESSAGE")) t_set_fr(8000, 600); route(HOLD);`,
    blocks: 'route[THISGO] { t_relay(); }',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', '408 MESSAGE');
      stage.request('INFO', stage.own());
      await stage.hears('alice', '480 INFO');
    },
  },
  {
    title: 'a route that does nothing ends it',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { $var(x) = 1; }',
    play: played('MESSAGE', 500),
  },
  {
    title: 'a relay that fails in the route ends it',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { t_on_branch("THIS"); t_relay(); } branch_route[THIS] { drop; }',
    play: played('MESSAGE', 500),
  },
  {
    title: 'which kind of route it goes on in',
    route: `${go} route(HOLD);`,
    blocks:
      'route[THISGO] { if (t_is_failure_route()) append_to_reply("X-Kind: failure\\r\\n"); if (t_is_request_route()) append_to_reply("X-Kind: request\\r\\n"); if ($T(id_label) == $shv(label)) append_to_reply("X-Label: same\\r\\n"); append_to_reply("X-Status: $T_reply_code\\r\\n"); t_reply("486", "Busy"); }',
    play: played('MESSAGE', 486),
  },
  {
    title: 'send_reply in the route goes through the transaction',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { send_reply("486", "Busy"); }',
    play: played('INVITE', 486),
  },
  {
    title: 'it is suspended again',
    route: `${go} $avp(turn) = 0; route(HOLD);`,
    blocks:
      'route[THISGO] { $var(t) = $avp(turn) + 1; $(avp(turn)[*]) = $var(t); if ($var(t) < 2) { t_suspend(); exit; } append_hf("X-Turn: $avp(turn)\\r\\n"); t_relay(); }',
    play: played('MESSAGE', 200, [200, 200]),
  },
  {
    title: 'what was armed before holds for the relay afterwards',
    route: `${go} $avp(a) = "kept"; setflag(3); t_on_failure("THIS"); t_on_branch("THIS"); t_on_reply("THIS"); route(HOLD);`,
    blocks: `route[THISGO] { if (isflagset(3)) append_hf("X-Flag: 3\\r\\n"); t_relay(); }
      branch_route[THIS] { append_hf("X-Branch: $avp(a)\\r\\n"); }
      onreply_route[THIS] { append_hf("X-Reply: $avp(a)\\r\\n"); }
      failure_route[THIS] { t_reply("480", "Not reached"); }`,
    play: played('MESSAGE', 200),
  },
  {
    title: 'a failure route armed before runs when the relay afterwards fails',
    route: `${go} t_on_failure("THIS"); route(HOLD);`,
    blocks: 'route[THISGO] { t_relay(); } failure_route[THIS] { $ru = $hdr(X-carol); t_relay(); }',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 404));
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.settle();
      stage.request('INFO', stage.own());
      await stage.hears('alice', '200 MESSAGE');
    },
  },
  {
    title: 'a CANCEL ends it, and t_continue does nothing any more',
    route: `${go} route(HOLD);`,
    blocks: 'route[THISGO] { t_relay(); }',
    play: async (stage) => {
      const invite = stage.invite();
      await stage.hears('alice', 100);
      stage.alice.cancel(invite);
      await stage.hears('alice', '487 INVITE');
      const response = stage.alice.receivedStatus(487, 'INVITE')[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.settle();
      stage.request('INFO', stage.own());
      await stage.hears('alice', stage.alice.receivedStatus(200, 'INFO').length > 0 ? '200 INFO' : '200 CANCEL');
      await stage.settle();
    },
  },
  {
    title: 'a transaction that is answered cannot be suspended',
    route: 't_newtran(); t_reply("486", "Busy"); if (!t_suspend()) append_hf("X: 1\\r\\n"); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 486);
    },
  },
  {
    title: 'a failure route suspends it',
    route: `${go} t_on_failure("THIS"); t_newtran(); route(KEEP); t_relay(); exit;`,
    blocks: 'failure_route[THIS] { t_suspend(); } route[THISGO] { $ru = $hdr(X-carol); t_relay(); }',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 404));
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.settle();
      stage.request('INFO', stage.own());
      await stage.hears('alice', '200 MESSAGE');
    },
  },
  {
    title: 'it has no id before there is a transaction',
    route: '',
    show: ['$T(id_index)|$T(id_label)'],
  },
];

const replies: readonly Scene[] = [
  {
    title: 'a reply goes on in another route and is relayed',
    route: `${go} t_on_reply("THIS"); t_newtran(); route(KEEP); t_relay(); exit;`,
    blocks:
      'onreply_route[THIS] { append_hf("X-First: $rs\\r\\n"); t_suspend(); } route[THISGO] { if (t_is_reply_route()) append_hf("X-Go: $rs\\r\\n"); }',
    play: played('MESSAGE', 200),
  },
  {
    title: 'the 200 to an INVITE goes on in another route and is relayed',
    route: `${go} if (is_method("ACK")) { t_relay(); exit; } t_on_reply("THIS"); t_newtran(); route(KEEP); t_relay(); exit;`,
    blocks: 'onreply_route[THIS] { if ($rs == 200) t_suspend(); } route[THISGO] { append_hf("X-Go: $rs\\r\\n"); }',
    play: played('INVITE', 200),
  },
];

const cancelling: readonly Scene[] = [
  {
    title: 'the route of a CANCEL reads its INVITE',
    route:
      'if (is_method("CANCEL")) { append_to_reply("X-Inv: $T_inv($rm) $T_inv($hdr(X-Mine)) $T_inv($ru)\\r\\n"); if (t_check_trans()) t_relay(); exit; } if (is_method("ACK")) { t_relay(); exit; } append_to_reply("X-Own: $T_inv($rm)\\r\\n"); t_newtran(); t_reply("183", "Wait"); t_relay(); exit;',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite('bob', { headers: [['X-Mine', 'yes']] });
      await stage.hears('alice', 180);
      stage.alice.cancel(invite);
      await stage.hears('alice', 487);
      const response = stage.alice.receivedStatus(487, 'INVITE')[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'a reply route knows the reply before',
    route: 't_on_reply("THIS"); t_relay(); exit;',
    blocks:
      'onreply_route[THIS] { append_hf("X-Last: $T_reply_last\\r\\n"); append_hf("X-Uri: $T_branch(uri)\\r\\n"); }',
    play: rejected({ bob: [180, 183, 486] }, 486),
  },
  {
    title: 'a failure route knows the flags of the branch',
    route: 'setbflag(2); t_on_failure("THIS"); t_relay(); exit;',
    blocks: 'failure_route[THIS] { append_to_reply("X-Flags: $T_branch(flags)\\r\\n"); t_reply("480", "Seen"); }',
    play: rejected({ bob: [486] }, 480),
  },
];

export const resuming: Contest = {
  name: 'resuming',
  prelude,
  scenes: [...requests, ...replies, ...cancelling],
};
