/**
 * Serial forking by preference: the contacts of a user wait, grouped by q, and each relay takes the best group of what is
 * left.
 */
import type { BranchTarget, RequestContext } from '../../engine/context.ts';
import type { Slot } from '../../engine/exchange.ts';
import { choice } from '../../engine/spec.ts';

const routes = ['request', 'failure', 'branch_failure'] as const;

export const contactFunctions = {
  loadContacts: {
    cfg: ['t_load_contacts'],
    routes,
    args: [
      choice({
        choices: { byPreference: ['0'] },
        optional: true,
        doc: 'In the order of q; the only way there is here.',
      }),
    ],
    returns: { loaded: 1, nothing: 1 },
    doc: 'Puts the Request-URI and the appended branches aside, to be relayed to in the order of their q. Does nothing where all have the same.',
  },
  nextContacts: {
    cfg: ['t_next_contacts'],
    routes,
    args: [],
    returns: { set: 1, untouched: 1, none: -2 },
    doc: 'Takes the best of those that were put aside as the targets of the next relay; `untouched` when nothing was.',
  },
} as const;

type Groups = readonly (readonly BranchTarget[])[];

/** What stands behind them. */
export const contactsOf = (waiting: Slot<Groups>) => ({
  loadContacts(ctx: RequestContext) {
    const groups = byPreference(targetsOf(ctx));
    if (groups.length < 2) return 'nothing' as const;
    waiting.put(ctx.exchange, groups);
    ctx.branches = [];
    return 'loaded' as const;
  },

  nextContacts(ctx: RequestContext) {
    const groups = waiting.of(ctx.exchange);
    if (groups === undefined) return 'untouched' as const;
    const [best, ...others] = groups;
    if (best === undefined) return 'none' as const;
    waiting.put(ctx.exchange, others);
    const [first, ...rest] = best;
    if (ctx.route !== 'request' || first === undefined) {
      ctx.branches = best;
      return 'set' as const;
    }
    ctx.message.uri = first.uri;
    ctx.destination.set(first.destination);
    ctx.branchFlags = first.flags;
    ctx.uriQ = first.q;
    ctx.branches = rest;
    return 'set' as const;
  },
});

/** Where a failure route runs, the Request-URI has been tried. */
function targetsOf({
  route,
  message,
  destination,
  uriQ,
  branchFlags,
  branches,
}: RequestContext): readonly BranchTarget[] {
  if (route !== 'request') return branches;
  return [{ uri: message.uri, destination: destination.parts, q: uriQ, flags: branchFlags }, ...branches];
}

function byPreference(targets: readonly BranchTarget[]): Groups {
  const groups = new Map<number, BranchTarget[]>();
  for (const target of targets) {
    const group = groups.get(target.q);
    if (group === undefined) groups.set(target.q, [target]);
    else group.push(target);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}
