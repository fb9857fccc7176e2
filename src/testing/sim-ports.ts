/** Which socket owns which address and port. UDP has one table, TCP and TLS share another, as in a real host. */
import { formatIp, parseIp } from '../util/ip.ts';
import type { Endpoint } from '../world/world.ts';
import { SocketFaultError } from '../world/socket-fault-error.ts';

const firstFreePort = 49_152;
const lastPort = 65_535;

/** A machine of the simulation: what its wildcard sockets hear and where its packets come from. */
export interface SimHost {
  readonly addresses: readonly string[];
  owns(address: string): boolean;
}

interface Entry<T> {
  readonly host: SimHost;
  readonly local: Endpoint;
  readonly item: T;
}

export class PortTable<T> {
  readonly #byPort = new Map<number, Entry<T>[]>();
  readonly #lastFree = new Map<SimHost, number>();

  /** Makes the item for the endpoint it got, and owns it from then on. Throws `SocketFaultError`. */
  bind<I extends T>(host: SimHost, wanted: Endpoint, make: (local: Endpoint) => I): I {
    const address = canonicalAddress(wanted.address);
    const port = wanted.port === 0 ? this.freePort(host, address) : wanted.port;
    if (!Number.isInteger(port) || port < 0 || port > lastPort) throw systemError('EINVAL', `bind EINVAL port ${port}`);
    const entries = this.#byPort.get(port) ?? [];
    if (entries.some((entry) => overlap(entry, host, address))) {
      throw systemError('EADDRINUSE', `bind EADDRINUSE ${address}:${port}`);
    }
    const local = { address, port };
    const item = make(local);
    this.#byPort.set(port, [...entries, { host, local, item }]);
    return item;
  }

  release(item: T, port: number): void {
    const rest = (this.#byPort.get(port) ?? []).filter((entry) => entry.item !== item);
    if (rest.length === 0) this.#byPort.delete(port);
    else this.#byPort.set(port, rest);
  }

  /** The socket that hears this endpoint: the one bound to the very address before a wildcard. */
  find({ address, port }: Endpoint): T | undefined {
    const entries = this.#byPort.get(port);
    if (entries === undefined) return undefined;
    const exact = entries.find((entry) => entry.local.address === address);
    if (exact !== undefined) return exact.item;
    return entries.find(({ host, local }) => wildcardOf(address) === local.address && host.owns(address))?.item;
  }

  freePort(host: SimHost, address: string): number {
    const last = this.#lastFree.get(host) ?? lastPort;
    for (let step = 1; step <= lastPort - firstFreePort + 1; step++) {
      const port = firstFreePort + ((last - firstFreePort + step) % (lastPort - firstFreePort + 1));
      if ((this.#byPort.get(port) ?? []).some((entry) => overlap(entry, host, address))) continue;
      this.#lastFree.set(host, port);
      return port;
    }
    throw systemError('EADDRINUSE', 'bind EADDRINUSE: no free port');
  }
}

export const wildcardOf = (address: string): string => (address.includes(':') ? '::' : '0.0.0.0');
export const isWildcard = (address: string): boolean => address === '::' || address === '0.0.0.0';
export const isSameFamily = (a: string, b: string): boolean => a.includes(':') === b.includes(':');

/** One spelling for each address. Throws `SocketFaultError` for a name: sockets know no DNS. */
export function canonicalAddress(text: string): string {
  const bytes = parseIp(text);
  if (bytes === undefined) throw systemError('EINVAL', `${text} is not an IP address`);
  return formatIp(bytes);
}

/** Where a packet of this host to `remote` comes from, when its socket does not say. */
export function sourceAddress(host: SimHost, remote: string): string {
  return (
    host.addresses.find((address) => isSameFamily(address, remote)) ?? (remote.includes(':') ? '::1' : '127.0.0.1')
  );
}

export const systemError = (code: string, message: string): SocketFaultError =>
  new SocketFaultError({ by: 'system', code, message });

function overlap<T>(entry: Entry<T>, host: SimHost, address: string): boolean {
  if (!isSameFamily(entry.local.address, address)) return false;
  if (isWildcard(address)) return entry.host === host || host.owns(entry.local.address);
  return entry.local.address === address || (isWildcard(entry.local.address) && entry.host.owns(address));
}
