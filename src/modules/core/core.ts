/**
 * The functions that Kamailio's core has without any module, as far as a TypeScript route has no plainer way to them:
 * the Request-URI, `$du` and headers are on the context. It keeps no state.
 */
import { type ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import { forwardRequest } from '../../engine/forward.ts';
import { markPort } from '../../engine/hop-by-hop.ts';
import { internalRequest } from '../../engine/internal-request.ts';
import type { LogLevel } from '../../engine/log.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { runRoute } from '../../engine/run-route.ts';
import { defaultPort } from '../../transport/listen-address.ts';
import { parseUri, readHostPort } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { declaration } from './declaration.ts';
import * as uris from './uri-edits.ts';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'notice', 'info', 'debug'];

export const core = defineModule(declaration, (host) => {
  const { engine, log } = host;
  const forward = (ctx: RequestContext, to: string | undefined) => {
    if (to !== undefined) ctx.destination.uri = to;
    return forwardRequest(engine, ctx, { log, onsend: host.routes.onsend });
  };
  const forwardOver = (ctx: RequestContext, transport: string, to = 'uri:host', port = ownPort(to)) =>
    forward(ctx, `${nextHop(ctx, to, port)};transport=${transport}`);
  return {
    functions: {
      ...flagsAndBranches,
      ...uriFunctions,
      ...wayFunctions(engine),
      ...withoutEffect,
      forward: (ctx, to, port) => forward(ctx, to === undefined ? undefined : nextHop(ctx, to, port)),
      forwardUdp: (ctx, to, port) => forwardOver(ctx, 'udp', to, port),
      forwardTcp: (ctx, to, port) => forwardOver(ctx, 'tcp', to, port),
      forwardTls: (ctx, to, port) => forwardOver(ctx, 'tls', to, port),
      error(_, where, what) {
        log.write('notice', `${where}: ${what}`);
        return 'written';
      },
      log(_, level, text) {
        const urgency = LEVELS[Math.max(0, Math.min(level + 1, LEVELS.length - 1))] ?? 'notice';
        log.write(urgency, text.endsWith('\n') ? text.slice(0, -1) : text);
        return 'written';
      },
    },
    async start() {
      startEvent(host, 'core:worker-init');
      startEvent(host, 'core:worker-one-init');
    },
  };
});

function startEvent(
  { routes, log, engine }: Pick<Host<typeof declaration>, 'routes' | 'log' | 'engine'>,
  name: string,
) {
  const route = routes.event?.[name];
  if (route !== undefined) void runRoute(log, name, () => route(internalRequest(engine)));
}

/** A SIP URI, or a host with the port beside it; `uri:host` and `uri:port` are those of the Request-URI. */
function nextHop({ message }: RequestContext, to: string, port: string | undefined): string {
  if (/^sips?:/i.test(to)) return to;
  const uri = message.parsedUri;
  const own = uri?.kind === 'sip' ? uri : undefined;
  const host = to === 'uri:host' ? (own?.host ?? '') : to;
  const at = port === 'uri:port' ? own?.port : port;
  return at === undefined || at === '' ? `sip:${host}` : `sip:${host}:${at}`;
}

const ownPort = (to: string): string | undefined => (to === 'uri:host' ? 'uri:port' : undefined);

type Any = RequestContext | ReplyContext;

const PREFERENCE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?|\.\d{1,3})$/;

const flagsAndBranches = {
  appendBranchText(ctx: RequestContext, uri = '', q = '') {
    if (q !== '' && !PREFERENCE.test(q)) return 'malformed' as const;
    if (uri !== '' && parseUri(uri) === undefined) return 'malformed' as const;
    ctx.appendBranch(uri === '' ? undefined : uri, q === '' ? undefined : Math.round(Number(q) * 1000));
    if (uri !== '') return 'appended' as const;
    // What the Request-URI had beside it has gone with the branch.
    ctx.destination.uri = undefined;
    ctx.destination.listener = undefined;
    ctx.branchFlags = 0;
    return 'appended' as const;
  },
  appendBranch(ctx: RequestContext, uri?: string, q?: number) {
    ctx.appendBranch(uri, q);
    return 'appended' as const;
  },
  removeBranch(ctx: RequestContext, index = ctx.branches.length - 1) {
    if (index < 0 || index >= ctx.branches.length) return 'absent' as const;
    ctx.branches = ctx.branches.toSpliced(index, 1);
    return 'removed' as const;
  },
  clearBranches(ctx: RequestContext) {
    ctx.branches = [];
    return 'cleared' as const;
  },
  setFlag({ state }: Any, number: number) {
    state.flags |= 1 << number;
    return 'set' as const;
  },
  resetFlag({ state }: Any, number: number) {
    state.flags &= ~(1 << number);
    return 'reset' as const;
  },
  isFlagSet: ({ state }: Any, number: number) => (state.flags & (1 << number)) !== 0,
};

