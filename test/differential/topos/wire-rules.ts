/** What must hold on the wire of a proxy that hides, whatever its neighbours and event routes do. */
import type { WireEvent } from '../../../src/engine/exchange.ts';
import { H } from '../../../src/sip/header-names.ts';
import type { SipMessage, SipResponse } from '../../../src/sip/message.ts';
import { parseMessage } from '../../../src/sip/parse.ts';

interface Seen {
  readonly direction: WireEvent['direction'];
  readonly message: SipMessage;
}

/** Every breach of a rule, one line each. */
export function breaches(wire: readonly WireEvent[], port: number): readonly string[] {
  const seen = wire.flatMap(({ bytes, direction }): readonly Seen[] => {
    const parsed = parseMessage(bytes);
    return parsed.kind === 'malformed' ? [] : [{ direction, message: parsed.message }];
  });
  const sent = seen.flatMap(({ direction, message }) => (direction === 'out' ? [message] : []));
  return sent.flatMap((message) => [
    ...(PRIVATE.test(message.raw) ? [`a private header left: ${title(message)}`] : []),
    ...(message.kind === 'request' ? ownVia(message, port) : viaStack(message, seen)),
  ]);
}

const PRIVATE = /^P-SR-X/im;

const title = (message: SipMessage): string => `${message.startLine} (${message.headers.get(H.CSeq)})`;

function ownVia(message: SipMessage, port: number): readonly string[] {
  return message.topVia?.port === port ? [] : [`a request without our Via on top: ${title(message)}`];
}

/** I1: exactly the Vias of the request as it came, with our received and rport. */
function viaStack(reply: SipResponse, seen: readonly Seen[]): readonly string[] {
  const vias = reply.headers.values(H.Via);
  if (vias.length === 0) return [`a reply without a Via: ${title(reply)}`];
  const request = seen.find(
    ({ direction, message }) =>
      direction === 'in' &&
      message.kind === 'request' &&
      message.topVia?.branch === reply.topVia?.branch &&
      message.cseq?.method === reply.cseq?.method,
  )?.message;
  if (request === undefined) return [`a reply to nothing: ${title(reply)}`];
  const asked = request.headers.values(H.Via);
  const isSame = vias.length === asked.length && vias.every((via, at) => plain(via) === plain(asked[at] ?? ''));
  return isSame ? [] : [`other Vias than those of its request: ${title(reply)} ${vias.join(' | ')}`];
}

const plain = (via: string): string => via.replaceAll(/;\s*(?:received|rport)(?:=[^;]*)?/gi, '');

/** What our proxy showed an agent of the far side: addresses in topology headers that are neither the agent's nor ours. */
export function leaks(wire: readonly WireEvent[], agent: number, known: readonly number[]): readonly string[] {
  return wire.flatMap(({ bytes, direction, flow }) => {
    const parsed = direction === 'out' && flow.remote.port === agent ? parseMessage(bytes) : undefined;
    if (parsed === undefined || parsed.kind === 'malformed') return [];
    const { message } = parsed;
    return [H.Via, H.RecordRoute, H.Route, H.Contact].flatMap((id) =>
      message.headers
        .values(id)
        .filter((value) => !known.some((port) => value.includes(`:${port}`)))
        .map((value) => `${title(message)}: ${value}`),
    );
  });
}
