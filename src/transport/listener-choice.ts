/** Which of our listeners reaches a peer, and which host names are ours. Holds no socket. */
import { isLoopback } from '../util/ip.ts';
import type { Endpoint } from '../world/world.ts';
import type { Listener, Transport } from './flow.ts';
import { bracketed, defaultPort, type ListenSpec } from './listen-address.ts';
import { isWildcard, type OwnAddresses } from './own-addresses.ts';

export interface Alias {
  readonly host: string;
  /** Any port when absent. */
  readonly port: number | undefined;
}

const isV6 = (address: string): boolean => address.includes(':');

export function makeListener(spec: ListenSpec, local: Endpoint, own: OwnAddresses): Listener {
  const { advertised } = spec;
  const address = isWildcard(local.address) ? ownOf(local.address, own) : local.address;
  return {
    transport: spec.transport,
    local,
    advertised,
    sentBy: { host: bracketed(advertised?.host ?? address), port: advertised?.port ?? local.port },
    name: spec.name,
  };
}

/** The one that was asked for so. */
export const listenerAt = (
  listeners: readonly Listener[],
  { transport, address, port }: Pick<ListenSpec, 'transport' | 'address' | 'port'>,
): Listener | undefined =>
  listeners.find(({ transport: own, local }) => own === transport && local.address === address && local.port === port);

/** The address that `remote` sees us at. On a wildcard socket this is the system's usual choice, not knowledge. */
export function localFor(listener: Listener, remote: Endpoint, own: OwnAddresses): Endpoint {
  const { address, port } = listener.local;
  if (!isWildcard(address)) return listener.local;
  if (!isLoopback(remote.address)) return { address: ownOf(address, own), port };
  return { address: isV6(address) ? '::1' : '127.0.0.1', port };
}

const ownOf = (address: string, own: OwnAddresses): string => (isV6(address) ? own.v6 : own.v4);

/**
 * The listener to send from: `from` when it can, else one that reaches the peer (a loopback address reaches only this
 * host), on the address of `from` when there is a choice, else the first that was configured.
 */
export function chooseListener(
  listeners: readonly Listener[],
  transport: Transport,
  remote: Endpoint,
  from: Listener | undefined,
): Listener | undefined {
  const v6 = isV6(remote.address);
  let best: Listener | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const listener of listeners) {
    if (listener.transport !== transport || isV6(listener.local.address) !== v6) continue;
    if (listener === from) return listener;
    const rank = 2 * reach(listener, remote) + (listener.local.address === from?.local.address ? 0 : 1);
    if (rank >= bestRank) continue;
    best = listener;
    bestRank = rank;
  }
  return best;
}

/** 0 is best. */
function reach(listener: Listener, remote: Endpoint): number {
  const { address } = listener.local;
  if (isWildcard(address)) return 1;
  return isLoopback(address) === isLoopback(remote.address) ? 0 : 2;
}

/** The address to bind a new stream to: the listener's own, where the peer can answer to it. */
export function sourceFor(listener: Listener, remote: Endpoint): string | undefined {
  const { address } = listener.local;
  if (isWildcard(address) || isLoopback(address) !== isLoopback(remote.address)) return undefined;
  return address;
}

/** The hosts and ports at which messages reach ourselves. */
export class LocalNames {
  readonly #ports = new Map<string, Set<number>>();
  readonly #anyPort = new Set<string>();

  constructor(listeners: readonly Listener[], own: OwnAddresses, aliases: readonly Alias[]) {
    for (const listener of listeners) {
      const { local, advertised, transport } = listener;
      for (const host of hostsOf(local.address, own)) this.#add(host, local.port, transport);
      if (advertised !== undefined) this.#add(normal(advertised.host), advertised.port ?? local.port, transport);
    }
    for (const { host, port } of aliases) {
      if (port === undefined) this.#anyPort.add(normal(host));
      else this.#add(normal(host), port, 'udp');
    }
  }

  /** Without a port, the default ones are meant. */
  has(host: string, port: number | 'any' | undefined): boolean {
    const name = normal(host);
    if (this.#anyPort.size > 0 && this.#anyPort.has(name)) return true;
    if (port === 'any') return this.#ports.has(name);
    return this.#ports.get(name)?.has(port ?? 0) ?? false;
  }

  /** 0 stands for "no port in the URI". */
  #add(host: string, port: number, transport: Transport): void {
    const ports = this.#ports.get(host) ?? new Set();
    ports.add(port);
    if (port === defaultPort(transport)) ports.add(0);
    this.#ports.set(host, ports);
  }
}

function hostsOf(address: string, own: OwnAddresses): readonly string[] {
  const loopback = isV6(address) ? '::1' : '127.0.0.1';
  if (isWildcard(address)) return [address, ownOf(address, own), loopback, 'localhost'];
  return address === loopback ? [address, 'localhost'] : [address];
}

const normal = (host: string): string =>
  (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host).toLowerCase();
