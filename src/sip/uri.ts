/**
 * SIP, SIPS and tel URIs, and enough of all others to refuse them by scheme (RFC 3261 section 19.1, RFC 3966). Parts are kept as
 * written, escapes included.
 */
import { readDigits } from './digits.ts';
import { Params } from './params.ts';

export interface SipUri {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** As written, IPv6 references with their brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params: Params;
  /** What stands after `?`. */
  readonly headers?: string | undefined;
}

export interface TelUri {
  readonly kind: 'tel';
  readonly number: string;
  readonly params: Params;
}

export interface OtherUri {
  readonly kind: 'other';
  /** In lower case. */
  readonly scheme: string;
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/** White space, controls, bytes beyond ASCII and what delimits URIs in a message cannot stand in one unescaped. */
const FORBIDDEN = /[\0-\x20\x7f-\uffff"<>]/;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#[\]{}|^`\\:]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#:]|%[0-9A-Fa-f]{2})*$/;
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*)|\[[0-9A-Fa-f:.]{2,45}\])$/;
const URI_HEADERS = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$;,=&]|%[0-9A-Fa-f]{2})+$/;
const TEL_NUMBER = /^(?:\+[0-9().-]+|[0-9A-Fa-f*#().-]+)$/;
const TEL_DIGIT = /[0-9A-Fa-f*#]/;
const URI_PARAMS = /^(?:;[^;=,@]+(?:=[^;,@]*)?)+$/;
const PORT_DIGITS = 5;

/** As most URIs are written: no escapes, no password, no headers, so that `@` and `;` always separate. */
const USUAL_SIP =
  /^sip:(?:[A-Za-z0-9_.+-]+@)?[A-Za-z0-9_][A-Za-z0-9_.-]*(?::\d{1,5})?(?:;[^\0-\x20\x7f-\uffff"<>;=,@?]+(?:=[^\0-\x20\x7f-\uffff"<>;,@?]*)?)*$/;
const USUAL_START = 'sip:'.length;

export function parseUri(text: string): Uri | undefined {
  if (USUAL_SIP.test(text)) return parseUsual(text);
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, text, colon + 1);
  if (!SCHEME.test(scheme) || FORBIDDEN.test(text)) return undefined;
  if (scheme === 'tel') return parseTel(text.slice(colon + 1));
  return { kind: 'other', scheme, rest: text.slice(colon + 1) };
}

function parseUsual(text: string): SipUri | undefined {
  const at = text.indexOf('@');
  const place = usualPlace(text, at < 0 ? USUAL_START : at + 1);
  if (place === undefined) return undefined;
  const { host, port, params } = place;
  const user = at < 0 ? undefined : text.slice(USUAL_START, at);
  return { kind: 'sip', scheme: 'sip', user, password: undefined, host, port, params, headers: undefined };
}

function parseSip(scheme: 'sip' | 'sips', text: string, start: number): SipUri | undefined {
  if (FORBIDDEN.test(text)) return undefined;
  const at = text.indexOf('@', start);
  const hostStart = at < 0 ? start : at + 1;
  const hostEnd = endOfHostPort(text, hostStart);
  const question = text.indexOf('?', hostEnd);
  const paramsEnd = question < 0 ? text.length : question;

  const hostPort = readHostPort(text.slice(hostStart, hostEnd));
  const userInfo = at < 0 ? NO_USER : readUserInfo(text.slice(start, at));
  const params = hostEnd === paramsEnd ? Params.none : parseUriParams(text.slice(hostEnd, paramsEnd));
  if (hostPort === undefined || userInfo === undefined || params === undefined) return undefined;
  const headers = question < 0 ? undefined : text.slice(question + 1);
  if (headers !== undefined && !URI_HEADERS.test(headers)) return undefined;
  const { user, password } = userInfo;
  const { host, port } = hostPort;
  return { kind: 'sip', scheme, user, password, host, port, params, headers };
}

interface UserInfo {
  readonly user: string | undefined;
  readonly password: string | undefined;
}

const NO_USER: UserInfo = { user: undefined, password: undefined };

function readUserInfo(text: string): UserInfo | undefined {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  if (!USER.test(user)) return undefined;
  if (colon < 0) return { user, password: undefined };
  const password = text.slice(colon + 1);
  return PASSWORD.test(password) ? { user, password } : undefined;
}

export interface HostPort {
  readonly host: string;
  readonly port: number | undefined;
}

export interface Place extends HostPort {
  readonly params: Params;
}

/** Reads the `host:port;params` at the end of a text of which an expression has said so; undefined when the port is too high. */
export function usualPlace(text: string, start: number): Place | undefined {
  const semicolon = text.indexOf(';', start);
  const end = semicolon < 0 ? text.length : semicolon;
  const params = semicolon < 0 ? Params.none : Params.plain(text.slice(semicolon));
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon > end) return { host: text.slice(start, end), port: undefined, params };
  const port = readPortIn(text, colon + 1, end);
  return port === undefined ? undefined : { host: text.slice(start, colon), port, params };
}

