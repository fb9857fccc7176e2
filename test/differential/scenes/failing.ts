/** What goes wrong: failure routes, short timers, errors of sending, requests that are refused. */
import type { Scene } from '../contest.ts';
import { raw, rejected, toBranches } from './call-plays.ts';

export const failures: readonly Scene[] = [
  {
    title: 'a serial fork: busy leads to the next',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { if (t_check_status("486")) { $ru = $hdr(X-carol); t_relay(); } }',
    play: rejected({ bob: [180, 486], carol: [180, 200] }, 200),
  },
  {
    title: 'a serial fork that reports in headers what the failure route saw',
    route: 'route(CALLS); $avp(mark) = "kept"; setflag(5); t_on_failure("THIS"); route(RELAY);',
    blocks: `failure_route[THIS] {
      append_hf("X-Saw: $T_reply_code|$rm|$ru|$avp(mark)|$mf|$T_branch_idx|$fU|[$rs]\\r\\n");
      if (t_branch_replied()) append_hf("X-Replied: 1\\r\\n");
      if (t_branch_timeout()) append_hf("X-Timeout: 1\\r\\n");
      if (t_is_canceled()) append_hf("X-Canceled: 1\\r\\n");
      if (t_check_status("4[0-9][0-9]")) append_hf("X-Class: 4\\r\\n");
      if (isflagset(5)) append_hf("X-Flag: 5\\r\\n");
      if (t_is_set("failure_route")) append_hf("X-Armed: failure\\r\\n");
      if (t_is_set("branch_route")) append_hf("X-Armed: branch\\r\\n");
      $ru = $hdr(X-carol); t_relay(); }`,
    play: rejected({ bob: [404], carol: [480] }, 480),
  },
  {
    title: 'failure routes one after the other',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks:
      'failure_route[THIS] { $ru = $hdr(X-carol); t_on_failure("THISB"); t_relay(); } failure_route[THISB] { $ru = $hdr(X-dave); t_relay(); }',
    play: rejected({ bob: [486], carol: [480], dave: [200] }, 200),
  },
  {
    title: 'a failure route answers with another status',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { t_reply("480", "Not now"); }',
    play: rejected({ bob: [486] }, 480),
  },
  {
    title: 'a failure route that does nothing lets the reply pass',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { if (t_check_status("408")) t_reply("500", "Never"); }',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'exit in a failure route lets the reply pass',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { exit; t_reply("500", "Never"); }',
    play: rejected({ bob: [486] }, 486),
  },
  {
    title: 'drop in a failure route lets the reply pass',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { drop; }',
    play: rejected({ bob: [480] }, 480),
  },
  {
    title: 'a failure route runs once for two branches',
    route: `${toBranches} t_on_failure("THIS"); route(RELAY);`,
    blocks: 'failure_route[THIS] { append_hf("X-Code: $T_reply_code\\r\\n"); $ru = $hdr(X-dave); t_relay(); }',
    play: rejected({ bob: [486], carol: [404], dave: [486] }, 486),
  },
  {
    title: 'a failure route forks in parallel',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { $ru = $hdr(X-carol); append_branch("$hdr(X-dave)"); t_relay(); }',
    play: rejected({ bob: [486], carol: [404], dave: [480] }, 404),
  },
  {
    title: 'replies are dropped and nothing follows',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { t_drop_replies(); }',
    play: rejected({ bob: [486] }, 500),
  },
  {
    title: 'a failure route for a request that is no INVITE',
    route: 't_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { if (t_check_status("404")) { $ru = $hdr(X-carol); t_relay(); } }',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 404));
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'a failure route turns a redirection into a call',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { if (t_check_status("3[0-9][0-9]")) { $ru = $hdr(X-carol); t_relay(); exit; } }',
    play: rejected({ bob: [302], carol: [200] }, 200),
  },
  {
    title: 'headers that a failure route adds go with the new branch',
    route: 'route(CALLS); append_hf("X-First: 1\\r\\n"); t_on_failure("THIS"); route(RELAY);',
    blocks:
      'failure_route[THIS] { append_hf("X-Second: 1\\r\\n"); remove_hf("X-dave"); $ru = $hdr(X-carol); t_relay(); }',
    play: rejected({ bob: [486], carol: [486] }, 486),
  },
];

