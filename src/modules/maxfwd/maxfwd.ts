/**
 * Max-Forwards: the hop count that ends forwarding loops (RFC 3261 sections 16.3 item 3 and 20.22).
 * Same functions, results and defaults as Kamailio's maxfwd.
 */
import { defineModule } from '../../engine/module.ts';
import { int } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import { hops } from '../../sip/verdict.ts';

const hopCount = int({ min: 0, max: 255, doc: 'Hop count.' });

export const maxfwd = defineModule(
  {
    name: 'maxfwd',
    doc: 'The hop count that ends forwarding loops.',
    params: {
      max_limit: int({
        default: 70,
        min: 0,
        max: 255,
        runtime: true,
        doc: 'Higher incoming values leave with this one.',
      }),
    },
    functions: {
      process: {
        cfg: ['process_maxfwd', 'mf_process_maxfwd_header', 'maxfwd_process'],
        routes: ['request'],
        args: [hopCount],
        returns: { decremented: 1, added: 2, exhausted: -1, malformed: -2 },
        doc: 'Decrements the hop count; adds it when the header is absent.',
      },
      isBelow: {
        cfg: ['is_maxfwd_lt', 'mf_lowlimit', 'maxfwd_at_least'],
        routes: ['request', 'failure', 'branch'],
        args: [hopCount],
        returns: { below: 1, notBelow: -1, missing: -2, malformed: -3 },
        doc: 'Compares the hop count with a bound.',
      },
    },
  },
  ({ params }) => {
    let limit = params.max_limit;
    return {
      functions: {
        process({ message }, initial) {
          const left = hops(message);
          if (left === 'malformed') return 'malformed';
          if (left === 'missing') {
            message.headers.prepend(H.MaxForwards, String(initial));
            return 'added';
          }
          // RFC 3261 16.3 item 3: "If the request contains a Max-Forwards header field with a field value of zero (0), the
          // element MUST NOT forward the request."
          if (left === 0) return 'exhausted';
          message.headers.set(H.MaxForwards, String(Math.min(left - 1, limit)));
          return 'decremented';
        },

        isBelow({ message }, bound) {
          const left = hops(message);
          if (typeof left === 'string') return left;
          return left < bound ? 'below' : 'notBelow';
        },
      },
      tunables: { max_limit: { read: () => limit, write: (value) => void (limit = value) } },
    };
  },
);
