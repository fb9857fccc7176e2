/**
 * Every deliberate difference between viaduct and Kamailio 5.6.3, by name, with its reason and with what shows it: each is
 * played on both servers and must come out as written here, so that this list stays true.
 */
import type { Scene } from './contest.ts';
import { tracedAnswer, tracedCall, tracingPrelude } from './scenes/tracing.ts';
import type { Stage } from './stage.ts';

export interface Difference {
  readonly name: string;
  readonly reason: string;
  readonly scene: Omit<Scene, 'title'>;
  /** Lines that only the one of them has. */
  readonly kamailio: readonly string[];
  readonly viaduct: readonly string[];
  /** The line of a file that restores Kamailio's way. */
  readonly restoredBy?: string;
}

/** A difference that shows before anything runs: a script that only one of them accepts. */
export interface LoadingDifference {
  readonly name: string;
  readonly reason: string;
  readonly cfg: string;
  readonly accepts: 'kamailio' | 'viaduct';
  readonly restoredBy?: string;
  /** What viaduct says where it refuses. */
  readonly says?: RegExp;
}

export const prelude = `${tracingPrelude}
loadmodule "textopsx.so"
modparam("tm", "failure_reply_mode", 3)
reply_route {
  if ($ci =~ "lastnegative") {
    is_method("NOSUCH");
  }
}
`;

const answersAll = (stage: Stage): void => {
  stage.bob.on('*', (request, ua) => ua.reply(request, 200));
};

async function message(stage: Stage): Promise<void> {
  answersAll(stage);
  stage.request('MESSAGE');
  await stage.hears('alice', 200);
}

async function twice(stage: Stage): Promise<void> {
  stage.request('OPTIONS', stage.own());
  await stage.hears('alice', 200);
  stage.request('OPTIONS', stage.own(), { headers: [['X-Second', '1']] });
  await stage.hears('alice', 200, 2);
}

const language: readonly Difference[] = [
  {
    name: 'a variable lives for one message',
    reason:
      'In Kamailio $var keeps what the previous message of the same worker left in it, which has led one call into another.',
    scene: {
      route:
        'if ($hdr(X-Second) == $null) { $var(leak) = 5; } append_to_reply("X-Leak: $var(leak)\\r\\n"); sl_send_reply("200", "OK"); exit;',
      play: twice,
    },
    kamailio: [],
    viaduct: ['X-Leak: 0'],
    restoredBy: 'viaduct.var_scope = "process"',
  },
  {
    name: 'header edits are visible to the next read',
    reason: 'Kamailio reads the message as it came until msg_apply_changes(); scripts expect to read what they wrote.',
    scene: {
      route:
        'append_hf("X-New: yes\\r\\n"); remove_hf("X-bob"); $var(a) = $hdr(X-New); $var(b) = $hdr(X-bob); append_hf("X-Read: $var(a) $var(b)\\r\\n"); t_relay(); exit;',
      play: message,
    },
    kamailio: ['X-Read: 0 sip:bob@127.0.0.1:BOB'],
    viaduct: ['X-Read: yes 0'],
    restoredBy: 'viaduct.header_edits = "kamailio"',
  },
  {
    name: 'a second assignment to From replaces the first',
    reason: 'Kamailio writes both values, one behind the other, into the header.',
    scene: {
      route: '$fU = "first"; $fU = "second"; t_relay(); exit;',
      play: message,
    },
    kamailio: ['From: <sip:firstsecond@example.org>;tag=<1>'],
    viaduct: ['From: <sip:second@example.org>;tag=<1>'],
    restoredBy: 'viaduct.header_edits = "kamailio"',
  },
  {
    name: 'header edits are visible to functions and core tests',
    reason: 'As to every other read. What msg_apply_changes() made part of the message is seen by both.',
    scene: {
      route:
        'remove_hf("X-bob"); $fU = "zed"; $var(a) = 0; if (is_present_hf("X-bob")) $var(a) = $var(a) + 1; if (from_uri =~ "zed") $var(a) = $var(a) + 2; msg_apply_changes(); if (is_present_hf("X-bob")) $var(a) = $var(a) + 4; if (from_uri =~ "zed") $var(a) = $var(a) + 8; append_hf("X-Seen: $var(a)\\r\\n"); t_relay(); exit;',
      play: message,
    },
    kamailio: ['X-Seen: 9'],
    viaduct: ['X-Seen: 10'],
    restoredBy: 'viaduct.header_edits = "kamailio"',
  },
  {
    name: 'values of the network are not interpolated again',
    reason:
      'A value that a caller sent is data: Kamailio evaluates the pseudo-variables in it where a function gets it as an expression.',
    scene: {
      route: '$var(a) = starts_with($hdr(X-Text), "127.0");',
      show: ['$var(a)'],
      play: async (stage) => {
        stage.request('OPTIONS', stage.own(), { headers: [['X-Text', '$si']] });
        await stage.hears('alice', 200);
      },
    },
    kamailio: ['X-01: 1'],
    viaduct: ['X-01: -1'],
    restoredBy: 'viaduct.arguments = "kamailio"',
  },
  {
    name: 'and of minus one and a literal is true',
    reason: 'An accident of the optimiser of Kamailio drops a literal 1 behind and, and the minus one is left for if.',
    scene: {
      route: '$var(x) = -1; if ($var(x) && 1) $var(a) = 1; else $var(a) = 2;',
      show: ['$var(a)'],
    },
    kamailio: ['X-01: 2'],
    viaduct: ['X-01: 1'],
  },
];

