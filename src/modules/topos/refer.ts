/**
 * Refer-To in a REFER (RFC 3515): a key in it stands for an address that the one who is referred has no key for. It is
 * made that address on its way in, and a ticket on its way out to a side that is to see nothing.
 */
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { Params } from '../../sip/params.ts';
import { parseUri, type SipUri, unescapeUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { Dialog, Leg } from './dialog.ts';
import type { Standing } from './dialogs.ts';
import type { Hiding } from './hiding.ts';
import { otherSide } from './keys.ts';
import { ticketUri } from './redeem.ts';
import { requestUri, type TicketTarget } from './tickets.ts';

/** Makes a key in the Refer-To what it stands for, and gives that. Other URIs, and keys of nobody, stay. */
export function restoreReferTo(
  hiding: Hiding,
  request: SipRequest,
  standing: Standing | undefined,
): TicketTarget | undefined {
  if (request.method !== 'REFER') return undefined;
  const uri = referTo(request);
  if (uri === undefined) return undefined;
  const { tickets, engine } = hiding;
  const ticket = tickets.read(uri.user, engine.world.clock.now());
  const target = typeof ticket === 'string' ? byKey(hiding, uri, standing) : ticket;
  if (target !== undefined) putUri(request, target.uri, uri);
  return target;
}

/** Puts a ticket where the Refer-To still names what it was restored to; says whether it did. */
export function hideReferTo(hiding: Hiding, request: SipRequest, target: TicketTarget, listener: Listener): boolean {
  const uri = referTo(request);
  const current = parseNameAddr(request.headers.get(H.ReferTo) ?? '')?.uri ?? '';
  if (uri === undefined || requestUri(current) !== target.uri) return false;
  putUri(request, ticketUri(hiding, target, { listener, scheme: uri.scheme }), uri);
  return true;
}

function referTo({ headers }: SipRequest): SipUri | undefined {
  const address = parseNameAddr(headers.get(H.ReferTo) ?? '');
  const uri = address && parseUri(address.uri);
  return uri?.kind === 'sip' ? uri : undefined;
}

/** Another URI in the Refer-To; the method and the headers that the request is to have stay. */
function putUri({ headers }: SipRequest, made: string, { params, headers: wanted }: SipUri): void {
  const field = headers.field(H.ReferTo);
  const old = parseNameAddr(field?.value ?? '');
  if (field === undefined || old === undefined) return;
  const method = params.get('method');
  const uri = `${made}${method === undefined ? '' : `;method=${method}`}${wanted === undefined ? '' : `?${wanted}`}`;
  const text = field.value;
  const isBracketed = text.includes(`<${old.uri}>`);
  headers.replaceField(
    field,
    text.replace(old.uri, () => (isBracketed ? uri : `<${uri}>`)),
  );
}

/** A key counts for the side that was shown it; that of another dialog, for whoever knows it. */
function byKey(
  { faces, dialogs, engine }: Hiding,
  uri: SipUri,
  standing: Standing | undefined,
): TicketTarget | undefined {
  const key = faces.keyIn(uri);
  const dialog = key && dialogs.get(key.id, engine.world.clock.now());
  if (key === undefined || dialog === undefined) return undefined;
  const isOwn = standing?.dialog === dialog;
  if (isOwn && standing.side !== key.side) return undefined;
  const leg = key.side === 'b' ? dialog.a : legOf(dialog, uri, isOwn ? standing.leg : undefined);
  const target = leg?.target;
  const real = target && requestUri(target.contact);
  if (target === undefined || real === undefined) return undefined;
  const { routes, connection } = target;
  return {
    uri: real,
    routes,
    connection: routes.length === 0 ? connection : 0,
    isMasked: dialog.masked[otherSide(key.side)],
  };
}

/** The leg that is meant: that of the REFER, the one that Replaces names, or the one that answered. */
function legOf(dialog: Dialog, { headers }: SipUri, own: Leg | undefined): Leg | undefined {
  if (own !== undefined) return own;
  const replaced = /(?:^|&)replaces=([^&]*)/i.exec(headers ?? '')?.[1];
  const text = unescapeUri(replaced ?? '');
  const tag = text.includes(';') ? Params.parse(text.slice(text.indexOf(';')))?.get('to-tag') : undefined;
  const named = tag === undefined ? undefined : dialog.leg(tag);
  return named ?? dialog.legs.find(({ state }) => state === 'confirmed') ?? dialog.legs.at(-1);
}
