/**
 * The message that routes run on when nobody sent one: timers, and modules that begin or lose something. It came from
 * nowhere and leads nowhere; a route may read it, write to it and send something else.
 */
import type { SipRequest } from '../sip/message.ts';
import { parseMessage } from '../sip/parse.ts';
import type { Flow, Listener } from '../transport/flow.ts';
import { RequestContext } from './context.ts';
import type { Engine } from './engine.ts';
import { Exchange } from './exchange.ts';

const NOWHERE: Listener = {
  transport: 'udp',
  local: { address: '127.0.0.1', port: 5060 },
  advertised: undefined,
  sentBy: { host: '127.0.0.1', port: 5060 },
  name: undefined,
};

const BYTES = Buffer.from(
  [
    'OPTIONS sip:you@viaduct.invalid SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKinternal',
    'From: <sip:you@viaduct.invalid>;tag=internal',
    'To: <sip:you@viaduct.invalid>',
    'Call-ID: internal',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n'),
);

/** A fresh one for each run of a route. */
export function internalRequest(engine: Engine): RequestContext {
  const parsed = parseMessage(BYTES);
  if (parsed.kind !== 'request') throw new Error('the internal request cannot be read');
  return ownRequest(engine, parsed.message, BYTES);
}

/** A request of our own, before it leaves. */
export function ownRequest(
  { transport, world }: Engine,
  message: SipRequest,
  bytes: Uint8Array = message.serialize(),
): RequestContext {
  const listener = transport.listeners[0] ?? NOWHERE;
  const flow: Flow = { transport: 'udp', listener, local: listener.local, remote: NOWHERE.local, connection: 0 };
  return new RequestContext(
    {
      message,
      received: { bytes, flow, at: world.clock.wall() },
      exchange: new Exchange(),
    },
    { route: 'event' },
  );
}

/** Whether nobody sent the message. */
export const isInternal = ({ bytes }: { readonly bytes: Uint8Array }): boolean => bytes === BYTES;
