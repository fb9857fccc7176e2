/**
 * The text that names a trace target, read: `sip:host:port;options`, `name=uri` for a named one and `name=a,b` for a group.
 * Pure text; whether the host exists is found out later, by the sender.
 */
import { formatIp, parseIp } from '../../util/ip.ts';
import type { TraceFilter } from './filter.ts';

/** As in Kamailio's `duplicate_uri`. HEP receivers usually listen on 9060: say so in the URI. */
export const DEFAULT_PORT = 5060;
/** Longer texts are refused: they come from routes, and routes may build them from what peers send. */
export const MAX_TARGET_TEXT = 1024;

export type TargetTransport = 'udp' | 'tcp' | 'tls';
/** 0 is the message as it is, without HEP. */
export type HepVersion = 0 | 1 | 2 | 3;
/** Who the receiver takes us for when it reads the protocol of a message over TLS, WS or WSS. */
export type Profile = 'transport' | 'kamailio' | 'opensips';
/** `given`: what the route said; `callid`: what the route said, else the Call-ID. */
export type CorrelationMode = 'none' | 'given' | 'callid';

/** An option that is `undefined` was not given: the default of the module stands. */
export interface TargetSpec {
  readonly kind: 'target';
  /** IP literal (canonical, no brackets) or host name (lower case). */
  readonly host: string;
  readonly isName: boolean;
  readonly port: number;
  readonly transport: TargetTransport;
  readonly hep: HepVersion | undefined;
  readonly profile: Profile | undefined;
  readonly node: string | undefined;
  readonly captureId: number | undefined;
  readonly authKey: string | undefined;
  readonly correlation: CorrelationMode | undefined;
  readonly filter: TraceFilter | undefined;
  readonly mask: boolean;
  /** Frames too big for a datagram go over TCP to the same port. */
  readonly overflow: boolean;
}

export interface InvalidTarget {
  readonly kind: 'invalid';
  readonly why: string;
}

export interface NamedTarget {
  readonly kind: 'named';
  readonly name: string;
  readonly uri: string;
  readonly spec: TargetSpec;
}

export interface TargetGroup {
  readonly kind: 'group';
  readonly name: string;
  /** Names of targets; the first that is up is used. */
  readonly members: readonly string[];
}

export function parseTarget(text: string): TargetSpec | InvalidTarget {
  const trimmed = text.trim();
  if (trimmed === '') return invalid('the target is empty');
  if (trimmed.length > MAX_TARGET_TEXT) return invalid(`the target has more than ${MAX_TARGET_TEXT} characters`);
  const scheme = trimmed.slice(0, trimmed.indexOf(':') + 1).toLowerCase();
  if (scheme === 'sips:') return invalid('sips: is not a target scheme; write sip:host:port;transport=tls');
  if (scheme !== 'sip:') return invalid('a target begins with sip:, as in sip:192.0.2.1:9060');
  if (trimmed.includes('?')) return invalid('a target has no URI headers (?)');
  const [authority = '', ...options] = trimmed.slice(4).split(';');
  const place = parsePlace(authority.slice(authority.lastIndexOf('@') + 1));
  if (place.kind === 'invalid') return place;
  const read = parseOptions(options);
  if (read.kind === 'invalid') return read;
  return finish(place, read.values);
}

/** `name=uri` or `name=a,b`. */
export function parseNamedTarget(text: string): NamedTarget | TargetGroup | InvalidTarget {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals)).trim();
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    return invalid(`a named target is name=uri; a name is a letter and up to 63 letters, digits, _ . -: ${show(text)}`);
  }
  const right = text.slice(equals + 1).trim();
  if (/^sips?:/i.test(right)) {
    const spec = parseTarget(right);
    return spec.kind === 'invalid' ? invalid(`${name}: ${spec.why}`) : { kind: 'named', name, uri: right, spec };
  }
  const members = right.split(',').map((member) => member.trim());
  if (members.includes('')) return invalid(`${name}: a group is a list of target names, as in ${name}=first,second`);
  if (new Set(members).size !== members.length) return invalid(`${name}: a group names each member once`);
  return { kind: 'group', name, members };
}

interface Place {
  readonly kind: 'place';
  readonly host: string;
  readonly isName: boolean;
  readonly port: number;
}

function parsePlace(text: string): Place | InvalidTarget {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(text);
  if (match === null) return invalid(`an IPv6 address needs brackets, as in sip:[2001:db8::1]:9060: ${show(text)}`);
  const [, hostText = '', portText] = match;
  const port = portText === undefined ? DEFAULT_PORT : wholeNumber(portText, 1, 65_535);
  if (port === undefined) return invalid(`the port is a number from 1 to 65535: ${show(portText ?? '')}`);
  if (hostText === '') return invalid('the host is missing');
  const bracketed = hostText.startsWith('[');
  const address = parseIp(bracketed ? hostText.slice(1, -1) : hostText);
  if (bracketed && address?.length !== 16) return invalid(`not an IPv6 address: ${show(hostText)}`);
  if (address !== undefined) return { kind: 'place', host: formatIp(address), isName: false, port };
  // A last label of digits alone is a mistyped IPv4 address (RFC 1123 section 2.1).
  if (!HOST_NAME.test(hostText) || /(^|\.)\d+\.?$/.test(hostText)) {
    return invalid(`neither an address nor a host name: ${show(hostText)}`);
  }
  return { kind: 'place', host: hostText.toLowerCase(), isName: true, port };
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

/** The values that an option may have; a list of words, or what it is called when it is wrong. */
const OPTIONS = {
  transport: ['udp', 'tcp', 'tls'],
  hep: ['0', '1', '2', '3'],
  profile: ['transport', 'kamailio', 'opensips'],
  node: undefined,
  capture_id: undefined,
  auth_key: undefined,
  correlation: ['none', 'given', 'callid'],
  methods: undefined,
  replies: ['0', '1'],
  from: undefined,
  sample: undefined,
  mask: ['0', '1'],
  overflow: ['tcp'],
} as const satisfies Readonly<Record<string, readonly string[] | undefined>>;

type OptionName = keyof typeof OPTIONS;
const isOptionName = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);
type Values = ReadonlyMap<OptionName, string>;

