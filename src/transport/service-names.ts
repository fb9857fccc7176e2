/** The names that DNS knows SIP services by (RFC 3263), and what counts as a host name at all. */
import type { Transport } from './flow.ts';

export const isLocalhost = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

/** RFC 3261 section 19.1.2 and 26.2.1: `transport=tcp` in a sips URI is TLS over TCP. */
export function securely(transport: Transport): Transport {
  switch (transport) {
    case 'udp':
    case 'tcp':
    case 'tls':
      return 'tls';
    case 'ws':
    case 'wss':
      return 'wss';
  }
}

/** RFC 3263 section 4.1 and 8.2. */
export function srvName(transport: Transport, host: string): string | undefined {
  switch (transport) {
    case 'udp':
      return `_sip._udp.${host}`;
    case 'tcp':
      return `_sip._tcp.${host}`;
    case 'tls':
      return `_sips._tcp.${host}`;
    case 'ws':
    case 'wss':
      return undefined;
  }
}

export function serviceTransport(service: string): Transport | undefined {
  switch (service.toUpperCase()) {
    case 'SIP+D2U':
      return 'udp';
    case 'SIP+D2T':
      return 'tcp';
    case 'SIPS+D2T':
      return 'tls';
    default:
      return undefined;
  }
}

/** Lower case and without the final dot; undefined for what DNS could not hold (RFC 1035 section 2.3.4). */
export function normalName(text: string): string | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name) ? name : undefined;
}

/** Names come from peers, and end up in logs. */
export const printable = (text: string): string => text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
