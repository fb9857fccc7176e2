/** What siputils declares: parameters of the answer to OPTIONS, and small questions under Kamailio's names. */
import { choice, int, pv, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const requests = ['request', 'branch', 'onsend', 'failure', 'branch_failure'] as const;
const uri = str({ doc: 'A URI.' });
const text = str({ doc: 'A text.' });
const param = str({ doc: 'Name of the parameter.' });

const message = {
  hasTotag: {
    cfg: ['has_totag'],
    routes: anywhere,
    args: [],
    returns: 'boolean',
    doc: 'Whether the To header has a tag: the message belongs to a dialog.',
  },
  isRequest: { cfg: ['is_request'], routes: anywhere, args: [], returns: 'boolean', doc: 'Whether it is a request.' },
  isReply: { cfg: ['is_reply'], routes: anywhere, args: [], returns: 'boolean', doc: 'Whether it is a reply.' },
  isFirstHop: {
    cfg: ['is_first_hop'],
    routes: anywhere,
    args: [
      choice({
        choices: { address: ['0'], name: ['1'] },
        optional: true,
        doc: 'Replies: `address` (default) asks that the topmost Record-Route is an address of ours and the reply did not come from ourselves; `name` only that it is ours.',
      }),
    ],
    returns: 'boolean',
    doc: 'Whether we are the first hop after the sender: a request has one Via, a reply our Record-Route on top.',
  },
  isSupported: {
    cfg: ['is_supported'],
    routes: anywhere,
    args: [str({ doc: 'An option tag, `path`.' })],
    returns: 'boolean',
    doc: 'Whether the Supported header has an option tag.',
  },
  isUser: {
    cfg: ['is_user'],
    routes: requests,
    args: [str({ doc: 'Name of a user.' })],
    returns: 'boolean',
    doc: 'Whether the credentials that were accepted are those of this user.',
  },
  hdrDateCheck: {
    cfg: ['hdr_date_check'],
    routes: anywhere,
    args: [int({ min: 0, doc: 'Seconds.' })],
    returns: { fresh: 1, absent: -1, malformed: -2, old: -3 },
    doc: 'Whether the Date header is not older.',
  },
  optionsReply: {
    cfg: ['options_reply'],
    routes: ['request'],
    args: [],
    returns: { answered: 1, other: -1 },
    doc: 'Answers an OPTIONS request for the server itself, one without a user, with what the parameters say.',
  },
} as const;

const requestUri = {
  uriParam: {
    cfg: ['uri_param'],
    routes: requests,
    args: [
      param,
      str({ optional: true, doc: 'Its value; without it, the parameter must stand there without a value.' }),
    ],
    returns: 'boolean',
    doc: 'Whether the Request-URI has a parameter.',
  },
  uriParamAny: {
    cfg: ['uri_param_any'],
    routes: requests,
    args: [param],
    returns: 'boolean',
    doc: 'Whether the Request-URI has a parameter, with or without a value.',
  },
  getUriParam: {
    cfg: ['get_uri_param'],
    routes: requests,
    args: [param, pv({ writable: true, doc: 'Gets the value.' })],
    returns: { found: 1, absent: -1 },
    doc: 'Writes the value of a parameter of the Request-URI into a variable.',
  },
  addUriParam: {
    cfg: ['add_uri_param'],
    routes: ['request', 'branch', 'failure', 'branch_failure'],
    args: [str({ doc: 'The parameter, `name=value`.' })],
    returns: { added: 1, malformed: -1 },
    doc: 'Adds a parameter to the Request-URI.',
  },
  uriParamRm: {
    cfg: ['uri_param_rm'],
    routes: ['request', 'branch', 'failure', 'branch_failure'],
    args: [param],
    returns: { removed: 1, absent: 1, malformed: -1 },
    doc: 'Removes a parameter from the Request-URI.',
  },
  isGruu: {
    cfg: ['is_gruu'],
    routes: anywhere,
    args: [str({ optional: true, doc: 'A URI; the Request-URI unless told.' })],
    returns: { public: 1, temporary: 2, none: -1 },
    doc: 'Whether a URI is a GRUU: has the parameter `gr`, with a value or without one.',
  },
} as const;

const uris = {
  isUri: { cfg: ['is_uri'], routes: anywhere, args: [text], returns: 'boolean', doc: 'Whether it is a URI.' },
  isUriUserE164: {
    cfg: ['is_uri_user_e164'],
    routes: anywhere,
    args: [uri],
    returns: 'boolean',
    doc: 'Whether the user of a URI is a number as E.164 has them, behind a plus sign.',
  },
  cmpUri: {
    cfg: ['cmp_uri'],
    routes: anywhere,
    args: [uri, uri],
    returns: 'boolean',
    doc: 'Whether two URIs are the same (RFC 3261 section 19.1.4).',
  },
  cmpAor: {
    cfg: ['cmp_aor'],
    routes: anywhere,
    args: [uri, uri],
    returns: 'boolean',
    doc: 'Whether two URIs have the same user, host and port.',
  },
  tel2sip: {
    cfg: ['tel2sip'],
    routes: anywhere,
    args: [uri, str({ doc: 'Host of the SIP URI.' }), pv({ writable: true, doc: 'Gets the SIP URI.' })],
    returns: { made: 1, other: 2, malformed: -1 },
    doc: 'Makes a SIP URI of a tel URI.',
  },
  setUriUser: {
    cfg: ['set_uri_user'],
    routes: anywhere,
    args: [pv({ writable: true, doc: 'Holds a URI and gets the other.' }), str({ doc: 'The user.' })],
    returns: { set: 1, malformed: -1 },
    doc: 'Gives a URI another user.',
  },
  setUriHost: {
    cfg: ['set_uri_host'],
    routes: anywhere,
    args: [pv({ writable: true, doc: 'Holds a URI and gets the other.' }), str({ doc: 'The host.' })],
    returns: { set: 1, malformed: -1 },
    doc: 'Gives a URI another host.',
  },
} as const;

const changed = { changed: 1, malformed: -1 } as const;
const edits = ['request', 'branch', 'failure', 'branch_failure', 'reply', 'onreply'] as const;

const contacts = {
  encodeContact: {
    cfg: ['encode_contact'],
    routes: edits,
    args: [str({ doc: 'Prefix of the user.' }), str({ doc: 'Our host.' })],
    returns: changed,
    doc: 'Every Contact names our host, and holds what it named in its user.',
  },
  decodeContact: {
    cfg: ['decode_contact'],
    routes: ['request', 'branch', 'failure', 'branch_failure'],
    args: [],
    returns: changed,
    doc: 'Puts what encodeContact wrote back into the Request-URI.',
  },
  decodeContactHeader: {
    cfg: ['decode_contact_header'],
    routes: edits,
    args: [],
    returns: changed,
    doc: 'Puts what encodeContact wrote back into every Contact.',
  },
  contactParamEncode: {
    cfg: ['contact_param_encode'],
    routes: edits,
    args: [param, str({ doc: 'SIP URI of ours.' })],
    returns: changed,
    doc: 'Every Contact becomes a URI of ours that holds the one before in a parameter.',
  },
  contactParamDecode: {
    cfg: ['contact_param_decode'],
    routes: edits,
    args: [param],
    returns: changed,
    doc: 'Puts what contactParamEncode wrote back into every Contact that has it.',
  },
  contactParamDecodeRuri: {
    cfg: ['contact_param_decode_ruri'],
    routes: ['request', 'branch', 'failure', 'branch_failure'],
    args: [param],
    returns: changed,
    doc: 'Puts what contactParamEncode wrote back into the Request-URI if it has it.',
  },
  contactParamRm: {
    cfg: ['contact_param_rm'],
    routes: edits,
    args: [param],
    returns: changed,
    doc: 'Removes a parameter from the URI of every Contact.',
  },
} as const;

const texts = {
  isE164: {
    cfg: ['is_e164'],
    routes: anywhere,
    args: [text],
    returns: 'boolean',
    doc: 'Whether it is a plus sign and 2 to 15 digits.',
  },
  isTelNumber: {
    cfg: ['is_tel_number'],
    routes: anywhere,
    args: [text],
    returns: 'boolean',
    doc: 'Whether it is digits, perhaps behind a plus sign.',
  },
  isNumeric: { cfg: ['is_numeric'], routes: anywhere, args: [text], returns: 'boolean', doc: 'Whether it is digits.' },
  isAlphanum: {
    cfg: ['is_alphanum'],
    routes: anywhere,
    args: [text],
    returns: 'boolean',
    doc: 'Whether it is letters and digits.',
  },
  isAlphanumex: {
    cfg: ['is_alphanumex'],
    routes: anywhere,
    args: [text, str({ doc: 'Further characters.' })],
    returns: 'boolean',
    doc: 'Whether it is letters, digits and these characters.',
  },
  cmpHdrName: {
    cfg: ['cmp_hdr_name'],
    routes: anywhere,
    args: [str({ doc: 'Name of a header.' }), str({ doc: 'Name of a header.' })],
    returns: 'boolean',
    doc: 'Whether two names are those of the same header, long or compact.',
  },
} as const;

export const declaration = {
  name: 'siputils',
  doc: 'Small questions about a message.',
  params: {
    options_accept: str({ default: '*/*', doc: 'Accept in the answer to OPTIONS.' }),
    options_accept_encoding: str({ default: '', doc: 'Accept-Encoding in the answer to OPTIONS.' }),
    options_accept_language: str({ default: 'en', doc: 'Accept-Language in the answer to OPTIONS.' }),
    contact_flds_separator: str({ default: '*', doc: 'Character between the parts that encodeContact writes.' }),
    options_support: str({ default: '', doc: 'Supported in the answer to OPTIONS.' }),
  },
  functions: { ...message, ...requestUri, ...uris, ...contacts, ...texts },
} as const;
