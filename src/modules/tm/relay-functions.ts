/** `t_relay` and its kin: relaying to a next hop or over a transport that the call names, not the message. */
import type { BranchTarget, NextHop, RequestContext } from '../../engine/context.ts';
import { str } from '../../engine/spec.ts';
import { parseUri } from '../../sip/uri.ts';
import type { RelayOutcome } from './relay.ts';
import type { Transactions } from './transactions.ts';

const routes = ['request', 'failure', 'branch_failure'] as const;
const returns = { relayed: 1, failed: -1 } as const;
const host = str({ optional: true, doc: 'Host of the next hop of all branches, instead of what the message says.' });
const port = str({ optional: true, doc: 'Its port.' });

const relaying = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes, args: [host, port], async: true, returns, doc }) as const;

const over = <const C extends string>(cfg: C, transport: string) =>
  relaying([cfg], `Relays over ${transport}, whatever the URIs say.`);

const existing = <const C extends readonly string[]>(cfg: C, over = '') =>
  ({ ...relaying(cfg, `Relays${over} the request of a transaction that exists.`), routes: ['request'] }) as const;

export const relayFunctions = {
  relay: relaying(
    ['t_relay'],
    'Relays the request to its Request-URI (or destination) and appended branches. A CANCEL ends the call it is for. When it fails and the route answers nothing itself, the reply is 477, 478, 479 or 500.',
  ),
  relayUdp: over('t_relay_to_udp', 'UDP'),
  relayTcp: over('t_relay_to_tcp', 'TCP'),
  relayTls: over('t_relay_to_tls', 'TLS'),
  relayExisting: existing(['t_forward_nonack', 't_forward_nonack_uri']),
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
  const to = (ctx: RequestContext, hop: Hop): Relayed => relayTo(transactions, ctx, hop);
  const onlyExisting = (ctx: RequestContext, hop: Hop): Relayed =>
    transactions.has(ctx) ? relayTo(transactions, ctx, hop) : 'failed';
  return {
    relay: (ctx: RequestContext, name?: string, at?: string) =>
      name === undefined ? transactions.relay(ctx) : to(ctx, { host: name, port: at }),
    relayUdp: (ctx: RequestContext, name?: string, at?: string) => to(ctx, { host: name, port: at, transport: 'udp' }),
    relayTcp: (ctx: RequestContext, name?: string, at?: string) => to(ctx, { host: name, port: at, transport: 'tcp' }),
    relayTls: (ctx: RequestContext, name?: string, at?: string) => to(ctx, { host: name, port: at, transport: 'tls' }),
    relayExisting: (ctx: RequestContext, name?: string, at?: string) => onlyExisting(ctx, { host: name, port: at }),
    relayExistingUdp: (ctx: RequestContext, name?: string, at?: string) =>
      onlyExisting(ctx, { host: name, port: at, transport: 'udp' }),
    relayExistingTcp: (ctx: RequestContext, name?: string, at?: string) =>
      onlyExisting(ctx, { host: name, port: at, transport: 'tcp' }),
    relayExistingTls: (ctx: RequestContext, name?: string, at?: string) =>
      onlyExisting(ctx, { host: name, port: at, transport: 'tls' }),
    relayCancel: (ctx: RequestContext) => relayCancel(transactions, ctx),
    reuseBranch: (ctx: RequestContext) => reuseBranch(transactions, ctx),
  };
};

/** What the call says of the next hop; the rest is the message's business. */
interface Hop {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly transport?: string | undefined;
}

/** The destination is what it was when it is done: it holds for this call alone. */
function relayTo(transactions: Transactions, ctx: RequestContext, hop: Hop): Relayed {
  const { destination } = ctx;
  const before = destination.parts;
  ctx.branches = ctx.branches.map(
    (branch): BranchTarget => ({
      ...branch,
      destination: { ...branch.destination, flow: undefined, uri: hopUri(branch.destination.uri ?? branch.uri, hop) },
    }),
  );
  destination.set({ ...before, flow: undefined, uri: hopUri(before.uri ?? ctx.message.uri, hop) } satisfies NextHop);
  const outcome = transactions.relay(ctx);
  destination.set(before);
  const transaction = transactions.of(ctx);
  if (transaction?.spent !== undefined) transaction.spent = { uri: transaction.spent.uri, destination: before.uri };
  return outcome;
}

function hopUri(target: string, { host: name, port: at, transport }: Hop): string {
  const over = transport === undefined ? '' : `;transport=${transport}`;
  if (name !== undefined) return at === undefined || at === '' ? `sip:${name}${over}` : `sip:${name}:${at}${over}`;
  const uri = parseUri(target);
  if (uri?.kind !== 'sip') return target;
  const where = uri.params.get('maddr') ?? uri.host;
  return uri.port === undefined ? `sip:${where}${over}` : `sip:${where}:${uri.port}${over}`;
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
