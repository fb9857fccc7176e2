/** The event routes of topos: they see a message once, on its way in or out, and may drop the hiding of it. */
import type { EventRoute, ReplyContext, RequestContext, Routes } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import { runRoute } from '../../engine/run-route.ts';

/** Bits of Kamailio's event_mode. */
const OUTGOING = { 'topos:msg-outgoing': 1, 'topos:msg-sending': 2 } as const;
const INCOMING = { 'topos:msg-incoming': 4, 'topos:msg-receiving': 8 } as const;

type Context = RequestContext | ReplyContext;

export class HidingEvents {
  readonly #host: { readonly routes: Routes; readonly log: Log };
  readonly #mode: number;

  constructor(host: { readonly routes: Routes; readonly log: Log }, mode: number) {
    this.#host = host;
    this.#mode = mode;
  }

  /** Whether the message that leaves stays as it is. `context` is asked for only when there is a route to run. */
  dropsOutgoing(context: () => Context): boolean {
    return this.#drops(OUTGOING, context);
  }

  dropsIncoming(context: () => Context): boolean {
    return this.#drops(INCOMING, context);
  }

  #drops(events: Readonly<Record<string, number>>, context: () => Context): boolean {
    const { event } = this.#host.routes;
    if (event === undefined) return false;
    for (const [name, bit] of Object.entries(events)) {
      const route = event[name];
      if (route === undefined || (this.#mode & bit) === 0) continue;
      if (this.#run(name, route, context())) return true;
    }
    return false;
  }

  /** A route that throws drops nothing. */
  #run(name: string, route: EventRoute, ctx: Context): boolean {
    let threw = true;
    void runRoute(this.#host.log, name, () => {
      void route(ctx);
      threw = false;
    });
    return !threw && ctx.dropped;
  }
}
