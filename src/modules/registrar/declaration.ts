/** What registrar declares: its parameters, functions and event route, under Kamailio's names. */
import { choice, int, str } from '../../engine/spec.ts';

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;
const routes = ['request', 'failure'] as const;
const table = str({ doc: 'Table of users: `location`.' });
const address = str({ optional: true, doc: 'Address of record; that of the Request-URI when absent.' });
const found = { found: 1, notFound: -1, methodNotAllowed: -2, error: -3 } as const;

const params = {
  default_expires: int({ default: 3600, min: 0, doc: 'Seconds, when a REGISTER does not say.' }),
  default_expires_range: int({ default: 0, min: 0, max: 100, doc: 'Percent by which those are shortened by chance.' }),
  expires_range: int({ default: 0, min: 0, max: 100, doc: 'Percent by which asked seconds are shortened by chance.' }),
  min_expires: int({ default: 60, min: 0, doc: 'Shortest time in seconds.' }),
  min_expires_mode: choice({
    choices: { raise: ['0'], refuse: ['1'] },
    default: 'raise',
    doc: 'A shorter time becomes this one, or gets 423.',
  }),
  max_expires: int({ default: 0, min: 0, doc: 'Longest time in seconds; 0 for none.' }),
  default_q: int({ default: -1, min: -1, max: 1000, doc: 'Preference without q, in thousandths; -1 for none.' }),
  append_branches: choice({ ...onOff, default: 'on', doc: 'lookup makes branches of all contacts but the first.' }),
  case_sensitive: choice({ ...onOff, doc: 'Users are told apart by upper and lower case.' }),
  max_contacts: int({ default: 0, min: 0, doc: 'Contacts of one user; 0 for no limit but that of usrloc.' }),
  contact_max_size: int({ default: 512, min: 1, doc: 'Bytes of a contact URI.' }),
  retry_after: int({ default: 0, min: 0, doc: 'Seconds for Retry-After in 5xx; 0 for none.' }),
  received_param: str({ default: 'received', doc: 'Parameter of Contact that shows where a REGISTER came from.' }),
  received_avp: str({ doc: 'AVP that holds it, `$avp(name)` or its name; nathelper sets it.' }),
  method_filtering: choice({ ...onOff, doc: 'lookup leaves out contacts that do not accept the method.' }),
  use_path: choice({ ...onOff, doc: 'Keep Path, and send along it.' }),
  path_mode: choice({
    choices: { off: ['0'], lazy: ['1'], strict: ['2'] },
    default: 'strict',
    doc: 'Path in the 200: never, when the device supports it, or 420 when it does not.',
  }),
  path_use_received: choice({ ...onOff, doc: 'Take where a REGISTER came from out of the first hop of Path.' }),
  path_check_local: choice({ ...onOff, doc: 'lookup leaves out a first hop that is ourselves.' }),
  realm_prefix: str({ default: '', doc: 'Cut off a domain that begins with it.' }),
  sock_flag: int({
    default: -1,
    min: -1,
    max: 31,
    doc: 'Message flag: `sock_hdr_name` says where a REGISTER came in.',
  }),
  sock_hdr_name: str({ default: '', doc: 'Header `proto:address:port` that add_sock_hdr wrote.' }),
  xavp_cfg: str({
    doc: 'Name of an `$xavp` where scripts say what is for one request: `max_contacts`, `q`, `expires`, `socket` for save, `match_callid`, `match_received`, `match_contact` for registered, `rlf_bflags` for lookup.',
  }),
  xavp_rcd: str({
    doc: 'Name of an `$xavp` that lookup and registered describe the contact in: `ruid`, `contact`, `expires`, `received`, `path`.',
  }),
  xavp_rcd_mask: int({ default: 0, min: 0, max: 31, doc: 'Bits of what is left out there, in this order from 1.' }),
  lookup_filter_mode: int({
    default: 0,
    min: 0,
    max: 3,
    doc: 'Bits: 1 lookup finds contacts with one of the branch flags `rlf_bflags` only, 2 no contact whose connection is closed.',
  }),
  sock_mode: int({
    default: 0,
    min: 0,
    max: 1,
    doc: 'Accepted; a contact knows its socket, and with it both addresses.',
  }),
  regid_mode: int({ default: 0, min: 0, max: 1, doc: 'Accepted; reg-id counts wherever there is an instance.' }),
  flow_timer: int({ default: 0, min: 0, max: 0, doc: 'Not there: it is a part of outbound.' }),
  use_expired_contacts: int({ default: 0, min: 0, max: 0, doc: 'Not there: what has expired is gone.' }),
  gruu_enabled: int({ default: 0, min: 0, max: 1, doc: 'Accepted; there is no GRUU.' }),
  outbound_mode: choice({ choices: { off: ['0'] }, default: 'off', doc: 'RFC 5626 is not offered: only `off`.' }),
} as const;

