/** What other modules and whoever compiles a script may know of tmx. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';

export interface TmxApi {
  /**
   * The pseudo-variables whose parentheses hold another one, which is read on another message of the transaction. The text in
   * them is compiled as it is written and read on the context that this gives; without a context the value is null.
   */
  readonly scopes: Readonly<
    Record<
      'T_req' | 'T_rpl' | 'T_inv',
      (ctx: RequestContext | ReplyContext) => RequestContext | ReplyContext | undefined
    >
  >;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly tmx: TmxApi;
  }
}
