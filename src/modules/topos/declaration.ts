/** What topos offers: Kamailio's names and meanings; where a default differs, README.md says why. */
import type { ModuleDecl } from '../../engine/declaration.ts';
import { choice, int, list, str } from '../../engine/spec.ts';

const flag = (standard: 0 | 1, doc: string) => int({ default: standard, min: 0, max: 1, doc });
const seconds = (standard: number, doc: string) => int({ default: standard, min: 1, max: 604_800, doc });
const xavuField = (doc: string) => str({ doc });

export const declaration = {
  name: 'topos',
  doc: 'Topology hiding: each side of a call sees only this proxy.',
  params: {
    storage: str({
      default: 'memory',
      doc: 'Where other nodes find our calls: `memory` for nowhere; `redis` for the server that topos_redis names, or a URL, `redis://host:port/db`; `db` and `htable` keep dialogs in memory.',
    }),
    db_url: str({ default: '', doc: 'Accepted: there is no database storage.' }),
    mask_callid: flag(0, 'The side that did not open the dialog sees another Call-ID.'),
    secret: str({
      default: '',
      secret: true,
      doc: 'What masked Call-IDs and sealed branches are made with; the same on all nodes. Without one it is random and forgotten at the end.',
    }),
    sanity_checks: flag(0, 'A request that the default checks of sanity refuse is not restored; needs that module.'),
    header_mode: int({
      default: 0,
      min: 0,
      max: 7,
      doc: 'With compat_fold, sum of: 1 one line for each Via, 2 for each Record-Route, 4 for each Route. Without it each has its line.',
    }),
    compat_fold: flag(0, 'Vias, Record-Routes and Routes share a line, as Kamailio writes them.'),
    branch_expire: seconds(
      180,
      'Seconds that another node can answer for a transaction, and those of a dialog that was never confirmed.',
    ),
    dialog_expire: seconds(10_800, 'Seconds that a dialog is kept after its last request.'),
    clean_interval: seconds(60, 'Seconds between two looks for what has expired.'),
    dialogs: int({
      default: 1_000_000,
      min: 1,
      doc: 'Dialogs in memory; beyond, requests that open one meet on_error.',
    }),
    event_callback: str({ default: '', doc: 'Accepted: event routes are written in TypeScript or kamailio.cfg.' }),
    event_mode: int({
      default: 15,
      min: 0,
      max: 15,
      doc: 'Event routes that run, sum of: 1 msg-outgoing, 2 msg-sending, 4 msg-incoming, 8 msg-receiving.',
    }),
    contact_host: str({ default: '', doc: 'Host of masked Contacts; else the address of the socket.' }),
    contact_mode: int({
      default: 0,
      min: 0,
      max: 4,
      doc: 'Form of masked Contacts: 0 the key is the user; 1 the user stays, the key is a parameter; 2 the same with users from an XAVU; 3 and 4 as 0 with hosts from an XAVU, 4 with port and transport.',
    }),
    cparam_name: str({ default: 'tps', doc: 'Contact parameter that carries the key in modes 1 and 2.' }),
    xavu_cfg: str({ default: '', doc: 'Root XAVU of the fields below.' }),
    xavu_field_a_contact: xavuField('User that B is shown, mode 2.'),
    xavu_field_b_contact: xavuField('User that A is shown, mode 2.'),
    xavu_field_contact_host: xavuField('Host of masked Contacts, instead of contact_host.'),
    xavu_field_a_contact_host: xavuField('Host that A is shown, modes 3 and 4.'),
    xavu_field_b_contact_host: xavuField('Host that B is shown, modes 3 and 4.'),
    contact_params: list({
      default: ['isfocus', 'methods', 'audio', 'video'],
      doc: 'Parameters of a Contact header that stay when it is masked.',
    }),
    contact_uri_params: list({ default: [], doc: 'Parameters of a Contact URI that stay when it is masked.' }),
    redirect_contacts: choice({
      default: 'keep',
      choices: { keep: ['keep'], mask: ['mask'], drop: ['drop'] },
      doc: 'What becomes of the Contacts of a 3xx: they stay, get keys, or go.',
    }),
    rr_update: flag(0, 'Record-Routes of requests inside the dialog and their replies move its route set.'),
    sn_refresh_topology: flag(0, 'A dialog that moves to this node gets its address in Contacts and Routes.'),
    context: str({ default: '', doc: 'Namespace of the keys: at most 12 letters, digits and underscores.' }),
    methods_nocontact: list({ default: ['BYE', 'CANCEL', 'PRACK'], doc: 'Methods that get no Contact.' }),
    methods_noinitial: list({ default: [], doc: 'Methods that are left alone outside of dialogs.' }),
    methods_update_time: list({ default: [], doc: 'Methods that keep a dialog alive; none for all.' }),
    version_table: int({ default: 1, min: 0, doc: 'Accepted: there is no database storage.' }),
    on_error: choice({
      default: 'reject',
      choices: { reject: ['reject'], pass: ['pass'] },
      doc: 'A request that cannot be hidden is answered with 503, or passes as it is.',
    }),
  },
  functions: {
    setContext: {
      cfg: ['tps_set_context'],
      routes: ['request', 'branch', 'failure', 'reply', 'onreply', 'branch_failure', 'event'],
      args: [str({ doc: 'Namespace of the keys made for this message; empty for that of the parameter.' })],
      returns: { set: 1, malformed: -1 },
      doc: 'Sets the namespace of keys for the dialog that this message opens.',
    },
  },
  eventRoutes: {
    'topos:msg-outgoing': {
      doc: 'A message is about to leave to `$sndto`. `drop`: its receiver sees it as if topos were not there.',
      may: 'drop',
    },
    'topos:msg-sending': { doc: 'The same, after msg-outgoing.', may: 'drop' },
    'topos:msg-incoming': {
      doc: 'A message has arrived, not restored yet. `drop` leaves Request-URI, Route and Contact alone.',
      may: 'drop',
    },
    'topos:msg-receiving': { doc: 'The same, after msg-incoming.', may: 'drop' },
  },
  rpc: {
    'topos.stats': { doc: 'Dialogs by phase, and what became of reads and writes of the store.' },
    'topos.dialog': {
      doc: 'The dialogs of a Call-ID: those of this node, then those in the store. Parameter: Call-ID.',
    },
    'topos.lookup': { doc: 'The dialog of a key, as `atpsh-...`, here or in the store. Parameter: key.' },
    'topos.audit': {
      doc: 'Looks through the store and changes nothing: records without an end, of another form, without their dialog, and how many each node has. Parameter: records to look at, at most 1,000,000.',
    },
  },
  stats: {
    dialogs_opened: 'Dialogs that began to be hidden.',
    dialogs_expired: 'Dialogs that were forgotten because nothing was heard of them.',
    strangers: 'Requests with a key that is not of their dialog or side: refused.',
    unhidden: 'Messages that left unhidden because an event route said so.',
    refused: 'Requests that could not be hidden and were refused.',
    passed: 'Requests that could not be hidden and passed.',
    foreign_headers: 'Private headers of other topos nodes that were removed.',
    tickets: 'Addresses in a REFER or a redirection that got a key of their own.',
    bad_contacts: 'Messages whose Contact is missing, doubled or unreadable where one is needed.',
    dialogs_adopted: 'Dialogs of another node, or from before a restart, that are now of this one.',
    adopted: 'Replies to requests of another node, or from before a restart, that found their way.',
    wavering: 'Messages for whose receiver an event route decided otherwise than at the beginning of the dialog.',
  },
} as const satisfies ModuleDecl;
