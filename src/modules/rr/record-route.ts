/**
 * Record-Route (RFC 3261 section 16.6 item 4): asked for in a route, written when the request leaves, because only then
 * the socket is known that it leaves from. A request that leaves from another socket than it came in gets two.
 */
import type { AtSend, RequestContext } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { Params } from '../../sip/params.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';

/** Characters of all parameters that are added to one Record-Route. */
export const MAX_RR_PARAMS = 512;

const DEFAULT_PORT = 5060;

export interface RecordSettings {
  readonly fullLr: boolean;
  /** Two headers never, when the sockets differ, or always. */
  readonly double: 'never' | 'whenNeeded' | 'always';
  readonly ignoreSips: boolean;
}

/** What is to be written. `none` keeps parameters for a record_route() that is still to come. */
type Uris =
  | { readonly kind: 'none' }
  /** With another host and port than those of the sockets, where one is given. */
  | { readonly kind: 'sockets'; readonly advertised: string | undefined }
  | { readonly kind: 'preset'; readonly outbound: string; readonly inbound: string | undefined };

interface Recording {
  readonly uris: Uris;
  /** `;ftag=...` or nothing. */
  readonly tag: string;
  readonly params: string;
  /** From add_rr_param, behind the others. */
  readonly added: string;
}

const NOTHING: Recording = { uris: { kind: 'none' }, tag: '', params: '', added: '' };
const SOCKETS: Uris = { kind: 'sockets', advertised: undefined };

export class RecordRoutes {
  readonly #settings: RecordSettings;

  constructor(settings: RecordSettings) {
    this.#settings = settings;
  }

  record(ctx: RequestContext, tag: string | undefined, params = ''): 'recorded' | 'already' | 'malformed' {
    const checked = params === '' ? '' : uriParams(params);
    if (checked === undefined || checked.length > MAX_RR_PARAMS) return 'malformed';
    return this.#start(ctx, SOCKETS, tag, checked);
  }

  advertised(ctx: RequestContext, tag: string | undefined, place: string): 'recorded' | 'already' | 'malformed' {
    const uri = parseUri(`sip:${place}`);
    const plain =
      uri?.kind === 'sip' && uri.user === undefined && uri.params.toString() === '' && uri.headers === undefined;
    if (!plain) return 'malformed';
    return this.#start(ctx, { kind: 'sockets', advertised: place }, tag, '');
  }

  preset(
    ctx: RequestContext,
    tag: string | undefined,
    outbound: string,
    inbound: string | undefined,
  ): 'recorded' | 'already' | 'malformed' {
    if (!isHostAndParams(outbound) || (inbound !== undefined && !isHostAndParams(inbound))) return 'malformed';
    return this.#start(ctx, { kind: 'preset', outbound, inbound }, tag, '');
  }

  #start(ctx: RequestContext, uris: Uris, tag: string | undefined, params: string): 'recorded' | 'already' {
    const at = find(ctx);
    const before = recordingAt(ctx, at);
    if (before.uris.kind !== 'none') return 'already';
    // Written out, here and below: a spread makes objects of several shapes, at 2 us for each call.
    this.#put(ctx, at, { uris, tag: tagParam(tag), params, added: before.added });
    return 'recorded';
  }

  addParam(ctx: RequestContext, param: string): 'added' | 'malformed' | 'full' {
    const checked = uriParams(param);
    if (checked === undefined) return 'malformed';
    const at = find(ctx);
    const before = recordingAt(ctx, at);
    if (before.added.length + checked.length > MAX_RR_PARAMS) return 'full';
    this.#put(ctx, at, withAdded(before, before.added + checked));
    return 'added';
  }

  /** Instead of the parameter of this name that was added before. */
  setParam(ctx: RequestContext, name: string, value: string): 'added' | 'malformed' | 'full' {
    const at = find(ctx);
    const before = recordingAt(ctx, at);
    const others = Params.parse(before.added)?.without(name).toString();
    if (others !== undefined && others !== before.added) this.#put(ctx, at, withAdded(before, others));
    return this.addParam(ctx, `;${name}=${value}`);
  }

  remove(ctx: RequestContext): void {
    const at = find(ctx);
    if (at >= 0) ctx.atSend = ctx.atSend.toSpliced(at, 1);
  }

  #put(ctx: RequestContext, at: number, recording: Recording): void {
    const edit = new RecordRouteEdit(this.#settings, recording, ctx.received.flow);
    ctx.atSend = at < 0 ? [...ctx.atSend, edit] : ctx.atSend.with(at, edit);
  }
}

