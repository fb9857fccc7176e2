/**
 * uac: answers challenges on behalf of callers, writes other names into From and To, and sends requests of our own. Same
 * names as Kamailio's uac; registrations with other servers are not there.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { internalRequest } from '../../engine/internal-request.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { runRoute } from '../../engine/run-route.ts';
import { int, list, str } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import { avpName } from '../../util/avp-name.ts';
import { answerChallenge } from './challenge-answer.ts';
import { LocalRequests } from './local-requests.ts';
import { replaceAddress } from './replace.ts';
import { isRequestField, requestOf, type RequestSpec } from './request-spec.ts';
import { parseSecrets, secretsFor } from './secrets.ts';

const replacing = {
  routes: ['request', 'branch', 'failure'],
  args: [
    str({ doc: 'Display name, quotes included, empty for none; the URI when it stands alone.' }),
    str({ optional: true, doc: 'URI; empty leaves the one that is there.' }),
  ],
  returns: { replaced: 1, malformed: -1 },
} as const;

const declaration = {
  name: 'uac',
  doc: 'Answers challenges, replaces From and To, sends requests.',
  params: {
    credential: list({ default: [], secret: true, doc: '`user:realm:password` each.' }),
    auth_realm_avp: str({ doc: 'AVP with the realm of the next two; empty or absent for any.' }),
    auth_username_avp: str({ doc: 'AVP with the user, `$avp(name)` or its name.' }),
    auth_password_avp: str({ doc: 'AVP with the password.' }),
    restore_mode: str({ default: 'none', doc: 'Only `none` is there: From and To stay as they were replaced.' }),
  },
  functions: {
    auth: {
      cfg: ['uac_auth'],
      routes: ['failure'],
      args: [int({ optional: true, min: 0, max: 0, doc: 'Passwords are no hashes.' })],
      returns: { answered: 1, notChallenged: -1, unknownRealm: -1 },
      doc: 'Adds credentials to the request when its winning reply is a challenge; relay it then.',
    },
    replaceFrom: { ...replacing, cfg: ['uac_replace_from'], doc: 'Writes another display name or URI into From.' },
    replaceTo: { ...replacing, cfg: ['uac_replace_to'], doc: 'Writes another display name or URI into To.' },
    reqSend: {
      cfg: ['uac_req_send'],
      routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
      args: [],
      returns: { sent: 1, malformed: -1, full: -1 },
      doc: 'Sends the request that $uac_req describes. Its answer runs event_route[uac:reply] when `evroute` is 1.',
    },
  },
  pvs: {
    uac_req: {
      type: 'any',
      writable: true,
      inner: 'required',
      doc: 'A field of the request: method, ruri, furi, turi, ouri, hdrs, body, auser, apasswd, callid, cseqno, evroute, evparam; in the event route evcode and evtype; `all` written clears.',
    },
  },
  eventRoutes: { 'uac:reply': { doc: 'The answer to a request of reqSend has come, or will not come.' } },
  stats: { sent: 'Requests sent.', answered: 'Requests with a final reply, or without hope of one.' },
} as const;

export const uac = defineModule(declaration, (host) => {
  const { params, engine, stats, world, log } = host;
  const secrets = parseSecrets(params.credential);
  const names = {
    realm: avpName(params.auth_realm_avp),
    user: avpName(params.auth_username_avp),
    password: avpName(params.auth_password_avp),
  };
  const specs = host.slot<RequestSpec>('request');
  const requests = host.state('requests', () => new LocalRequests(engine));
  const random = (): string => Buffer.from(world.random.bytes(8)).toString('hex');
  return {
    functions: {
      auth(ctx) {
        const response = ctx.winning?.response;
        if (response === undefined || (response.status !== 401 && response.status !== 407)) return 'notChallenged';
        const answer = answerChallenge(ctx.message, response, secretsFor(secrets, ctx.state, names), random());
        if (answer === undefined) return 'unknownRealm';
        ctx.message.headers.append(answer.header, answer.value);
        // The Request-URI has been tried already: only a new branch takes the request there again.
        ctx.appendBranch();
        return 'answered';
      },
      replaceFrom: (ctx, first, uri) => replaceAddress(ctx.message, H.From, replacement(first, uri)),
      replaceTo: (ctx, first, uri) => replaceAddress(ctx.message, H.To, replacement(first, uri)),
      reqSend({ exchange }) {
        const spec = new Map(specs.of(exchange) ?? []);
        const request = requestOf(spec, { callId: random(), tag: random() });
        if (request === undefined) return 'malformed';
        const [user, password] = [spec.get('auser'), spec.get('apasswd')];
        const secretOf = (realm: string) =>
          user === undefined || password === undefined ? secrets.get(realm) : { user, password };
        const sent = requests.send({
          request,
          target: spec.get('ouri'),
          secretOf,
          answered: (status) => {
            stats.answered.value++;
            if (spec.get('evroute') === '1') runReply(host, spec, status);
          },
        });
        if (sent) stats.sent.value++;
        return sent ? 'sent' : 'full';
      },
    },
    pvs: {
      uac_req: {
        read: ({ exchange }, { inner }) => (isRequestField(inner) ? (specs.of(exchange)?.get(inner) ?? null) : null),
        write: ({ exchange }: RequestContext | ReplyContext, { inner }, value) => {
          const spec = specs.of(exchange) ?? new Map();
          specs.put(exchange, spec);
          if (inner === 'all') spec.clear();
          else if (isRequestField(inner)) {
            if (value === null) spec.delete(inner);
            else spec.set(inner, String(value));
          }
        },
      },
    },
    claims: { response: (response) => requests.claim(response) },
    pending: () => requests.size,
    async start() {
      if (params.restore_mode !== 'none')
        log.write('warn', 'restore_mode: From and To are not restored, whatever it says');
    },
  };

  function runReply(of: Host<typeof declaration>, spec: RequestSpec, status: number): void {
    const route = of.routes.event?.['uac:reply'];
    if (route === undefined) return;
    const ctx = internalRequest(engine);
    specs.put(ctx.exchange, new Map([...spec, ['evcode', String(status)], ['evtype', '1']]));
    void runRoute(log, 'uac:reply', () => route(ctx));
  }
});

/** One argument is the URI, two are the display name and the URI. */
const replacement = (first: string, uri: string | undefined) =>
  uri === undefined ? { display: undefined, uri: first } : { display: first, uri };
