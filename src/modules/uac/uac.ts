/**
 * uac: answers challenges on behalf of callers, writes other names into From and To, and sends requests of our own. Same
 * names as Kamailio's uac; registrations with other servers are not there.
 */
import { LocalRequests } from '../../engine/local-requests.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { avpName } from '../../util/avp-name.ts';
import type {} from '../rr/api.ts';
import type {} from '../tm/api.ts';
import { answerChallenge } from './challenge-answer.ts';
import { declaration } from './declaration.ts';
import { randomText, RequestSender } from './request-sender.ts';
import type { Replacement } from './replace.ts';
import { type Originals, Restorer } from './restorer.ts';
import { parseSecrets, secretsFor } from './secrets.ts';

export const uac = defineModule(declaration, (host) => {
  const { params, engine } = host;
  const secrets = parseSecrets(params.credential);
  const requests = host.state('requests', () => new LocalRequests(engine));
  const sender = new RequestSender(host, { requests, secrets });
  const restorer = restorerOf(host);
  const names = {
    realm: avpName(params.auth_realm_avp),
    user: avpName(params.auth_username_avp),
    password: avpName(params.auth_password_avp),
  };
  return {
    functions: {
      auth(ctx, mode) {
        const response = ctx.winning?.response;
        if (response === undefined || (response.status !== 401 && response.status !== 407)) return 'notChallenged';
        const secretOf = secretsFor(secrets, ctx.state, names, mode === 1);
        const answer = answerChallenge(ctx.message, response, secretOf, randomText(host));
        if (answer === undefined) return 'unknownRealm';
        ctx.message.headers.append(answer.header, answer.value);
        // The Request-URI has been tried already: only a new branch takes the request there again.
        ctx.appendBranch();
        return 'answered';
      },
      replaceFrom: (ctx, first, uri) => restorer.replace(ctx, 'from', replacement(first, uri)),
      replaceTo: (ctx, first, uri) => restorer.replace(ctx, 'to', replacement(first, uri)),
      restoreFrom: (ctx) => restorer.restore(ctx, 'from'),
      restoreTo: (ctx) => restorer.restore(ctx, 'to'),
      reqSend: (ctx) => sender.send(ctx),
    },
    pvs: { uac_req: sender.variable },
    claims: { response: (response) => requests.claim(response) },
    pending: () => requests.size,
    async start() {
      if (params.restore_mode === 'none') return;
      host.find('tm')?.onReply((reply) => restorer.reply(reply));
      const rr = host.find('rr');
      if (rr?.tellsDirections === true) restorer.keepWith(rr);
      else host.log.write('info', 'From and To are restored in replies only: that takes rr with append_fromtag');
    },
  };
});

function restorerOf(host: Host<typeof declaration>): Restorer {
  const { params } = host;
  const settings = {
    mode: params.restore_mode,
    names: { from: params.rr_from_store_param, to: params.rr_to_store_param },
    password: params.restore_passwd,
    avps: { from: avpName(params.restore_from_avp), to: avpName(params.restore_to_avp) },
  };
  return new Restorer(settings, host.slot<Originals>('originals'), host.log);
}

/** One argument is the URI, two are the display name and the URI. A quoted name with an empty URI stands alone, too. */
function replacement(first: string, uri: string | undefined): Replacement {
  if (uri !== undefined || first.startsWith('"')) return { display: first, uri: uri ?? '' };
  return { display: undefined, uri: first };
}
