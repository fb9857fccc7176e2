/**
 * What route blocks run on. A RequestContext carries a request through request, branch, onsend and failure routes;
 * a ReplyContext carries a reply through the core reply route and the onreply route of its transaction.
 */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { Flow, Listener } from '../transport/flow.ts';
import type { WallTime } from '../util/time.ts';
import type { Cause, Exchange } from './exchange.ts';

/** Route blocks a function may be called from; Kamailio's `*_ROUTE` flags (core/route.h). */
export type RouteKind = 'request' | 'branch' | 'onsend' | 'reply' | 'onreply' | 'failure' | 'branch_failure' | 'event';

/** The message as it arrived. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly flow: Flow;
  readonly at: WallTime;
}

export interface NextHop {
  /** Next hop instead of the Request-URI. */
  readonly uri: string | undefined;
  /** Send from here. */
  readonly listener: Listener | undefined;
  /** Send on this very connection, whatever the URIs say. */
  readonly flow: Flow | undefined;
  /** Route header that the request gets when it leaves: the Path of a registered contact. */
  readonly route: string | undefined;
}

/** Where a request is to go; Kamailio's `$du`, `$fs` and Path. The Request-URI is on the message. */
export class Destination implements NextHop {
  listener: Listener | undefined = undefined;
  flow: Flow | undefined = undefined;
  route: string | undefined = undefined;
  #uri: string | undefined = undefined;

  get uri(): string | undefined {
    return this.#uri;
  }

  /** Another next hop: what led to the one before, a connection or a Path, does not lead there. */
  set uri(text: string | undefined) {
    this.#uri = text;
    this.flow = undefined;
    this.route = undefined;
  }

  set({ uri, listener, flow, route }: NextHop): void {
    this.#uri = uri;
    this.listener = listener;
    this.flow = flow;
    this.route = route;
  }

  get parts(): NextHop {
    return { uri: this.#uri, listener: this.listener, flow: this.flow, route: this.route };
  }
}

/** A branch added by `append_branch`: tried beside the Request-URI. */
export interface BranchTarget {
  readonly uri: string;
  readonly destination: NextHop;
  /** Preference from 0 to 1000; 1000 when nobody said. */
  readonly q: number;
  readonly flags: number;
}

const NONE: readonly never[] = [];

export type AvpValue = string | number;

/** A reply as a route asks for it. */
export interface ReplyOrder {
  readonly status: number;
  /** The phrase of RFC 3261 when absent. */
  readonly reason?: string | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly contentType?: string;
}

/** `answered`: the request has its final reply already, nothing was sent. `ack`: an ACK is never answered. */
export type ReplyOutcome = 'sent' | 'answered' | 'ack';

/** A transaction, seen as the one that answers its request. */
export interface Replier {
  /** Why relaying failed: what the transaction will answer when its route ends without another reply. */
  readonly relayFailure: { readonly status: number; readonly reason: string } | undefined;
  reply(order: ReplyOrder): ReplyOutcome;
}

/** A request that came through a screen, for as long as something may still be sent because of it. */
export interface Passage {
  /** Where the request goes, when its Request-URI alone does not lead there. */
  readonly nextHop: NextHop | undefined;
  /**
   * Hides what a copy of the request shows, when it leaves on this flow with our Via on top, and may seal something into the
   * branch of that. `refused`: it cannot be hidden and must not leave as it is.
   */
  leave(ctx: RequestContext, copy: SipRequest, flow: Flow): 'hidden' | 'refused';
  /** Hides what a reply of our own to this request shows. */
  answer(response: SipResponse): void;
}

/** What all contexts of one request share: it lives as long as its transaction. */
export class RequestState {
  readonly slots: unknown[] = [];
  #avps: Map<string, AvpValue[]> | undefined = undefined;
  /** Message flags, one bit each (`setflag`). */
  flags = 0;
  /** True once a final reply went out: there is never a second one, except further 2xx to an INVITE. */
  answered = false;
  /** Set when a transaction exists: replies go through it. */
  replier: Replier | undefined = undefined;
  /** Headers for the replies made here (`append_to_reply`). */
  replyHeaders: readonly (readonly [name: string, value: string])[] = NONE;
  /** Replies are made from the request as routes have left it, not as it came (`msg_apply_changes`). */
  editsApplied = false;
  /** Replies go only to a connection that is still open (`set_reply_no_connect`). */
  replyNoConnect = false;
  /** The connection is closed behind the final reply (`set_reply_close`). */
  replyClose = false;
  /** Why forwarding it without a transaction failed. */
  forwardFailure: { readonly status: number; readonly reason: string } | undefined = undefined;
  /** How topology hiding sees this request. */
  passage: Passage | undefined = undefined;
  /** Body of the replies made here that have none of their own (`set_reply_body`). */
  replyBody: { readonly text: string; readonly contentType: string } | undefined = undefined;