/** A request by hand, sent by alice. */
const byHand =
  (line: (stage: Stage) => string, cseq = '1 MESSAGE') =>
  async (stage: Stage): Promise<void> => {
    const own = `127.0.0.1:${stage.alice.local.port}`;
    const lines = [
      line(stage),
      `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${stage.id}`,
      'Max-Forwards: 70',
      'From: <sip:alice@example.org>;tag=1',
      'To: <sip:bob@example.org>',
      `Call-ID: ${stage.callId()}`,
      `CSeq: ${cseq}`,
      'Content-Length: 0',
    ];
    stage.alice.send(`${lines.join('\r\n')}\r\n\r\n`);
    await stage.settle();
  };

const messages: readonly Difference[] = [
  {
    name: 'our Via stands above what the script inserted',
    reason:
      'The order of headers of different names means nothing, and elements on the way read Via first. Scenes compare without it.',
    scene: {
      route: 'insert_hf("X-First: 1\\r\\n"); t_relay(); exit;',
      exact: true,
      play: async (stage) => {
        answersAll(stage);
        stage.request('MESSAGE');
        await stage.hears('alice', 200);
        // Only which line is the second one tells them apart.
        const [, second = ''] = stage.bob.inbox.heard[0]?.bytes.toString('latin1').split('\r\n') ?? [];
        stage.alice.request('INFO', stage.own(), {
          callId: stage.callId(),
          headers: [['X-Second', second.split(':')[0] ?? '']],
          via: stage.dave.local,
        });
        await stage.hears('dave', 'INFO');
      },
    },
    kamailio: ['X-Second: X-First'],
    viaduct: ['X-Second: Via'],
  },
  {
    name: 'a Request-URI with headers is refused',
    reason: 'RFC 3261 section 19.1.1 allows no headers in a Request-URI. Kamailio lets the script see them.',
    scene: {
      route: 'sl_send_reply("200", "OK"); exit;',
      play: byHand((stage) => `MESSAGE ${stage.own()}?h=v SIP/2.0`),
    },
    kamailio: ['SIP/2.0 200 OK'],
    viaduct: ['SIP/2.0 400 Headers in Request-URI'],
  },
  {
    name: 'a CSeq of another method is refused before the script',
    reason:
      'No route can do anything sound with it (RFC 3261 section 8.1.1.5); in Kamailio it depends on sanity_check().',
    scene: {
      route: 'sl_send_reply("200", "OK"); exit;',
      play: byHand((stage) => `MESSAGE ${stage.own()} SIP/2.0`, '1 INFO'),
    },
    kamailio: ['SIP/2.0 200 OK'],
    viaduct: ['SIP/2.0 400 CSeq method does not match'],
  },
  {
    name: 'another version of SIP is answered with 505',
    reason: 'RFC 3261 section 21.5.7 has the status for it. Kamailio drops the request without a word.',
    scene: {
      route: 'sl_send_reply("200", "OK"); exit;',
      play: byHand((stage) => `MESSAGE ${stage.own()} SIP/3.0`),
    },
    kamailio: [],
    viaduct: ['SIP/2.0 505 Version Not Supported'],
  },
];