/** Waits with the other edits of its context, so a branch inherits it and changes only its own. */
class RecordRouteEdit implements AtSend {
  readonly recording: Recording;
  readonly #settings: RecordSettings;
  readonly #came: Flow;

  constructor(settings: RecordSettings, recording: Recording, came: Flow) {
    this.recording = recording;
    this.#settings = settings;
    this.#came = came;
  }

  edit(message: SipRequest, out: Flow): void {
    const { uris, tag, params, added } = this.recording;
    const came = this.#came;
    const lr = this.#settings.fullLr ? ';lr=on' : ';lr';
    const scheme = !this.#settings.ignoreSips && isSips(message) ? 'sips' : 'sip';
    if (uris.kind === 'none') return;
    if (uris.kind === 'preset') {
      const tail = `${tag}${lr}${added}>`;
      if (uris.inbound !== undefined) message.headers.prepend(H.RecordRoute, `<${scheme}:${uris.inbound}${tail}`);
      message.headers.prepend(H.RecordRoute, `<${scheme}:${uris.outbound}${tail}`);
      return;
    }
    const marks = uris.advertised === undefined ? `${lr}${tag}` : `${tag}${lr}`;
    const tail = `${marks}${params}${added}>`;
    const at = (flow: Flow, leaving: boolean): string =>
      uris.advertised === undefined
        ? address(scheme, flow, leaving)
        : `${scheme}:${uris.advertised}${transportParam(flow)}`;
    if (!this.#isDouble(out)) {
      message.headers.prepend(H.RecordRoute, `<${at(came, false)}${tail}`);
      return;
    }
    // RFC 5658 section 3.1: the one for the side it leaves to on top, the one for the side it came from below.
    message.headers.prepend(H.RecordRoute, `<${at(came, false)};r2=on${tail}`);
    message.headers.prepend(H.RecordRoute, `<${at(out, true)};r2=on${tail}`);
  }

  #isDouble(out: Flow): boolean {
    const { double } = this.#settings;
    return double === 'always' || (double === 'whenNeeded' && this.#came.listener !== out.listener);
  }
}

/** The place of the recording among the edits; -1 when there is none. */
function find({ atSend }: RequestContext): number {
  for (let at = 0; at < atSend.length; at++) if (atSend[at] instanceof RecordRouteEdit) return at;
  return -1;
}

function recordingAt({ atSend }: RequestContext, at: number): Recording {
  const edit = at < 0 ? undefined : atSend[at];
  return edit instanceof RecordRouteEdit ? edit.recording : NOTHING;
}

const withAdded = ({ uris, tag, params }: Recording, added: string): Recording => ({ uris, tag, params, added });

/** "If the Request-URI contains a SIPS URI, or the topmost Route does, the URI MUST be a SIPS URI." */
function isSips(message: SipRequest): boolean {
  const { headers } = message;
  return SIPS.test(message.uri) || (headers.has(H.Route) && SIPS_ROUTE.test(headers.firstValue(H.Route) ?? ''));
}

const SIPS = /^sips:/i;
const SIPS_ROUTE = /^[^<]*<sips:/i;

/** Kamailio's form: port 5060 is left out, except where an advertised address is sent; so is the transport of UDP. */
function address(scheme: 'sip' | 'sips', flow: Flow, leaving: boolean): string {
  const { listener, transport } = flow;
  const { host, port } = listener.sentBy;
  const implied = scheme === 'sip' && (transport === 'udp' || transport === 'tcp') && port === DEFAULT_PORT;
  const hidden = implied && !(leaving && listener.advertised !== undefined);
  const named = transportParam(flow);
  return hidden ? `${scheme}:${host}${named}` : `${scheme}:${host}:${port}${named}`;
}

const transportParam = ({ transport }: Flow): string => (transport === 'udp' ? '' : `;transport=${transport}`);

/** A tag that is not a token would break the URI it is put into. */
const tagParam = (tag: string | undefined): string => (tag !== undefined && TOKEN.test(tag) ? `;ftag=${tag}` : '');
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** The text if it is parameters of a URI and nothing else, with a semicolon in front. */
function uriParams(text: string): string | undefined {
  const params = text.startsWith(';') ? text : `;${text}`;
  const uri = parseUri(`sip:h${params}`);
  return uri?.kind === 'sip' && uri.user === undefined && uri.headers === undefined ? params : undefined;
}

function isHostAndParams(text: string): boolean {
  const uri = parseUri(`sip:${text}`);
  return uri?.kind === 'sip' && uri.headers === undefined;
}
