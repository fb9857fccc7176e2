/** The listener that calls to a contact leave from: where its REGISTER came in, or where a header says that it did. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { hostAddress, readHostPort } from '../../sip/uri.ts';
import type { Flow, Listener } from '../../transport/flow.ts';

export interface SocketRules {
  /** Message flag that makes the header count; -1 for never. */
  readonly flag: number;
  readonly header: string;
}

const SOCKET = /^(?:([a-z]+):)?(.+)$/i;

/** What the script says, if anything, stands above the header. */
export function listenerOf(
  ctx: RequestContext | ReplyContext,
  listeners: readonly Listener[],
  rules: SocketRules,
  script: string,
): Listener {
  const own = ctx.received.flow.listener;
  const isAsked = rules.flag >= 0 && rules.header !== '' && (ctx.state.flags & (1 << rules.flag)) !== 0;
  const text = script === '' && isAsked ? ctx.message.headers.get(rules.header) : script;
  const [, transport = 'udp', place = ''] = SOCKET.exec(text ?? '') ?? [];
  const named = readHostPort(place);
  if (named === undefined) return own;
  const address = hostAddress(named.host);
  const isMeant = (listener: Listener): boolean =>
    listener.transport === transport.toLowerCase() &&
    listener.local.address === address &&
    listener.local.port === (named.port ?? 5060);
  return listeners.find(isMeant) ?? own;
}

/** `udp:192.0.2.1:5060`: the other half of it, for the registrar behind us. */
export function socketText({ transport, listener }: Flow): string {
  const { address, port } = listener.local;
  return `${transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
}