const replies: readonly Difference[] = [
  {
    name: 'received stands behind the other parameters of Via',
    reason:
      'The order means nothing; Kamailio puts it before branch when it relays and behind it when it replies. All other scenes compare without the order.',
    scene: {
      route: 't_relay(); exit;',
      exact: true,
      play: message,
    },
    kamailio: ['Via: SIP/2.0/UDP 127.0.0.1:ALICE;received=127.0.0.1;branch=<1>;rport=ALICE'],
    viaduct: ['Via: SIP/2.0/UDP 127.0.0.1:ALICE;branch=<1>;rport=ALICE;received=127.0.0.1'],
  },
  {
    name: 'the reply route drops a reply on drop only',
    reason:
      'In Kamailio a last statement that fails loses the reply: a 200 was lost because a script ended with is_method("BYE").',
    scene: {
      route: 't_relay(); exit;',
      play: async (stage) => {
        answersAll(stage);
        stage.request('MESSAGE', 'bob', { callId: `${stage.id}.lastnegative@example.org` });
        await stage.mayHear('alice', 200);
      },
    },
    kamailio: [],
    viaduct: ['SIP/2.0 200 OK'],
    restoredBy: 'viaduct.reply_drop = "kamailio"',
  },
  {
    name: 'one final reply when relaying fails',
    reason: 'A second final reply has no meaning; the default script of Kamailio sends one after a failed t_relay().',
    scene: {
      route: '$ru = "sip:bob@no-such-host.invalid"; if (!t_relay()) { sl_reply_error(); } exit;',
      play: async (stage) => {
        stage.request('MESSAGE');
        await stage.hears('alice', 478);
      },
    },
    kamailio: ['SIP/2.0 478 Unresolvable destination (478/SL)'],
    viaduct: [],
    restoredBy: 'viaduct.final_reply = "kamailio"',
  },
  {
    name: 'a failure route that is not armed again does not run again',
    reason:
      'In Kamailio a reply that stays keeps its failure route: it runs for the same reply again and again, until no branch is left.',
    scene: {
      route: '$avp(runs) = 0; t_on_failure("THIS"); t_relay(); exit;',
      blocks:
        'failure_route[THIS] { t_drop_replies("n"); $avp(runs) = $avp(runs) + 1; $var(r) = $(avp(runs)[0]); append_hf("X-Run: $var(r)\\r\\n"); $ru = $hdr(X-carol); t_relay(); }',
      play: async (stage) => {
        stage.bob.on('*', (request, ua) => ua.reply(request, 404));
        stage.carol.on('*', (request, ua) => ua.reply(request, 480));
        stage.request('MESSAGE');
        await stage.hears('alice', 404);
      },
    },
    kamailio: ['X-Run: 2'],
    viaduct: [],
  },
  {
    name: 'a failure route that a reply route arms counts for the branches that there are',
    reason: 'In Kamailio it counts for those relayed later alone, and nothing says so.',
    scene: {
      route: 't_on_reply("THIS"); t_relay(); exit;',
      blocks: 'onreply_route[THIS] { t_on_failure("THIS"); } failure_route[THIS] { t_reply("480", "Seen"); }',
      play: async (stage) => {
        stage.bob.on('*', (request, ua) => ua.reply(request, 404));
        stage.request('MESSAGE');
        await stage.hears('alice', stage.server.name === 'kamailio' ? 404 : 480);
      },
    },
    kamailio: ['SIP/2.0 404 Not Found'],
    viaduct: ['SIP/2.0 480 Seen'],
  },
  {
    name: 'a challenge in an onreply route has its header',
    reason:
      'Kamailio answers the request with a 407 that asks for nothing: the header is left with the reply of the callee.',
    scene: {
      route: 't_on_reply("THIS"); t_relay(); exit;',
      blocks: 'onreply_route[THIS] { proxy_challenge("example.org", "0"); }',
      play: async (stage) => {
        answersAll(stage);
        stage.request('MESSAGE');
        await stage.hears('alice', 407);
      },
    },
    kamailio: [],
    viaduct: ['Proxy-Authenticate: Digest realm="example.org", nonce="*"'],
  },
  {
    name: 'a CANCEL that had to wait for a reply has its reason all the same',
    reason:
      'Kamailio leaves the Reason (RFC 3326) out where the branch had not rung when the other one refused with a 6xx.',
    scene: {
      route: '$ru = $hdr(X-bob); append_branch("$hdr(X-carol)"); t_relay(); exit;',
      play: async (stage) => {
        stage.bob.on('INVITE', () => undefined);
        stage.carol.on('INVITE', () => undefined);
        stage.invite();
        await stage.hears('bob', 'INVITE');
        await stage.hears('carol', 'INVITE');
        for (const [peer, status] of [
          [stage.bob, 603],
          [stage.carol, 180],
        ] as const) {
          const invite = peer.received('INVITE')[0];
          if (invite !== undefined) peer.reply(invite, status);
          await stage.settle();
        }
        await stage.hears('carol', 'CANCEL');
      },
    },
    kamailio: [],
    viaduct: ['Reason: SIP;cause=603'],
  },
  {
    name: 'a failure route runs for a connection that was refused',
    reason:
      'A connection fails after t_relay() has returned. Kamailio answers at once where the system knows it at once, and waits for fr_timer elsewhere.',
    scene: {
      route: 't_on_failure("THIS"); $du = $hdr(X-carol) + ";transport=tcp"; t_relay(); exit;',
      blocks: 'failure_route[THIS] { $du = $null; $ru = $hdr(X-bob); t_relay(); }',
      play: async (stage) => {
        answersAll(stage);
        stage.request('MESSAGE');
        await stage.hears('alice', stage.server.name === 'kamailio' ? 477 : 200);
      },
    },
    kamailio: ['SIP/2.0 477 Unfortunately error on sending to next hop occurred (477/TM)'],
    viaduct: ['SIP/2.0 200 OK'],
  },
];