function parseOptions(
  options: readonly string[],
): { readonly kind: 'options'; readonly values: Values } | InvalidTarget {
  const values = new Map<OptionName, string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    const name = (equals < 0 ? option : option.slice(0, equals)).trim().toLowerCase();
    if (!isOptionName(name)) {
      return invalid(`unknown option ${show(name)}; there are ${Object.keys(OPTIONS).join(', ')}`);
    }
    if (values.has(name)) return invalid(`${name} is given twice`);
    const value = unescape(equals < 0 ? '' : option.slice(equals + 1).trim());
    if (value === undefined) return invalid(`${name}: a % is followed by two hexadecimal digits`);
    if (value === '') return invalid(`${name} needs a value`);
    const words: readonly string[] | undefined = OPTIONS[name];
    const word = words === undefined ? value : value.toLowerCase();
    if (words !== undefined && !words.includes(word)) {
      return invalid(`${name} is one of ${words.join(', ')}, not ${show(value)}`);
    }
    values.set(name, word);
  }
  return { kind: 'options', values };
}

function finish(place: Place, values: Values): TargetSpec | InvalidTarget {
  const transport = oneOf(OPTIONS.transport, values.get('transport')) ?? 'udp';
  const hep = hepVersion(values.get('hep'));
  const overflow = values.get('overflow') === 'tcp';
  if ((hep === 1 || hep === 2) && transport !== 'udp') {
    return invalid(`HEPv${hep} has no length of its own and goes over udp only; use hep=3 over ${transport}`);
  }
  if (overflow && (transport !== 'udp' || hep === 1 || hep === 2)) {
    return invalid('overflow=tcp is for a udp target with hep=3 or hep=0');
  }
  const captureId = values.get('capture_id');
  const captureNumber = captureId === undefined ? undefined : wholeNumber(captureId, 0, 0xffff_ffff);
  if (captureId !== undefined && captureNumber === undefined) {
    return invalid(`capture_id is a number from 0 to 4294967295, not ${show(captureId)}`);
  }
  const filter = parseFilter(values);
  if (filter?.kind === 'invalid') return filter;
  return {
    kind: 'target',
    host: place.host,
    isName: place.isName,
    port: place.port,
    transport,
    hep,
    profile: oneOf(OPTIONS.profile, values.get('profile')),
    node: values.get('node'),
    captureId: captureNumber,
    authKey: values.get('auth_key'),
    correlation: oneOf(OPTIONS.correlation, values.get('correlation')),
    filter,
    mask: values.get('mask') === '1',
    overflow,
  };
}

function parseFilter(values: Values): TraceFilter | InvalidTarget | undefined {
  const methods = values.get('methods')?.split(',');
  if (methods?.some((method) => !/^[A-Za-z0-9.!%*_+`'~-]+$/.test(method))) {
    return invalid('methods is a list of method names, as in methods=INVITE,BYE');
  }
  const from = new Set<string>();
  for (const text of values.get('from')?.split(',') ?? []) {
    const address = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
    if (address === undefined) return invalid(`from is a list of IP addresses; ${show(text)} is none`);
    from.add(formatIp(address));
  }
  const sample = values.get('sample');
  const percent = sample === undefined ? 100 : Number(/^\d{1,3}(\.\d{1,4})?$/.test(sample) ? sample : Number.NaN);
  if (!(percent >= 0 && percent <= 100)) {
    return invalid(`sample is a percentage from 0 to 100, not ${show(sample ?? '')}`);
  }
  const replies = values.get('replies') !== '0';
  if (methods === undefined && from.size === 0 && percent === 100 && replies) return undefined;
  const upper = methods?.map((method) => method.toUpperCase());
  return {
    kind: 'filter',
    methods: upper === undefined ? undefined : new Set(upper),
    replies,
    addresses: from.size === 0 ? undefined : from,
    samplePercent: percent,
  };
}

function hepVersion(text: string | undefined): HepVersion | undefined {
  switch (oneOf(OPTIONS.hep, text)) {
    case '0':
      return 0;
    case '1':
      return 1;
    case '2':
      return 2;
    case '3':
      return 3;
    case undefined:
      return undefined;
  }
}

function oneOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word === text);
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** RFC 3261 section 25.1 `escaped`; undefined where the escape is broken. */
function unescape(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const invalid = (why: string): InvalidTarget => ({ kind: 'invalid', why });

/** Texts may hold what a peer sent: quoted, short, and without control characters. */
const show = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
