/** Requests that the server sends of its own accord, and the event routes that see them and its replies. */
import { loading, waiting } from '../beginnings.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
${loading('uac')}
modparam("uac", "restore_mode", "none")
${waiting(1_000, 1_500)}

event_route[tm:local-request] {
  if ($hdr(X-Do) == "edit") { append_hf("X-Local: $rm $du\\r\\n"); }
  if ($hdr(X-Do) == "drop") { drop; }
}
event_route[tm:local-response] {
  $shv(said) = "" + $rs + " " + $rr;
}
event_route[uac:reply] {
  $shv(came) = "" + $uac_req(evcode) + " " + $uac_req(evtype) + " " + $uac_req(evparam);
}
`;

const own = (method: string, more = '', body = '', nextHop = '""') =>
  `$var(ok) = t_uac_send("${method}", "$hdr(X-bob)", ${nextHop}, "", "From: <sip:me@example.org>;tag=mine\\r\\nTo: <sip:you@example.org>\\r\\nCall-ID: own-$ci\\r\\n${more}", "${body}");
   sl_send_reply("200", "Gave $rc"); exit;`;

/** alice asks, and bob and carol get what is sent then. */
const asked =
  (heard: Readonly<Record<string, string>>, status = 200) =>
  async (stage: Stage): Promise<void> => {
    for (const peer of [stage.bob, stage.carol]) peer.on('*', (request, ua) => ua.reply(request, status));
    stage.request('OPTIONS', stage.own());
    await stage.hears('alice', 200);
    for (const [name, method] of Object.entries(heard)) await stage.hears(name, method);
    await stage.settle();
  };

const sent: readonly Scene[] = [
  { title: 'a request of our own', route: own('MESSAGE'), play: asked({ bob: 'MESSAGE' }) },
  {
    title: 'with a body, a CSeq and headers',
    route: own('MESSAGE', 'CSeq: 77 MESSAGE\\r\\nContent-Type: text/plain\\r\\nX-More: 1\\r\\nX-Two: 2\\r\\n', 'Hello'),
    play: asked({ bob: 'MESSAGE' }),
  },
  {
    title: 'through a next hop',
    route: own('OPTIONS', '', '', '"$hdr(X-carol)"'),
    play: asked({ carol: 'OPTIONS' }),
  },
  { title: 'a body without its type', route: own('MESSAGE', '', 'Hello'), play: asked({}) },
  { title: 'a CSeq of another method', route: own('MESSAGE', 'CSeq: 1 INFO\\r\\n'), play: asked({}) },
  {
    title: 'without From',
    route:
      '$var(ok) = t_uac_send("MESSAGE", "$hdr(X-bob)", "", "", "To: <sip:you@example.org>\\r\\n", ""); sl_send_reply("200", "Gave $rc"); exit;',
    play: asked({}),
  },
  {
    title: 'to what is no URI',
    route:
      '$var(ok) = t_uac_send("MESSAGE", "nonsense", "", "", "From: <sip:a@b>\\r\\nTo: <sip:a@b>\\r\\n", ""); sl_send_reply("200", "Gave $rc"); exit;',
    play: asked({}),
  },
  {
    title: 'from a socket that is not ours',
    route:
      '$var(ok) = t_uac_send("MESSAGE", "$hdr(X-bob)", "", "udp:127.0.0.1:9", "From: <sip:a@b>\\r\\nTo: <sip:a@b>\\r\\n", ""); sl_send_reply("200", "Gave $rc"); exit;',
    play: asked({}),
  },
];

const prepared: readonly Scene[] = [
  {
    title: 'the event route writes into a request of our own',
    route: own('MESSAGE', 'X-Do: edit\\r\\n'),
    play: asked({ bob: 'MESSAGE' }),
  },
  {
    title: 'the event route drops a request of our own',
    route: own('MESSAGE', 'X-Do: drop\\r\\n'),
    play: asked({}),
  },
  {
    title: 'the event route sees a reply of our own',
    route: 't_newtran(); t_reply("486", "Busy"); exit;',
    play: async (stage) => {
      stage.request('MESSAGE');
      await stage.hears('alice', 486);
    },
  },
  { title: 'what it saw', route: '$var(x) = 1;', show: ['$shv(said)'] },
];

const request = (method: string, more = '') =>
  `$uac_req(method) = "${method}"; $uac_req(ruri) = $hdr(X-bob); $uac_req(furi) = "sip:me@example.org"; $uac_req(turi) = "sip:you@example.org"; $uac_req(callid) = "uac-" + $ci; $uac_req(evroute) = 1; $uac_req(evparam) = "p"; ${more} uac_req_send(); sl_send_reply("200", "Gave $rc"); exit;`;

const byUac: readonly Scene[] = [
  { title: 'a request of uac_req_send', route: request('MESSAGE'), play: asked({ bob: 'MESSAGE' }, 202) },
  { title: 'what uac:reply saw', route: '$var(x) = 1;', show: ['$shv(came)'] },
  {
    title: 'the event route drops a request of uac_req_send',
    route: request('OPTIONS', '$uac_req(hdrs) = "X-Do: drop\\r\\n";'),
    play: asked({}),
  },
];

export const ownRequests: Contest = {
  name: 'ownRequests',
  prelude,
  scenes: [...sent, ...prepared, ...byUac],
};
