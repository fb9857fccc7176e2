/**
 * Whether a proxy may handle a message: syntax and mandatory headers (RFC 3261 sections 8.1.1, 16.3 and 18), with the verdicts of
 * RFC 4475. What hangs on configuration (schemes, extensions, hops) stands in functions of their own.
 */
import { H } from './header-names.ts';
import type { Headers } from './headers.ts';
import type { SipMessage, SipRequest, SipResponse } from './message.ts';
import { readTagged } from './readers.ts';
import type { Uri } from './uri.ts';

export type Verdict =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'reject';
      readonly status: number;
      readonly reason: string;
      readonly header?: readonly [name: string, value: string];
    }
  | { readonly kind: 'discard'; readonly rule: string };

const OK: Verdict = { kind: 'ok' };

const bit = (id: number): number => 1 << id;

/** Headers that a message has once or not at all (section 7.3.1 allows repetition to lists only). */
const SINGLE =
  bit(H.From) |
  bit(H.To) |
  bit(H.CallId) |
  bit(H.CSeq) |
  bit(H.MaxForwards) |
  bit(H.ContentLength) |
  bit(H.ContentType);

const MANDATORY = bit(H.Via) | bit(H.From) | bit(H.To) | bit(H.CallId) | bit(H.CSeq);

const MANDATORY_NAMES: readonly (readonly [number, string])[] = [
  [H.Via, 'Via'],
  [H.From, 'From'],
  [H.To, 'To'],
  [H.CallId, 'Call-ID'],
  [H.CSeq, 'CSeq'],
];

const MAGIC_COOKIE = 'z9hG4bK';

export function judge(message: SipMessage): Verdict {
  return message.kind === 'request' ? judgeRequest(message) : judgeResponse(message);
}

function judgeRequest(request: SipRequest): Verdict {
  if (!isSip2(request.version)) {
    if (request.version === '' || !request.version.includes('/')) return reject('Malformed Request-Line');
    return { kind: 'reject', status: 505, reason: 'Version Not Supported' };
  }
  const defect = requestLineDefect(request) ?? headDefect(request) ?? requestHeaderDefect(request);
  return defect === undefined ? OK : reject(defect);
}

function judgeResponse(response: SipResponse): Verdict {
  if (!isSip2(response.version)) return { kind: 'discard', rule: 'version' };
  if (response.status < 100 || response.status > 699) return { kind: 'discard', rule: 'status code out of range' };
  const defect = headDefect(response);
  return defect === undefined ? OK : { kind: 'discard', rule: defect };
}

function reject(defect: string): Verdict {
  return { kind: 'reject', status: 400, reason: defect };
}

function isSip2(version: string): boolean {
  return version === 'SIP/2.0' || version.toUpperCase() === 'SIP/2.0';
}

/** "No LWS is allowed in any of the elements of the Request-Line; the URI MUST NOT be enclosed in <>" (section 7.1). */
function requestLineDefect(request: SipRequest): string | undefined {
  const uri = request.parsedUri;
  if (uri === undefined) return 'Bad Request-URI';
  // Section 19.1.1, table 1: headers are not allowed in a Request-URI.
  if (uri.kind === 'sip' && uri.headers !== undefined) return 'Headers in Request-URI';
  return request.startLine.endsWith(' ') ? 'Malformed Request-Line' : undefined;
}

function headDefect(message: SipMessage): string | undefined {
  return presenceDefect(message) ?? valueDefect(message);
}

function presenceDefect(message: SipMessage): string | undefined {
  const { seen, repeated } = message.headers.census();
  if ((repeated & SINGLE) !== 0) return repetition(message.headers);
  if ((seen & MANDATORY) === MANDATORY) return undefined;
  const missing = MANDATORY_NAMES.find(([id]) => (seen & bit(id)) === 0);
  return `Missing ${missing?.[1]}`;
}

/** Which header it is that stands here again. */
function repetition(headers: Headers): string {
  let seen = 0;
  for (const { id, name } of headers.fields()) {
    if (id === 0 || id > 30) continue;
    if ((seen & bit(id) & SINGLE) !== 0) return `Repeated ${name}`;
    seen |= bit(id);
  }
  return 'Repeated header';
}

function valueDefect(message: SipMessage): string | undefined {
  if (message.topVia === undefined) return 'Bad Via';
  if (readTagged(message.headers, H.From) === undefined) return 'Bad From';
  if (readTagged(message.headers, H.To) === undefined) return 'Bad To';
  if (message.cseq === undefined) return 'Bad CSeq';
  return message.callId === '' ? 'Bad Call-ID' : undefined;
}

function requestHeaderDefect(request: SipRequest): string | undefined {
  // "The method part of CSeq MUST match that of the request" (section 8.1.1.5).
  if (request.cseq?.method !== request.method) return 'CSeq method does not match';
  // A cookie with nothing behind it identifies no transaction (RFC 4475 section 3.2.1).
  if (request.topVia?.branch === MAGIC_COOKIE) return 'Bad Via branch';
  if (request.headers.has(H.MaxForwards) && request.maxForwards === undefined) return 'Bad Max-Forwards';
  return contactDefect(request);
}

/** "If the URI contains a comma, question mark or semicolon, it MUST be enclosed in angle brackets" (section 20). */
function contactDefect(request: SipRequest): string | undefined {
  // Most messages have no such character at all.
  if (!request.raw.includes('?')) return undefined;
  for (const { value } of request.headers.fields(H.Contact)) {
    if (value.includes('?') && !value.includes('<')) return 'Bad Contact';
  }
  return undefined;
}

/** 416: the scheme of the Request-URI is none that we route (section 16.3 item 2). Returns the scheme. */
export function unsupportedScheme(
  request: SipRequest,
  supported: readonly string[] = ['sip', 'sips', 'tel'],
): string | undefined {
  const uri = request.parsedUri;
  if (uri === undefined) return undefined;
  const scheme = schemeOf(uri);
  return supported.includes(scheme) ? undefined : scheme;
}

function schemeOf(uri: Uri): string {
  return uri.kind === 'tel' ? 'tel' : uri.scheme;
}

/** 420: the option tags of Proxy-Require that are not in `supported`, for the Unsupported header (section 16.3 item 5). */
export function unsupportedProxyRequire(request: SipRequest, supported: readonly string[]): string[] {
  return request.headers
    .values(H.ProxyRequire)
    .filter((tag) => !supported.some((known) => known.toLowerCase() === tag.toLowerCase()));
}

const MULTICAST = /^(?:2(?:2[4-9]|3\d)\.|255\.255\.255\.255$|\[?ff[0-9a-f]{2}:)/i;

/** A response that the next Via would send to a broadcast or multicast address is dropped (RFC 4475 section 3.3.10). */
export function returnsToBroadcast(response: SipResponse): boolean {
  const next = response.vias[1];
  return next !== undefined && MULTICAST.test(next.received ?? next.host);
}

/** 483 when 0 (section 16.3 item 3). */
export function hops(request: SipRequest): number | 'missing' | 'malformed' {
  if (!request.headers.has(H.MaxForwards)) return 'missing';
  return request.maxForwards ?? 'malformed';
}
