/** What a listener on a wildcard address calls itself: the address that the system would send from. */
import type { Net } from '../world/world.ts';
import type { ListenSpec } from './listen-address.ts';

export interface OwnAddresses {
  readonly v4: string;
  readonly v6: string;
}

export const unknownOwn: OwnAddresses = { v4: '127.0.0.1', v6: '::1' };

export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

export async function findOwnAddresses(net: Net, specs: readonly ListenSpec[]): Promise<OwnAddresses> {
  const has = (wildcard: string): boolean => specs.some((spec) => spec.address === wildcard);
  // RFC 5737 and RFC 3849: addresses for documentation, routed like any other.
  const v4 = has('0.0.0.0') ? await ask(net, '192.0.2.1') : undefined;
  const v6 = has('::') ? await ask(net, '2001:db8::1') : undefined;
  return { v4: v4 ?? unknownOwn.v4, v6: v6 ?? unknownOwn.v6 };
}

/** A connected UDP socket sends nothing, and tells which address it would send from. */
async function ask(net: Net, address: string): Promise<string | undefined> {
  const quiet = { datagram() {}, fault() {} };
  const socket = await net.connectUdp({ address, port: 9 }, undefined, quiet).catch(() => undefined);
  socket?.close();
  return socket?.local.address;
}
