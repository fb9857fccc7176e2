/** What viaduct runs in the benchmark: kamailio.cfg beside this file, its wt_timer included, said in TypeScript. BENCH_TARGETS holds the trace targets. */
import { defineRoutes, maxfwd, rr, siptrace, sl, tm, use } from 'viaduct';

const targets = (process.env['BENCH_TARGETS'] ?? '').split(',').filter((uri) => uri !== '');

export const routes = defineRoutes([use(tm, { wt_timer: 5_000 }), sl, rr, maxfwd, siptrace], (modules) => ({
  request(ctx) {
    if (modules.maxfwd.process(ctx, 10) === 'exhausted') return modules.sl.reply(ctx, 483, 'Too Many Hops');
    if (targets.length > 0) modules.siptrace.trace(ctx, { to: targets, scope: 'transaction' });
    if (ctx.message.toTag !== undefined) {
      if (modules.rr.looseRoute(ctx) !== 'routed') return modules.sl.reply(ctx, 404, 'Not here');
      return modules.tm.relay(ctx);
    }
    if (ctx.message.method === 'INVITE') modules.rr.recordRoute(ctx);
    return modules.tm.relay(ctx);
  },
}));
