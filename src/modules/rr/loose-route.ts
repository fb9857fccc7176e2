/**
 * Routing by the Route headers of a request (RFC 3261 sections 16.4, 16.6 items 6 and 7, 16.12): our own come off, the
 * next one is where it goes, and what strict routers did to the Request-URI is undone or done. Nothing is changed before
 * every URI that is needed has been read.
 */
import type { RequestContext } from '../../engine/context.ts';
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { Headers } from '../../sip/headers.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import { parseUri, type SipUri } from '../../sip/uri.ts';
import { type OwnRoutes, sipUriOf } from './own-routes.ts';

export type LooseOutcome = 'routed' | 'noRoute' | 'malformed' | 'preloaded';

export interface LooseSettings {
  /** Two own Routes that belong together come off together. */
  readonly pairs: boolean;
  /** A single own Route chooses the socket to send from, too. */
  readonly forceSocket: boolean;
}

export class LooseRouting {
  readonly #own: OwnRoutes;
  readonly #settings: LooseSettings;

  constructor(own: OwnRoutes, settings: LooseSettings) {
    this.#own = own;
    this.#settings = settings;
  }

  /** `strictToo`: what a strict router did to the Request-URI is undone. */
  route(ctx: RequestContext, strictToo = true): LooseOutcome {
    const { message } = ctx;
    if (!message.headers.has(H.Route)) return 'noRoute';
    const { routes } = message;
    if (routes === undefined) return 'malformed';
    const [top] = routes;
    if (top === undefined) return 'noRoute';
    const topUri = sipUriOf(top);
    if (topUri === undefined) return 'malformed';
    const target = message.parsedUri;
    const inDialog = (message.toTag ?? '') !== '';
    // Section 16.4: a Request-URI "this proxy previously placed into a Record-Route" was put there by a strict router.
    if (strictToo && inDialog && target?.kind === 'sip' && target.params.has('lr') && this.#own.isOurs(target)) {
      return this.#afterStrict(ctx, routes, topUri, target);
    }
    return this.#afterLoose(ctx, routes, topUri);
  }

  #afterLoose(ctx: RequestContext, routes: readonly NameAddr[], topUri: SipUri): LooseOutcome {
    const ours = this.#own.isOurs(topUri);
    const pair = ours && this.#isPaired(topUri) ? routes[1] : undefined;
    const pairUri = sipUriOf(pair);
    if (pair !== undefined && pairUri === undefined) return 'malformed';
    const paired = pairUri !== undefined && this.#isPaired(pairUri);
    const removed = ours ? (paired ? 2 : 1) : 0;
    const next = routes[removed];
    const nextUri = sipUriOf(next);
    if (next !== undefined && (nextUri === undefined || !canBeTarget(nextUri))) return 'malformed';

    dropTopmost(ctx.message.headers, removed);
    if (ours) this.#own.remember(ctx, topUri.params);
    if (paired) this.#sendFrom(ctx, pairUri);
    else if (ours && this.#settings.forceSocket) this.#sendFrom(ctx, topUri);
    if (next === undefined) return (ctx.message.toTag ?? '') === '' ? 'preloaded' : 'routed';
    if (nextUri?.params.has('lr') === true) ctx.destination.uri = next.uri;
    else swapTarget(ctx, next);
    return 'routed';
  }

  /** The Request-URI is our own Record-Route, its parameters are those of the Route that is missing. */
  #afterStrict(ctx: RequestContext, routes: readonly NameAddr[], topUri: SipUri, target: SipUri): LooseOutcome {
    const { message } = ctx;
    const paired = this.#isPaired(topUri) && this.#own.isOurs(topUri);
    const removed = paired ? 1 : 0;
    const next = routes[removed];
    const nextUri = sipUriOf(next);
    const last = routes.at(-1);
    const lastUri = last === undefined ? undefined : parseUri(last.uri);
    if (next !== undefined && (nextUri === undefined || !canBeTarget(nextUri))) return 'malformed';
    if (last === undefined || lastUri === undefined || !canBeTarget(lastUri)) return 'malformed';

    dropTopmost(message.headers, removed);
    if (paired) this.#sendFrom(ctx, topUri);
    if (next === undefined) return 'noRoute';
    this.#own.remember(ctx, target.params);
    if (nextUri?.params.has('lr') === true) {
      // "The proxy MUST replace the Request-URI with the last value from the Route, and remove that value from it."
      ctx.destination.uri = next.uri;
      message.uri = last.uri;
      dropLast(message.headers);
    } else {
      message.uri = next.uri;
      dropTopmost(message.headers, 1);
    }
    return 'routed';
  }

  #isPaired(uri: SipUri): boolean {
    return this.#settings.pairs && uri.params.get('r2') === 'on';
  }

  #sendFrom(ctx: RequestContext, uri: SipUri): void {
    const listener = this.#own.listenerOf(uri);
    if (listener !== undefined) ctx.destination.listener = listener;
  }
}

/** Section 19.1.1: a URI with headers cannot stand in a request line. */
const canBeTarget = (uri: NonNullable<ReturnType<typeof parseUri>>): boolean =>
  uri.kind === 'tel' || (uri.kind === 'sip' && uri.headers === undefined);

/** Section 16.6 item 6: without lr "the proxy MUST place the Request-URI into the Route header as the last value". */
function swapTarget({ message }: RequestContext, next: NameAddr): void {
  dropTopmost(message.headers, 1);
  message.headers.insertAfter(H.Route, H.Route, `<${message.uri}>`);
  message.uri = next.uri;
}

/** Empty elements (`Route: , <sip:a>`) are nobody's hop and go with the next one. */
function dropTopmost(headers: Headers, count: number): void {
  for (let left = count; left > 0 && headers.has(H.Route); ) {
    if (headers.firstValue(H.Route) !== '') left--;
    headers.removeFirstValue(H.Route);
  }
}

function dropLast(headers: Headers): void {
  const field = headers.fields(H.Route).findLast((line) => splitElements(line.value).length > 0);
  if (field === undefined) return;
  const rest = splitElements(field.value).slice(0, -1);
  if (rest.length === 0) headers.removeField(field);
  else headers.replaceField(field, rest.join(', '));
}
