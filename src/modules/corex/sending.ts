/** Sending by hand: the message as it came, a text, or a reply by its Via. Whoever gets it sees no Via of ours. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import { forwardReply } from '../../engine/forward.ts';
import type { HopResult } from '../../engine/next-hop.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { listenerIn } from './sockets.ts';

type Ctx = RequestContext | ReplyContext;
type Sent = 'sent' | 'failed';

export function sendingFunctions(engine: Engine) {
  const { transport } = engine;
  const over = (ctx: RequestContext, protocol: 'udp' | 'tcp', place: string | undefined): Sent | Promise<Sent> => {
    const uri = place === undefined || place === '' ? (ctx.destination.uri ?? ctx.message.uri) : `sip:${place}`;
    return deliver(engine, ctx, { uri, protocol, bytes: ctx.received.bytes });
  };
  return {
    sendUdp: (ctx: RequestContext, place?: string) => over(ctx, 'udp', place),
    sendTcp: (ctx: RequestContext, place?: string) => over(ctx, 'tcp', place),
    sendData: (ctx: Ctx, uri: string, data: string) =>
      deliver(engine, ctx, { uri, bytes: Buffer.from(data, 'latin1') }),
    sendDataFrom(ctx: Ctx, uri: string, socket: string, data: string): Sent | Promise<Sent> {
      const from = socket === '' ? undefined : listenerIn(transport.listeners, socket);
      if (socket !== '' && from === undefined) return 'failed';
      return deliver(engine, ctx, { uri, from, bytes: Buffer.from(data, 'latin1') });
    },
    forwardReply: (ctx: ReplyContext) =>
      forwardReply(engine, ctx) === 'forwarded' ? ('forwarded' as const) : ('failed' as const),
  };
}

interface Parcel {
  readonly uri: string;
  readonly bytes: Uint8Array;
  /** Whatever the URI says. */
  readonly protocol?: 'udp' | 'tcp';
  readonly from?: Listener | undefined;
}

function deliver(engine: Engine, ctx: Ctx, { uri, bytes, protocol, from }: Parcel): Sent | Promise<Sent> {
  const parsed = parseUri(uri);
  if (parsed?.kind !== 'sip') return 'failed';
  const params = protocol === undefined ? parsed.params : parsed.params.with('transport', protocol);
  const way = { uri: undefined, listener: from, flow: undefined, route: undefined };
  const hop = engine.hops.resolve({ ...parsed, params }, way, ctx.received.flow);
  const send = (found: HopResult): Sent =>
    found.kind === 'hop' && engine.door.send(bytes, found.flow, ctx.cause) === 'sent' ? 'sent' : 'failed';
  return hop instanceof Promise ? hop.then(send) : send(hop);
}
