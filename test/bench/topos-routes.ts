/**
 * What viaduct runs in the benchmarks of topology hiding: kamailio.cfg beside this file, its wt_timer included, said in
 * TypeScript. BENCH_STORAGE is the storage of topos, or empty for calls that are not hidden; BENCH_WATCH loads `watch`.
 */
import { defineRoutes, maxfwd, rr, sl, tm, topos, use } from 'viaduct';
import { watch } from './topos-watch.ts';

const storage = process.env['BENCH_STORAGE'] ?? '';
const hidden = storage === '' ? [] : [use(topos, { storage })];
const watched = (process.env['BENCH_WATCH'] ?? '') === '' ? [] : [watch];

export const routes = defineRoutes(
  [use(tm, { wt_timer: 5_000 }), sl, rr, maxfwd, ...hidden, ...watched],
  (modules) => ({
    request(ctx) {
      if (modules.maxfwd.process(ctx, 10) === 'exhausted') return modules.sl.reply(ctx, 483, 'Too Many Hops');
      if (ctx.message.toTag !== undefined) {
        if (modules.rr.looseRoute(ctx) !== 'routed') return modules.sl.reply(ctx, 404, 'Not here');
        return modules.tm.relay(ctx);
      }
      if (ctx.message.method === 'INVITE') modules.rr.recordRoute(ctx);
      return modules.tm.relay(ctx);
    },
  }),
);
