/** The tests of nat_uac_test: each is one bit, and one that holds is enough. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { parseContacts } from '../../sip/contact.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { hostAddress, parseUri, type SipUri } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';
import { formatIp, parseIp } from '../../util/ip.ts';
import { isPrivate } from './private-networks.ts';
import { connectionAddresses, sessionAddress } from './sdp.ts';

export const NAT_TEST = {
  privateContact: 1,
  viaIsNotSource: 2,
  privateVia: 4,
  privateMedia: 8,
  viaPortIsNotSource: 16,
  privateSource: 32,
  webSocket: 64,
  contactPortIsNotSource: 128,
  mediaIsNotSource: 256,
  otherTarget: 512,
} as const;

const DEFAULT_PORT = 5060;

/** Whether one of the tests in `bits` says that the sender sits behind a NAT. `wide`: see isPrivate. */
export function looksNatted(ctx: RequestContext | ReplyContext, bits: number, wide: boolean): boolean {
  const { message, received } = ctx;
  const { flow } = received;
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const inside = (host: string): boolean => isPrivate(host, wide);
  if (has(NAT_TEST.viaPortIsNotSource) && (message.topVia?.port ?? DEFAULT_PORT) !== flow.remote.port) return true;
  if (has(NAT_TEST.viaIsNotSource) && !isSame(viaHost(message), flow.remote.address)) return true;
  if (has(NAT_TEST.privateContact) && contactUris(message).some(({ host }) => inside(host))) return true;
  if (has(NAT_TEST.privateMedia) && connectionAddresses(message.body).some(inside)) return true;
  if (has(NAT_TEST.privateVia) && inside(viaHost(message))) return true;
  if (has(NAT_TEST.privateSource) && inside(flow.remote.address)) return true;
  if (has(NAT_TEST.webSocket) && (flow.transport === 'ws' || flow.transport === 'wss')) return true;
  if (has(NAT_TEST.contactPortIsNotSource) && contactPortDiffers(message, flow)) return true;
  if (has(NAT_TEST.mediaIsNotSource) && mediaDiffers(message, flow)) return true;
  return has(NAT_TEST.otherTarget) && targetDiffers(ctx);
}

const viaHost = (message: SipMessage): string => hostAddress(message.topVia?.host ?? '');

/** A name is never the same as an address: nobody is asked what it means. */
function isSame(host: string, address: string): boolean {
  if (host === address) return true;
  const [a, b] = [parseIp(host), parseIp(address)];
  return a !== undefined && b !== undefined && formatIp(a) === formatIp(b);
}

/** Those of the first Contact header that are SIP URIs; none for `*`. */
function contactUris({ headers }: SipMessage): readonly SipUri[] {
  const contacts = parseContacts(headers.get(H.Contact) ?? '');
  if (contacts?.kind !== 'list') return [];
  return contacts.contacts.flatMap(({ uri }) => {
    const parsed = parseUri(uri);
    return parsed?.kind === 'sip' ? [parsed] : [];
  });
}

const contactPortDiffers = (message: SipMessage, { remote }: Flow): boolean =>
  contactUris(message).some(({ port }) => (port ?? DEFAULT_PORT) !== remote.port);

function mediaDiffers(message: SipMessage, { remote }: Flow): boolean {
  const address = sessionAddress(message.body);
  return address !== undefined && !isSame(address, remote.address);
}

/** A request that goes elsewhere than its URI says, or to a WebSocket; a reply to somebody whom his Via does not show. */
function targetDiffers(ctx: RequestContext | ReplyContext): boolean {
  if (ctx.route === 'reply' || ctx.route === 'onreply' || !('destination' in ctx)) {
    const via = ctx.message.vias?.[1];
    if (via === undefined) return false;
    const rport = via.params.get('rport') ?? '';
    const received = via.params.get('received') ?? '';
    return (
      (received !== '' && !isSame(hostAddress(via.host), received)) ||
      (rport !== '' && Number(rport) !== (via.port ?? DEFAULT_PORT))
    );
  }
  const next = parseUri(ctx.destination.uri ?? '');
  const uri = ctx.message.parsedUri;
  if (next?.kind !== 'sip' || uri?.kind !== 'sip') return false;
  if (/^wss?$/i.test(next.params.get('transport') ?? '')) return true;
  return !isSame(hostAddress(uri.host), hostAddress(next.host)) || (uri.port ?? 0) !== (next.port ?? 0);
}
