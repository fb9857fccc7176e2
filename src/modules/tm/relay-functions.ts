/** `t_relay` and its kin: relaying to a next hop or over a transport that the call names, not the message. */
import type { BranchTarget, NextHop, RequestContext } from '../../engine/context.ts';
import { int, str } from '../../engine/spec.ts';
import { type Hop, hopOf, hopOfUri, hopUri } from './hop.ts';
import type { RelayOutcome } from './relay.ts';
import type { Transactions } from './transactions.ts';

const routes = ['request', 'failure', 'branch_failure'] as const;
const returns = { relayed: 1, failed: -1 } as const;
const host = str({ optional: true, doc: 'Host of the next hop of all branches, instead of what the message says.' });
const port = str({ optional: true, doc: 'Its port.' });

const relaying = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes, args: [host, port], cfgArity: [0, 2], async: true, returns, doc }) as const;

const over = <const C extends string>(cfg: C, transport: string) =>
  relaying([cfg], `Relays over ${transport}, whatever the URIs say.`);

const existing = <const C extends readonly string[]>(cfg: C, over = '') =>
  ({
    ...relaying(cfg, `Relays${over} the request of a transaction that exists.`),
    routes: ['request'],
    cfgArity: [2],
  }) as const;

const toAddress = <const C extends string>(cfg: C, routes: readonly ['request'], doc: string) =>
  ({
    cfg: [cfg],
    routes,
    args: [
      str({ doc: 'Transport: udp, tcp, tls, ws or wss; anything else leaves it open.' }),
      str({ doc: '`host` or `host:port`.' }),
    ],
    async: true,
    returns,
    doc,
  }) as const;

const copying = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ ...relaying(cfg, doc), routes: ['request'], cfgArity: [2] }) as const;

export const relayFunctions = {
  relay: relaying(
    ['t_relay'],
    'Relays the request to its Request-URI (or destination) and appended branches. A CANCEL ends the call it is for. When it fails and the route answers nothing itself, the reply is 477, 478, 479 or 500.',
  ),
  relayUdp: over('t_relay_to_udp', 'UDP'),
  relayTcp: over('t_relay_to_tcp', 'TCP'),
  relayTls: over('t_relay_to_tls', 'TLS'),
  relayTo: {
    cfg: ['t_relay_to'],
    routes,
    args: [
      str({
        optional: true,
        doc: '`host`, `host:port` or `transport:host:port`, instead of what the message says; or the flags.',
      }),
      int({
        optional: true,
        min: 0,
        max: 7,
        doc: 'The sum of 1 for no 100, 2 for no reply of ours when relaying fails, 4 for the first address of a name alone.',
      }),
    ],
    async: true,
    returns,
    doc: 'Relays to a next hop, with flags.',
  },
  relayToAddress: toAddress('t_relay_to_avp', ['request'], 'Relays over a transport to an address.'),
  relayExistingTo: toAddress(
    't_forward_nonack_to',
    ['request'],
    'Relays the request of a transaction that exists over a transport to an address.',
  ),
  replicate: {
    cfg: ['t_replicate'],
    routes: ['request'],
    args: [
      str({ optional: true, doc: 'URI that a copy goes to, instead of what the message says; with a port, the host.' }),
      port,
    ],
    async: true,
    returns,
    doc: 'Sends a copy of the request, and of each appended branch, whose replies run their onreply route and go no further. The request gets its transaction and is answered by the route.',
  },
  replicateUdp: copying(['t_replicate_udp'], 'Sends the copy over UDP.'),
  replicateTcp: copying(['t_replicate_tcp'], 'Sends the copy over TCP.'),
  replicateTls: copying(['t_replicate_tls'], 'Sends the copy over TLS.'),
  replicateTo: toAddress('t_replicate_to', ['request'], 'Sends the copy over a transport to an address.'),
  relayExisting: {
    ...existing(['t_forward_nonack', 't_forward_nonack_uri']),
    cfgArity: { t_forward_nonack: [2], t_forward_nonack_uri: [0] },
  },
  relayExistingUdp: existing(['t_forward_nonack_udp'], ' over UDP'),
  relayExistingTcp: existing(['t_forward_nonack_tcp'], ' over TCP'),
  relayExistingTls: existing(['t_forward_nonack_tls'], ' over TLS'),
  relayCancel: {
    cfg: ['t_relay_cancel'],
    routes: ['request'],
    args: [],
    async: true,
    returns: { relayed: 0, otherMethod: 1, noInvite: 1, failed: -1 },
    doc: 'Ends the call that this CANCEL is for, and the route with it; does nothing when there is none.',
  },
  reuseBranch: {
    cfg: ['t_reuse_branch'],
    routes: ['branch_failure'],
    args: [],
    returns: { appended: 1, gone: -1 },
    doc: 'The next relay tries the target of the branch that failed once more.',
  },
} as const;

type Relayed = RelayOutcome | Promise<RelayOutcome>;