const traces: readonly Difference[] = [
  {
    name: 'a stateless reply and its ACK go to the target of the request (R2, R4)',
    reason: 'Kamailio sends the reply of sl and the ACK to it to duplicate_uri, whatever sip_trace() named.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); sl_send_reply("407", "Who are you"); exit;',
      traced: true,
      play: tracedAnswer(407),
    },
    kamailio: ['X: server > alice SIP/2.0 407 Who are you', 'X: alice > server ACK sip:bob@127.0.0.1:bob SIP/2.0'],
    viaduct: ['Y: server > alice SIP/2.0 407 Who are you', 'Y: alice > server ACK sip:bob@127.0.0.1:bob SIP/2.0'],
  },
  {
    name: 'a challenge goes to the target of the request (R2)',
    reason: 'The 407 of auth_challenge() without a transaction is a stateless reply.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); auth_challenge("example.org", "0"); exit;',
      traced: true,
      play: tracedAnswer(407),
    },
    kamailio: ['X: server > alice SIP/2.0 407 Proxy Authentication Required'],
    viaduct: ['Y: server > alice SIP/2.0 407 Proxy Authentication Required'],
  },
  {
    name: 'a stateless reply goes to each of several targets (R2)',
    reason: 'Kamailio sends it once to duplicate_uri.',
    scene: {
      route:
        'if (is_method("INVITE")) { sip_trace("$hdr(X-Y)", "$ci", "t"); sip_trace("$hdr(X-Z)", "$ci", "t"); } sl_send_reply("480", "Away"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    kamailio: ['X: server > alice SIP/2.0 480 Away'],
    viaduct: ['Y: server > alice SIP/2.0 480 Away', 'Z: server > alice SIP/2.0 480 Away'],
  },
  {
    name: 'a stateless reply is traced in scope m too (R3)',
    reason: 'Kamailio does not trace it at all, but its ACK to duplicate_uri.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "m"); sl_send_reply("480", "Away"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    kamailio: ['X: alice > server ACK sip:bob@127.0.0.1:bob SIP/2.0'],
    viaduct: ['Y: server > alice SIP/2.0 480 Away'],
  },
  {
    name: 'an ACK of a request that nobody traces is not traced (R4)',
    reason: 'Kamailio traces each ACK to a stateless reply to duplicate_uri.',
    scene: {
      route: 'sl_send_reply("480", "Away"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    kamailio: ['X: alice > server ACK sip:bob@127.0.0.1:bob SIP/2.0'],
    viaduct: [],
  },
  {
    name: 'the order of t_newtran and sip_trace does not matter (R1)',
    reason: 'In Kamailio replies are lost to the trace when the transaction was created first.',
    scene: {
      route: 'route(CALLS); t_newtran(); sip_trace("$hdr(X-Y)", "$ci", "t"); send_reply("480", "Away"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    kamailio: [],
    viaduct: ['Y: server > alice SIP/2.0 480 Away'],
  },
  {
    name: 'a CANCEL and its reply follow the INVITE (R5)',
    reason: 'Kamailio sends the CANCEL that comes in to duplicate_uri.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); route(RELAY);',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        stage.bob.acceptCalls([180]);
        const invite = stage.invite();
        await stage.hears('alice', 180);
        stage.alice.cancel(invite);
        await stage.hears('alice', 487);
        const response = stage.alice.receivedStatus(487)[0];
        if (response !== undefined) stage.alice.ackNegative(invite, response);
        await stage.hears('bob', 'ACK');
      },
    },
    kamailio: ['X: alice > server CANCEL sip:bob@127.0.0.1:bob SIP/2.0'],
    viaduct: ['Y: alice > server CANCEL sip:bob@127.0.0.1:bob SIP/2.0'],
  },
  {
    name: 'the ACK to a 2xx follows the INVITE (R2)',
    reason: 'Kamailio does not trace it in scope t.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "$ci", "t"); route(CALLS); route(RELAY);',
      traced: true,
      play: tracedCall([200]),
    },
    kamailio: [],
    viaduct: [
      'Y: alice > server ACK sip:bob@127.0.0.1:bob SIP/2.0',
      'Y: server > bob ACK sip:bob@127.0.0.1:bob SIP/2.0',
    ],
  },
  {
    name: 'every message carries the correlation id (R2)',
    reason: 'Kamailio puts it into the first message alone, and the others of the call are not found by it.',
    scene: {
      route: 'if (is_method("INVITE")) sip_trace("$hdr(X-Y)", "the-id", "t"); route(CALLS); route(RELAY);',
      traced: 'with ids',
      play: tracedCall([486]),
    },
    kamailio: ['Y: bob > server SIP/2.0 486 Busy Here []'],
    viaduct: ['Y: bob > server SIP/2.0 486 Busy Here [the-id]'],
  },
  {
    name: 'a trace that comes after the reply has the reply too (R8)',
    reason: 'Kamailio traces the request alone, and nothing says that the reply is missing.',
    scene: {
      route: 'if (is_method("ACK")) exit; sl_send_reply("480", "Away"); sip_trace("$hdr(X-Y)", "$ci", "t"); exit;',
      traced: true,
      play: tracedAnswer(480),
    },
    kamailio: [],
    viaduct: ['Y: server > alice SIP/2.0 480 Away'],
  },
  {
    name: 'what is forwarded without a transaction is traced (R2)',
    reason: 'Kamailio traces the request as it came and nothing of what forward() sent or of the reply.',
    scene: {
      route: 'sip_trace("$hdr(X-Y)", "$ci", "t"); forward();',
      traced: true,
      play: async (stage) => {
        await stage.sink('Y');
        await message(stage);
      },
    },
    kamailio: [],
    viaduct: ['Y: server > bob MESSAGE sip:bob@127.0.0.1:bob SIP/2.0'],
  },
];

