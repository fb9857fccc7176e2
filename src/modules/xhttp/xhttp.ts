/** xhttp: HTTP requests, on the ports of SIP and what the HTTP port does not know itself, are served by `event_route[xhttp:request]`. */
import type { ReplyContext, RequestContext, RequestState } from '../../engine/context.ts';
import type { HttpAnswer } from '../../engine/http.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import type {} from './api.ts';
import { visitorContext } from './visitor.ts';

/** What one request is about, and what it was answered. */
interface Visit {
  readonly url: string;
  answer: HttpAnswer | Promise<HttpAnswer> | undefined;
}

const NOT_FOUND: HttpAnswer = { status: 404, type: 'text/plain', body: 'not found\n' };

export const xhttp = defineModule(
  {
    name: 'xhttp',
    doc: 'HTTP requests for scripts. They come on the TCP and TLS ports of SIP, and on the HTTP port of the proxy (`--http`).',
    params: {
      url_match: str({ doc: 'Regular expression: only URLs that match are served.' }),
      url_skip: str({ doc: 'Regular expression: URLs that match are not served.' }),
      event_callback: str({ doc: 'Accepted: it is for embedded languages.' }),
    },
    functions: {
      reply: {
        cfg: ['xhttp_reply'],
        routes: ['event'],
        args: {
          options: {
            status: int({ min: 200, max: 599, doc: 'Status code; 200 when absent.' }),
            reason: str({ doc: 'Reason phrase; that of the code when absent.' }),
            type: str({ doc: 'Content type; `text/plain` when absent.' }),
            body: str({ doc: 'Body.' }),
          },
        },
        cfgArity: [4],
        returns: { sent: 1, notHttp: -1 },
        doc: 'Answers the HTTP request.',
      },
    },
    pvs: { hu: { type: 'str', doc: 'The URL of the HTTP request; null elsewhere.' } },
    eventRoutes: {
      'xhttp:request': {
        doc: 'Runs on each HTTP request that the HTTP port does not serve itself, and on those that come on the ports of SIP.',
      },
    },
  },
  (host) => {
    const { engine, log } = host;
    const slot = host.slot<Visit>('visit');
    const patterns = new PatternCache();
    const { url_match: match, url_skip: skip } = host.params;
    const serves = (url: string): boolean =>
      (match === undefined || patterns.matches(match, url)) && (skip === undefined || !patterns.matches(skip, url));
    const answer = (
      { exchange, state }: RequestContext | ReplyContext,
      given: HttpAnswer | Promise<HttpAnswer>,
    ): boolean => {
      const visit = slot.of(exchange);
      if (visit === undefined || visit.answer !== undefined) return false;
      visit.answer =
        given instanceof Promise ? given.then((one) => withHeaders(one, state)) : withHeaders(given, state);
      return true;
    };
    return {
      api: { answer },
      functions: {
        reply(ctx, { status = 200, reason, type = 'text/plain', body = '' } = {}) {
          const given = { status, type, body: Buffer.from(body, 'latin1').toString('utf8') };
          return answer(ctx, reason === undefined ? given : { ...given, reason }) ? 'sent' : 'notHttp';
        },
      },
      pvs: { hu: { read: ({ exchange }) => slot.of(exchange)?.url ?? null } },
      http(question) {
        const route = host.routes.event?.['xhttp:request'];
        const { url } = question;
        if (route === undefined || !serves(url)) return undefined;
        const ctx = visitorContext(question, engine);
        if (ctx === undefined) return { status: 400, type: 'text/plain', body: 'not understood\n' };
        const visit: Visit = { url, answer: undefined };
        slot.put(ctx.exchange, visit);
        try {
          route(ctx);
        } catch (error) {
          log.write('error', 'event_route[xhttp:request] threw', { error: String(error) });
          return visit.answer ?? { status: 500, type: 'text/plain', body: 'failed\n' };
        }
        return visit.answer ?? NOT_FOUND;
      },
    };
  },
);

const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** What a script took from a request cannot end the line. */
const oneLine = (text: string): string => text.replace(/[\0-\x1f\x7f]+/g, ' ');

/** Those of `append_to_reply` do not take the place of what the answer has itself. */
function withHeaders(answer: HttpAnswer, { replyHeaders }: RequestState): HttpAnswer {
  if (replyHeaders.length === 0) return answer;
  const more = replyHeaders
    .filter(([name]) => TOKEN.test(name))
    .map(([name, value]) => [name, oneLine(value)] as const);
  return { ...answer, headers: { ...Object.fromEntries(more), ...answer.headers } };
}
