/**
 * Small questions about a message. Same names and answers as in Kamailio's siputils; what TypeScript says as shortly by
 * itself is not here.
 */
import { defineModule } from '../../engine/module.ts';
import { choice, str } from '../../engine/spec.ts';
import type { Engine } from '../../engine/engine.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';
import { isIp } from '../../util/ip.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;

export const siputils = defineModule(
  {
    name: 'siputils',
    doc: 'Small questions about a message.',
    functions: {
      hasTotag: {
        cfg: ['has_totag'],
        routes: anywhere,
        args: [],
        returns: 'boolean',
        doc: 'Whether the To header has a tag: the message belongs to a dialog.',
      },
      isRequest: {
        cfg: ['is_request'],
        routes: anywhere,
        args: [],
        returns: 'boolean',
        doc: 'Whether it is a request.',
      },
      isReply: { cfg: ['is_reply'], routes: anywhere, args: [], returns: 'boolean', doc: 'Whether it is a reply.' },
      isFirstHop: {
        cfg: ['is_first_hop'],
        routes: anywhere,
        args: [
          choice({
            choices: { address: ['0'], name: ['1'] },
            optional: true,
            doc: 'Replies: `address` (default) asks that the topmost Record-Route is an address of ours and the reply did not come from ourselves; `name` only that it is ours.',
          }),
        ],
        returns: 'boolean',
        doc: 'Whether we are the first hop after the sender: a request has one Via, a reply our Record-Route on top.',
      },
      uriParam: {
        cfg: ['uri_param'],
        routes: ['request', 'branch', 'onsend', 'failure', 'branch_failure'],
        args: [
          str({ doc: 'Name of the parameter.' }),
          str({ optional: true, doc: 'Its value; without it, the parameter must stand there without a value.' }),
        ],
        returns: 'boolean',
        doc: 'Whether the Request-URI has a parameter.',
      },
    },
  },
  ({ engine }) => ({
    functions: {
      hasTotag: ({ message }) => message.toTag !== undefined && message.toTag !== '',
      isRequest: ({ message }) => message.kind === 'request',
      isReply: ({ message }) => message.kind === 'response',
      isFirstHop({ message, received }, mode = 'address') {
        if (message.kind === 'request') return message.headers.values(H.Via).length === 1;
        return isFirstForReply(engine, message, mode === 'address' ? received.flow : undefined);
      },
      uriParam({ message }, name, value) {
        const uri = message.parsedUri;
        if (uri === undefined || uri.kind === 'other') return false;
        return uri.params.get(name) === (value ?? '');
      },
    },
  }),
);

function isFirstForReply({ transport }: Engine, reply: SipResponse, flow: Flow | undefined): boolean {
  const topmost = parseNameAddr(reply.headers.firstValue(H.RecordRoute) ?? '');
  const uri = topmost === undefined ? undefined : parseUri(topmost.uri);
  if (uri?.kind !== 'sip') return false;
  const host = hostAddress(uri.host);
  if (!transport.isLocal(host, uri.port)) return false;
  if (flow === undefined) return true;
  return isIp(host) && !transport.isLocal(flow.remote.address, flow.remote.port);
}
