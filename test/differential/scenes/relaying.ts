/** Requests that go on: relaying, forwarding, transports, parallel forking, branch routes. */
import type { Scene } from '../contest.ts';
import { answered, call, raw, rejected, toBranches } from './call-plays.ts';

export const relaying: readonly Scene[] = [
  { title: 'a call is relayed: INVITE, 180, 200, ACK, BYE', route: 'route(CALLS); route(RELAY);', play: call },
  { title: 'a MESSAGE is relayed and its 200 comes back', route: 'route(RELAY);', play: answered('MESSAGE') },
  { title: 'a 404 to a SUBSCRIBE comes back', route: 'route(RELAY);', play: answered('SUBSCRIBE', 404) },
  {
    title: 'a 503 is relayed as 500',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 503));
      stage.request('MESSAGE');
      await stage.hears('alice', 500);
    },
  },
  {
    title: 'a 302 comes back with its Contact',
    route: 'route(CALLS); route(RELAY);',
    play: rejected({ bob: [302] }, 302),
  },
  {
    title: 'a busy call: 486 and hop-by-hop ACKs',
    route: 'route(CALLS); route(RELAY);',
    play: rejected({ bob: [180, 486] }, 486),
  },
  { title: 'a request is forwarded without a transaction', route: 'forward();', play: answered('OPTIONS') },
  {
    title: 'a request is forwarded without a transaction to $du',
    route: '$du = $hdr(X-carol); forward();',
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('INFO');
      await stage.hears('alice', 200);
    },
  },
  {
    title: '$du leads elsewhere and leaves the Request-URI alone',
    route: '$du = $hdr(X-carol); route(RELAY);',
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 't_relay_to_udp sends to a host and port of the script',
    route: '$ru = "sip:someone@example.invalid"; $du = $hdr(X-carol); t_relay_to_udp(); exit;',
    play: async (stage) => {
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'the Request-URI is rewritten on the way',
    route: '$rU = "changed"; prefix("00"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'a Route header of the request is not looked at without loose_route',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', {
        routes: [`<${stage.uri('carol')};lr>`],
        via: { address: '127.0.0.1', port: stage.server.port },
      });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'Via with rport and another received address is completed',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.alice.send(raw(stage, 'MESSAGE', 'Via: SIP/2.0/UDP 192.0.2.9:5099;branch=z9hG4bKrp;rport'));
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'force_rport answers to the source port',
    route: 'force_rport(); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.alice.send(raw(stage, 'MESSAGE', 'Via: SIP/2.0/UDP 192.0.2.9:5099;branch=z9hG4bKfr'));
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'a request over TCP is relayed over UDP',
    route: 'route(CALLS); route(RELAY);',
    play: async (stage) => {
      await stage.join('alice', { transport: 'tcp' });
      await call(stage);
    },
  },
  {
    title: 'a request over UDP is relayed over TCP',
    route: 'route(CALLS); $du = $hdr(X-bob) + ";transport=tcp"; route(RELAY);',
    play: async (stage) => {
      await stage.join('bob', { transport: 'tcp' });
      await call(stage);
    },
  },
  {
    title: 'compact headers and folded lines are understood and relayed',
    route: 'if ($fU == "alice" && $hdr(Subject) =~ "folded") route(RELAY); sl_send_reply("500", "Not read");',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      const own = `127.0.0.1:${stage.alice.local.port}`;
      stage.alice.send(
        `MESSAGE ${stage.uri('bob')} SIP/2.0\nv: SIP/2.0/UDP ${own};branch=z9hG4bKcompact\nMax-Forwards: 70\nf: <sip:alice@example.org>;tag=1\nt: <sip:bob@example.org>\ni: ${stage.callId()}\nCSeq: 1 MESSAGE\ns: a\n folded subject\nm: <sip:alice@${own}>\nl: 0\n\n`,
      );
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'multiple Via values in one header survive',
    route: 'route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.alice.send(
        raw(
          stage,
          'MESSAGE',
          `Via: SIP/2.0/UDP 127.0.0.1:${stage.alice.local.port};branch=z9hG4bKtop, SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKbelow`,
        ),
      );
      await stage.hears('alice', 200);
    },
  },
];

