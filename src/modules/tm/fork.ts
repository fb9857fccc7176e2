/** What relaying needs to know of the transaction whose request it sends out. */
import type { RequestContext, Winning } from '../../engine/context.ts';
import type { Instant } from '../../util/time.ts';
import type { Branch, BranchOwner } from './branch.ts';
import type { Plan } from './plan.ts';

/** Where the request went last: a Request-URI is one branch, not one for each relay. */
export interface Spent {
  readonly uri: string;
  readonly destination: string | undefined;
}

export interface Fork extends BranchOwner {
  /** Common to the Via branches of all its branches. */
  readonly id: string;
  readonly branches: Branch[];
  readonly plan: Plan;
  /** Plans of branch routes that are running. */
  branchPlans: Map<RequestContext, Plan> | undefined;
  /** Until when its branches may wait. */
  readonly endOfLife: Instant | undefined;
  /** Neither cancelled nor answered: more branches may be started. */
  readonly open: boolean;
  /** Relaying that waits for a name to resolve or a route to end. */
  busy: number;
  /** Why relaying failed: the reply to give when the route ends without another. */
  relayFailure: Winning | undefined;
  spent: Spent | undefined;
  /** Where the branches of the last relay begin. */
  batch: number;
  /** To be called when relaying that had to wait is through. */
  settle(): void;
}
