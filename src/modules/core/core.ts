/**
 * The functions that Kamailio's core has without any module, as far as a TypeScript route has no plainer way to them:
 * the Request-URI, `$du` and headers are on the context. It keeps no state.
 */
import type { RequestContext } from '../../engine/context.ts';
import { forwardRequest } from '../../engine/forward.ts';
import { markPort } from '../../engine/hop-by-hop.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';

const flag = int({ min: 0, max: 31, doc: 'Number of the flag.' });

export const core = defineModule(
  {
    name: 'core',
    doc: 'Functions of the core.',
    functions: {
      forward: {
        cfg: ['forward'],
        routes: ['request'],
        args: [str({ optional: true, doc: 'Next hop as a SIP URI, instead of the Request-URI or destination.' })],
        async: true,
        returns: { forwarded: 1, failed: -1 },
        doc: 'Sends the request on without keeping state; replies follow its Via.',
      },
      appendBranch: {
        cfg: ['append_branch'],
        routes: ['request', 'failure', 'branch_failure'],
        args: [
          str({ optional: true, doc: 'URI of the branch; a copy of the Request-URI when absent.' }),
          int({ min: 0, max: 1000, optional: true, doc: 'Preference in thousandths; 1000 when absent.' }),
        ],
        returns: { appended: 1 },
        doc: 'One more destination for the next relay.',
      },
      setFlag: {
        cfg: ['setflag'],
        routes: ['request', 'branch', 'failure', 'branch_failure', 'reply', 'onreply'],
        args: [flag],
        returns: { set: 1 },
        doc: 'Sets a message flag; it stays with the transaction.',
      },
      resetFlag: {
        cfg: ['resetflag'],
        routes: ['request', 'branch', 'failure', 'branch_failure', 'reply', 'onreply'],
        args: [flag],
        returns: { reset: 1 },
        doc: 'Clears a message flag.',
      },
      isFlagSet: {
        cfg: ['isflagset'],
        routes: ['request', 'branch', 'failure', 'branch_failure', 'reply', 'onreply'],
        args: [flag],
        returns: 'boolean',
        doc: 'Whether a message flag is set.',
      },
      forceRport: {
        cfg: ['force_rport', 'add_rport'],
        routes: ['request'],
        args: [],
        returns: { forced: 1 },
        doc: 'Replies go to the port that the request came from, as if its Via had asked for it (RFC 3581).',
      },
    },
  },
  (host) => {
    const { engine, log } = host;
    return {
      functions: {
        forward: (ctx, to) => {
          if (to !== undefined) ctx.destination.uri = to;
          return forwardRequest(engine, ctx, { log, onsend: host.routes.onsend });
        },
        appendBranch(ctx, uri, q) {
          ctx.appendBranch(uri, q);
          return 'appended';
        },
        setFlag({ state }, number) {
          state.flags |= 1 << number;
          return 'set';
        },
        resetFlag({ state }, number) {
          state.flags &= ~(1 << number);
          return 'reset';
        },
        isFlagSet: ({ state }, number) => (state.flags & (1 << number)) !== 0,
        forceRport({ message, received }: RequestContext) {
          markPort(message, received.flow);
          return 'forced';
        },
      },
    };
  },
);