const uriFunctions = {
  rewriteUri: ({ message }: RequestContext, text: string) => uris.setUri(message, text),
  revertUri({ message }: RequestContext) {
    const [, received = message.uri] = message.startLine.split(' ');
    return uris.setUri(message, received);
  },
  rewriteHost: (ctx: RequestContext, host: string) => uris.editUri(ctx, (uri) => ({ ...uri, host })),
  rewriteHostPort: (ctx: RequestContext, text: string) => uris.editUri(ctx, (uri) => uris.withHostPort(uri, text)),
  rewriteHostPortTrans: (ctx: RequestContext, text: string) =>
    uris.editUri(ctx, (uri) => uris.withHostPortTransport(uri, text)),
  rewriteUser: (ctx: RequestContext, user: string) => uris.editUri(ctx, (uri) => uris.withUser(uri, user)),
  rewriteUserPass: (ctx: RequestContext, text: string) =>
    uris.editUri(ctx, (uri) => uris.withUserAndPassword(uri, text)),
  rewritePort: (ctx: RequestContext, port: string) => uris.editUri(ctx, (uri) => uris.withPort(uri, port)),
  prefix: (ctx: RequestContext, text: string) =>
    uris.editUri(ctx, (uri) => uris.withUser(uri, text + (uri.user ?? ''))),
  strip: (ctx: RequestContext, count: number) =>
    uris.editUri(ctx, (uri) => uris.withUser(uri, (uri.user ?? '').slice(count))),
  stripTail: (ctx: RequestContext, count: number) =>
    uris.editUri(ctx, (uri) =>
      uris.withUser(uri, (uri.user ?? '').slice(0, Math.max(0, (uri.user ?? '').length - count))),
    ),
  userphone: (ctx: RequestContext) => uris.editUri(ctx, uris.asPhone),
};

const wayFunctions = ({ transport }: Engine) => ({
  forceRport(ctx: Any) {
    if (ctx.message.kind === 'request') markPort(ctx.message, ctx.received.flow);
    return 'forced' as const;
  },
  addLocalRport(ctx: RequestContext) {
    ctx.viaMark = { ...ctx.viaMark, rport: true };
    return 'added' as const;
  },
  setAdvertisedAddress(ctx: RequestContext, host: string) {
    ctx.viaMark = { ...ctx.viaMark, host };
    return 'set' as const;
  },
  setAdvertisedPort(ctx: RequestContext, port: number) {
    ctx.viaMark = { ...ctx.viaMark, port };
    return 'set' as const;
  },
  setForwardNoConnect(ctx: Any) {
    if (ctx instanceof RequestContext) ctx.noConnect = true;
    return 'set' as const;
  },
  setReplyNoConnect({ state }: Any) {
    state.replyNoConnect = true;
    return 'set' as const;
  },
  setReplyClose({ state }: Any) {
    state.replyClose = true;
    return 'set' as const;
  },
  setForwardClose(ctx: Any) {
    if (ctx instanceof RequestContext) ctx.closeAfter = true;
    return 'set' as const;
  },
  forceSendSocket({ destination, received }: RequestContext, text: string) {
    const listener = listenerOf(transport.listeners, text, received.flow.transport);
    if (listener === undefined) return 'unknown' as const;
    destination.listener = listener;
    return 'set' as const;
  },
  forceTcpAlias({ message, received: { flow } }: RequestContext, port?: number) {
    if (flow.connection === 0) return 'noConnection' as const;
    transport.aliasFor(flow, port ?? message.topVia?.port ?? defaultPort(flow.transport));
    return 'added' as const;
  },
});

/** `[proto:]address[:port]`: without a protocol one that speaks as the request came is preferred. */
function listenerOf(listeners: readonly Listener[], text: string, preferred: string): Listener | undefined {
  const [, proto, rest = ''] = /^(?:(udp|tcp|tls|ws|wss):)?(.*)$/is.exec(text) ?? [];
  const wanted = readHostPort(rest);
  if (wanted === undefined) return undefined;
  const host = wanted.host.replace(/^\[(.*)\]$/, '$1');
  const fitting = listeners.filter(
    ({ transport, local }) =>
      local.address === host &&
      (wanted.port === undefined || local.port === wanted.port) &&
      (proto === undefined || transport === proto.toLowerCase()),
  );
  return fitting.find(({ transport }) => transport === preferred) ?? fitting[0];
}

const accept = () => 'accepted' as const;
const withoutEffect = { udpMtuTryProto: accept };
