/**
 * The names of the SIP headers that viaduct knows, each with a small number, its long form and its compact form
 * (RFC 3261 section 7.3.3 and the IANA registry). Every other header is known by its spelling alone and has the number 0.
 */

/** The number of each known header. Headers that must stand alone in a message have numbers below 32 (see verdict.ts). */
export const H = {
  Via: 1,
  From: 2,
  To: 3,
  CallId: 4,
  CSeq: 5,
  MaxForwards: 6,
  Contact: 7,
  Route: 8,
  RecordRoute: 9,
  ContentLength: 10,
  ContentType: 11,
  Authorization: 12,
  ProxyAuthorization: 13,
  WwwAuthenticate: 14,
  ProxyAuthenticate: 15,
  Expires: 16,
  Require: 17,
  ProxyRequire: 18,
  Supported: 19,
  Unsupported: 20,
  UserAgent: 21,
  Server: 22,
  Allow: 23,
  Date: 24,
  Event: 25,
  Subject: 26,
  ReferTo: 27,
  ReferredBy: 28,
  Replaces: 29,
  MinExpires: 30,
  RetryAfter: 31,
  SessionExpires: 32,
  MinSe: 33,
  Accept: 34,
  AcceptContact: 35,
  AcceptEncoding: 36,
  AcceptLanguage: 37,
  AlertInfo: 38,
  AllowEvents: 39,
  AuthenticationInfo: 40,
  CallInfo: 41,
  ContentDisposition: 42,
  ContentEncoding: 43,
  ContentLanguage: 44,
  Diversion: 45,
  ErrorInfo: 46,
  HistoryInfo: 47,
  Identity: 48,
  IdentityInfo: 49,
  InReplyTo: 50,
  Join: 51,
  MimeVersion: 52,
  Organization: 53,
  PAssertedIdentity: 54,
  PPreferredIdentity: 55,
  Path: 56,
  Priority: 57,
  Privacy: 58,
  RAck: 59,
  Reason: 60,
  RejectContact: 61,
  ReplyTo: 62,
  RequestDisposition: 63,
  RSeq: 64,
  ServiceRoute: 65,
  SipEtag: 66,
  SipIfMatch: 67,
  SubscriptionState: 68,
  Timestamp: 69,
  Warning: 70,
} as const;

export type HeaderId = (typeof H)[keyof typeof H];

/** A header as callers name it: by number (fast), or by its long or compact spelling in any case. */
export type HeaderName = HeaderId | string;

