/**
 * The addresses that `listen` of a kamailio.cfg and `-l` of the command line stand for: an interface, a name, several
 * hosts in brackets, a transport or a port that is not said.
 */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { ConfigSettings, ListenSetting } from '../cfg/compile/settings.ts';
import { bracketed, parseListenAddress } from '../transport/listen-address.ts';
import { UsageError } from './exit-code.ts';

export type SocketDefaults = Pick<ConfigSettings, 'port' | 'tlsPort' | 'tcp' | 'tls'>;

/** Where no file says otherwise. */
export const plainSockets: SocketDefaults = { port: 5060, tlsPort: 5061, tcp: true, tls: false };

export const everywhere: readonly ListenSetting[] = [
  { proto: undefined, host: '*', port: undefined, advertise: undefined, name: undefined },
];

export async function listenAddresses(flags: readonly string[], sockets: SocketDefaults): Promise<readonly string[]> {
  return addresses(flags.flatMap(readListenFlag), sockets);
}

const FLAG =
  /^(?:(udp|tcp|tls|sctp):)?(\([^()]+\)|\[[^\]]*\]|[^:/()]+)(?::(\d{1,5}|\*))?(?:\/([^/]*))?(?:\/([^/]+))?$/i;
const MAX_PORT = 65_535;

/** `[proto:]host[:port][/advertised[:port]][/name]`; `(host, host)` for more than one. */
export function readListenFlag(text: string): readonly ListenSetting[] {
  const parts = FLAG.exec(text);
  const [, proto, hosts = '', port, shown = '', name] = parts ?? [];
  if (parts === null || Number(port) > MAX_PORT) throw new UsageError(`-l: ${whatIsWrong(text)}`);
  if (proto?.toLowerCase() === 'sctp') throw new UsageError(`-l ${text}: SCTP is not spoken`);
  const advertise = advertisedIn(text, shown);
  return hosts
    .replace(/^\((.*)\)$/, '$1')
    .split(',')
    .map((host) => ({
      proto: proto?.toLowerCase(),
      host: host.trim().replace(/^\[(.*)\]$/, '$1'),
      port: port === undefined || port === '*' ? undefined : Number(port),
      advertise,
      name,
    }));
}

function whatIsWrong(text: string): string {
  const read = parseListenAddress(text);
  return read.kind === 'malformed' ? read.message : `"${text}" is no address`;
}

function advertisedIn(text: string, shown: string): ListenSetting['advertise'] {
  if (shown === '') return undefined;
  const read = parseListenAddress(`udp:127.0.0.1/${shown}`);
  if (read.kind === 'malformed') throw new UsageError(`-l ${text}: "${shown}" is no address to advertise`);
  return read.spec.advertised;
}

export async function addresses(asked: readonly ListenSetting[], sockets: SocketDefaults): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const one of asked) {
    for (const host of await hostsOf(one.host)) texts.push(...listenTexts(one, host, sockets));
  }
  return [...new Set(texts)];
}

/** An address stands for itself, an interface for its addresses, `*` for all of IPv4, a name for what it resolves to. */
async function hostsOf(host: string): Promise<readonly string[]> {
  const interfaces = networkInterfaces();
  if (host === '*') {
    return Object.values(interfaces).flatMap((list) =>
      (list ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address),
    );
  }
  const own = interfaces[host];
  if (own !== undefined) return own.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  if (/^[\d.]+$/.test(host) || host.includes(':')) return [host];
  try {
    return [(await lookup(host)).address];
  } catch {
    throw new UsageError(`listen=${host}: this is neither an address of this host nor a name that can be found`);
  }
}

function listenTexts(
  { proto, port, advertise, name }: ListenSetting,
  host: string,
  sockets: SocketDefaults,
): readonly string[] {
  const { tcp, tls } = sockets;
  // TLS, where it is on, has a port of its own.
  const secure = tls && proto === undefined && port === undefined;
  const transports = proto === undefined ? ['udp', ...(tcp ? ['tcp'] : []), ...(secure ? ['tls'] : [])] : [proto];
  const port2 = advertise?.port === undefined ? '' : `:${advertise.port}`;
  const shown = advertise === undefined ? '' : `${bracketed(advertise.host)}${port2}`;
  const tail = name === undefined ? (shown === '' ? '' : `/${shown}`) : `/${shown}/${name}`;
  return transports.map((transport) => {
    const standard = transport === 'tls' ? sockets.tlsPort : sockets.port;
    return `${transport}:${bracketed(host)}:${port ?? standard}${tail}`;
  });
}
