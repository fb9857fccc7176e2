/**
 * Checks that a request is one we should carry (RFC 3261 section 16.3), and answers it when it is not. Same bits and
 * defaults as Kamailio's sanity; what makes a message unreadable was refused before any route ran.
 */
import { ReplyContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
import type { SanityApi } from './api.ts';
import { findFault } from './checks.ts';

/** Checks that no request in a route can fail: version, mandatory headers, Via, CSeq, Content-Length, topmost Via. */
const DONE_BEFORE = 1 | 4 | 8 | 16 | 32 | 64 | 128 | 16_384;
const ALL_CHECKS = DONE_BEFORE | 2 | 256 | 512 | 1024 | 2048 | 4096 | 8192;

const messageChecks = {
  min: 0,
  max: ALL_CHECKS,
  doc: 'Sum of: 2 scheme of the Request-URI, 256 Expires, 512 Proxy-Require, 1024 URIs, 2048 and 8192 credentials, 4096 repeated tags. 1, 4, 8, 16, 32, 64, 128 and 16384 are always done before a route runs.',
} as const;
const uriChecks = {
  min: 0,
  max: 15,
  doc: 'Which URIs 1024 means, sum of: 1 Request-URI, 2 From, 4 To, 8 Contact.',
} as const;

export const sanity = defineModule(
  {
    name: 'sanity',
    doc: 'Refuses requests that should not be carried.',
    params: {
      default_checks: int({ ...messageChecks, default: 3047 }),
      uri_checks: int({ ...uriChecks, default: 7 }),
      proxy_require: str({ default: '', doc: 'Option tags of Proxy-Require that are supported, separated by commas.' }),
      autodrop: int({ default: 1, min: 0, max: 1, doc: 'End the route of kamailio.cfg when a check fails.' }),
    },
    functions: {
      check: {
        cfg: ['sanity_check'],
        routes: ['request', 'reply', 'onreply'],
        args: [int({ ...messageChecks, optional: true }), int({ ...uriChecks, optional: true })],
        returns: { passed: 1, refused: -1, dropped: 0 },
        doc: 'Checks the request and answers it when a check fails: the route has only to end. `dropped` with autodrop, else `refused`. A reply has passed before any route.',
      },
    },
    stats: { refused: 'Requests that failed a check.' },
  },
  ({ engine, params, stats }) => {
    const { default_checks, uri_checks } = params;
    const supported = params.proxy_require
      .split(',')
      .map((tag) => tag.trim().toLowerCase())
      .filter((tag) => tag !== '');
    const api: SanityApi = {
      fault: (request) => findFault(request, { checks: default_checks, uris: uri_checks, supported }),
    };
    return {
      api,
      functions: {
        check(ctx, checks = default_checks, uris = uri_checks) {
          if (ctx instanceof ReplyContext) return 'passed';
          const fault = findFault(ctx.message, { checks, uris, supported });
          if (fault === undefined) return 'passed';
          stats.refused.value++;
          engine.reply(ctx, fault);
          return params.autodrop === 1 ? 'dropped' : 'refused';
        },
      },
    };
  },
);
