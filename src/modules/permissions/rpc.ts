/** The commands `permissions.*`, in Kamailio's shapes. */
import type { RpcHandler } from '../../engine/command.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import type { AddressRule } from './address-book.ts';
import type { Addresses } from './addresses.ts';
import type { UriPair } from './rule-files.ts';
import type { TrustedPeers } from './trusted.ts';

type Judge = (basename: string, pair: UriPair) => boolean | Promise<boolean>;

export interface RpcParts {
  readonly addresses: Addresses;
  readonly trusted: TrustedPeers | undefined;
  /** Reads all tables anew. */
  readonly reread: () => Promise<unknown>;
  readonly allows: Judge;
}

export function rpcOf({ addresses, trusted, reread, allows }: RpcParts) {
  const dump = (kind: 'address' | 'name', shown: (rule: AddressRule) => Record<string, unknown>): RpcHandler => {
    return () =>
      [...addresses.book.rules(kind)].map((rule, table) => ({ table, group: rule.group, item: shown(rule) }));
  };
  const judge = async ([basename, left, right]: readonly (string | number)[]): Promise<string> => {
    if (basename === undefined || left === undefined || right === undefined) {
      throw new RpcFault(500, 'Not enough parameters (basename, URI and contact)');
    }
    return (await allows(String(basename), { left: String(left), right: String(right) })) ? 'Allowed' : 'Denied';
  };
  return {
    'permissions.addressReload': async () => {
      await addresses.reload();
      return 'Reload OK';
    },
    'permissions.addressDump': dump('address', ({ host: ip, port, tag }) => ({ ip, port, tag: tag ?? '' })),
    'permissions.subnetDump': () =>
      [...addresses.book.rules('network')].map(({ group, host: ip, bits, port, tag }, id) => ({
        id,
        group,
        item: { ip, mask: bits, port, tag: tag ?? '' },
      })),
    'permissions.domainDump': dump('name', ({ host, port, tag }) => ({ domain_name: host, port, tag: tag ?? '' })),
    'permissions.trustedReload': async () => {
      if (trusted !== undefined) await reread();
      return 'Reload OK';
    },
    'permissions.trustedDump': () => trusted?.shown() ?? [],
    'permissions.testUri': judge,
    'permissions.allowUri': judge,
  };
}