export const forking: readonly Scene[] = [
  {
    title: 'a parallel fork: one answers, the other is cancelled',
    route: `${toBranches} route(RELAY);`,
    play: async (stage) => {
      stage.carol.acceptCalls([180]);
      stage.bob
        .on('INVITE', (request, ua) => ua.reply(request, 180))
        .on('*', (request, ua) => ua.reply(request, 200))
        .on('ACK', () => undefined);
      stage.invite();
      await stage.hears('alice', '180', 2);
      const invite = stage.bob.received('INVITE')[0];
      if (invite !== undefined) stage.bob.reply(invite, 200);
      await stage.hears('alice', '200 INVITE');
      await stage.hears('carol', 'CANCEL');
      await stage.hears('carol', 'ACK');
      stage.alice.ack2xx();
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'a parallel fork: the lowest class of all rejections wins',
    route: `${toBranches} route(RELAY);`,
    play: rejected({ bob: [486], carol: [404] }, 404),
  },
  {
    title: 'a parallel fork: 401 and 407 go before 404',
    route: `${toBranches} route(RELAY);`,
    play: rejected({ bob: [404], carol: [407] }, 407),
  },
  {
    title: 'a parallel fork: 5xx loses to 4xx',
    route: `${toBranches} route(RELAY);`,
    play: rejected({ bob: [500], carol: [480] }, 480),
  },
  {
    title: 'a parallel fork: 6xx ends the other branch at once',
    route: `${toBranches} route(RELAY);`,
    play: async (stage) => {
      stage.carol.acceptCalls([180]);
      stage.bob.on('*', () => undefined);
      const invite = stage.invite();
      await stage.hears('alice', '180');
      const request = stage.bob.received('INVITE')[0];
      if (request !== undefined) stage.bob.reply(request, 603);
      await stage.hears('alice', '603');
      const response = stage.alice.receivedStatus(603)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('carol', 'ACK');
    },
  },
  {
    title: 'a MESSAGE forks too',
    route: `$ru = $hdr(X-bob); append_branch("$hdr(X-carol)"); t_relay(); exit;`,
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 404));
      stage.carol.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'three branches, and each has its own index in the branch route',
    route: `route(CALLS); t_on_branch("THIS"); append_branch("$hdr(X-carol)"); append_branch("$hdr(X-dave)"); route(RELAY);`,
    blocks:
      'branch_route[THIS] { append_hf("X-Branch: $T_branch_idx $ru\\r\\n"); if ($T_branch_idx == 1) { $rU = "changed"; append_hf("X-One: yes\\r\\n"); } }',
    play: async (stage) => {
      for (const name of ['bob', 'carol', 'dave']) stage.peer(name).acceptCalls([486]);
      const invite = stage.invite();
      await stage.hears('alice', '486');
      const response = stage.alice.receivedStatus(486)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
  {
    title: 'a branch is dropped in the branch route and the other one goes',
    route: `route(CALLS); t_on_branch("THIS"); append_branch("$hdr(X-carol)"); route(RELAY);`,
    blocks: 'branch_route[THIS] { if ($ru =~ "sip:bob") drop; append_hf("X-Kept: 1\\r\\n"); }',
    play: rejected({ carol: [486] }, 486),
  },
  {
    title: 'the only branch is dropped in the branch route',
    route: 'route(CALLS); t_on_branch("THIS"); if (!t_relay()) { append_hf("X-Failed: yes\\r\\n"); } exit;',
    blocks: 'branch_route[THIS] { drop; }',
    play: rejected({}, 500),
  },
  {
    title: 'exit in the branch route sends the branch',
    route: 'route(CALLS); t_on_branch("THIS"); route(RELAY);',
    blocks: 'branch_route[THIS] { append_hf("X-Before: 1\\r\\n"); exit; }',
    play: rejected({ bob: [480] }, 480),
  },
  {
    title: 'removed and added headers of one branch are not those of the other',
    route: `route(CALLS); t_on_branch("THIS"); append_branch("$hdr(X-carol)"); append_hf("X-All: 1\\r\\n"); route(RELAY);`,
    blocks: 'branch_route[THIS] { if ($ru =~ "sip:bob") { remove_hf("X-dave"); } else { $du = $hdr(X-dave); } }',
    play: async (stage) => {
      stage.bob.acceptCalls([486]);
      stage.dave.acceptCalls([486]);
      const invite = stage.invite();
      await stage.hears('alice', '486');
      const response = stage.alice.receivedStatus(486)[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
    },
  },
];
