/**
 * Where to listen, as text: `proto:address:port[/advertised[:port]][/name]`, for example `udp:127.0.0.1:5060`,
 * `tls:[::1]:5061/sip.example.com:5061`. IPv6 stands in brackets. Names are not resolved: a listener has an address.
 */
import { formatIp, parseIp } from '../util/ip.ts';
import type { Transport } from './flow.ts';

/** Port 0 asks for a free one. */
export interface ListenSpec {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
  readonly advertised?: { readonly host: string; readonly port: number | undefined };
  readonly name?: string;
}

export type ListenAddress =
  | { readonly kind: 'listen'; readonly spec: ListenSpec }
  | { readonly kind: 'malformed'; readonly message: string };

type HostPort = { readonly host: string; readonly port: number | undefined };

/** RFC 3261 section 19.1.2: 5060 for UDP and TCP, 5061 for TLS; RFC 7118 section 5.3 for WebSocket. */
export function defaultPort(transport: Transport): number {
  switch (transport) {
    case 'udp':
    case 'tcp':
      return 5060;
    case 'tls':
      return 5061;
    case 'ws':
      return 80;
    case 'wss':
      return 443;
  }
}

export function parseListenAddress(text: string): ListenAddress {
  const colon = text.indexOf(':');
  const transport = readTransport(text.slice(0, Math.max(0, colon)));
  if (transport === undefined) {
    return malformed(text, 'it must begin with udp:, tcp: or tls:, as in udp:127.0.0.1:5060');
  }
  const [own = '', shown = '', name = ''] = text.slice(colon + 1).split('/', 3);
  const bound = readHostPort(own);
  if (typeof bound === 'string') return malformed(text, bound);
  const bytes = parseIp(bound.host);
  if (bytes === undefined) return malformed(text, `"${bound.host}" is not an IP address (IPv6 stands in brackets)`);
  const base = {
    transport,
    address: formatIp(bytes),
    port: bound.port ?? defaultPort(transport),
    ...(name === '' ? {} : { name }),
  };
  if (shown === '' && (name !== '' || !text.includes('/'))) return { kind: 'listen', spec: base };

  const advertised = readHostPort(shown);
  if (typeof advertised === 'string') return malformed(text, `the advertised address: ${advertised}`);
  if (advertised.port === 0) return malformed(text, 'the advertised address: port 0 cannot be reached');
  return { kind: 'listen', spec: { ...base, advertised } };
}

/** The text again; IPv6 in brackets. */
export function formatListenAddress(spec: ListenSpec): string {
  const { advertised, name } = spec;
  const bound = `${spec.transport}:${bracketed(spec.address)}:${spec.port}`;
  const port = advertised?.port === undefined ? '' : `:${advertised.port}`;
  const shown = advertised === undefined ? '' : `/${bracketed(advertised.host)}${port}`;
  if (name === undefined) return bound + shown;
  return `${bound}${shown === '' ? '/' : shown}/${name}`;
}

export const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

const malformed = (text: string, why: string): ListenAddress => ({
  kind: 'malformed',
  message: `listen address "${text}": ${why}`,
});

function readTransport(text: string): ListenSpec['transport'] | undefined {
  const lower = text.toLowerCase();
  return lower === 'udp' || lower === 'tcp' || lower === 'tls' ? lower : undefined;
}

/** A host, or what is wrong with it. */
function readHostPort(text: string): HostPort | string {
  const parts = text.startsWith('[') ? /^\[([^\]]*)\](?::(.*))?$/.exec(text) : /^([^:]*)(?::(.*))?$/.exec(text);
  if (parts === null) return `"${text}" is not address:port`;
  const [, host = '', port] = parts;
  if (host === '') return 'the address is missing';
  if (text.startsWith('[') && !host.includes(':')) return `"${text}": only IPv6 stands in brackets`;
  if (host.includes(':') ? parseIp(host) === undefined : !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(host)) {
    return `"${host}" is neither an address nor a name`;
  }
  if (port === undefined) return { host, port: undefined };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  return number <= 65535 ? { host, port: number } : `"${port}" is not a port (0 to 65535)`;
}
