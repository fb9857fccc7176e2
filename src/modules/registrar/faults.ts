/** What can be wrong with a REGISTER, with the status and the text of `P-Registrar-Error` that Kamailio answers with. */

interface Fault {
  readonly status: 400 | 420 | 423 | 500 | 503;
  readonly text: string;
}

export const FAULTS = {
  noUser: { status: 400, text: 'No username in To URI' },
  aorLength: { status: 500, text: 'Address Of Record too long' },
  aorParse: { status: 400, text: 'Error while parsing AOR' },
  contactParse: { status: 400, text: 'Contact parse error' },
  contactLength: { status: 400, text: 'Contact/received too long' },
  callIdLength: { status: 400, text: 'Callid too long' },
  starExpires: { status: 400, text: '* used in contact and expires is not zero' },
  starContacts: { status: 400, text: '* used in contact and more than 1 contact' },
  cseq: { status: 400, text: 'Invalid CSeq number' },
  q: { status: 400, text: 'Invalid q param in contact' },
  methods: { status: 400, text: 'Message parse error' },
  regId: { status: 400, text: 'Invalid Reg-Id number' },
  path: { status: 400, text: 'Path parse error' },
  pathUnsupported: { status: 420, text: 'No support for found Path indicated' },
  outboundRequired: { status: 420, text: 'No support for Outbound on server' },
  tooBrief: { status: 423, text: 'Interval too brief' },
  tooMany: { status: 503, text: 'Too many registered contacts' },
  full: { status: 500, text: 'usrloc_contact_insert failed' },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

/** Kamailio's phrases, whatever RFC 3261 calls them. */
export const PHRASES = {
  200: 'OK',
  400: 'Bad Request',
  420: 'Bad Extension',
  423: 'Interval Too Brief',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
} as const;
