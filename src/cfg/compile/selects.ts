/**
 * Selects, `@from.uri.user` or `$sel(via[1].host)`: a header or the request line, and a part of it. Those of Kamailio's core and
 * of textopsx that ask for parts of messages; what they give is a text, or null for what is not there.
 */
import type { PvValue } from '../../engine/module.ts';
import { type Credentials, parseCredentials } from '../../sip/credentials.ts';
import type { SipMessage } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import type { Endpoint } from '../../world/world.ts';
import { elementsSelect, type Reader, type Segment, uriSelect } from './select-values.ts';
import type { Context } from '../registry.ts';

/** Undefined when there is no such select. `text` is without the `@`. */
export function compileSelect(text: string): Reader | undefined {
  const [head, ...rest] = segmentsOf(text) ?? [];
  return head === undefined ? undefined : heads.get(head.name)?.(rest, head);
}

const SEGMENT = /([A-Za-z_][A-Za-z0-9_]*)((?:\[(?:-?\d{1,4}|\*|"[^"\]]*"|[^\]"]+)\])*)(?:\.|$)/y;
const INDEX = /\[(?:"([^"]*)"|([^\]]*))\]/g;

function segmentsOf(text: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let at = 0;
  while (at < text.length) {
    SEGMENT.lastIndex = at;
    const [whole, name, indexes = ''] = SEGMENT.exec(text) ?? [];
    if (whole === undefined || name === undefined) return undefined;
    const [index] = [...indexes.matchAll(INDEX)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    segments.push({ name, index });
    at += whole.length;
  }
  return text.endsWith('.') ? undefined : segments;
}

type Compile = (rest: readonly Segment[], head: Segment) => Reader | undefined;

/** A reader that has no further parts. */
const leaf =
  (read: Reader): Compile =>
  (rest) =>
    rest.length === 0 ? read : undefined;

const headerLeaf = (name: string): Compile => leaf(({ message }) => message.headers.get(name) ?? null);

/** Parts by name; '' is the whole. */
function parts(table: Readonly<Record<string, Compile>>): Compile {
  return ([first, ...rest], head) => {
    if (first === undefined) return table['']?.([], head);
    return Object.hasOwn(table, first.name) ? table[first.name]?.(rest, first) : undefined;
  };
}

const addressOf = (value: string | undefined) => (value === undefined ? undefined : parseNameAddr(value));

/** The display name with its quotes, as Kamailio leaves it. */
const displayOf = (value: string | undefined): string | null => {
  const less = value === undefined ? -1 : value.indexOf('<');
  return value === undefined || less <= 0 ? null : value.slice(0, less).trim() || null;
};

function addressSelect(header: string): Compile {
  const value = ({ message }: Context): string | undefined => message.headers.firstValue(header);
  const param =
    (name: string): Reader =>
    (ctx) =>
      addressOf(value(ctx))?.params.get(name) ?? null;
  const named = Object.fromEntries(
    ['tag', 'expires', 'q', 'received', 'methods'].map((name) => [name, leaf(param(name))]),
  );
  return parts({
    ...named,
    '': leaf((ctx) => ctx.message.headers.get(header) ?? null),
    instance: leaf(param('+sip.instance')),
    name: leaf((ctx) => displayOf(value(ctx))),
    params: ([first, ...rest]) => (first === undefined || rest.length > 0 ? undefined : param(first.name)),
    uri: (rest) => uriSelect(rest, (ctx) => addressOf(value(ctx))?.uri),
  });
}

const viaSelect: Compile = (rest, head) => {
  const index = head.index === undefined ? 1 : Number(head.index);
  const at = ({ message }: Context) => message.vias.at(index > 0 ? index - 1 : index);
  const [first, second, third] = rest;
  if (!Number.isInteger(index) || index === 0 || third !== undefined) return undefined;
  if (first === undefined)
    return ({ message }) => message.headers.values('Via').at(index > 0 ? index - 1 : index) ?? null;
  if (second !== undefined)
    return first.name === 'params' ? (ctx) => at(ctx)?.params.get(second.name) ?? null : undefined;
  switch (first.name) {
    case 'host':
      return (ctx) => at(ctx)?.host ?? null;
    case 'port':
      return (ctx) => textOrNull(at(ctx)?.port);
    case 'transport':
      return (ctx) => at(ctx)?.transport ?? null;
    case 'name':
      return (ctx) => at(ctx)?.protocol.split('/')[0] ?? null;
    case 'version':
      return (ctx) => at(ctx)?.protocol.split('/')[1] ?? null;
    case 'branch':
    case 'received':
    case 'rport':
    case 'alias':
    case 'i':
      return (ctx) => at(ctx)?.params.get(first.name) ?? null;
    default:
      return undefined;
  }
};

const textOrNull = (value: number | undefined): string | null => (value === undefined ? null : String(value));
const request = ({ message }: Context) => (message.kind === 'request' ? message : undefined);
const response = ({ message }: Context) => (message.kind === 'response' ? message : undefined);
const receivedHeaders = ({ raw }: SipMessage): string =>
  raw.slice(raw.indexOf('\r\n') + 2, raw.indexOf('\r\n\r\n') + 2);

const messageSelect = parts({
  '': (_, head) => {
    const name = head.index;
    return name === undefined ? ({ message }) => message.raw : ({ message }) => message.headers.get(name) ?? null;
  },
  first_line: leaf(({ message }) => message.startLine),
  type: leaf(({ message }) => (message.kind === 'request' ? '1' : '2')),
  len: leaf(({ received }) => String(received.bytes.length)),
  body: leaf(({ message }) => message.body),
  header: ([first, ...rest]) => {
    if (first === undefined) return ({ message }) => receivedHeaders(message);
    const name = first.name.replaceAll('_', '-');
    return rest.length === 0 ? ({ message }) => message.headers.get(name) ?? null : undefined;
  },
  request: parts({
    '': leaf((ctx) => request(ctx)?.raw ?? null),
    method: leaf((ctx) => request(ctx)?.method ?? null),
    uri: leaf((ctx) => request(ctx)?.startLine.split(' ')[1] ?? null),
    version: leaf((ctx) => request(ctx)?.version ?? null),
  }),
  response: parts({
    '': leaf((ctx) => response(ctx)?.raw ?? null),
    version: leaf((ctx) => response(ctx)?.version ?? null),
    code: leaf((ctx) => textOrNull(response(ctx)?.status)),
    reason: leaf((ctx) => response(ctx)?.reason ?? null),
  }),
});

const place = ({ address, port }: Endpoint): string => `${address.includes(':') ? `[${address}]` : address}:${port}`;

const endpointSelect = (of: (ctx: Context) => Endpoint): Compile =>
  parts({
    ip: leaf((ctx) => of(ctx).address),
    port: leaf((ctx) => String(of(ctx).port)),
    ip_port: leaf((ctx) => place(of(ctx))),
    proto: leaf(({ received }) => received.flow.transport),
    proto_ip_port: leaf((ctx) => `${ctx.received.flow.transport}:${place(of(ctx))}`),
  });

const local = ({ received }: Context): Endpoint => received.flow.local;
const remote = ({ received }: Context): Endpoint => received.flow.remote;

const CREDENTIALS = ['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'opaque', 'algorithm', 'qop'] as const;

function credentialsSelect(header: string): Compile {
  const of = ({ message }: Context, realm: string | undefined): Credentials | undefined =>
    message.headers
      .getAll(header)
      .map((value) => parseCredentials(value))
      .find((found) => found !== undefined && (realm === undefined || found.params.get('realm') === realm));
  return ([first, ...rest], head) => {
    if (first === undefined || rest.length > 0 || !CREDENTIALS.some((name) => name === first.name)) return undefined;
    return (ctx) => of(ctx, head.index)?.params.get(first.name) ?? null;
  };
}

const destinationUri = (ctx: Context): string | undefined => ('destination' in ctx ? ctx.destination.uri : undefined);

const HEADERS = ['user_agent', 'subject', 'expires', 'max_forwards', 'content_length', 'content_type', 'event', 'date'];
const MORE_HEADERS = [
  'organization',
  'priority',
  'identity',
  'identity_info',
  'server',
  'require',
  'supported',
  'allow',
];
const ADDRESSES: Readonly<Record<string, string>> = {
  from: 'From',
  f: 'From',
  to: 'To',
  t: 'To',
  contact: 'Contact',
  m: 'Contact',
  record_route: 'Record-Route',
  rr: 'Record-Route',
  route: 'Route',
  refer_to: 'Refer-To',
  rpid: 'Remote-Party-ID',
  diversion: 'Diversion',
};

const heads: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ...Object.entries(ADDRESSES).map(([name, header]): [string, Compile] => [name, addressSelect(header)]),
  ...[...HEADERS, ...MORE_HEADERS].map((name): [string, Compile] => [name, headerLeaf(name.replaceAll('_', '-'))]),
  ['ruri', (rest) => uriSelect(rest, (ctx) => request(ctx)?.uri)],
  ['dst_uri', (rest) => uriSelect(rest, destinationUri)],
  ['next_hop', (rest) => uriSelect(rest, (ctx) => destinationUri(ctx) ?? request(ctx)?.uri)],
  ['method', leaf(({ message }) => (message.kind === 'request' ? message.method : (message.cseq?.method ?? null)))],
  ['call_id', headerLeaf('Call-ID')],
  [
    'cseq',
    parts({
      '': headerLeaf('CSeq'),
      num: leaf(({ message }) => textOrNull(message.cseq?.number)),
      method: leaf(({ message }) => message.cseq?.method ?? null),
    }),
  ],
  ['via', viaSelect],
  ['v', viaSelect],
  ['msg', messageSelect],
  ['message', messageSelect],
  ['src', endpointSelect(remote)],
  ['dst', endpointSelect(local)],
  ['received', endpointSelect(local)],
  ['authorization', credentialsSelect('Authorization')],
  ['proxy_authorization', credentialsSelect('Proxy-Authorization')],
  ['hf_value', elementsSelect('elements')],
  ['hf_value2', elementsSelect('lines')],
  ['hf_value_exists', existsSelect],
]);

/** `@hf_value_exists.supported.100rel`: an element is there, parameters left out. */
function existsSelect([header, ...values]: readonly Segment[]): Reader | undefined {
  const [value] = values;
  if (header === undefined || value === undefined || values.length > 1) return undefined;
  const name = header.name.replaceAll('_', '-');
  const wanted = value.name.toLowerCase();
  const holds = (element: string): boolean => element.split(';')[0]?.trim().toLowerCase() === wanted;
  return ({ message }): PvValue => (message.headers.values(name).some(holds) ? '1' : '0');
}