/** What stands behind them. */
export const relaysOf = (transactions: Transactions) => {
  const relays = (ctx: RequestContext): Relayed => transactions.relay(ctx);
  const copies = (ctx: RequestContext): Relayed => transactions.replicate(ctx);
  const to = (ctx: RequestContext, hop: Hop): Relayed => aimed(transactions, ctx, hop, relays);
  const copyTo = (ctx: RequestContext, hop: Hop | undefined): Relayed =>
    hop === undefined ? 'failed' : aimed(transactions, ctx, hop, copies);
  const onlyExisting = (ctx: RequestContext, hop: Hop): Relayed => (transactions.has(ctx) ? to(ctx, hop) : 'failed');
  const over =
    (transport: 'udp' | 'tcp' | 'tls' | undefined, run: (ctx: RequestContext, hop: Hop) => Relayed) =>
    (ctx: RequestContext, host?: string, port?: string) =>
      run(ctx, { host, port, transport });
  return {
    relay: (ctx: RequestContext, host?: string, port?: string) =>
      host === undefined ? relays(ctx) : to(ctx, { host, port, transport: ctx.received.flow.transport }),
    relayUdp: over('udp', to),
    relayTcp: over('tcp', to),
    relayTls: over('tls', to),
    relayTo: (ctx: RequestContext, proxy?: string, flags?: number) => relayTo(transactions, ctx, proxy, flags),
    relayToAddress: (ctx: RequestContext, transport: string, address: string) =>
      to(ctx, hopOf(`${transport}:${address}`)),
    relayExisting: over(undefined, onlyExisting),
    relayExistingUdp: over('udp', onlyExisting),
    relayExistingTcp: over('tcp', onlyExisting),
    relayExistingTls: over('tls', onlyExisting),
    relayExistingTo: (ctx: RequestContext, transport: string, address: string) =>
      onlyExisting(ctx, hopOf(`${transport}:${address}`)),
    replicate: (ctx: RequestContext, uri?: string, port?: string) => {
      if (uri === undefined) return copies(ctx);
      return copyTo(
        ctx,
        port === undefined ? hopOfUri(uri) : { host: uri, port, transport: ctx.received.flow.transport },
      );
    },
    replicateUdp: over('udp', copyTo),
    replicateTcp: over('tcp', copyTo),
    replicateTls: over('tls', copyTo),
    replicateTo: (ctx: RequestContext, transport: string, address: string) =>
      copyTo(ctx, hopOf(`${transport}:${address}`)),
    relayCancel: (ctx: RequestContext) => relayCancel(transactions, ctx),
    reuseBranch: (ctx: RequestContext) => reuseBranch(transactions, ctx),
  };
};

/** Flags of `t_relay_to`, which may stand alone. */
const FLAGS_ALONE = /^(?:\d+|0x[0-9a-f]+)$/i;

function relayTo(transactions: Transactions, ctx: RequestContext, ...[proxy, given]: [proxy?: string, flags?: number]) {
  const alone = given === undefined && proxy !== undefined && FLAGS_ALONE.test(proxy);
  const flags = alone ? Number(proxy) : (given ?? 0);
  if ((flags & 1) !== 0) transactions.change(ctx, { auto100: false });
  if ((flags & 2) !== 0) transactions.change(ctx, { answersFailure: false });
  if ((flags & 4) !== 0) transactions.change(ctx, { failover: false });
  if (proxy === undefined || alone) return transactions.relay(ctx);
  return aimed(transactions, ctx, hopOf(proxy), (own) => transactions.relay(own));
}

/** The destination is what it was when it is done: it holds for this call alone. */
function aimed(
  transactions: Transactions,
  ctx: RequestContext,
  ...[hop, run]: [hop: Hop, run: (ctx: RequestContext) => Relayed]
): Relayed {
  const { destination } = ctx;
  const before = destination.parts;
  ctx.branches = ctx.branches.map(
    (branch): BranchTarget => ({
      ...branch,
      destination: { ...branch.destination, flow: undefined, uri: hopUri(branch.destination.uri ?? branch.uri, hop) },
    }),
  );
  destination.set({ ...before, flow: undefined, uri: hopUri(before.uri ?? ctx.message.uri, hop) } satisfies NextHop);
  const outcome = run(ctx);
  destination.set(before);
  const transaction = transactions.of(ctx);
  if (transaction?.spent !== undefined) transaction.spent = { uri: transaction.spent.uri, destination: before.uri };
  return outcome;
}

function reuseBranch(transactions: Transactions, ctx: RequestContext) {
  const failed = transactions.branchesOf(ctx).find(({ parts }) => parts?.ctx.branchIndex === ctx.branchIndex);
  if (failed?.parts === undefined) return 'gone';
  const { message, destination, branchFlags } = failed.parts.ctx;
  const target = { uri: message.uri, destination: destination.parts, q: 1000, flags: branchFlags };
  ctx.branches = [...ctx.branches, target];
  return 'appended';
}

function relayCancel(transactions: Transactions, ctx: RequestContext) {
  if (ctx.message.method !== 'CANCEL') return 'otherMethod';
  return transactions.concerning(ctx) === undefined ? 'noInvite' : transactions.relay(ctx);
}
