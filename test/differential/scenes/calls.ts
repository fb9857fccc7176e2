/** Calls through one script: the scenes of relaying, failing, answering and editing. */
import { loading, waiting } from '../beginnings.ts';
import type { Contest } from '../contest.ts';
import { cancels, replies } from './answering.ts';
import { edits } from './editing.ts';
import { errors, failures, timers } from './failing.ts';
import { forking, relaying } from './relaying.ts';
import { transactions } from './transactions.ts';

const prelude = `
${loading('corex', 'maxfwd', 'rr', 'xlog', 'sanity')}
modparam("tm", "failure_reply_mode", 3)
${waiting(5_000, 8_000)}

route[CALLS] {
  if (is_method("CANCEL")) {
    if (t_check_trans()) { t_relay(); }
    exit;
  }
  if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
  if (has_totag()) { t_relay(); exit; }
}
route[RELAY] { t_relay(); exit; }

reply_route {
  if ($(ci{s.select,0,.}) == $shv(dropscene) && $rs == $shv(dropstatus)) {
    $shv(dropscene) = "none";
    drop;
  }
  if ($(ci{s.select,0,.}) == $shv(editscene)) {
    insert_hf("X-Core: $rs\\r\\n", "From");
  }
  return 1;
}
onsend_route {
  if ($ci =~ "unsent") { drop; }
  if ($ci =~ "edited") { append_hf("X-Late: 1\\r\\n"); remove_hf("Contact"); $var(x) = subst("/Max-Forwards/X-Forwards/"); }
}
`;

export const calls: Contest = {
  name: 'calls',
  prelude,
  scenes: [
    ...relaying,
    ...forking,
    ...failures,
    ...replies,
    ...cancels,
    ...timers,
    ...errors,
    ...edits,
    ...transactions,
  ],
};
