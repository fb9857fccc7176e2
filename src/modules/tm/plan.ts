/** What a route has prepared for the next relay: route blocks armed with `t_on_*`, timers set with `t_set_fr`, and its ways. */
import type { Timers } from '../../transaction/timers.ts';

export interface Plan {
  branch: string | undefined;
  reply: string | undefined;
  failure: string | undefined;
  branchFailure: string | undefined;
  frTimerMs: number;
  frInvTimerMs: number;
  /** Those of the parameters, until a route wants it otherwise. */
  ways: Ways;
}

/** How one transaction behaves, as far as a route may change it. */
export interface Ways {
  /** An INVITE is answered with 100 when relaying begins. */
  readonly auto100: boolean;
  /** A 6xx ends the other branches. */
  readonly sixHundredEnds: boolean;
  /** The next address of a name is tried when one fails. */
  readonly failover: boolean;
  /** The Reason of the caller's CANCEL goes into ours. */
  readonly callerReason: boolean;
  /** Relaying that failed is answered when the route does not. */
  readonly answersFailure: boolean;
  /** How requests are repeated. */
  readonly timers: Timers;
  /** The longest life of the branches of an INVITE, and of another request; 0 for no end. */
  readonly maxInviteMs: number;
  readonly maxOtherMs: number;
}

export const newPlan = (settings: Pick<Plan, 'frTimerMs' | 'frInvTimerMs' | 'ways'>): Plan => ({
  branch: undefined,
  reply: undefined,
  failure: undefined,
  branchFailure: undefined,
  frTimerMs: settings.frTimerMs,
  frInvTimerMs: settings.frInvTimerMs,
  ways: settings.ways,
});

/** What a branch route arms holds for its branch alone. */
export const planOfBranch = (plan: Plan): Plan => ({ ...plan, branch: undefined, failure: undefined });
