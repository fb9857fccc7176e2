/**
 * Via: one hop of the way that a request came and its replies go back (RFC 3261 sections 18 and 20.42, RFC 3581).
 * Any transport is read, white space may stand around every separator.
 */
import { firstElementEnd, splitElements } from './elements.ts';
import { Params, PLAIN_PARAMS } from './params.ts';
import { type HostPort, readHostPort, readPort, usualPlace } from './uri.ts';
import { trimSpace } from './white-space.ts';

export interface Via {
  /** Name and version, `SIP/2.0`. */
  readonly protocol: string;
  /** In upper case. */
  readonly transport: string;
  /** As written, IPv6 references with their brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params: Params;
  readonly branch?: string | undefined;
  readonly received?: string | undefined;
  /** true for `;rport` without a value. */
  readonly rport?: number | true | undefined;
}

const SENT_PROTOCOL = /^([^\s/;,<>"]+)\s*\/\s*([^\s/;,<>"]+)\s*\/\s*([^\s/;,<>"]+)\s+/;

/** As most hops are written. */
const USUAL_HOP = new RegExp(`^SIP/2\\.0/UDP [A-Za-z0-9_][A-Za-z0-9_.-]*(?::\\d{1,5})?${PLAIN_PARAMS}$`);
const USUAL_HOST_START = 'SIP/2.0/UDP '.length;

/** Reads the topmost hop of a Via value. */
export function parseVia(text: string): Via | undefined {
  return readHop(trimSpace(text.slice(0, firstElementEnd(text))));
}

/** Undefined when one of the hops is malformed. */
export function parseViaList(text: string): Via[] | undefined {
  const hops: Via[] = [];
  for (const element of splitElements(text)) {
    const hop = readHop(element);
    if (hop === undefined) return undefined;
    hops.push(hop);
  }
  return hops.length === 0 ? undefined : hops;
}

function readHop(text: string): Via | undefined {
  if (USUAL_HOP.test(text)) return readUsualHop(text);
  const match = SENT_PROTOCOL.exec(text);
  const [whole, name, version, transport] = match ?? [];
  if (whole === undefined || name === undefined || version === undefined || transport === undefined) return undefined;
  return readSentBy(`${name}/${version}`, transport.toUpperCase(), text.slice(whole.length));
}

function readUsualHop(text: string): Via | undefined {
  const place = usualPlace(text, USUAL_HOST_START);
  return place === undefined ? undefined : asHop('SIP/2.0', 'UDP', place, place.params);
}

function readSentBy(protocol: string, transport: string, text: string): Via | undefined {
  const semicolon = text.indexOf(';');
  const sentBy = trimSpace(semicolon < 0 ? text : text.slice(0, semicolon));
  const hostPort = readHostPort(sentBy) ?? readHostPort(withoutSpaceAroundPort(sentBy));
  const params = semicolon < 0 ? Params.none : Params.parse(text.slice(semicolon));
  if (hostPort === undefined || params === undefined) return undefined;
  return asHop(protocol, transport, hostPort, params);
}

function asHop(protocol: string, transport: string, { host, port }: HostPort, params: Params): Via {
  return {
    protocol,
    transport,
    host,
    port,
    params,
    branch: params.get('branch'),
    received: params.get('received'),
    rport: readRport(params.get('rport')),
  };
}

function withoutSpaceAroundPort(sentBy: string): string {
  const colon = sentBy.lastIndexOf(':');
  return colon < 0 ? sentBy : `${sentBy.slice(0, colon).trimEnd()}:${sentBy.slice(colon + 1).trimStart()}`;
}

/** A value that is no port is as good as none: the reply goes where the request came from either way. */
function readRport(value: string | undefined): number | true | undefined {
  return value === undefined ? undefined : (readPort(value) ?? true);
}

/** Writes the hop; `params` has the last word on branch, received and rport. */
export function formatVia(via: Pick<Via, 'protocol' | 'transport' | 'host' | 'port' | 'params'>): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `${via.protocol}/${via.transport} ${via.host}${port}${via.params.toString()}`;
}
