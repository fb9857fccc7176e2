/**
 * Where a message came from or goes to: transport, both socket addresses and, for streams, the connection.
 * A reply goes back on the flow of its request (RFC 3261 section 18.2.2, RFC 3581).
 */
import type { Endpoint } from '../world/world.ts';

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** A socket we listen on. `advertised` is what we write into Via, Record-Route and Contact instead of the address. */
export interface Listener {
  readonly transport: Transport;
  readonly local: Endpoint;
  readonly advertised: { readonly host: string; readonly port: number | undefined } | undefined;
  /** The host and port that peers see: the advertised ones, else the local ones; IPv6 in brackets. */
  readonly sentBy: { readonly host: string; readonly port: number };
  readonly name: string | undefined;
}

export interface Flow {
  readonly transport: Transport;
  readonly listener: Listener;
  /** Real socket addresses. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Identifies one connection for as long as the process lives; 0 for UDP. */
  readonly connection: number;
}

export const isReliable = (transport: Transport): boolean => transport !== 'udp';