export const timers: readonly Scene[] = [
  {
    title: 'nobody answers an INVITE: 408',
    route: 'route(CALLS); t_set_fr(800, 400); route(RELAY);',
    play: rejected({}, 408),
  },
  {
    title: 'nobody answers a MESSAGE: 408',
    route: 't_set_fr(0, 400); route(RELAY);',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 408);
    },
  },
  {
    title: 'it rings for too long: CANCEL and 408',
    route: 'route(CALLS); t_set_fr(600, 5000); route(RELAY);',
    play: async (stage) => {
      await rejected({ bob: [180] }, 408)(stage);
      // The CANCEL is a timer's business too, and comes before the 408 or after it.
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'it rings for too long: the failure route tries another',
    route: 'route(CALLS); t_set_fr(600, 400); t_on_failure("THIS"); route(RELAY);',
    blocks:
      'failure_route[THIS] { append_hf("X-Code: $T_reply_code\\r\\n"); if (t_branch_timeout()) append_hf("X-Timeout: 1\\r\\n"); if (t_branch_replied()) append_hf("X-Replied: 1\\r\\n"); $ru = $hdr(X-carol); t_relay(); }',
    play: async (stage) => {
      await rejected({ bob: [180], carol: [180, 200] }, 200)(stage);
      await stage.mayHear('bob', 'ACK');
    },
  },
  {
    title: 'nobody answers: the failure route tries another',
    route: 'route(CALLS); t_set_fr(600, 400); t_on_failure("THIS"); route(RELAY);',
    blocks:
      'failure_route[THIS] { append_hf("X-Code: $T_reply_code\\r\\n"); if (t_branch_timeout()) append_hf("X-Timeout: 1\\r\\n"); if (t_branch_replied()) append_hf("X-Replied: 1\\r\\n"); $ru = $hdr(X-carol); t_relay(); }',
    play: rejected({ carol: [486] }, 486),
  },
];

export const errors: readonly Scene[] = [
  {
    title: 'a name that does not resolve: 478',
    route: 'route(CALLS); $ru = "sip:bob@no-such-host.invalid"; t_relay(); exit;',
    play: rejected({}, 478),
  },
  {
    title: 'a name that does not resolve in a MESSAGE: 478',
    route: '$ru = "sip:bob@no-such-host.invalid"; t_relay(); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 478);
    },
  },
  {
    title: 'the code of t_relay when a name does not resolve',
    route: '$ru = "sip:bob@no-such-host.invalid"; $var(a) = t_relay(); append_hf("X: $var(a)\\r\\n"); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 478);
    },
  },
  {
    title: 'a request with no hops left: 483',
    route: 'if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; } route(RELAY);',
    play: async (stage) => {
      stage.alice.send(
        raw(stage, 'MESSAGE', `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKmf0`).replace(
          'Max-Forwards: 70',
          'Max-Forwards: 0',
        ),
      );
      await stage.hears('alice', 483);
    },
  },
  {
    title: 'Max-Forwards is decremented, lowered and added',
    route: '$var(a) = mf_process_maxfwd_header("10"); append_hf("X-Rc: $var(a)\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      const via = (n: number): string => `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKmf${n}`;
      stage.alice.send(raw(stage, 'MESSAGE', via(1)).replace('Max-Forwards: 70', 'Max-Forwards: 5'));
      await stage.hears('alice', 200);
      stage.alice.send(raw(stage, 'MESSAGE', via(2)).replace('Max-Forwards: 70', 'Max-Forwards: 200'));
      await stage.hears('alice', 200, 2);
      stage.alice.send(raw(stage, 'MESSAGE', via(3)).replace('Max-Forwards: 70\r\n', ''));
      await stage.hears('alice', 200, 3);
    },
  },
  {
    title: 'is_maxfwd_lt compares',
    route: '$var(a) = is_maxfwd_lt("71"); $var(b) = is_maxfwd_lt("70");',
    show: ['$var(a)', '$var(b)'],
  },
  {
    title: 'sanity refuses a required extension',
    route: 'if (!sanity_check()) { exit; } sl_send_reply("200", "Sane");',
    play: async (stage) => {
      stage.alice.send(
        raw(stage, 'MESSAGE', `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKs2`, [
          'Proxy-Require: magic',
        ]),
      );
      await stage.hears('alice', 420);
    },
  },
  {
    title: 'sanity lets a good request pass',
    route: 'if (!sanity_check("17895", "7")) { exit; } sl_send_reply("200", "Sane");',
  },
  {
    title: 'a route that does nothing answers nothing',
    route: '$var(a) = 1;',
    play: async (stage) => {
      stage.request('OPTIONS');
    },
  },
  {
    title: 'drop answers nothing',
    route: 'drop;',
    play: async (stage) => {
      stage.request('MESSAGE');
    },
  },
  {
    title: 'a request that onsend_route drops is answered with 477',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.request('MESSAGE', 'bob', { callId: `${stage.id}.unsent@example.org` });
      await stage.hears('alice', 477);
    },
  },
  {
    title: 'an address that nobody may send to: 477',
    route: '$du = "sip:255.255.255.255:5060"; route(RELAY);',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 477);
    },
  },
  {
    title: 'an address that nobody may send to, beside one that answers',
    route: '$ru = "sip:bob@255.255.255.255"; append_branch("$hdr(X-carol)"); route(RELAY);',
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'no connection where none may be opened: 477',
    route: 'set_forward_no_connect(); $du = $hdr(X-carol) + ";transport=tcp"; route(RELAY);',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 477);
    },
  },
];
