/** Addresses as scripts write them, and whether one is in a network. */
import { parseIp } from '../../util/ip.ts';

/** `reference` is IPv6 in brackets. */
export type Written =
  | { readonly kind: 'ipv4' | 'ipv6' | 'reference'; readonly bytes: Uint8Array }
  | { readonly kind: 'none' };

const NONE: Written = { kind: 'none' };

export function readAddress(text: string): Written {
  const bracketed = text.startsWith('[') && text.endsWith(']');
  const bytes = parseIp(bracketed ? text.slice(1, -1) : text);
  if (bytes === undefined) return NONE;
  if (!bracketed) return { kind: bytes.length === 4 ? 'ipv4' : 'ipv6', bytes };
  return bytes.length === 16 ? { kind: 'reference', bytes } : NONE;
}

export const sameAddress = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** The first bits are the same. An address of the other family is in no network. */
export function inNetwork(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  if (address.length !== network.length || bits > network.length * 8) return false;
  for (let at = 0; at * 8 < bits; at++) {
    const mask = bits - at * 8 >= 8 ? 0xff : (0xff << (8 - (bits - at * 8))) & 0xff;
    if ((((address[at] ?? 0) ^ (network[at] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

const BITS = /^\d{1,3}$/;

/** `networks` is a list of addresses and of networks, `10.0.0.0/8, 2001:db8::/32`; what is neither is nobody's. */
export function inNetworks(address: Uint8Array, networks: string): boolean {
  return networks.split(',').some((written) => {
    const [host = '', bits] = written.trim().split('/', 2);
    const network = parseIp(host);
    if (network === undefined) return false;
    if (bits === undefined) return sameAddress(address, network);
    return BITS.test(bits) && inNetwork(address, network, Number(bits));
  });
}
