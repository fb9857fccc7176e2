/** A next hop as a call names it, and the URI that it makes of the one a request would go to. */
import { parseUri } from '../../sip/uri.ts';

/** What the call says of the next hop; the rest is the message's business. */
export interface Hop {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly transport?: string | undefined;
}

const TRANSPORTS: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls', 'ws', 'wss']);
/** `host`, `host:port` or `transport:host:port`; IPv6 in brackets. */
const PROXY = /^(?:([a-z]+):)?(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/i;

export function hopOf(proxy: string): Hop {
  // `host:5060` begins like a transport, too: a port is a number.
  const [, transport, host = proxy, port] = PROXY.exec(proxy) ?? [];
  const named = transport?.toLowerCase();
  return { host, port, transport: named !== undefined && TRANSPORTS.has(named) ? named : undefined };
}

/** undefined when the URI cannot be read. */
export function hopOfUri(text: string): Hop | undefined {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') return undefined;
  const transport = uri.params.get('transport') ?? (uri.scheme === 'sips' ? 'tls' : undefined);
  return { host: uri.host, port: uri.port === undefined ? undefined : String(uri.port), transport };
}

export function hopUri(target: string, { host: name, port: at, transport }: Hop): string {
  const over = transport === undefined ? '' : `;transport=${transport}`;
  if (name !== undefined) return at === undefined || at === '' ? `sip:${name}${over}` : `sip:${name}:${at}${over}`;
  const uri = parseUri(target);
  if (uri?.kind !== 'sip') return target;
  const where = uri.params.get('maddr') ?? uri.host;
  return uri.port === undefined ? `sip:${where}${over}` : `sip:${where}:${uri.port}${over}`;
}