const LONG_NAMES: Readonly<Record<HeaderId, string>> = {
  [H.Via]: 'Via',
  [H.From]: 'From',
  [H.To]: 'To',
  [H.CallId]: 'Call-ID',
  [H.CSeq]: 'CSeq',
  [H.MaxForwards]: 'Max-Forwards',
  [H.Contact]: 'Contact',
  [H.Route]: 'Route',
  [H.RecordRoute]: 'Record-Route',
  [H.ContentLength]: 'Content-Length',
  [H.ContentType]: 'Content-Type',
  [H.Authorization]: 'Authorization',
  [H.ProxyAuthorization]: 'Proxy-Authorization',
  [H.WwwAuthenticate]: 'WWW-Authenticate',
  [H.ProxyAuthenticate]: 'Proxy-Authenticate',
  [H.Expires]: 'Expires',
  [H.Require]: 'Require',
  [H.ProxyRequire]: 'Proxy-Require',
  [H.Supported]: 'Supported',
  [H.Unsupported]: 'Unsupported',
  [H.UserAgent]: 'User-Agent',
  [H.Server]: 'Server',
  [H.Allow]: 'Allow',
  [H.Date]: 'Date',
  [H.Event]: 'Event',
  [H.Subject]: 'Subject',
  [H.ReferTo]: 'Refer-To',
  [H.ReferredBy]: 'Referred-By',
  [H.Replaces]: 'Replaces',
  [H.MinExpires]: 'Min-Expires',
  [H.RetryAfter]: 'Retry-After',
  [H.SessionExpires]: 'Session-Expires',
  [H.MinSe]: 'Min-SE',
  [H.Accept]: 'Accept',
  [H.AcceptContact]: 'Accept-Contact',
  [H.AcceptEncoding]: 'Accept-Encoding',
  [H.AcceptLanguage]: 'Accept-Language',
  [H.AlertInfo]: 'Alert-Info',
  [H.AllowEvents]: 'Allow-Events',
  [H.AuthenticationInfo]: 'Authentication-Info',
  [H.CallInfo]: 'Call-Info',
  [H.ContentDisposition]: 'Content-Disposition',
  [H.ContentEncoding]: 'Content-Encoding',
  [H.ContentLanguage]: 'Content-Language',
  [H.Diversion]: 'Diversion',
  [H.ErrorInfo]: 'Error-Info',
  [H.HistoryInfo]: 'History-Info',
  [H.Identity]: 'Identity',
  [H.IdentityInfo]: 'Identity-Info',
  [H.InReplyTo]: 'In-Reply-To',
  [H.Join]: 'Join',
  [H.MimeVersion]: 'MIME-Version',
  [H.Organization]: 'Organization',
  [H.PAssertedIdentity]: 'P-Asserted-Identity',
  [H.PPreferredIdentity]: 'P-Preferred-Identity',
  [H.Path]: 'Path',
  [H.Priority]: 'Priority',
  [H.Privacy]: 'Privacy',
  [H.RAck]: 'RAck',
  [H.Reason]: 'Reason',
  [H.RejectContact]: 'Reject-Contact',
  [H.ReplyTo]: 'Reply-To',
  [H.RequestDisposition]: 'Request-Disposition',
  [H.RSeq]: 'RSeq',
  [H.ServiceRoute]: 'Service-Route',
  [H.SipEtag]: 'SIP-ETag',
  [H.SipIfMatch]: 'SIP-If-Match',
  [H.SubscriptionState]: 'Subscription-State',
  [H.Timestamp]: 'Timestamp',
  [H.Warning]: 'Warning',
};

/** Compact forms, in the order of the alphabet from `a` to `z`; 0 where the letter stands for nothing. */
const COMPACT_FORMS: readonly (HeaderId | 0)[] = [
  H.AcceptContact, // a
  H.ReferredBy, // b
  H.ContentType, // c
  H.RequestDisposition, // d
  H.ContentEncoding, // e
  H.From, // f
  0,
  0,
  H.CallId, // i
  H.RejectContact, // j
  H.Supported, // k
  H.ContentLength, // l
  H.Contact, // m
  H.IdentityInfo, // n
  H.Event, // o
  0,
  0,
  H.ReferTo, // r
  H.Subject, // s
  H.To, // t
  H.AllowEvents, // u
  H.Via, // v
  0,
  H.SessionExpires, // x
  H.Identity, // y
  0,
];

const LONGEST_NAME = Math.max(...Object.values(LONG_NAMES).map((name) => name.length));

/** The long names as bytes, each in a row of this width, at its number, with a colon behind it. */
const ROW = 32;
const COLON = 0x3a;
const NAME_BYTES = namesInRows();

function namesInRows(): Uint8Array {
  const rows = new Uint8Array((Math.max(...Object.values(H)) + 1) * ROW);
  for (const id of Object.values(H)) rows.set(Buffer.from(`${LONG_NAMES[id]}:`, 'latin1'), id * ROW);
  return rows;
}

/** The first header with these first two letters, and the next one that has the same, for each header; the lower number first. */
const [FIRST_OF_LETTERS, NEXT_OF_LETTERS] = chainsByLetters();

function chainsByLetters(): readonly [Uint8Array, Uint8Array] {
  const first = new Uint8Array(32 * 32);
  const next = new Uint8Array(Math.max(...Object.values(H)) + 1);
  for (const id of Object.values(H).reverse()) {
    const letters = lettersOf(LONG_NAMES[id].charCodeAt(0), LONG_NAMES[id].charCodeAt(1));
    next[id] = first[letters] ?? 0;
    first[letters] = id;
  }
  return [first, next];
}

function lettersOf(first: number, second: number): number {
  return (first & 31) * 32 + (second & 31);
}

const NAME_LENGTHS = lengthsOfNames();

