/** Replies that name the server as the script wants: server_header. */
import type { Contest } from '../contest.ts';

export const named: Contest = {
  name: 'names',
  prelude: `
server_header="Server: My Box 1.0"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
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
  ],
};
