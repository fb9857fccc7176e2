/** Requests that are also sent elsewhere, where nobody's reply matters, and relaying with flags. */
import { loading, waiting } from '../beginnings.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';
import { rejected } from './call-plays.ts';

const prelude = `
${loading('corex')}
${waiting(1_000, 8_000)}
modparam("tm", "ac_extra_hdrs", "X-Keep")
modparam("tm", "unmatched_cancel", 2)
modparam("tm", "relay_100", 1)
modparam("tm", "restart_fr_on_each_reply", 0)
`;

/** alice asks, carol gets a copy and answers it so. */
const copied =
  (method: string, status: number, final = 200) =>
  async (stage: Stage): Promise<void> => {
    for (const peer of [stage.bob, stage.carol]) {
      if (method === 'INVITE') peer.acceptCalls([status]);
      else peer.on('*', (request, ua) => ua.reply(request, status));
    }
    stage.request(method);
    await stage.hears('carol', method);
    await stage.hears('alice', `${final} ${method}`);
    await stage.settle();
  };

const copies: readonly Scene[] = [
  {
    title: 'a copy goes to a URI, the reply is ours',
    route: 't_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    play: copied('MESSAGE', 202),
  },
  {
    title: 'a refusal of the copy goes nowhere',
    route: 't_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    play: copied('MESSAGE', 503),
  },
  {
    title: 'a copy goes where the destination says',
    route: '$du = $hdr(X-carol); t_replicate(); send_reply("200", "Saved"); exit;',
    play: copied('MESSAGE', 200),
  },
  {
    title: 'a copy behind the reply',
    route: 'sl_send_reply("200", "Saved"); t_replicate("$hdr(X-carol)"); exit;',
    play: copied('REGISTER', 200),
  },
  {
    title: 'a copy behind the reply of the transaction',
    route: 't_newtran(); t_reply("200", "Saved"); t_replicate("$hdr(X-carol)"); exit;',
    play: copied('REGISTER', 200),
  },
  {
    title: 'a copy of each branch',
    route:
      'append_branch("sip:second@example.org"); t_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('carol', 'MESSAGE', 2);
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'the branch route runs for a copy',
    route: 't_on_branch("THIS"); t_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    blocks: 'branch_route[THIS] { append_hf("X-Branch: copy\\r\\n"); }',
    play: copied('MESSAGE', 200),
  },
  {
    title: 'the reply route of a copy runs',
    route: 't_on_reply("THIS"); $shv(seen) = 0; t_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    blocks: 'onreply_route[THIS] { $shv(seen) = $rs; }',
    play: copied('MESSAGE', 202),
  },
  {
    title: 'what a copy was answered',
    route: '$var(x) = 1;',
    show: ['$shv(seen)'],
  },
  {
    title: 'a copy of nothing that can be sent',
    route:
      '$du = "sip:nobody@no-such-host.invalid"; if (t_replicate()) sl_send_reply("200", "Saved"); else sl_send_reply("480", "Not copied"); exit;',
  },
  {
    title: 'a copy to what is no URI',
    route: 'if (t_replicate("nonsense")) sl_send_reply("200", "Saved"); else sl_send_reply("480", "Not copied"); exit;',
  },
  {
    title: 'a request that comes again is not copied again',
    route: 't_replicate("$hdr(X-carol)"); sl_send_reply("200", "Saved"); exit;',
    repeats: true,
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      const request = stage.request('MESSAGE');
      await stage.hears('alice', 200);
      await stage.settle();
      stage.alice.send(request.serialize());
      await stage.hears('alice', 200, 2);
    },
  },
];

const flags: readonly Scene[] = [
  {
    title: 't_relay_to without anything is t_relay',
    route: 't_relay_to(); exit;',
    play: rejected({ bob: [180, 486] }, 486),
  },
  {
    title: 't_relay_to with flag 1 sends no 100',
    route: 't_relay_to("udp:127.0.0.1:9", "1"); exit;',
    play: async (stage) => {
      const invite = stage.invite();
      await stage.hears('alice', '408 INVITE');
      const response = stage.alice.receivedStatus(408, 'INVITE')[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 't_relay_to a host and port without flags',
    route: 't_relay_to("127.0.0.1:9", "0"); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 408);
    },
  },
];

const parameters: readonly Scene[] = [
  {
    title: 'ac_extra_hdrs are in the CANCEL and in the ACK',
    route: 't_relay(); exit;',
    play: async (stage) => {
      stage.bob.acceptCalls([180]);
      const invite = stage.invite('bob', {
        headers: [
          ['X-Keep-A', '1'],
          ['X-Lost', '2'],
        ],
      });
      await stage.hears('alice', 180);
      stage.alice.cancel(invite);
      await stage.hears('alice', 487);
      const response = stage.alice.receivedStatus(487)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'a CANCEL without its INVITE is dropped',
    route: 't_relay(); exit;',
    play: async (stage) => {
      stage.request('CANCEL');
      await stage.settle();
    },
  },
  {
    title: 'a 100 of a branch is relayed',
    route: 't_relay(); exit;',
    play: rejected({ bob: [100, 486] }, 486),
  },
];

export const replicating: Contest = { name: 'replicating', prelude, scenes: [...copies, ...flags, ...parameters] };
