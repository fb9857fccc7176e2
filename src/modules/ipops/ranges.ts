/** What kind of address one is, by the registries of special-purpose addresses of IANA, under the names Kamailio gives. */
import { parseIp } from '../../util/ip.ts';
import { inNetwork } from './networks.ts';

/** The first that fits counts. */
const IPV4: readonly (readonly [network: string, bits: number, name: string])[] = [
  ['255.255.255.255', 32, 'BROADCAST'],
  ['203.0.113.0', 24, 'TEST-NET'],
  ['198.51.100.0', 24, 'TEST-NET'],
  ['192.88.99.0', 24, '6TO4-RELAY'],
  ['192.0.2.0', 24, 'TEST-NET'],
  ['192.0.0.0', 24, 'RESERVED'],
  ['192.168.0.0', 16, 'PRIVATE'],
  ['169.254.0.0', 16, 'LINK-LOCAL'],
  ['198.18.0.0', 15, 'RESERVED'],
  ['172.16.0.0', 12, 'PRIVATE'],
  ['100.64.0.0', 10, 'SHARED'],
  ['127.0.0.0', 8, 'LOOPBACK'],
  ['10.0.0.0', 8, 'PRIVATE'],
  ['0.0.0.0', 8, 'PRIVATE'],
  ['240.0.0.0', 4, 'RESERVED'],
  ['224.0.0.0', 4, 'MULTICAST'],
  ['0.0.0.0', 0, 'PUBLIC'],
];

const IPV6: readonly (readonly [network: string, bits: number, name: string])[] = [
  ['::', 128, 'UNSPECIFIED'],
  ['::1', 128, 'LOOPBACK'],
  ['::ffff:0:0', 96, 'IPV4MAP'],
  ['100::', 64, 'DISCARD'],
  ['2001:2::', 48, 'BMWG'],
  ['2001::', 32, 'TEREDO'],
  ['2001:db8::', 32, 'DOCUMENTATION'],
  ['2001:10::', 28, 'ORCHID'],
  ['2002::', 16, '6TO4'],
  ['fe80::', 10, 'LINK-LOCAL-UNICAST'],
  ['ff00::', 8, 'MULTICAST'],
  ['fc00::', 7, 'UNIQUE-LOCAL-UNICAST'],
  ['2000::', 3, 'GLOBAL-UNICAST'],
  ['::', 0, 'RESERVED'],
];

interface Range {
  readonly network: Uint8Array;
  readonly bits: number;
  readonly name: string;
}

const rangesOf = (table: typeof IPV4): readonly Range[] =>
  table.flatMap(([text, bits, name]) => {
    const network = parseIp(text);
    return network === undefined ? [] : [{ network, bits, name }];
  });

const ranges: readonly Range[] = [...rangesOf(IPV4), ...rangesOf(IPV6)];

export const kindOf = (address: Uint8Array): string | undefined =>
  ranges.find(({ network, bits }) => inNetwork(address, network, bits))?.name;