export const declaration = {
  name: 'registrar',
  doc: 'Registers users and finds them.',
  needs: ['usrloc'],
  params,
  functions: {
    save: {
      cfg: ['save'],
      routes: [...routes, 'reply', 'onreply'],
      args: [
        table,
        int({
          optional: true,
          min: 0,
          max: 31,
          doc: 'Bits: 2 no reply, 4 one contact a user, 8 no `expires_range`, 16 headers for a reply of the route (with 2).',
        }),
        str({ optional: true, doc: 'Address of record; that of To when absent.' }),
      ],
      returns: { created: 1, unchanged: 1, updated: 2, removed: 3, listed: 4, error: -1, tooMany: -2 },
      async: true,
      doc: 'Does what a REGISTER asks for, and answers it; of a reply, keeps the contacts that another registrar says. Waits where usrloc has a store and memory not the user.',
    },
    lookup: {
      cfg: ['lookup'],
      routes,
      args: [table, address],
      returns: found,
      async: true,
      doc: 'Makes the best contact the Request-URI, and branches of the others. Waits as `save` does.',
    },
    lookupToDset: {
      cfg: ['lookup_to_dset'],
      routes,
      args: [table, address],
      returns: found,
      async: true,
      doc: 'Makes branches of all contacts and leaves the Request-URI. Waits as `save` does.',
    },
    lookupBranches: {
      cfg: ['lookup_branches'],
      routes,
      args: [table],
      returns: found,
      async: true,
      doc: 'Looks up the Request-URI, and the branches that have no destination yet. Waits as `save` does.',
    },
    registered: {
      cfg: ['registered'],
      routes: ['request', 'failure', 'branch', 'onreply', 'event'],
      args: [
        table,
        address,
        int({
          optional: true,
          min: 0,
          max: 7,
          doc: 'Bits: the contact must be that of 1 `match_callid`, 2 `match_received`, 4 `match_contact` of `xavp_cfg`.',
        }),
        int({ optional: true, min: 0, max: 3, doc: 'Bits: 2 `xavp_rcd` is not written; 1 has no meaning here.' }),
      ],
      returns: 'boolean',
      doc: 'Whether a user has a contact.',
    },
    unregister: {
      cfg: ['unregister'],
      routes: ['request', 'failure'],
      args: [
        table,
        str({ doc: 'Address of record; that of To when empty.' }),
        str({ optional: true, doc: 'Name of one contact, `$ulc(profile=>ruid)`; without it, all go.' }),
      ],
      returns: { removed: 1, error: -1, notFound: -3 },
      doc: 'Removes the contacts of a user.',
    },
    fetchContacts: {
      cfg: ['reg_fetch_contacts'],
      routes: ['request', 'failure', 'branch', 'onreply'],
      args: [table, str({ doc: 'Address of record.' }), str({ doc: 'Profile, for `$ulc(profile=>attribute)`.' })],
      returns: { fetched: 1, notFound: -1, full: -1 },
      doc: 'Keeps the contacts of a user for `$ulc`.',
    },
    freeContacts: {
      cfg: ['reg_free_contacts'],
      routes: ['request', 'failure', 'branch', 'onreply'],
      args: [str({ doc: 'Profile.' })],
      returns: { freed: 1, notFound: 1 },
      doc: 'Forgets fetched contacts.',
    },
    sendReply: {
      cfg: ['reg_send_reply'],
      routes,
      args: [],
      returns: { sent: 1, answered: -1 },
      doc: 'Sends the reply that `save` with bit 2 left out; an empty 200 where there was none.',
    },
    addSockHdr: {
      cfg: ['add_sock_hdr'],
      routes: ['request'],
      args: [str({ doc: 'Name of the header.' })],
      returns: { added: 1 },
      doc: 'Adds a header that says where the request came in, for the registrar behind us.',
    },
  },
  pvs: {
    ulc: {
      type: 'any',
      inner: 'required',
      doc: 'Attribute of fetched contacts: `profile=>addr`, `ruid`, `expires`, `q`, `received`, `path`, `count` and others.',
    },
  },
  eventRoutes: {
    'usrloc:contact-expired': { doc: 'A contact was not refreshed in time; `$ulc(exp=>addr)` is the one.' },
  },
  stats: { accepted_regs: 'REGISTERs that were accepted.', rejected_regs: 'REGISTERs that were refused.' },
} as const;
