/** Replies of the script and of peers, the routes that edit or drop them, CANCEL and its races. */
import type { Scene } from '../contest.ts';
import { raw, rejected, toBranches } from './call-plays.ts';

export const replies: readonly Scene[] = [
  {
    title: 'the reply route of the transaction edits replies',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks:
      'onreply_route[THIS] { append_hf("X-Tm: $rs\\r\\n"); if (status =~ "18[0-9]") append_hf("X-Ringing: 1\\r\\n"); remove_hf("Contact"); }',
    play: rejected({ bob: [180, 183, 486] }, 486),
  },
  {
    title: 'the core route of replies edits replies before the transaction does',
    route: 'route(CALLS); $shv(editscene) = "THIS"; t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { insert_hf("X-Tm: $rs\\r\\n", "From"); }',
    play: rejected({ bob: [180, 200] }, 200),
  },
  {
    title: 'drop in the reply route of the transaction discards a provisional reply',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { if ($rs == 180) drop; }',
    play: rejected({ bob: [180, 183, 486] }, 486),
  },
  {
    title: 'drop in the reply route of the transaction cannot discard a final reply',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { if ($rs >= 200) drop; }',
    play: rejected({ bob: [180, 486] }, 486),
  },
  {
    title: 'exit in the reply route of the transaction relays the reply',
    route: 'route(CALLS); t_on_reply("THIS"); route(RELAY);',
    blocks: 'onreply_route[THIS] { append_hf("X-Here: 1\\r\\n"); exit; append_hf("X-Never: 1\\r\\n"); }',
    play: rejected({ bob: [200] }, 200),
  },
  {
    title: 'drop in the core route of replies hides a reply from the transaction',
    route: 'route(CALLS); $shv(dropscene) = "THIS"; $shv(dropstatus) = 180; route(RELAY);',
    play: rejected({ bob: [180, 486] }, 486),
  },
  {
    title: 'a request is answered without a transaction, with headers',
    route:
      'append_to_reply("X-One: 1\\r\\n"); append_to_reply("X-Two: $rm\\r\\n"); sl_send_reply("480", "Away"); exit;',
  },
  {
    title: 'a request is answered by its transaction',
    route: 't_newtran(); append_to_reply("X-One: 1\\r\\n"); t_reply("480", "Away"); exit;',
  },
  {
    title: 'send_reply answers by the transaction if there is one',
    route: 't_newtran(); send_reply("480", "Away"); exit;',
    play: rejected({}, 480),
  },
  {
    title: 'send_reply answers without a transaction if there is none',
    route: 'if (is_method("ACK")) exit; send_reply("480", "Away"); exit;',
    play: rejected({}, 480),
  },
  {
    title: 'an INVITE is answered provisionally, then finally',
    route:
      'if (is_method("ACK") && t_check_trans()) exit; t_newtran(); t_reply("183", "Wait"); t_reply("180", "Ring"); t_reply("486", "Busy"); exit;',
    play: rejected({}, 486),
  },
  {
    title: 'an INVITE is answered with 200 by the script',
    route:
      'if (is_method("ACK")) exit; t_newtran(); append_to_reply("Contact: <sip:media@127.0.0.1>\\r\\n"); t_reply("200", "OK"); exit;',
    play: async (stage) => {
      stage.invite();
      await stage.hears('alice', '200 INVITE');
      stage.alice.ack2xx();
    },
  },
  {
    title: 't_reply without a transaction fails',
    route: 'if (!t_reply("486", "Busy")) sl_send_reply("500", "No transaction"); exit;',
  },
  {
    title: 'an ACK is never answered',
    route: 'sl_send_reply("200", "Wrong"); exit;',
    play: async (stage) => {
      stage.request('ACK');
    },
  },
  {
    title: 'a retransmission gets the last reply again',
    route: 't_newtran(); append_to_reply("X-Count: 1\\r\\n"); t_reply("480", "Away"); exit;',
    repeats: true,
    play: async (stage) => {
      const text = raw(stage, 'MESSAGE', `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKretr`);
      stage.alice.send(text);
      await stage.hears('alice', 480);
      stage.alice.send(text);
      await stage.hears('alice', 480, 2);
    },
  },
  {
    title: 'a retransmitted INVITE is not relayed twice',
    route: 'route(CALLS); t_check_trans(); route(RELAY);',
    repeats: true,
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const text = raw(stage, 'INVITE', `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKretr2`);
      stage.alice.send(text);
      await stage.hears('alice', 180);
      stage.alice.send(text);
      await stage.hears('alice', 180, 2);
      const invite = stage.bob.received('INVITE')[0];
      if (invite !== undefined) stage.bob.reply(invite, 486);
      await stage.hears('alice', 486);
      stage.alice.send(
        raw(stage, 'ACK', `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKretr2`).replace(
          /\.2@/,
          '.1@',
        ),
      );
    },
  },
  {
    title: 'replies to unknown statuses and with long reasons pass',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 499, { reason: 'Something; with = odd, characters' }));
      stage.request('MESSAGE');
      await stage.hears('alice', 499);
    },
  },
  {
    title: 'a stray reply is forwarded by its Vias',
    route: 'route(RELAY);',
    play: async (stage) => {
      const own = `127.0.0.1:${stage.alice.local.port}`;
      stage.bob.send(
        `SIP/2.0 200 OK\nVia: SIP/2.0/UDP 127.0.0.1:${stage.server.port};branch=z9hG4bKgone.0\nVia: SIP/2.0/UDP ${own};branch=z9hG4bKmine\nFrom: <sip:alice@example.org>;tag=1\nTo: <sip:bob@example.org>;tag=2\nCall-ID: ${stage.callId()}\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', 200);
    },
  },
];

export const cancels: readonly Scene[] = [
  {
    title: 'CANCEL of a ringing call: 200, hop-by-hop CANCEL, 487 and ACKs',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', 180);
      stage.alice.cancel(invite);
      await stage.hears('alice', '487');
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'CANCEL of a fork: both branches are cancelled',
    route: `${toBranches} route(RELAY);`,
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      stage.carol.acceptCalls([183]);
      const invite = stage.invite();
      await stage.hears('alice', 180);
      await stage.hears('alice', 183);
      stage.alice.cancel(invite);
      await stage.hears('alice', '487');
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('bob', 'ACK');
      await stage.hears('carol', 'ACK');
    },
  },
  {
    title: 'CANCEL before any answer waits for the first one',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob
        .on('INVITE', () => undefined)
        .on('CANCEL', (request, ua) => {
          ua.reply(request, 200);
          const pending = ua.received('INVITE')[0];
          if (pending !== undefined) ua.reply(pending, 487);
        });
      const invite = stage.invite();
      await stage.hears('bob', 'INVITE');
      stage.alice.cancel(invite);
      await stage.hears('alice', '200 CANCEL');
      await stage.settle();
      const pending = stage.bob.received('INVITE')[0];
      if (pending !== undefined) stage.bob.reply(pending, 180);
      await stage.hears('bob', 'CANCEL');
      await stage.hears('alice', '487');
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 'CANCEL carries its Reason on',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', 180);
      const own = invite.headers.getAll('Via')[0] ?? '';
      stage.alice.send(
        `CANCEL ${invite.uri} SIP/2.0\nVia: ${own}\nMax-Forwards: 70\nFrom: ${invite.headers.get('From')}\nTo: ${invite.headers.get('To')}\nCall-ID: ${invite.callId}\nCSeq: 1 CANCEL\nReason: SIP;cause=200;text="Elsewhere"\nContent-Length: 0\n\n`,
      );
      await stage.hears('alice', '487');
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 'CANCEL after the answer changes nothing',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob.acceptCalls([180, 200]);
      const invite = stage.invite();
      await stage.hears('alice', '200 INVITE');
      stage.alice.cancel(invite);
      await stage.settle();
      stage.alice.ack2xx();
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'CANCEL crosses the answer: the answer wins',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.bob
        .on('INVITE', (request, ua) => ua.reply(request, 180))
        .on('ACK', () => undefined)
        .on('CANCEL', (request, ua) => {
          const pending = ua.received('INVITE')[0];
          if (pending !== undefined) ua.reply(pending, 200);
          ua.reply(request, 200);
        });
      const invite = stage.invite();
      await stage.hears('alice', 180);
      stage.alice.cancel(invite);
      await stage.hears('alice', '200 INVITE');
      stage.alice.ack2xx();
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'CANCEL without an INVITE is not answered by the script',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      stage.request('CANCEL');
    },
  },
  {
    title: 'CANCEL with a failure route: canceled, no new branch',
    route: 'route(CALLS); t_on_failure("THIS"); route(RELAY);',
    blocks: 'failure_route[THIS] { if (t_is_canceled()) exit; $ru = $hdr(X-carol); t_relay(); }',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite();
      await stage.hears('alice', 180);
      stage.alice.cancel(invite);
      await stage.hears('alice', '487');
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
];
