/**
 * An HTTP request in the form that routes know: a SIP request with its method, headers and body. Nobody sends it; it lives
 * as long as the event route that runs on it.
 */
import { RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import { Exchange } from '../../engine/exchange.ts';
import type { HttpQuestion } from '../../engine/http.ts';
import { parseMessage } from '../../sip/parse.ts';

/** Said by the message itself, not by the client. */
const OWN: ReadonlySet<string> = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'content-length',
  'v',
  'f',
  't',
  'i',
  'l',
]);
const TOKEN = /^[A-Za-z0-9!%'*+.`_~-]+$/;

/** undefined when there is no listener it could have come on, or it cannot be told as SIP. */
export function visitorContext(question: HttpQuestion, engine: Engine): RequestContext | undefined {
  const { transport, world } = engine;
  const listener = transport.listeners.find((one) => one.transport === 'tcp') ?? transport.listeners[0];
  if (listener === undefined || !TOKEN.test(question.method)) return undefined;
  const bytes = Buffer.from(textOf(question), 'latin1');
  const parsed = parseMessage(bytes);
  if (parsed.kind !== 'request') return undefined;
  const flow = question.flow ?? {
    transport: 'tcp',
    listener,
    local: listener.local,
    remote: question.from,
    connection: 0,
  };
  const received = { bytes, flow, at: world.clock.wall() };
  return new RequestContext({ message: parsed.message, received, exchange: new Exchange() }, { route: 'event' });
}

function textOf({ method, headers, body, from }: HttpQuestion): string {
  const host = from.address.includes(':') ? `[${from.address}]` : from.address;
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || OWN.has(name) || !TOKEN.test(name)
      ? []
      : [`${name}: ${value.replace(/[\0-\x1f\x7f]+/g, ' ')}`],
  );
  const lines = [
    `${method} sip:http@${host} SIP/2.0`,
    `Via: SIP/2.0/TCP ${host}:${from.port};branch=z9hG4bKhttp`,
    `From: <sip:http@${host}>;tag=http`,
    `To: <sip:http@${host}>`,
    'Call-ID: http',
    `CSeq: 1 ${method}`,
    ...given,
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
