/** The context in which `event_route[siptrace:msg]` sees a message: as it was on the wire, edits without effect. */
import { ReplyContext, RequestContext } from '../../engine/context.ts';
import { Exchange, type WireEvent } from '../../engine/exchange.ts';
import { parseMessage } from '../../sip/parse.ts';

/** undefined when the bytes are no SIP message. */
export function eventContext(
  { bytes, flow, at }: WireEvent,
  exchange: Exchange = new Exchange(),
): RequestContext | ReplyContext | undefined {
  const parsed = parseMessage(bytes);
  const received = { bytes, flow, at };
  switch (parsed.kind) {
    case 'request':
      return new RequestContext({ message: parsed.message, received, exchange }, { route: 'event' });
    case 'response':
      return new ReplyContext({ message: parsed.message, received, exchange, request: undefined }, 'event');
    case 'malformed':
      return undefined;
  }
}