function lengthsOfNames(): Uint8Array {
  const lengths = new Uint8Array(Math.max(...Object.values(H)) + 1);
  for (const id of Object.values(H)) lengths[id] = LONG_NAMES[id].length;
  return lengths;
}

/** The first header of each kind, and the next one of its kind for each header: a kind holds one header, rarely two or three. */
const [FIRST_OF_KIND, NEXT_OF_KIND] = chains();

function chains(): readonly [Uint8Array, Uint8Array] {
  const first = new Uint8Array(kindOf(LONGEST_NAME + 1, 0));
  const next = new Uint8Array(Math.max(...Object.values(H)) + 1);
  for (const id of Object.values(H).reverse()) {
    const name = LONG_NAMES[id];
    const kind = kindOf(name.length, name.charCodeAt(0));
    next[id] = first[kind] ?? 0;
    first[kind] = id;
  }
  return [first, next];
}

/** By the length and the first letter of its name, in either case. */
function kindOf(length: number, firstLetter: number): number {
  return length * 32 + (firstLetter & 31);
}

/** The long form, spelled as the RFC that defines the header spells it. */
export function canonicalName(id: HeaderId): string {
  return LONG_NAMES[id];
}

export function headerId(name: string): number {
  return WIDE.test(name) ? 0 : headerIdIn(Buffer.from(name, 'latin1'), 0, name.length);
}

const WIDE = /[^\0-\xff]/;

/** Of the long name. */
export function nameLength(id: number): number {
  return NAME_LENGTHS[id] ?? 0;
}

/**
 * The number of the header whose long name, in its usual spelling and with the colon right behind it, stands at `start`. 0 says
 * nothing: whoever gets it has to look for the colon.
 */
export function usualIdAt(bytes: Uint8Array, start: number): number {
  let id = FIRST_OF_LETTERS[lettersOf(bytes[start] ?? 0, bytes[start + 1] ?? 0)] ?? 0;
  while (id !== 0 && !isUsualAt(bytes, start, id)) id = NEXT_OF_LETTERS[id] ?? 0;
  return id;
}

function isUsualAt(bytes: Uint8Array, start: number, id: number): boolean {
  const length = NAME_LENGTHS[id] ?? 0;
  // Names that begin alike are of different lengths as a rule.
  if (bytes[start + length] !== COLON) return false;
  const row = id * ROW;
  for (let i = 0; i < length; i++) if (NAME_BYTES[row + i] !== bytes[start + i]) return false;
  return true;
}

/** The number of the header whose name is `bytes[start, end)`; allocates nothing. */
export function headerIdIn(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 1 || length > LONGEST_NAME) return 0;
  const first = bytes[start] ?? 0;
  if (length === 1) return compactId(first);
  let id = FIRST_OF_KIND[kindOf(length, first)] ?? 0;
  while (id !== 0 && !isSpelled(bytes, start, id, length)) id = NEXT_OF_KIND[id] ?? 0;
  return id;
}

/** The usual spelling needs no folding of case. */
function isSpelled(bytes: Uint8Array, start: number, id: number, length: number): boolean {
  const row = id * ROW;
  for (let i = 0; i < length; i++) {
    if (NAME_BYTES[row + i] !== bytes[start + i]) return isSpelledOtherwise(bytes, start, id, length);
  }
  return true;
}

function isSpelledOtherwise(bytes: Uint8Array, start: number, id: number, length: number): boolean {
  const row = id * ROW;
  for (let i = 0; i < length; i++) {
    if (lowerCode(NAME_BYTES[row + i] ?? 0) !== lowerCode(bytes[start + i] ?? 0)) return false;
  }
  return true;
}

function compactId(code: number): number {
  const letter = lowerCode(code);
  return letter < 97 || letter > 122 ? 0 : (COMPACT_FORMS[letter - 97] ?? 0);
}

/** Whether `text[start, end)` is `name`, letters compared without case. */
export function equalsIgnoreCase(text: string, start: number, end: number, name: string): boolean {
  return end - start === name.length && sameLetters(text, start, name);
}

function sameLetters(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = text.charCodeAt(start + i);
    const wanted = name.charCodeAt(i);
    if (code !== wanted && lowerCode(code) !== lowerCode(wanted)) return false;
  }
  return true;
}

function lowerCode(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}
