/** Where the message came from and on which of our sockets it arrived. */
import type { PvValue } from '../../engine/module.ts';
import type { Flow, Listener, Transport } from '../../transport/flow.ts';
import type { Endpoint } from '../../world/world.ts';
import { either, type MessageContext, number, text } from './table.ts';

/** Kamailio's numbers, as `$K(x)` knows them too. */
export const PROTOCOLS: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2, tls: 3, ws: 5, wss: 6 };
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;

const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['IPv4', FAMILIES.ipv4],
  ['INET', FAMILIES.ipv4],
  ['IPv6', FAMILIES.ipv6],
  ['INET6', FAMILIES.ipv6],
  ...Object.entries(PROTOCOLS).map(([name, value]): [string, number] => [name.toUpperCase(), value]),
  ['SCTP', 4],
]);

export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const hostPort = ({ address, port }: Endpoint): string => `${bracketed(address)}:${port}`;
export const socketText = (listener: Listener): string => `${listener.transport}:${hostPort(listener.local)}`;
const familyOf = (address: string): number => (address.includes(':') ? FAMILIES.ipv6 : FAMILIES.ipv4);

/** UDP goes without saying, unless it is asked for. */
const uriOn = (place: string, transport: Transport, always: boolean): string =>
  transport === 'udp' && !always ? `sip:${place}` : `sip:${place};transport=${transport}`;

const sourceUri = ({ received: { flow } }: MessageContext, always: boolean): string =>
  uriOn(hostPort(flow.remote), flow.transport, always);
const localUri = ({ received: { flow } }: MessageContext, always: boolean): string =>
  uriOn(hostPort(flow.local), flow.transport, always);
const advertisedUri = ({ received: { flow } }: MessageContext, always: boolean): string =>
  uriOn(`${flow.listener.sentBy.host}:${flow.listener.sentBy.port}`, flow.transport, always);

const unbracketed = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** What arrived and between which ends. */
function received({ received: { flow, bytes }, message }: MessageContext, part: string): PvValue {
  switch (part) {
    case 'buf':
      return message.raw;
    case 'len':
      return bytes.length;
    case 'srcip':
      return flow.remote.address;
    case 'srcport':
      return flow.remote.port;
    case 'rcvip':
      return flow.local.address;
    case 'rcvport':
      return flow.local.port;
    case 'proto':
      return PROTOCOLS[flow.transport];
    case 'sproto':
      return flow.transport;
    case 'af':
      return familyOf(flow.remote.address);
    default:
      return null;
  }
}

function sentPart(
  { message }: MessageContext,
  flow: Flow | undefined,
  part: string,
  end: (flow: Flow) => Endpoint,
): PvValue {
  if (flow === undefined) return null;
  switch (part) {
    case 'buf':
      return message.serialize().toString('latin1');
    case 'len':
      return message.serialize().length;
    case 'ip':
      return end(flow).address;
    case 'port':
      return end(flow).port;
    case 'proto':
      return PROTOCOLS[flow.transport];
    case 'sproto':
      return flow.transport;
    case 'af':
      return familyOf(end(flow).address);
    default:
      return null;
  }
}

const leavingOn = (ctx: MessageContext): Flow | undefined =>
  'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
const sent = {
  inner: 'required',
  read: (ctx: MessageContext, { inner }: { readonly inner: string }) =>
    sentPart(ctx, leavingOn(ctx), inner, ({ remote }) => remote),
} as const;

export const transport = {
  si: text('Source address.', ({ received: { flow } }) => flow.remote.address),
  src_ip: text('The same as `$si`.', ({ received: { flow } }) => flow.remote.address),
  siz: text('Source address, of IPv6 in brackets.', ({ received: { flow } }) => bracketed(flow.remote.address)),
  sp: number('Source port.', ({ received: { flow } }) => flow.remote.port),
  su: text('Source as a URI; transport is named unless it is UDP.', (ctx) => sourceUri(ctx, false)),
  sut: text('Source as a URI with its transport.', (ctx) => sourceUri(ctx, true)),
  sas: text(
    'Source as a socket, `udp:10.0.0.1:5060`.',
    ({ received: { flow } }) => `${flow.transport}:${hostPort(flow.remote)}`,
  ),
  Ri: text('Our address that the message arrived at.', ({ received: { flow } }) => flow.local.address),
  Rp: number('Our port that the message arrived at.', ({ received: { flow } }) => flow.local.port),
  Ras: text('Our socket that the message arrived at, `udp:10.0.0.1:5060`.', ({ received: { flow } }) =>
    socketText(flow.listener),
  ),
  Rn: text('Name of our socket; null without one.', ({ received: { flow } }) => flow.listener.name ?? null),
  Ru: text('Our socket as a URI; transport is named unless it is UDP.', (ctx) => localUri(ctx, false)),
  Rut: text('Our socket as a URI with its transport.', (ctx) => localUri(ctx, true)),
  RAi: text('Our address as advertised.', ({ received: { flow } }) => unbracketed(flow.listener.sentBy.host)),
  RAp: number('Our port as advertised.', ({ received: { flow } }) => flow.listener.sentBy.port),
  RAu: text('Our advertised address as a URI.', (ctx) => advertisedUri(ctx, false)),
  RAut: text('Our advertised address as a URI with its transport.', (ctx) => advertisedUri(ctx, true)),
  proto: text(
    'Transport that the message came by: `udp`, `tcp`, `tls`, `ws` or `wss`.',
    (ctx) => ctx.received.flow.transport,
  ),
  pr: text('The same as `$proto`.', (ctx) => ctx.received.flow.transport),
  prid: number('The same as `$protoid`.', (ctx) => PROTOCOLS[ctx.received.flow.transport]),
  protoid: number('Number of that transport: 1, 2, 3, 5 or 6.', (ctx) => PROTOCOLS[ctx.received.flow.transport]),
  af: number('Address family of the source: 2 or 10.', (ctx) => familyOf(ctx.received.flow.remote.address)),
  conid: number('Number of the connection; null over UDP.', ({ received: { flow } }) =>
    flow.connection === 0 ? null : flow.connection,
  ),
  rcv: either('`srcip`, `srcport`, `rcvip`, `rcvport`, `proto`, `sproto`, `af`, `len` or `buf` of what was received.', {
    inner: 'required',
    read: (ctx, { inner }) => received(ctx, inner),
  }),
  snd: either(
    'Where the message leaves to, once a connection is chosen: `ip`, `port`, `proto`, `sproto`, `af`, `buf` or `len`.',
    sent,
  ),
  sndto: either('The same as `$snd`.', sent),
  sndfrom: either('Where the message leaves from, once a connection is chosen: the same parts.', {
    inner: 'required',
    read: (ctx, { inner }) => sentPart(ctx, leavingOn(ctx), inner, ({ local }) => local),
  }),
  K: number('The number Kamailio gives of a name: `IPv4`, `IPv6`, `UDP`, `TCP`, `TLS`, `WS`, `WSS`.', {
    inner: 'required',
    read: (_, { inner }) => CONSTANTS.get(inner) ?? null,
  }),
};
