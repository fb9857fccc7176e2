/** Messages that name the server as the script wants: server_header and user_agent_header. */
import type { Contest } from '../contest.ts';
import type { Stage } from '../stage.ts';

async function sentToBob(stage: Stage): Promise<void> {
  stage.bob.on('*', (request, ua) => ua.reply(request, 200));
  stage.request('OPTIONS', stage.own());
  await stage.hears('alice', 200);
  await stage.hears('bob', 'MESSAGE');
  await stage.settle();
}

export const named: Contest = {
  name: 'names',
  prelude: `
server_header="Server: My Box 1.0"
user_agent_header="User-Agent: My Agent 2.0"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "uac.so"
modparam("uac", "restore_mode", "none")
`,
  scenes: [
    {
      title: 'a stateless reply ends with the header of the server, behind what was added',
      route: 'append_to_reply("X-One: 1\\r\\n"); sl_send_reply("480", "Away"); exit;',
      exact: true,
    },
    {
      title: 'the reply of a transaction has it too',
      route: 't_newtran(); append_to_reply("X-One: 1\\r\\n"); t_reply("480", "Away"); exit;',
      exact: true,
    },
    {
      title: 'so has a 100',
      route: 't_newtran(); t_reply("100", "Wait"); t_reply("486", "Busy"); exit;',
    },
    {
      title: 'a request of t_uac_send has that of the agent',
      route:
        't_uac_send("MESSAGE", "$hdr(X-bob)", "", "", "From: <sip:me@example.org>;tag=mine\\r\\nTo: <sip:you@example.org>\\r\\nCall-ID: own-$ci\\r\\n", ""); sl_send_reply("200", "Sent"); exit;',
      play: sentToBob,
    },
    {
      title: 'so has one of uac_req_send',
      route:
        '$uac_req(method) = "MESSAGE"; $uac_req(ruri) = $hdr(X-bob); $uac_req(furi) = "sip:me@example.org"; $uac_req(turi) = "sip:you@example.org"; $uac_req(callid) = "own-" + $ci; uac_req_send(); sl_send_reply("200", "Sent"); exit;',
      play: sentToBob,
    },
  ],
};
