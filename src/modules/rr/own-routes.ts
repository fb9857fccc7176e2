/**
 * Which Route is ours, which socket it names, and what its parameters say: they were written into the Record-Route of the
 * request that opened the dialog and come back in every later one.
 */
import type { RequestContext } from '../../engine/context.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Slot } from '../../engine/exchange.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import type { Params } from '../../sip/params.ts';
import { hostAddress, parseUri, type SipUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { defaultPort } from '../../transport/listen-address.ts';

export type Direction = 'downstream' | 'upstream';

export class OwnRoutes {
  readonly #engine: Engine;
  /** The parameters of the own Route that loose routing took off. An ACK shares the exchange of its INVITE, not its state. */
  readonly #routed: Slot<Params>;

  constructor(engine: Engine, routed: Slot<Params>) {
    this.#engine = engine;
    this.#routed = routed;
  }

  isOurs(uri: SipUri): boolean {
    return this.#engine.transport.isLocal(hostAddress(uri.host), uri.port);
  }

  /** The listener of ours that this URI names. */
  listenerOf(uri: SipUri): Listener | undefined {
    const transport = uri.params.get('transport')?.toLowerCase() ?? (uri.scheme === 'sips' ? 'tls' : 'udp');
    const host = hostAddress(uri.host).toLowerCase();
    return this.#engine.transport.listeners.find((listener) => {
      if (listener.transport !== transport) return false;
      const port = uri.port ?? defaultPort(listener.transport);
      const { sentBy, local } = listener;
      if (sentBy.port === port && hostAddress(sentBy.host).toLowerCase() === host) return true;
      return local.port === port && local.address === host;
    });
  }

  remember({ state }: RequestContext, params: Params): void {
    this.#routed.put(state, params);
  }

  /** The parameters of what loose routing took off this request last. */
  routed({ state }: RequestContext): Params | undefined {
    return this.#routed.of(state);
  }

  /** Those of the own Route that was taken off, else of the topmost Route if it is ours. */
  paramsOf(ctx: RequestContext): Params | undefined {
    const routed = this.routed(ctx);
    if (routed !== undefined) return routed;
    const uri = sipUriOf(ctx.message.routes?.[0]);
    return uri !== undefined && this.isOurs(uri) ? uri.params : undefined;
  }

  /** Downstream is from who opened the dialog; so is everything whose direction cannot be known. */
  directionOf(ctx: RequestContext): Direction {
    const opened = this.paramsOf(ctx)?.get('ftag') ?? '';
    const tag = ctx.message.fromTag ?? '';
    return opened === '' || tag === '' || opened === tag ? 'downstream' : 'upstream';
  }
}

export function sipUriOf(address: NameAddr | undefined): SipUri | undefined {
  const uri = address === undefined ? undefined : parseUri(address.uri);
  return uri?.kind === 'sip' ? uri : undefined;
}
