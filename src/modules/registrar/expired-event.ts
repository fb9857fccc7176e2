/** `event_route[usrloc:contact-expired]`: there is no message then, so the route sees one that stands for it. */
import { type EventRoute, RequestContext } from '../../engine/context.ts';
import { Exchange } from '../../engine/exchange.ts';
import { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import type { WallTime } from '../../util/time.ts';
import type { Binding } from '../usrloc/api.ts';

export const EXPIRED_ROUTE = 'usrloc:contact-expired';

/** undefined for a contact that no listener is known of: one that a command added. */
export function expiredContext({ uri, listener }: Binding, at: WallTime): RequestContext | undefined {
  if (listener === undefined) return undefined;
  const { transport, local } = listener;
  const flow: Flow = { transport, listener, local, remote: local, connection: 0 };
  const message = SipRequest.create('OPTIONS', uri);
  const received = { bytes: new Uint8Array(), flow, at };
  return new RequestContext({ message, received, exchange: new Exchange() }, { route: 'event' });
}

/** A route that throws stops nothing. */
export function runExpiredRoute(route: EventRoute, ctx: RequestContext, threw: (error: unknown) => void): void {
  try {
    route(ctx);
  } catch (error) {
    threw(error);
  }
}