  get avps(): Map<string, AvpValue[]> {
    this.#avps ??= new Map();
    return this.#avps;
  }
}

/** Why a failure route runs: the reply it may replace. */
export interface Winning {
  readonly status: number;
  readonly reason: string;
  /** Absent when no reply came and the status is our own (408). */
  readonly response: SipResponse | undefined;
  /** Of the branch in a failure route: a timer ended it. */
  readonly timedOut?: boolean;
  /** Of the branch in a failure route: it had another reply before. */
  readonly replied?: boolean;
}

type Drop = 'drop';
/** What a route may give back: nothing, an outcome (ignored), or `drop`. `exit` is `return` in TypeScript. */
export type RouteResult = string | undefined | void;
export type RequestRoute = (ctx: RequestContext) => RouteResult | Promise<RouteResult>;
export type ReplyRoute = (ctx: ReplyContext) => RouteResult | Promise<RouteResult>;
/** What a suspended message goes on in. */
export type ResumeRoute = (ctx: RequestContext | ReplyContext) => RouteResult | Promise<RouteResult>;
export type EventRoute = (ctx: RequestContext | ReplyContext) => RouteResult;

/** Route blocks of one program. Named ones are armed with `t_on_branch`, `t_on_reply` and so on. */
export interface Routes {
  readonly request: RequestRoute;
  readonly reply?: ReplyRoute;
  readonly onsend?: (ctx: RequestContext) => RouteResult;
  readonly branch?: Readonly<Record<string, RequestRoute>>;
  readonly onreply?: Readonly<Record<string, ReplyRoute>>;
  readonly failure?: Readonly<Record<string, RequestRoute>>;
  readonly branch_failure?: Readonly<Record<string, RequestRoute>>;
  readonly event?: Readonly<Record<string, EventRoute>>;
  readonly resume?: Readonly<Record<string, ResumeRoute>>;
}

/** What our Via says beside the address of the socket. */
export interface ViaMark {
  /** Host and port in place of the listener's (`set_advertised_address`). */
  readonly host?: string;
  readonly port?: number;
  /** Replies shall come to the port that the request came from (RFC 3581). */
  readonly rport?: boolean;
}

/** An edit that is made when the message leaves. */
export interface AtSend {
  edit(message: SipRequest, out: Flow): void;
}

export interface RequestContextParts {
  readonly message: SipRequest;
  readonly received: Received;
  readonly exchange: Exchange;
}

export class RequestContext {
  readonly route: 'request' | 'branch' | 'onsend' | 'failure' | 'branch_failure' | 'event';
  readonly message: SipRequest;
  /** A route may say that it came from elsewhere. */
  received: Received;
  readonly exchange: Exchange;
  readonly cause: Cause;
  readonly state: RequestState;
  readonly destination = new Destination();
  /** Branches to try beside the Request-URI, filled by `append_branch`. */
  branches: readonly BranchTarget[] = NONE;
  /** Edits that depend on where the message leaves (Record-Route), made when it is sent. */
  atSend: readonly AtSend[] = NONE;
  viaMark: ViaMark | undefined = undefined;
  /** Flags of this branch (`setbflag`). */
  branchFlags = 0;
  /** Preference of the Request-URI from 0 to 1000, beside the branches. */
  uriQ = 1000;
  /** Index of the branch that a branch, onsend or branch failure route runs for, else -1. */
  readonly branchIndex: number;
  /** Failure routes only. */
  readonly winning: Winning | undefined;
  /** Flags of this run of the script (`setsflag`). */
  scriptFlags = 0;
  /** It leaves only on a connection that exists (`set_forward_no_connect`). */
  noConnect = false;
  /** The connection that it leaves on is closed behind it (`set_forward_close`). */
  closeAfter = false;
  /** Set by `drop()`: the branch, or the message about to be sent, is discarded. */
  dropped = false;
  #vars: Map<string, AvpValue> | undefined = undefined;

