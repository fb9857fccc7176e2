/** What uac declares: parameters, functions, variables and events, under Kamailio's names. */
import { choice, int, list, str } from '../../engine/spec.ts';

const replacing = {
  routes: ['request', 'branch', 'failure'],
  args: [
    str({ doc: 'Display name, quotes included, empty for none; the URI when it stands alone.' }),
    str({ optional: true, doc: 'URI; empty leaves the one that is there.' }),
  ],
  returns: { replaced: 1, malformed: -1 },
} as const;

export const declaration = {
  name: 'uac',
  doc: 'Answers challenges, replaces From and To, sends requests.',
  params: {
    credential: list({ default: [], secret: true, doc: '`user:realm:password` each.' }),
    auth_realm_avp: str({ doc: 'AVP with the realm of the next two; empty or absent for any.' }),
    auth_username_avp: str({ doc: 'AVP with the user, `$avp(name)` or its name.' }),
    auth_password_avp: str({ doc: 'AVP with the password.' }),
    restore_mode: choice({
      choices: { none: ['none'], manual: ['manual'], auto: ['auto'] },
      default: 'auto',
      doc: 'What becomes of a replaced From and To: replies get them back (`manual`), and later requests of the dialog, too (`auto`).',
    }),
    rr_from_store_param: str({ default: 'vsf', doc: 'Parameter of Record-Route that keeps From.' }),
    rr_to_store_param: str({ default: 'vst', doc: 'Parameter of Record-Route that keeps To.' }),
    restore_passwd: str({
      default: '',
      secret: true,
      doc: 'Laid over what those parameters show. It is no encryption.',
    }),
    restore_from_avp: str({ doc: 'AVP that gets the URI of From that was replaced.' }),
    restore_to_avp: str({ doc: 'AVP that gets the URI of To that was replaced.' }),
    restore_dlg: int({ default: 0, min: 0, max: 0, doc: 'Not there: nothing is kept in dialogs.' }),
  },
  functions: {
    auth: {
      cfg: ['uac_auth', 'uac_auth_mode'],
      routes: ['failure'],
      args: [int({ optional: true, min: 0, max: 1, doc: '1: the password is a hash, as stored by servers.' })],
      cfgArity: { uac_auth: [0, 1], uac_auth_mode: [1] },
      returns: { answered: 1, notChallenged: -1, unknownRealm: -1 },
      doc: 'Adds credentials to the request when its winning reply is a challenge; relay it then.',
    },
    replaceFrom: { ...replacing, cfg: ['uac_replace_from'], doc: 'Writes another display name or URI into From.' },
    replaceTo: { ...replacing, cfg: ['uac_replace_to'], doc: 'Writes another display name or URI into To.' },
    restoreFrom: {
      cfg: ['uac_restore_from'],
      routes: ['request'],
      args: [],
      returns: 'boolean',
      doc: 'For `restore_mode` manual: gives a later request of the dialog the URI that was kept of From.',
    },
    restoreTo: {
      cfg: ['uac_restore_to'],
      routes: ['request'],
      args: [],
      returns: 'boolean',
      doc: 'The same, of To.',
    },
    reqSend: {
      cfg: ['uac_req_send'],
      routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
      args: [],
      returns: { sent: 1, dropped: 1, malformed: -1, full: -1 },
      doc: 'Sends the request that $uac_req describes, an INVITE too, whose final reply it acknowledges. Its answer runs event_route[uac:reply] when `evroute` is 1.',
    },
  },
  pvs: {
    uac_req: {
      type: 'any',
      writable: true,
      inner: 'required',
      doc: 'A field of the request: method, ruri, furi, turi, ouri, sock, hdrs, body, auser, apasswd, callid, cseqno, evroute, evparam; in the event route evcode, and evtype: 1 for a reply, 2 for none; `all` written clears.',
    },
  },
  eventRoutes: { 'uac:reply': { doc: 'The answer to a request of reqSend has come, or will not come.' } },
  stats: { sent: 'Requests sent.', answered: 'Requests with a final reply, or without hope of one.' },
} as const;
