/** A record-routing proxy that shows every message to Voipmonitor: HEP over UDP, TLS and WebSocket shown as TCP. */
import { env } from 'node:process';
import { defineRoutes, maxfwd, rr, siptrace, sl, tm, use } from 'viaduct';

const { VOIPMONITOR = 'sip:127.0.0.1:9061', NEXT_HOP = 'sip:127.0.0.1:5080' } = env;

const voipmonitor = use(siptrace, { duplicate_uri: VOIPMONITOR, trace_mode: 1, profile: 'transport' });

export default defineRoutes([maxfwd, rr, tm, sl, voipmonitor], ({ maxfwd, rr, tm, sl }) => ({
  request(ctx) {
    if (maxfwd.process(ctx, 70) === 'exhausted') return sl.reply(ctx, 483, 'Too Many Hops');
    if (rr.looseRoute(ctx) === 'routed') return tm.relay(ctx);
    rr.recordRoute(ctx);
    ctx.destination.uri = NEXT_HOP;
    return tm.relay(ctx);
  },
}));
