/** REGISTERs are traced to Homer, everything else to Voipmonitor: the 407 that answers an INVITE, and its ACK, too. */
import { env } from 'node:process';
import { auth, defineRoutes, maxfwd, rr, siptrace, sl, tm, use } from 'viaduct';

const { HOMER = 'sip:127.0.0.1:9060', VOIPMONITOR = 'sip:127.0.0.1:9061', NEXT_HOP = 'sip:127.0.0.1:5080' } = env;

export default defineRoutes(
  [maxfwd, rr, tm, sl, siptrace, use(auth, { credentials: ['alice:wonderland'] })],
  ({ maxfwd, rr, tm, sl, siptrace, auth }) => ({
    request(ctx) {
      const { method, toTag } = ctx.message;
      siptrace.trace(ctx, { to: method === 'REGISTER' ? HOMER : VOIPMONITOR, scope: 'transaction' });
      if (maxfwd.process(ctx, 70) === 'exhausted') return sl.reply(ctx, 483, 'Too Many Hops');
      if (rr.looseRoute(ctx) === 'routed' && toTag !== undefined) return tm.relay(ctx);
      if (method === 'INVITE' && auth.proxyAuthenticate(ctx) !== 'ok') return auth.proxyChallenge(ctx, {});
      rr.recordRoute(ctx);
      ctx.destination.uri = NEXT_HOP;
      return tm.relay(ctx);
    },
  }),
);
