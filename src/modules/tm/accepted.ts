/** Parameters of Kamailio's tm that change nothing here, each with the reason. */
import { int, str } from '../../engine/spec.ts';

const accepted = (why: string) => int({ optional: true, doc: `Accepted: ${why}` });
const acceptedText = (why: string) => str({ optional: true, doc: `Accepted: ${why}` });

const MATCHING = 'requests are matched as RFC 3261 17.2.3 says.';
const BLOCKING = 'no address is blocked for what it answered.';
const NAMED = '`t_load_contacts` needs no name to keep its contacts under.';

export const acceptedParams = {
  ruri_matching: accepted(MATCHING),
  via1_matching: accepted(MATCHING),
  callid_matching: accepted(MATCHING),
  callid_cseq_matching: accepted(MATCHING),
  noisy_ctimer: accepted('the caller is always told that a timer ended the call.'),
  pass_provisional_replies: accepted('nobody waits for the provisional replies to requests of our own.'),
  reparse_invite: accepted('CANCEL and ACK are made from the INVITE as it was sent.'),
  reparse_on_dns_failover: accepted('a request that goes to the next address is made anew.'),
  dns_reuse_rcv_socket: accepted('a request leaves by the listener that it came on, where that can reach the address.'),
  failure_exec_mode: accepted('a failure route runs for a branch that could not be sent, too.'),
  blst_503: accepted(BLOCKING),
  blst_503_def_timeout: accepted(BLOCKING),
  blst_503_min_timeout: accepted(BLOCKING),
  blst_503_max_timeout: accepted(BLOCKING),
  blst_methods_add: accepted(BLOCKING),
  blst_methods_lookup: accepted(BLOCKING),
  default_code: accepted('`t_reply` without a status that it can use is not called.'),
  default_reason: acceptedText('a status without a reason has the one of RFC 3261.'),
  exec_time_check: accepted('a route that takes long holds up no timer of another process.'),
  event_callback: acceptedText('there is no KEMI script: routes in TypeScript name their event routes.'),
  event_callback_lres_sent: acceptedText('there is no KEMI script: routes in TypeScript name their event routes.'),
  contacts_avp: acceptedText(NAMED),
  contact_flows_avp: acceptedText(NAMED),
  xavp_contact: acceptedText(NAMED),
} as const;
