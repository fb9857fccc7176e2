/** `{uri.…}`, `{sock.…}` and `{urialias.…}`. A text that is no URI or socket gives null, a part that it lacks is empty. */
import type { PvValue } from '../../../engine/module.ts';
import { formatUri, parseUri, type SipUri, type Uri } from '../../../sip/uri.ts';
import { PROTOCOLS } from '../transport.ts';
import { hostOf, kindOf, userOf } from '../uri-parts.ts';
import { plain, type Transformation, withText } from './transformation.ts';

const uri = (read: (uri: Uri) => PvValue): Transformation =>
  plain((text) => {
    const parsed = parseUri(text);
    return parsed === undefined ? null : read(parsed);
  });

const sip = (read: (uri: SipUri) => PvValue): Transformation =>
  uri((parsed) => (parsed.kind === 'sip' ? read(parsed) : ''));

const paramOf = (parsed: Uri, name: string): string => (parsed.kind === 'other' ? '' : (parsed.params.get(name) ?? ''));
const param = (name: string): Transformation => uri((parsed) => paramOf(parsed, name));

const transportSuffix = (parsed: SipUri): string => {
  const transport = parsed.params.get('transport');
  return transport === undefined ? '' : `;transport=${transport}`;
};
const userPrefix = ({ user }: SipUri): string => (user === undefined ? '' : `${user}@`);
const place = ({ host, port }: SipUri): string => (port === undefined ? host : `${host}:${port}`);

const SOCKET = /^(udp|tcp|tls|sctp|ws|wss):(\[[0-9A-Fa-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/;

interface Socket {
  readonly proto: string;
  readonly host: string;
  readonly port: string | undefined;
}

const sock = (read: (socket: Socket) => PvValue): Transformation =>
  plain((text) => {
    const [, proto, host, port] = SOCKET.exec(text) ?? [];
    return proto === undefined || host === undefined ? null : read({ proto, host, port });
  });

/** `host~port~protocol`, as `set_contact_alias` writes it. */
function encodeAlias(parsed: SipUri): string {
  const transport = parsed.params.get('transport')?.toLowerCase();
  const known = Object.entries(PROTOCOLS).find(([name]) => name === transport);
  return `${parsed.host}~${parsed.port ?? 5060}~${known?.[1] ?? PROTOCOLS.udp}`;
}

const ALIAS = /^([^~]+)~(\d{1,5})~(\d)$/;

function decodeAlias(text: string): string | null {
  const [, host, port, number] = ALIAS.exec(text) ?? [];
  if (host === undefined) return null;
  const known = Object.entries(PROTOCOLS).find(([, value]) => String(value) === number);
  if (known === undefined) return null;
  return `sip:${host}:${port}${known[0] === 'udp' ? '' : `;transport=${known[0]}`}`;
}

export const uris: Readonly<Record<string, Transformation>> = {
  'uri.user': uri((parsed) => userOf(parsed) ?? ''),
  'uri.passwd': sip(({ password }) => password ?? ''),
  'uri.host': uri((parsed) => hostOf(parsed) ?? ''),
  'uri.domain': uri((parsed) => hostOf(parsed) ?? ''),
  'uri.port': uri((parsed) => (parsed.kind === 'sip' && parsed.port !== undefined ? parsed.port : '')),
  'uri.params': uri((parsed) => (parsed.kind === 'other' ? '' : parsed.params.toString().slice(1))),
  'uri.headers': sip(({ headers }) => headers ?? ''),
  'uri.param': withText((text, name) => {
    const parsed = parseUri(text);
    return parsed === undefined ? null : paramOf(parsed, name);
  }),
  'uri.rmparam': withText((text, name) => {
    const parsed = parseUri(text);
    if (parsed === undefined) return null;
    return parsed.kind === 'other' ? text : formatUri({ ...parsed, params: parsed.params.without(name) });
  }),
  'uri.transport': param('transport'),
  'uri.ttl': param('ttl'),
  'uri.uparam': param('user'),
  'uri.maddr': param('maddr'),
  'uri.method': param('method'),
  'uri.lr': param('lr'),
  'uri.r2': param('r2'),
  'uri.scheme': uri((parsed) => kindOf(parsed) ?? ''),
  'uri.tosocket': sip(({ host, port, params }) =>
    port === undefined ? '' : `${params.get('transport')?.toLowerCase() ?? 'udp'}:${host}:${port}`,
  ),
  'uri.duri': sip((parsed) => `${parsed.scheme}:${place(parsed)}${transportSuffix(parsed)}`),
  'uri.saor': sip((parsed) => `${parsed.scheme}:${userPrefix(parsed)}${parsed.host}`),
  'uri.suri': sip((parsed) => `${parsed.scheme}:${userPrefix(parsed)}${place(parsed)}${transportSuffix(parsed)}`),
  'sock.host': sock(({ host }) => host),
  'sock.port': sock(({ port }) => (port === undefined ? '' : Number(port))),
  'sock.proto': sock(({ proto }) => proto),
  'sock.touri': sock(
    ({ proto, host, port }) => `sip:${host}${port === undefined ? '' : `:${port}`};transport=${proto}`,
  ),
  'urialias.encode': plain((text) => {
    const parsed = parseUri(text);
    return parsed?.kind === 'sip' ? encodeAlias(parsed) : null;
  }),
  'urialias.decode': plain(decodeAlias),
};
