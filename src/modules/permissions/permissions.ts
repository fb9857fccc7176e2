/**
 * permissions: address lists and trusted peers, from tables or from a file. Same functions, tables and results as
 * Kamailio's permissions; the rule files of allow_routing are not there.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { avpName } from '../../util/avp-name.ts';
import { Patterns } from '../../util/patterns.ts';
import type { AddressRule } from './address-book.ts';
import { Addresses, type AddressSource } from './addresses.ts';
import { declaration, LOAD } from './declaration.ts';
import { TrustedPeers } from './trusted.ts';

type Ctx = RequestContext | ReplyContext;

export const permissions = defineModule(declaration, (host) => {
  const { params, log } = host;
  const complain = (fault: string): void => log.write('error', 'the old addresses stay in force', { fault });
  const addresses = new Addresses(sourceOf(host), params.max_subnets, complain);
  const trusted = trustedOf(host);
  const tagAvp = avpName(params.peer_tag_avp);
  const allow = ({ state }: Ctx, tag: string | undefined): true => {
    if (tagAvp !== undefined && tag !== undefined) {
      state.avps.set(tagAvp, [tag, ...(state.avps.get(tagAvp) ?? [])]);
    }
    return true;
  };
  const allowed = (ctx: Ctx, rule: AddressRule | undefined): boolean => rule !== undefined && allow(ctx, rule.tag);
  return {
    functions: {
      allowSourceAddress(ctx, group = 1) {
        const { address, port } = ctx.received.flow.remote;
        return allowed(ctx, addresses.book.find(group, address, port));
      },
      allowAddress: (ctx, group, address, port = 0) => allowed(ctx, addresses.book.find(group, address, port)),
      allowTrusted(ctx, address, transport, fromUri) {
        const { message, received } = ctx;
        const row = trusted?.find({
          address: address ?? received.flow.remote.address,
          transport: (transport ?? received.flow.transport).toLowerCase(),
          fromUri: fromUri ?? message.from?.uri ?? '',
          requestUri: message.kind === 'request' ? message.uri : '',
        });
        return row !== undefined && allow(ctx, trusted?.tagOf(row));
      },
    },
    start: () => addresses.load(),
    rpc: {
      'permissions.addressReload': async () => {
        await addresses.load();
        return 'Reload OK';
      },
      'permissions.addressDump': () =>
        [...addresses.book.rules('address')].map(({ group, host: ip, port, tag }) => ({
          group,
          item: { ip, port, tag: tag ?? '' },
        })),
      'permissions.subnetDump': () =>
        [...addresses.book.rules('network')].map(({ group, host: ip, bits, port, tag }, id) => ({
          id,
          group,
          item: { ip, mask: bits, port, tag: tag ?? '' },
        })),
      'permissions.domainDump': () =>
        [...addresses.book.rules('name')].map(({ group, host: name, port, tag }) => ({
          group,
          item: { domain_name: name, port, tag: tag ?? '' },
        })),
    },
  };
});

function sourceOf(host: Host<typeof declaration>): AddressSource {
  const { params, world } = host;
  if ((params.load_backends & LOAD.address) === 0) return { kind: 'none' };
  if (params.address_file !== undefined) return { kind: 'file', path: params.address_file, files: world.files };
  if (params.db_url === undefined) return { kind: 'none' };
  return {
    kind: 'table',
    table: host.use('db_text').table(params.address_table, { param: 'permissions.db_url', url: params.db_url }),
    columns: {
      group: params.grp_col,
      address: params.ip_addr_col,
      mask: params.mask_col,
      port: params.port_col,
      tag: params.tag_col,
    },
  };
}

function trustedOf(host: Host<typeof declaration>): TrustedPeers | undefined {
  const { params } = host;
  if ((params.load_backends & LOAD.trusted) === 0 || params.db_url === undefined) return undefined;
  const table = host.use('db_text').table(params.trusted_table, { param: 'permissions.db_url', url: params.db_url });
  const columns = {
    source: params.source_col,
    proto: params.proto_col,
    from: params.from_col,
    ruri: params.ruri_col,
    tag: params.tag_col,
    priority: params.priority_col,
  };
  return new TrustedPeers(table, columns, new Patterns());
}
