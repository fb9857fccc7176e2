/** Addresses, networks and names by group, and the question whether one of them holds an address and a port. */
import { formatIp, parseIp } from '../../util/ip.ts';

export interface AddressRule {
  readonly group: number;
  /** An IP address (IPv6 with or without brackets), or a host name. */
  readonly host: string;
  /** Leading bits that count; all of them for a host. */
  readonly bits: number;
  /** 0 for any. */
  readonly port: number;
  readonly tag: string | undefined;
}

interface Network extends AddressRule {
  readonly bytes: Uint8Array;
}

class Group {
  readonly hosts = new Map<string, AddressRule[]>();
  readonly networks: Network[] = [];
}

export interface AddressBookLimits {
  /** Networks are tried one after the other, so there are not many. */
  readonly maxNetworks: number;
}

export class AddressBook {
  readonly #groups = new Map<number, Group>();
  /** Of all groups. */
  readonly #hosts = new Map<string, readonly AddressRule[]>();
  readonly #maxNetworks: number;
  #networks = 0;

  constructor({ maxNetworks }: AddressBookLimits) {
    this.#maxNetworks = maxNetworks;
  }

  /** What is wrong with the rule, or undefined when it was added. */
  add(rule: AddressRule): string | undefined {
    const bytes = addressBytes(rule.host);
    const size = (bytes?.length ?? 0) * 8;
    if (rule.group < 1) return `the group is ${rule.group}: groups begin with 1`;
    if (rule.port < 0 || rule.port > 65_535) return `${rule.port} is no port`;
    if (rule.host === '') return 'there is no address';
    if (bytes === undefined || rule.bits === 0 || rule.bits === size) {
      const group = this.#group(rule.group);
      const key = bytes === undefined ? rule.host : formatIp(bytes);
      // As in Kamailio, what was added last is found first.
      group.hosts.set(key, [rule, ...(group.hosts.get(key) ?? [])]);
      this.#hosts.set(key, [rule, ...(this.#hosts.get(key) ?? [])]);
      return undefined;
    }
    if (rule.bits < 0 || rule.bits > size) return `a mask of ${rule.bits} does not fit ${rule.host}`;
    if (this.#networks >= this.#maxNetworks) return `more than ${this.#maxNetworks} networks (max_subnets)`;
    this.#networks++;
    this.#group(rule.group).networks.push({ ...rule, bytes });
    return undefined;
  }

  #group(number: number): Group {
    let group = this.#groups.get(number);
    if (group === undefined) {
      group = new Group();
      this.#groups.set(number, group);
    }
    return group;
  }

  find(number: number, host: string, port: number): AddressRule | undefined {
    const group = this.#groups.get(number);
    if (group === undefined) return undefined;
    const bytes = addressBytes(host);
    const fits = (rule: AddressRule): boolean => rule.port === 0 || rule.port === port;
    const exact = group.hosts.get(bytes === undefined ? host : formatIp(bytes))?.find(fits);
    if (exact !== undefined || bytes === undefined) return exact;
    return group.networks.find((network) => fits(network) && contains(network, bytes));
  }

  /**
   * The group that holds the address. Hosts come before networks; of hosts the one that was added last, of networks the
   * one of the lowest group.
   */
  groupOf(host: string, port: number): AddressRule | undefined {
    const bytes = addressBytes(host);
    const key = bytes === undefined ? host : formatIp(bytes);
    const fits = (rule: AddressRule): boolean => rule.port === 0 || rule.port === port;
    const exact = this.#hosts.get(key)?.find(fits);
    if (exact !== undefined || bytes === undefined) return exact;
    const numbers = [...this.#groups.keys()].sort((a, b) => a - b);
    for (const number of numbers) {
      const found = this.#groups.get(number)?.networks.find((network) => fits(network) && contains(network, bytes));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *rules(kind: 'address' | 'network' | 'name'): Generator<AddressRule> {
    for (const { hosts, networks } of this.#groups.values()) {
      if (kind === 'network') yield* networks;
      else
        for (const list of hosts.values()) yield* list.filter(({ host }) => isAddress(host) === (kind === 'address'));
    }
  }
}

const isAddress = (host: string): boolean => addressBytes(host) !== undefined;

/** An IPv4 address mapped into IPv6 is that IPv4 address. */
function addressBytes(host: string): Uint8Array | undefined {
  const bytes = parseIp(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host);
  if (bytes?.length !== 16) return bytes;
  const mapped = bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
  return mapped ? bytes.subarray(12) : bytes;
}

function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== address[at]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  return ((bytes[whole] ?? 0) ^ (address[whole] ?? 0)) >> (8 - rest) === 0;
}
