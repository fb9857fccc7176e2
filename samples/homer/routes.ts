/** A record-routing proxy that shows every message to Homer: HEP over TCP, one call found by its Call-ID. */
import { env } from 'node:process';
import { defineRoutes, maxfwd, rr, siptrace, sl, tm, use } from 'viaduct';

const { HOMER = 'sip:127.0.0.1:9060;transport=tcp', NEXT_HOP = 'sip:127.0.0.1:5080', NODE_NAME = 'edge-1' } = env;

const homer = use(siptrace, {
  duplicate_uri: HOMER,
  trace_mode: 1,
  correlation: 'callid',
  hep_node_name: NODE_NAME,
});

export default defineRoutes([maxfwd, rr, tm, sl, homer], ({ maxfwd, rr, tm, sl }) => ({
  request(ctx) {
    if (maxfwd.process(ctx, 70) === 'exhausted') return sl.reply(ctx, 483, 'Too Many Hops');
    if (rr.looseRoute(ctx) === 'routed') return tm.relay(ctx);
    rr.recordRoute(ctx);
    ctx.destination.uri = NEXT_HOP;
    return tm.relay(ctx);
  },
}));
