/** `$sbranch`: a branch that is described part by part, then added, or taken for the request itself. */
import type { BranchTarget, RequestContext } from '../../engine/context.ts';
import { branchPart, changedBranch } from './branch-parts.ts';
import type { PvEnvironment } from './environment.ts';
import { either, requestOf } from './table.ts';

const NOWHERE: BranchTarget = {
  uri: '',
  destination: { uri: undefined, listener: undefined, flow: undefined, route: undefined },
  q: 1000,
  flags: 0,
};

export const staticBranch = {
  sbranch: either('Part of the static branch: `uri`, `dst_uri`, `path`, `q`, `send_socket` or `flags`.', {
    inner: 'required',
    read(ctx, { inner }, env) {
      const target = env.parts.state.staticBranches.get(ctx.state);
      return target === undefined ? null : branchPart(target, inner) || (inner === 'flags' ? 0 : null);
    },
    write(ctx, { inner }, value, env) {
      const branches = env.parts.state.staticBranches;
      if (requestOf(ctx) === undefined) return;
      branches.set(ctx.state, changedBranch(branches.get(ctx.state) ?? NOWHERE, inner, value, env));
    },
  }),
};

export function branchFunctions({ parts: { state } }: PvEnvironment) {
  const described = (ctx: RequestContext): BranchTarget | undefined => {
    const target = state.staticBranches.get(ctx.state);
    return target === undefined || target.uri === '' ? undefined : target;
  };
  return {
    resetStaticBranch(ctx: RequestContext): 'reset' {
      state.staticBranches.delete(ctx.state);
      return 'reset';
    },
    appendStaticBranch(ctx: RequestContext) {
      const target = described(ctx);
      if (target === undefined) return 'absent';
      ctx.branches = [...ctx.branches, target];
      return 'appended';
    },
    takeStaticBranch(ctx: RequestContext) {
      const target = described(ctx);
      if (target === undefined) return 'absent';
      ctx.message.uri = target.uri;
      ctx.destination.set(target.destination);
      ctx.branchFlags = target.flags;
      return 'taken';
    },
  } as const;
}
