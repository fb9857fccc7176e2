/** What a route has prepared for the next relay: route blocks armed with `t_on_*`, and timers set with `t_set_fr`. */
export interface Plan {
  branch: string | undefined;
  reply: string | undefined;
  failure: string | undefined;
  branchFailure: string | undefined;
  frTimerMs: number;
  frInvTimerMs: number;
}

export const newPlan = (timers: Pick<Plan, 'frTimerMs' | 'frInvTimerMs'>): Plan => ({
  branch: undefined,
  reply: undefined,
  failure: undefined,
  branchFailure: undefined,
  frTimerMs: timers.frTimerMs,
  frInvTimerMs: timers.frInvTimerMs,
});

/** What a branch route arms holds for its branch alone. */
export const planOfBranch = (plan: Plan): Plan => ({ ...plan, branch: undefined, failure: undefined });
