/** Modules set up in a proxy that runs in the simulator, and contexts to call their functions with directly. */
import { ReplyContext, RequestContext } from '../../src/engine/context.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { stampRequest } from '../../src/engine/hop-by-hop.ts';
import type { LogFields, LogLevel } from '../../src/engine/log.ts';
import { defineRoutes, type Faces, type Listed } from '../../src/engine/program.ts';
import type { SipRequest } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { Simulator } from '../../src/testing/simulator.ts';
import { simulateProxy } from '../../src/testing/simulate-proxy.ts';
import type { Flow, Listener } from '../../src/transport/flow.ts';
import { bytesOf } from '../sip/messages.ts';

/** Two sockets, two transports, one advertised address, one on port 5060. */
export const LISTEN = [
  'udp:10.0.0.10:15060',
  'udp:10.0.0.11:15070',
  'tcp:10.0.0.10:15060',
  'udp:10.0.0.10:15080/192.0.2.5:5060',
  'udp:10.0.0.12:5060',
] as const;

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export interface Rig<L extends readonly Listed[]> {
  readonly modules: Faces<L>;
  readonly engine: Engine;
  readonly sim: Simulator;
  readonly log: readonly LogLine[];
  /** The flow to a peer at 10.0.0.1:5060 on this listener, by its address in `LISTEN`. */
  flow(listen?: string): Flow;
  /** A request that came on this listener. */
  request(text: string, listen?: string): RequestContext;
  reply(text: string, listen?: string): ReplyContext;
}

/** Starts a proxy with these modules and no route; its functions are called by the test. */
export async function rigOf<const L extends readonly Listed[]>(
  listed: L,
  listen: readonly string[] = LISTEN,
): Promise<Rig<L>> {
  const sim = new Simulator();
  const log: LogLine[] = [];
  const held: Faces<L>[] = [];
  const program = defineRoutes(listed, (faces) => {
    held.push(faces);
    return { request: () => undefined };
  });
  const proxy = await simulateProxy(sim, program, {
    listen,
    log: { write: (level, message, fields) => log.push({ level, message, fields }) },
  });
  const modules = held[0];
  if (modules === undefined) throw new Error('the program was not loaded');
  const flow = (wanted: string = listen[0] ?? ''): Flow => {
    const listener = proxy.listeners[listen.indexOf(wanted)];
    return flowOn(proxy.engine, listener);
  };
  const received = (text: string, on: string | undefined) => ({
    bytes: bytesOf(text),
    flow: flow(on),
    at: sim.clock.wall(),
  });
  return {
    modules,
    engine: proxy.engine,
    sim,
    log,
    flow,
    request: (text, on) => requestContext(text, received(text, on)),
    reply(text, on) {
      const parsed = parseMessage(bytesOf(text));
      if (parsed.kind !== 'response') throw new Error(`not a response: ${parsed.kind}`);
      return new ReplyContext({
        message: parsed.message,
        received: received(text, on),
        exchange: new Exchange(),
        request: undefined,
      });
    },
  };
}

function flowOn(engine: Engine, listener: Listener | undefined): Flow {
  const peer = { address: '10.0.0.1', port: 5060 };
  const flow = listener && engine.transport.flowTo(listener.transport, peer, { from: listener });
  if (flow === undefined) throw new Error('no such listener');
  return flow;
}

export function requestContext(text: string, received: RequestContext['received']): RequestContext {
  const parsed = parseMessage(bytesOf(text));
  if (parsed.kind !== 'request') throw new Error(`not a request: ${parsed.kind}`);
  return new RequestContext({ message: parsed.message, received, exchange: new Exchange() });
}

/** The request as it would leave on this flow; the context keeps its own. */
export function leaving(ctx: RequestContext, out: Flow): SipRequest {
  const copy = ctx.message.fork();
  stampRequest(ctx, copy, out, 'z9hG4bKtest');
  return copy;
}

export interface Written {
  readonly uri?: string;
  readonly method?: string;
  readonly toTag?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A whole request: what is not said is ordinary. */
export function written({ uri = 'sip:bob@10.9.9.9', method = 'INVITE', toTag, headers = [], body = '' }: Written = {}) {
  return [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
    'From: <sip:alice@example.com>;tag=f1',
    `To: <sip:bob@example.com>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    'Call-ID: c1@10.0.0.1',
    `CSeq: 1 ${method}`,
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}
