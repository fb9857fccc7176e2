/** corex: small functions that Kamailio's core has only through this module, the socket to send from before all. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Slot } from '../../engine/exchange.ts';
import { isInternal } from '../../engine/internal-request.ts';
import { defineModule } from '../../engine/module.ts';
import type { PvPlace } from '../../engine/pv-value.ts';
import type { Listener } from '../../transport/flow.ts';
import { declaration } from './declaration.ts';
import { sendingFunctions } from './sending.ts';
import { listenerIn, receivedFrom, receivedOn, sendFrom } from './sockets.ts';

type Ctx = RequestContext | ReplyContext;

/** Text of a file that a route may read. */
export const MAX_FILE = 65_536;

export const corex = defineModule(declaration, (host) => {
  const { params, log, engine, world } = host;
  const { transport } = engine;
  return {
    functions: {
      ...socketFunctions(engine),
      ...flagFunctions(host.slot<bigint>('xflags'), host.slot<Set<string>>('iflags')),
      ...sendingFunctions(engine),
      async fileRead(ctx: Ctx, path: string, place: PvPlace) {
        const text = await world.files.readText(path).catch(() => undefined);
        if (text === undefined || text.length > MAX_FILE) return 'failed' as const;
        place.write?.(ctx, text);
        return 'read' as const;
      },
    },
    async start() {
      if (params.alias_subdomains.length > 0)
        log.write('warn', 'alias_subdomains has no effect: list each name as an alias');
    },
    rpc: {
      'corex.list_sockets': () => transport.listeners.map(shownSocket),
      'corex.list_aliases': () =>
        transport.aliases.map(({ host: name, port }) => ({ PROTO: '*', ADDR: name, PORT: port ?? 0 })),
    },
  };
});

function socketFunctions({ transport }: Engine) {
  const named = (name: string): Listener | undefined => transport.listeners.find((listener) => listener.name === name);
  return {
    setSendSocket: (ctx: Ctx, text: string) => sendFrom(ctx, listenerIn(transport.listeners, text)),
    setSendSocketName: (ctx: Ctx, name: string) => sendFrom(ctx, named(name)),
    setRecvSocket: (ctx: Ctx, text: string) => receivedOn(ctx, listenerIn(transport.listeners, text)),
    setRecvSocketName: (ctx: Ctx, name: string) => receivedOn(ctx, named(name)),
    setSourceAddress: (ctx: Ctx, text: string) => receivedFrom(ctx, text),
    isSocketName: (_: Ctx, name: string) => named(name) !== undefined,
    hasRuriUser({ message }: RequestContext) {
      const uri = message.parsedUri;
      return uri?.kind === 'sip' && (uri.user ?? '') !== '';
    },
    hasUserAgent: ({ message }: Ctx) => (message.headers.get('User-Agent') ?? '') !== '',
  };
}

function flagFunctions(xflags: Slot<bigint>, internal: Slot<Set<string>>) {
  const change = ({ state }: Ctx, edit: (flags: bigint) => bigint): void =>
    xflags.put(state, edit(xflags.of(state) ?? 0n));
  return {
    setXFlag(ctx: Ctx, number: number) {
      change(ctx, (flags) => flags | (1n << BigInt(number)));
      return 'set' as const;
    },
    resetXFlag(ctx: Ctx, number: number) {
      change(ctx, (flags) => flags & ~(1n << BigInt(number)));
      return 'reset' as const;
    },
    isXFlagSet: ({ state }: Ctx, number: number) => ((xflags.of(state) ?? 0n) & (1n << BigInt(number))) !== 0n,
    setInternalFlag({ state }: Ctx, name: string) {
      internal.put(state, new Set(internal.of(state)).add(name));
      return 'set' as const;
    },
    resetInternalFlag({ state }: Ctx, name: string) {
      internal.of(state)?.delete(name);
      return 'reset' as const;
    },
    isInternalFlagSet: ({ state }: Ctx, name: string) =>
      internal.of(state)?.has(name) === true ? ('set' as const) : ('unset' as const),
    isFakedMsg: ({ received }: Ctx) => isInternal(received),
  };
}

/** With `-` for what there is none of, as Kamailio writes it. */
const shownSocket = ({ transport, local, advertised, name }: Listener) => ({
  PROTO: transport,
  NAME: local.address,
  ADDRLIST: { ADDR: local.address },
  PORT: String(local.port),
  MCAST: 'no',
  MHOMED: 'no',
  VIRTUAL: 'no',
  SOCKNAME: name ?? '-',
  ADVERTISE: advertised === undefined ? '-' : `${advertised.host}:${advertised.port ?? local.port}`,
});