/** Reads `host` or `host:port`, IPv6 references in brackets. */
export function readHostPort(text: string): HostPort | undefined {
  const bracket = text.indexOf(']');
  const colon = text.indexOf(':', bracket < 0 ? 0 : bracket);
  if (colon < 0) return HOST.test(text) ? { host: text, port: undefined } : undefined;
  const host = text.slice(0, colon);
  const port = readPort(text.slice(colon + 1));
  return port === undefined || !HOST.test(host) ? undefined : { host, port };
}

export function readPort(text: string): number | undefined {
  return readPortIn(text, 0, text.length);
}

function readPortIn(text: string, start: number, end: number): number | undefined {
  const port = readDigits(text, start, end, PORT_DIGITS);
  return port >= 0 && port <= 65535 ? port : undefined;
}

function endOfHostPort(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3b || code === 0x3f) return i;
  }
  return text.length;
}

/** URI parameters allow characters that header parameters do not, but no quotes and no white space. */
function parseUriParams(text: string): Params | undefined {
  return URI_PARAMS.test(text) ? Params.plain(text) : undefined;
}

function parseTel(text: string): TelUri | undefined {
  const semicolon = text.indexOf(';');
  const number = semicolon < 0 ? text : text.slice(0, semicolon);
  const params = semicolon < 0 ? Params.none : parseUriParams(text.slice(semicolon));
  return params !== undefined && TEL_NUMBER.test(number) && TEL_DIGIT.test(number)
    ? { kind: 'tel', number, params }
    : undefined;
}

export function formatUri(uri: Uri): string {
  switch (uri.kind) {
    case 'tel':
      return `tel:${uri.number}${uri.params.toString()}`;
    case 'other':
      return `${uri.scheme}:${uri.rest}`;
    case 'sip': {
      const password = uri.password === undefined ? '' : `:${uri.password}`;
      const userInfo = uri.user === undefined ? '' : `${uri.user}${password}@`;
      const port = uri.port === undefined ? '' : `:${uri.port}`;
      const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
      return `${uri.scheme}:${userInfo}${uri.host}${port}${uri.params.toString()}${headers}`;
    }
  }
}

/** The host without the brackets of an IPv6 reference. */
export function hostAddress(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

const ESCAPE = /%([0-9A-Fa-f]{2})/g;

/** Resolves `%HH` once, byte by byte: `%2541` gives `%41` (RFC 4475 section 3.1.1.3). */
export function unescapeUri(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** "A URI that includes one of these never matches one that does not", whatever its value. */
const NEVER_IGNORED: readonly string[] = ['user', 'ttl', 'method', 'maddr', 'transport'];

export function sameUri(a: Uri, b: Uri): boolean {
  switch (a.kind) {
    case 'sip':
      return b.kind === 'sip' && sameSip(a, b);
    case 'tel':
      return b.kind === 'tel' && sameTel(a, b);
    case 'other':
      return b.kind === 'other' && a.scheme === b.scheme && a.rest === b.rest;
  }
}

function sameSip(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    sameUserPart(a.user, b.user) &&
    sameUserPart(a.password, b.password) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameSipParams(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

/** Case-sensitive; a character and its escape are the same. */
function sameUserPart(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && unescapeUri(a) === unescapeUri(b);
}

function sameSipParams(a: Params, b: Params): boolean {
  for (const name of NEVER_IGNORED) if (a.has(name) !== b.has(name)) return false;
  return a.entries.every(({ name }) => !b.has(name) || sameFolded(a.get(name), b.get(name)));
}

function sameFolded(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  return unescapeUri(a ?? '').toLowerCase() === unescapeUri(b ?? '').toLowerCase();
}

/** URI headers are never ignored, their order is. */
function sameHeaders(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return sortedHeaders(a) === sortedHeaders(b);
}

function sortedHeaders(headers: string): string {
  return headers
    .split('&')
    .map((header) => {
      const equals = header.indexOf('=');
      if (equals < 0) return unescapeUri(header).toLowerCase();
      return `${unescapeUri(header.slice(0, equals)).toLowerCase()}=${unescapeUri(header.slice(equals + 1))}`;
    })
    .sort()
    .join('&');
}

function sameTel(a: TelUri, b: TelUri): boolean {
  return (
    plainNumber(a.number) === plainNumber(b.number) &&
    a.params.entries.length === b.params.entries.length &&
    a.params.entries.every(({ name }) => b.params.has(name) && sameFolded(a.params.get(name), b.params.get(name)))
  );
}

/** "Visual separators" do not count (RFC 3966 section 5.1.1). */
function plainNumber(number: string): string {
  return number.replace(/[-.()]/g, '').toLowerCase();
}
