/** What other modules may know of tm. */
import type { RequestContext } from '../../engine/context.ts';

export interface TmApi {
  /** Whether a transaction exists for this request. */
  has(ctx: RequestContext): boolean;
  /** Transactions whose server side is still in the table. */
  readonly current: number;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly tm: TmApi;
  }
}