export const differences: readonly Difference[] = [...language, ...messages, ...replies, ...traces];

const head = (modules: readonly string[]): string =>
  [
    '#!KAMAILIO',
    'mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"',
    ...modules.map((name) => `loadmodule "${name}.so"`),
    '',
  ].join('\n');

export const loadingDifferences: readonly LoadingDifference[] = [
  {
    name: 'an expression is allowed in every parameter',
    reason: 'Kamailio wants constants in many functions, and a variable inside quotes means the same.',
    cfg: `${head(['pv', 'sl', 'textops'])}request_route { $var(a) = "X-A: 1\\r\\n"; append_hf($var(a)); sl_send_reply("200", "O" + "K"); }\n`,
    accepts: 'viaduct',
    restoredBy: 'viaduct.arguments = "kamailio"',
  },
  {
    name: 'an empty block is allowed',
    reason: 'It says what it does.',
    cfg: `${head(['pv'])}request_route { if ($rU == "a") { } }\nroute[EMPTY] { }\n`,
    accepts: 'viaduct',
  },
  {
    name: 'the name of a pseudo-variable is read to its end',
    reason: 'In Kamailio $rcv(x) in an expression is read as $rc and text behind it.',
    cfg: `${head(['pv', 'sl', 'kex', 'corex'])}request_route { $var(a) = $rcv(proto); sl_send_reply("200", "$var(a)"); }\n`,
    accepts: 'viaduct',
  },
  {
    name: 'a route that is called and not defined is found by the check',
    reason: 'The check of Kamailio (-c) says nothing; the server then does not start.',
    cfg: `${head(['pv'])}request_route { route(NOWHERE); }\n`,
    accepts: 'kamailio',
    says: /NOWHERE/,
  },
  {
    name: 'a pseudo-variable that does not exist is found by the check inside texts too',
    reason: 'The check of Kamailio (-c) says nothing; the server then does not start.',
    cfg: `${head(['pv', 'xlog'])}request_route { xlog("L_INFO", "value $nosuchvariable(x)\\n"); }\n`,
    accepts: 'kamailio',
    says: /nosuchvariable/,
  },
  {
    name: 'a definition that does not exist is found by the check',
    reason: 'In Kamailio $def(X) is null without it, and no message says so.',
    cfg: `${head(['pv'])}request_route { $var(a) = $def(NODEFINITION); }\n`,
    accepts: 'kamailio',
    says: /NODEFINITION is not defined/,
  },
];
