/**
 * rr, record routing: stays in the path of a dialog and follows its route set (RFC 3261 sections 16.4, 16.6 and 16.12).
 * Same functions, parameters and header forms as Kamailio's rr.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, int, str } from '../../engine/spec.ts';
import type { Params } from '../../sip/params.ts';
import type {} from './api.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { type LooseOutcome, LooseRouting } from './loose-route.ts';
import { OwnRoutes } from './own-routes.ts';
import { RecordRoutes } from './record-route.ts';

const params = {
  enable_full_lr: int({ default: 0, min: 0, max: 1, doc: 'Write `;lr=on` instead of `;lr`.' }),
  append_fromtag: int({ default: 1, min: 0, max: 1, doc: 'Write the caller tag as `;ftag=`; isDirection needs it.' }),
  enable_double_rr: int({
    default: 1,
    min: 0,
    max: 2,
    doc: 'Two headers: 0 never, 1 when the request leaves from another socket or transport than it came in, 2 always.',
  }),
  ignore_sips: int({ default: 0, min: 0, max: 1, doc: 'Write `sip:` also for a sips Request-URI.' }),
  force_send_socket: int({
    default: 0,
    min: 0,
    max: 1,
    doc: 'Send from the socket that a single own Route names, too; of two the second one always says it.',
  }),
} as const;

const recording = { recorded: 1, already: -1, malformed: -1 } as const;

const functions = {
  recordRoute: {
    cfg: ['record_route'],
    routes: ['request', 'branch', 'failure'],
    args: [str({ optional: true, doc: 'URI parameters to add, `;name=value`.' })],
    returns: recording,
    doc: 'Adds Record-Route for the sockets that the request comes in and leaves from.',
  },
  recordRoutePreset: {
    cfg: ['record_route_preset'],
    routes: ['request', 'branch', 'failure'],
    args: [
      str({ doc: 'Host, port and parameters of the URI; for the outbound side when there is a second.' }),
      str({ optional: true, doc: 'The same for the inbound side.' }),
    ],
    returns: recording,
    doc: 'Adds Record-Route with addresses of your own.',
  },
  recordRouteAdvertised: {
    cfg: ['record_route_advertised_address'],
    routes: ['request', 'branch', 'failure'],
    args: [str({ doc: 'Host, with or without a port.' })],
    returns: recording,
    doc: 'Adds Record-Route with another address than that of the sockets.',
  },
  addRrParam: {
    cfg: ['add_rr_param'],
    routes: ['request', 'branch', 'failure'],
    args: [str({ doc: 'URI parameters, `;name=value`.' })],
    returns: { added: 1, malformed: -1, full: -1 },
    doc: 'Adds parameters to the Record-Route, before or after it is asked for.',
  },
  removeRecordRoute: {
    cfg: ['remove_record_route'],
    routes: ['request', 'branch', 'failure'],
    args: [],
    returns: { removed: 1 },
    doc: 'Takes back recordRoute, recordRoutePreset and addRrParam.',
  },
  looseRoute: {
    cfg: ['loose_route'],
    routes: ['request'],
    args: [],
    returns: { routed: 1, noRoute: -1, malformed: -1, preloaded: -3 },
    doc: 'Routes by the Route headers. `preloaded`: the only Route was ours and the request is in no dialog.',
  },
  looseRouteMode: {
    cfg: ['loose_route_mode'],
    routes: ['request'],
    args: [int({ min: 0, max: 1, doc: '1: a Request-URI of ours is not taken for the work of a strict router.' })],
    returns: { routed: 1, noRoute: -1, malformed: -1, preloaded: -3 },
    doc: 'Routes by the Route headers, as looseRoute does.',
  },
  looseRoutePreloaded: {
    cfg: ['loose_route_preloaded'],
    routes: ['request'],
    args: [],
    returns: 'boolean',
    doc: 'Routes by the Route headers; true when the only Route was ours and the request is in no dialog.',
  },
  hasNextRoute: {
    cfg: ['rr_next_hop_route'],
    routes: ['request', 'branch', 'failure'],
    args: [],
    returns: 'boolean',
    doc: 'Whether a Route that is not ours leads the request on, once it has been routed by them.',
  },
  checkRouteParam: {
    cfg: ['check_route_param'],
    routes: ['request', 'branch', 'failure'],
    args: [str({ regex: true, raw: true, doc: 'A POSIX regular expression; upper and lower case are the same.' })],
    returns: 'boolean',
    doc: 'Whether the parameters of our own Route match.',
  },
  isDirection: {
    cfg: ['is_direction'],
    routes: ['request', 'branch', 'failure'],
    args: [
      choice({
        choices: { downstream: ['downstream'], upstream: ['upstream'] },
        doc: 'Downstream is from the caller.',
      }),
    ],
    returns: 'boolean',
    doc: 'Whether a request within a dialog goes this way.',
  },
} as const;

const pvs = {
  rdir: {
    type: 'any',
    inner: 'required',
    doc: 'Direction of a request: `name` is `downstream` or `upstream`, `id` 1 or 2.',
  },
} as const;

const DOUBLE = ['never', 'whenNeeded', 'always'] as const;

export const rr = defineModule(
  { name: 'rr', doc: 'Record-Route and loose routing.', params, functions, pvs },
  (host) => {
    const given = host.params;
    const own = new OwnRoutes(host.engine, host.slot<Params>('routed'));
    const routing = new LooseRouting(own, {
      pairs: given.enable_double_rr !== 0,
      forceSocket: given.force_send_socket === 1,
    });
    const records = new RecordRoutes({
      fullLr: given.enable_full_lr === 1,
      double: DOUBLE[given.enable_double_rr] ?? 'whenNeeded',
      ignoreSips: given.ignore_sips === 1,
    });
    const listeners: ((ctx: RequestContext) => void)[] = [];
    const led = host.slot<boolean>('led');
    const loose = (ctx: RequestContext, strictToo = true): LooseOutcome => {
      const before = { params: own.routed(ctx), uri: ctx.message.uri, hop: ctx.destination.uri };
      const outcome = routing.route(ctx, strictToo);
      if (own.routed(ctx) !== before.params) for (const listen of listeners) listen(ctx);
      led.put(
        ctx.state,
        outcome === 'routed' && (ctx.message.uri !== before.uri || ctx.destination.uri !== before.hop),
      );
      return outcome;
    };
    const patterns = new PatternCache();
    const callerTag = (ctx: RequestContext): string | undefined => {
      if (given.append_fromtag === 0) return undefined;
      return own.directionOf(ctx) === 'upstream' ? ctx.message.toTag : ctx.message.fromTag;
    };
    return {
      functions: {
        recordRoute: (ctx, added) => records.record(ctx, callerTag(ctx), added),
        recordRouteAdvertised: (ctx, place) => records.advertised(ctx, callerTag(ctx), place),
        recordRoutePreset: (ctx, outbound, inbound) => records.preset(ctx, callerTag(ctx), outbound, inbound),
        addRrParam: (ctx, param) => records.addParam(ctx, param),
        removeRecordRoute(ctx) {
          records.remove(ctx);
          return 'removed';
        },
        looseRoute: (ctx) => loose(ctx),
        looseRouteMode: (ctx, mode) => loose(ctx, mode === 0),
        looseRoutePreloaded: (ctx) => loose(ctx) === 'preloaded',
        hasNextRoute: ({ state }) => led.of(state) === true,
        checkRouteParam(ctx, expression) {
          const text = own.paramsOf(ctx)?.toString() ?? '';
          return text !== '' && patterns.matches(expression, text);
        },
        isDirection: (ctx, direction) => own.directionOf(ctx) === direction,
      },
      pvs: {
        rdir: {
          read(ctx, { inner }) {
            const direction = 'branches' in ctx ? own.directionOf(ctx) : undefined;
            if (direction === undefined) return null;
            return inner === 'id' ? (direction === 'downstream' ? 1 : 2) : direction;
          },
        },
      },
      api: {
        tellsDirections: given.append_fromtag === 1,
        setParam: (ctx, name, value) => records.setParam(ctx, name, value),
        param: (ctx, name) => own.paramsOf(ctx)?.get(name),
        direction: (ctx) => own.directionOf(ctx),
        onLooseRoute: (listener) => void listeners.push(listener),
      },
    };
  },
);
