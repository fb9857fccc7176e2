/**
 * The event routes of topos: they see a message once, on its way in or out, and may drop the hiding of it. What comes
 * again, or is sent again, is the same message.
 */
import type { EventRoute, ReplyContext, RequestContext, Routes } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import { runRoute } from '../../engine/run-route.ts';
import type { SipRequest } from '../../sip/message.ts';
import { RateLimit } from '../../util/rate-limit.ts';
import type { Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';

/** Bits of Kamailio's event_mode. */
const OUTGOING = [
  ['topos:msg-outgoing', 1],
  ['topos:msg-sending', 2],
] as const;
const INCOMING = [
  ['topos:msg-incoming', 4],
  ['topos:msg-receiving', 8],
] as const;
type Events = typeof OUTGOING | typeof INCOMING;

/** Nobody repeats a request for longer (64*T1). */
const REPEAT_MS = 32_000;
/** Requests that event routes have seen; beyond, the oldest is forgotten. */
const MAX_SEEN = 100_000;

/** At most one line about routes that waver in this time. */
const COMPLAINT_MS = 10_000;

type Context = RequestContext | ReplyContext;

export class HidingEvents {
  readonly #host: { readonly routes: Routes; readonly log: Log };
  readonly #mode: number;
  readonly #complaints = new RateLimit<string>({ intervalMs: COMPLAINT_MS, burst: 1, maxKeys: 1 });
  readonly #seen = new TtlMap<string, boolean>({ max: MAX_SEEN, ttlMs: REPEAT_MS });

  constructor(host: { readonly routes: Routes; readonly log: Log }, mode: number) {
    this.#host = host;
    this.#mode = mode;
  }

  /** Tells the operator that a route cannot make up its mind, not for each message. */
  wavers(callId: string, now: Instant): void {
    const suppressed = this.#complaints.pass('', now);
    if (suppressed === undefined) return;
    const text = 'an event route decided otherwise than at the beginning of the dialog';
    this.#host.log.write('warn', text, { callId, suppressed });
  }

  get watchOutgoing(): boolean {
    return this.#watch(OUTGOING);
  }

  get watchIncoming(): boolean {
    return this.#watch(INCOMING);
  }

  /** Whether the message that leaves stays as it is. */
  dropOutgoing(ctx: Context): boolean {
    return this.#drop(OUTGOING, ctx);
  }

  dropIncoming(ctx: Context): boolean {
    return this.#drop(INCOMING, ctx);
  }

  /** What was said of this request when it came first (RFC 3261 17.2.3). */
  saidOf(request: SipRequest, now: Instant): boolean | undefined {
    return this.#seen.get(identityOf(request), now);
  }

  remember(request: SipRequest, dropped: boolean, now: Instant): void {
    this.#seen.set(identityOf(request), dropped, now);
  }

  #watch(events: Events): boolean {
    const { event } = this.#host.routes;
    if (event === undefined) return false;
    for (const [name, bit] of events) if (event[name] !== undefined && (this.#mode & bit) !== 0) return true;
    return false;
  }

  #drop(events: Events, ctx: Context): boolean {
    const { event } = this.#host.routes;
    if (event === undefined) return false;
    for (const [name, bit] of events) {
      const route = event[name];
      if (route !== undefined && (this.#mode & bit) !== 0 && this.#run(name, route, ctx)) return true;
    }
    return false;
  }

  /** A route that throws drops nothing. */
  #run(name: string, route: EventRoute, ctx: Context): boolean {
    const outcome = { threw: true };
    void runRoute(this.#host.log, name, () => {
      const result = route(ctx);
      outcome.threw = false;
      return result;
    });
    if (outcome.threw) ctx.dropped = false;
    return ctx.dropped;
  }
}

const identityOf = ({ topVia, method, cseq, callId }: SipRequest): string =>
  `${method} ${cseq?.number} ${topVia?.branch} ${topVia?.host} ${topVia?.port} ${callId}`;
