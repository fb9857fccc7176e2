/**
 * permissions: address lists and trusted peers, from tables or from a file. Same functions, tables, files and
 * results as Kamailio's permissions.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { avpName } from '../../util/avp-name.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import type { AddressRule } from './address-book.ts';
import { Addresses, type AddressSource } from './addresses.ts';
import { declaration, LOAD } from './declaration.ts';
import { plainUri, registerPairs, routingPairs } from './plain-uri.ts';
import { RuleFiles, type RulePair, type UriPair } from './rule-files.ts';
import { rpcOf } from './rpc.ts';
import { TrustedPeers } from './trusted.ts';

type Ctx = RequestContext | ReplyContext;

export const permissions = defineModule(declaration, (host) => {
  const { params, log } = host;
  const complain = (fault: string): void => log.write('error', 'the old addresses stay in force', { fault });
  const addresses = new Addresses(sourceOf(host), params.max_subnets, complain);
  const trusted = trustedOf(host);
  const rules = new RuleFiles(host.world.files, log);
  return {
    functions: { ...addressFunctions(host, addresses, trusted), ...ruleFunctions(host, rules) },
    start: () => addresses.load(),
    rpc: rpcOf({
      ...{ addresses, trusted },
      reread: () => host.use('db_text').reload(),
      allows: (basename, pair) => rules.allows(pairOf(host, basename), [pair]),
    }),
  };
});

function addressFunctions(
  { params }: Host<typeof declaration>,
  addresses: Addresses,
  trusted: TrustedPeers | undefined,
) {
  const tagAvp = avpName(params.peer_tag_avp);
  const allow = ({ state }: Ctx, tag: string | undefined): true => {
    if (tagAvp !== undefined && tag !== undefined) {
      state.avps.set(tagAvp, [tag, ...(state.avps.get(tagAvp) ?? [])]);
    }
    return true;
  };
  const allowed = (ctx: Ctx, rule: AddressRule | undefined): boolean => rule !== undefined && allow(ctx, rule.tag);
  const groupOf = (ctx: Ctx, address: string, port: number): number => {
    const rule = addresses.book.groupOf(address, port);
    return rule !== undefined && allow(ctx, rule.tag) ? rule.group : -1;
  };
  return {
    allowSourceAddress(ctx: Ctx, group = 1) {
      const { address, port } = ctx.received.flow.remote;
      return allowed(ctx, addresses.book.find(group, address, port));
    },
    allowAddress: (ctx: Ctx, group: number, address: string, port = 0) =>
      allowed(ctx, addresses.book.find(group, address, port)),
    sourceGroup(ctx: Ctx) {
      const { address, port } = ctx.received.flow.remote;
      return groupOf(ctx, address, port);
    },
    addressGroup: groupOf,
    allowTrusted(ctx: Ctx, address?: string, transport?: string, fromUri?: string) {
      const { message, received } = ctx;
      const rows = trusted?.find({
        address: address ?? received.flow.remote.address,
        transport: (transport ?? received.flow.transport).toLowerCase(),
        fromUri: fromUri ?? message.from?.uri ?? '',
        requestUri: message.kind === 'request' ? message.uri : '',
      });
      if (rows === undefined || rows.length === 0) return false;
      const tagged = params.peer_tag_mode === 'all' ? rows : rows.slice(0, 1);
      for (const row of tagged) allow(ctx, trusted?.tagOf(row));
      return true;
    },
  };
}

function ruleFunctions(host: Host<typeof declaration>, rules: RuleFiles) {
  const allBranches = host.params.check_all_branches === 1;
  const judge = (files: RulePair, pairs: readonly UriPair[] | undefined): boolean | Promise<boolean> =>
    pairs === undefined ? false : rules.allows(files, pairs);
  return {
    allowRouting: (ctx: RequestContext, name?: string, deny?: string) =>
      judge(pairOf(host, name, deny), routingPairs(ctx, allBranches)),
    allowRegister: (ctx: RequestContext, name?: string, deny?: string) =>
      judge(pairOf(host, name, deny), registerPairs(ctx)),
    allowUri({ message }: RequestContext, name: string, uri: string) {
      const left = plainUri(message.from?.uri ?? '');
      return judge(pairOf(host, name), left === undefined || uri === '' ? undefined : [{ left, right: uri }]);
    },
  };
}

function pairOf({ params }: Host<typeof declaration>, name?: string, deny?: string): RulePair {
  if (name === undefined) return { allow: params.default_allow_file, deny: params.default_deny_file };
  return deny === undefined
    ? { allow: `${name}${params.allow_suffix}`, deny: `${name}${params.deny_suffix}` }
    : { allow: name, deny };
}

function sourceOf(host: Host<typeof declaration>): AddressSource {
  const { params, world } = host;
  if ((params.load_backends & LOAD.address) === 0) return { kind: 'none' };
  if (params.address_file !== undefined) return { kind: 'file', path: params.address_file, files: world.files };
  if (params.db_url === undefined) return { kind: 'none' };
  const db = host.use('db_text');
  return {
    kind: 'table',
    reread: () => db.reload(),
    table: db.table(params.address_table, { param: 'permissions.db_url', url: params.db_url }),
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
  return new TrustedPeers(table, columns, new PatternCache());
}
