/** The ACK to a 2xx of an INVITE of our own leaves as a request of its own, along the route of the dialog (RFC 3261 section 13.2.2.4). */
import { H } from '../sip/header-names.ts';
import type { SipRequest } from '../sip/message.ts';
import type { Flow } from '../transport/flow.ts';
import type { NextHop } from './context.ts';
import type { Engine } from './engine.ts';
import type { Cause } from './exchange.ts';

export interface AckWay {
  /** Of the INVITE. */
  readonly flow: Flow;
  readonly cause: Cause;
}

/** `ack` has no Via yet. */
export function sendDialogAck({ branches, door, hops }: Engine, ack: SipRequest, { flow, cause }: AckWay): void {
  const next: NextHop = { uri: ack.routes?.[0]?.uri, listener: flow.listener, flow: undefined, route: undefined };
  const go = (found: Awaited<ReturnType<typeof hops.resolve>>): void => {
    if (found.kind !== 'hop') return;
    ack.headers.prepend(H.Via, viaOf(found.flow, branches.branch(branches.nextId(), 0)));
    door.send(ack.serialize(), found.flow, cause);
  };
  const hop = hops.resolve(ack.parsedUri, next, undefined);
  if (hop instanceof Promise) void hop.then(go);
  else go(hop);
}

export const viaOf = ({ transport, listener }: Flow, branch: string): string =>
  `SIP/2.0/${transport.toUpperCase()} ${listener.sentBy.host}:${listener.sentBy.port};branch=${branch}`;
