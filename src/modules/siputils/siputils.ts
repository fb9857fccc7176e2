/**
 * Small questions about a message. Same names and answers as in Kamailio's siputils; what TypeScript says as shortly by
 * itself is not here.
 */
import { defineModule } from '../../engine/module.ts';
import type { Engine } from '../../engine/engine.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';
import { isIp } from '../../util/ip.ts';
import type {} from '../auth/api.ts';
import { contactFunctions } from './contact-functions.ts';
import { declaration } from './declaration.ts';
import { requestUriFunctions, textFunctions, uriFunctions } from './uri-functions.ts';

export const siputils = defineModule(declaration, (host) => {
  const { engine, params, world } = host;
  return {
    functions: {
      hasTotag: ({ message }) => message.toTag !== undefined && message.toTag !== '',
      isRequest: ({ message }) => message.kind === 'request',
      isReply: ({ message }) => message.kind === 'response',
      isFirstHop({ message, received }, mode = 'address') {
        if (message.kind === 'request') return message.headers.values(H.Via).length === 1;
        return isFirstForReply(engine, message, mode === 'address' ? received.flow : undefined);
      },
      isSupported: ({ message }, option) =>
        message.headers.values(H.Supported).some((tag) => tag.toLowerCase() === option.toLowerCase()),
      isUser: (ctx, user) => host.find('auth')?.user(ctx)?.user === user,
      hdrDateCheck({ message }, seconds) {
        const text = message.headers.get('Date');
        if (text === undefined) return 'absent';
        const at = Date.parse(text);
        if (Number.isNaN(at)) return 'malformed';
        return world.clock.wall() / 1000 - at > seconds * 1000 ? 'old' : 'fresh';
      },
      optionsReply(ctx) {
        const { message } = ctx;
        const uri = message.parsedUri;
        if (message.method !== 'OPTIONS' || (uri?.kind === 'sip' && uri.user !== undefined)) return 'other';
        const headers: readonly (readonly [string, string])[] = [
          ['Accept', params.options_accept],
          ['Accept-Encoding', params.options_accept_encoding],
          ['Accept-Language', params.options_accept_language],
          ['Supported', params.options_support],
        ];
        engine.reply(ctx, { status: 200, headers });
        return 'answered';
      },
      ...requestUriFunctions(),
      ...uriFunctions(),
      ...textFunctions(),
      ...contactFunctions(params.contact_flds_separator),
    },
  };
});

function isFirstForReply({ transport }: Engine, reply: SipResponse, flow: Flow | undefined): boolean {
  const topmost = parseNameAddr(reply.headers.firstValue(H.RecordRoute) ?? '');
  const uri = topmost === undefined ? undefined : parseUri(topmost.uri);
  if (uri?.kind !== 'sip') return false;
  const host = hostAddress(uri.host);
  if (!transport.isLocal(host, uri.port)) return false;
  if (flow === undefined) return true;
  return isIp(host) && !transport.isLocal(flow.remote.address, flow.remote.port);
}