  constructor(parts: RequestContextParts, origin: Origin = { route: 'request' }) {
    const { from } = origin;
    this.message = parts.message;
    this.received = parts.received;
    this.exchange = parts.exchange;
    this.route = origin.route;
    this.cause = from?.cause ?? { kind: 'route', exchange: parts.exchange };
    this.state = from?.state ?? new RequestState();
    this.branchIndex = origin.branchIndex ?? -1;
    this.winning = origin.winning;
    if (from !== undefined) {
      this.atSend = from.atSend;
      this.viaMark = from.viaMark;
      this.noConnect = from.noConnect;
      this.closeAfter = from.closeAfter;
    }
  }

  /** Variables that live as long as this context (`$var`, `$vn`). */
  get vars(): Map<string, AvpValue> {
    this.#vars ??= new Map();
    return this.#vars;
  }

  /** One more destination beside the Request-URI: Kamailio's `append_branch`. Without a URI, a copy of this one. */
  appendBranch(uri: string = this.message.uri, q = 1000): void {
    const branch = { uri, destination: this.destination.parts, q, flags: this.branchFlags };
    this.branches = [...this.branches, branch];
  }

  /** The context of a later route block on another copy of the message; AVPs and flags are shared. */
  derive(message: SipRequest, as: Omit<Origin, 'from'>): RequestContext {
    // Written out: objects of one shape, where a spread would make several.
    const { route, branchIndex, winning } = as;
    const parts = { message, received: this.received, exchange: this.exchange };
    return new RequestContext(parts, { from: this, route, branchIndex, winning });
  }

  /** Discards the branch or the message, where the route kind knows that; say `return ctx.drop()`. */
  drop(): Drop {
    this.dropped = true;
    return 'drop';
  }
}

/** Which route block a context is for, and the context it continues. */
interface Origin {
  readonly from?: RequestContext;
  readonly route: RequestContext['route'];
  readonly branchIndex?: number | undefined;
  readonly winning?: Winning | undefined;
}

export interface ReplyContextParts {
  readonly message: SipResponse;
  readonly received: Received;
  readonly exchange: Exchange;
  /** The request it answers, when a transaction matched. */
  readonly request: RequestContext | undefined;
}

export class ReplyContext {
  /** `reply` for the core reply route, `onreply` inside a transaction. */
  readonly route: 'reply' | 'onreply' | 'event';
  readonly message: SipResponse;
  received: Received;
  readonly exchange: Exchange;
  readonly cause: Cause;
  readonly request: RequestContext | undefined;
  readonly state: RequestState;
  /** Where the reply is about to leave to, in the event routes that run then. */
  leavingOn: Flow | undefined = undefined;
  dropped = false;

  constructor(parts: ReplyContextParts, route: ReplyContext['route'] = 'reply') {
    this.route = route;
    this.message = parts.message;
    this.received = parts.received;
    this.exchange = parts.exchange;
    this.request = parts.request;
    this.cause = { kind: 'route', exchange: parts.exchange };
    this.state = parts.request?.state ?? new RequestState();
  }

  /** Discards the reply: in the core route always, in a transaction's onreply route only a provisional one. */
  drop(): Drop {
    this.dropped = true;
    return 'drop';
  }
}

export interface ContextByRoute {
  readonly request: RequestContext;
  readonly branch: RequestContext;
  readonly onsend: RequestContext;
  readonly failure: RequestContext;
  readonly branch_failure: RequestContext;
  readonly reply: ReplyContext;
  readonly onreply: ReplyContext;
  readonly event: RequestContext | ReplyContext;
}
