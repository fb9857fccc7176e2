/** What other modules may know of xhttp: how to answer the HTTP request that an event route runs on. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { HttpAnswer } from '../../engine/http.ts';

export interface XhttpApi {
  /** Answers, now or when the promise holds; false when there is no HTTP request or it is answered already. */
  answer(ctx: RequestContext | ReplyContext, answer: HttpAnswer | Promise<HttpAnswer>): boolean;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly xhttp: XhttpApi;
  }
}
