/**
 * What `viaduct run` does when no routes file is given: it checks, counts hops, records the route, and relays each
 * request to its Request-URI. What is addressed to itself it answers, so that it never is its own next hop. It challenges nobody and has no registrar, so it listens on loopback.
 */
import type { RequestContext } from '../engine/context.ts';
import { defineModule } from '../engine/module.ts';
import { defineRoutes } from '../engine/program.ts';
import { maxfwd } from '../modules/maxfwd/maxfwd.ts';
import { rr } from '../modules/rr/rr.ts';
import { sanity } from '../modules/sanity/sanity.ts';
import { sl } from '../modules/sl/sl.ts';
import { tm } from '../modules/tm/tm.ts';
import { hostAddress, parseUri } from '../sip/uri.ts';

/** `uri == myself` of kamailio.cfg. */
const myself = defineModule(
  {
    name: 'myself',
    doc: 'Whether a request is addressed to this proxy.',
    functions: {
      isTarget: {
        cfg: [],
        routes: ['request'],
        args: [],
        returns: 'boolean',
        doc: 'Whether the Request-URI names one of our listeners.',
      },
    },
  },
  ({ engine }) => ({
    functions: {
      isTarget({ message }: RequestContext) {
        const uri = parseUri(message.uri);
        if (uri === undefined || uri.kind !== 'sip') return false;
        return engine.transport.isLocal(hostAddress(uri.host), uri.port);
      },
    },
  }),
);

const RECORDED: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

export const defaultRoutes = defineRoutes([tm, sl, sanity, maxfwd, rr, myself], (m) => ({
  request(ctx) {
    const { method } = ctx.message;
    if (m.sanity.check(ctx) !== 'passed') return undefined;
    if (m.maxfwd.process(ctx, 70) === 'exhausted') return m.sl.reply(ctx, 483);
    if (method === 'CANCEL' || m.rr.looseRoute(ctx) === 'routed') return m.tm.relay(ctx);
    if (!m.myself.isTarget(ctx)) {
      if (RECORDED.has(method)) m.rr.recordRoute(ctx);
      return m.tm.relay(ctx);
    }
    if (method === 'OPTIONS') return m.sl.reply(ctx, 200, 'OK');
    if (method === 'ACK') return undefined;
    if (method === 'REGISTER') return m.sl.reply(ctx, 501, 'No registrar here');
    return m.sl.reply(ctx, 404, 'Nobody is registered here');
  },
}));
