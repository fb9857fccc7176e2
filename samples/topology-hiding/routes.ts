/** One of two proxies that hide a trunk and the phones from each other. Run it twice; README.md shows what each side sees. */
import { env } from 'node:process';
import { defineRoutes, maxfwd, rr, sl, tm, topos, use } from 'viaduct';

const { PEER = 'sip:127.0.0.1:5062', INSIDE = 'sip:127.0.0.1:5080', STORAGE = 'memory', PEER_SEES = 'nothing' } = env;

export default defineRoutes([maxfwd, sl, rr, tm, use(topos, { storage: STORAGE })], ({ maxfwd, sl, rr, tm }) => ({
  request(ctx) {
    if (maxfwd.process(ctx, 70) === 'exhausted') return sl.reply(ctx, 483, 'Too Many Hops');
    if (rr.looseRoute(ctx) === 'routed' || ctx.message.toTag !== undefined) return tm.relay(ctx);
    const { address, port } = ctx.received.flow.remote;
    rr.recordRoute(ctx);
    ctx.destination.uri = PEER === `sip:${address}:${port}` ? INSIDE : PEER;
    return tm.relay(ctx);
  },
  event: {
    'topos:msg-outgoing'(ctx) {
      const to = 'destination' in ctx ? ctx.destination.flow : ctx.leavingOn;
      const isPeer = to !== undefined && PEER === `sip:${to.remote.address}:${to.remote.port}`;
      return isPeer && PEER_SEES === 'everything' ? ctx.drop() : undefined;
    },
  },
}));
