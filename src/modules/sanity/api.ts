/** What other modules may know of sanity. */
import type { ReplyOrder } from '../../engine/context.ts';
import type { SipRequest } from '../../sip/message.ts';

export interface SanityApi {
  /** The reply that refuses the request by the default checks; undefined when it passes them. Sends nothing. */
  fault(request: SipRequest): ReplyOrder | undefined;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly sanity: SanityApi;
  }
}
