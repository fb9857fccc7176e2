/** Whose message it is: which dialog, which side of it, which leg. A key counts only for its own dialog and side. */
import type { NextHop, Received } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import { parseUri } from '../../sip/uri.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { readContact } from './contact-face.ts';
import type { Dialog, Leg } from './dialog.ts';
import type { Dialogs, Standing } from './dialogs.ts';
import { putList } from './header-lists.ts';
import type { Hiding } from './hiding.ts';
import type { Side } from './keys.ts';

/** The sender by the key that it used; undefined when Call-ID or tags are not those of the dialog. */
export function standingOf(dialog: Dialog, side: Side, request: SipRequest, { flow }: Received): Standing | undefined {
  if (request.callId !== dialog.callId) return undefined;
  const { fromTag = '', toTag } = request;
  if (side === 'a') {
    const leg = fromTag === dialog.a.tag && toTag !== undefined ? dialog.leg(toTag) : undefined;
    return leg && { dialog, side, leg };
  }
  if (toTag !== dialog.a.tag) return undefined;
  const leg = dialog.leg(fromTag) ?? newLeg(dialog, fromTag, request, flow);
  return leg && { dialog, side, leg };
}

/**
 * A NOTIFY may come before the 2xx that would have told its tag, an UPDATE after a 180 that was lost, and a SUBSCRIBE that
 * forked below us has NOTIFYs of several.
 */
function newLeg(dialog: Dialog, tag: string, request: SipRequest, flow: Flow): Leg | undefined {
  const contact = readContact(request);
  if (tag === '' || contact.kind !== 'one') return undefined;
  if (dialog.method === 'INVITE' && dialog.phase !== 'early') return undefined;
  const routes = usable(request.headers.values(H.RecordRoute));
  const leg = dialog.place(tag, { contact: contact.address.uri, routes, connection: connectionOf(request, flow) });
  // RFC 6665 4.4.1: it is the NOTIFY that makes the dialog of a subscription.
  if (leg !== undefined && request.method === 'NOTIFY' && dialog.phase !== 'ended') dialog.confirm(leg);
  return leg;
}

/**
 * The sender by Call-ID and tags, for requests without a key. A side that was shown the real Contact has none; one that
 * was shown a key and does not use it is hidden all the same, but moves nothing.
 */
export function byTags(dialogs: Dialogs, request: SipRequest, { flow }: Received): Standing | undefined {
  const { callId, fromTag = '', toTag } = request;
  if (callId === undefined || toTag === undefined) return undefined;
  const candidates = dialogs.ofCall(callId);
  let keyless: Standing | undefined;
  for (const dialog of candidates) {
    const standing = sideOf(dialog, fromTag, toTag);
    if (standing !== undefined && !isMasked(standing)) return standing;
    keyless ??= standing;
  }
  if (keyless !== undefined) return keyless;
  for (const dialog of candidates) {
    const isNew = toTag === dialog.a.tag && dialog.faces.b?.kind === 'real';
    const leg = isNew ? newLeg(dialog, fromTag, request, flow) : undefined;
    if (leg !== undefined) return { dialog, side: 'b', leg };
  }
  return undefined;
}

/** Whether the sender was shown a key. */
export const isMasked = ({ dialog, side }: Standing): boolean => dialog.faces[side]?.kind === 'masked';

function sideOf(dialog: Dialog, fromTag: string, toTag: string): Standing | undefined {
  const down = fromTag === dialog.a.tag ? dialog.leg(toTag) : undefined;
  if (down !== undefined) return { dialog, side: 'a', leg: down };
  const up = toTag === dialog.a.tag ? dialog.leg(fromTag) : undefined;
  return up && { dialog, side: 'b', leg: up };
}

/**
 * A request inside the dialog keeps it alive; a BYE ends it, unless its reply says otherwise. Its sender is reached on
 * the connection that it speaks on now.
 */
export function heardOf({ dialogs, engine, settings }: Hiding, request: SipRequest, { flow }: Received, who: Standing) {
  const { dialog, leg } = who;
  const { method } = request;
  const sender = who.side === 'a' ? dialog.a : leg;
  if (sender !== undefined) connected(sender, connectionOf(request, flow));
  if (method === 'BYE' && leg !== undefined) dialog.hangUp(leg);
  else if (method === 'NOTIFY' && leg !== undefined && isTerminated(request) && dialog.method !== 'INVITE') {
    dialog.confirm(leg);
    dialog.hangUp(leg);
  } else if (settings.refreshing.size > 0 && !settings.refreshing.has(method)) return;
  dialogs.touch(dialog, engine.world.clock.now());
}

/** The connection that the sender itself speaks on: one with a Via of another was passed on by a proxy. */
export function connectionOf({ headers }: SipRequest, { connection }: Flow): number {
  if (connection === 0) return 0;
  return headers.count(H.Via) === 1 && headers.get(H.Via)?.includes(',') === false ? connection : 0;
}

/** Who speaks over a stream again, on another connection, is answered there. */
export function connected(end: Leg, connection: number): void {
  if (connection === 0 || connection === end.target.connection) return;
  end.target = { ...end.target, connection };
}

const isTerminated = ({ headers }: SipRequest): boolean =>
  /^terminated\b/i.test(headers.get('Subscription-State') ?? '');

/** Those that a request can be sent along; one that cannot be read would stop all others. */
export const usable = (routes: readonly string[]): readonly string[] =>
  routes.filter((value) => {
    const address = parseNameAddr(value);
    return address !== undefined && parseUri(address.uri)?.kind === 'sip';
  });

/**
 * Makes the request what it would be without hiding: Request-URI and Routes are those of the other side. To its sender
 * we are the target, so Routes that it still bears lead nowhere: followed, they would show the other side to whom they
 * name. Gives where to send it, when that side has a connection and no proxy stands in between.
 */
export function enterDialog(
  { engine, settings }: Hiding,
  request: SipRequest,
  { dialog, side, leg }: Standing,
): NextHop | undefined {
  const target = side === 'a' ? leg?.target : dialog.a.target;
  if (target === undefined) return undefined;
  request.uri = target.contact;
  const own = side === 'a' ? dialog.ownRoutes.toReversed() : dialog.ownRoutes;
  putList(request.headers, H.Route, [...own, ...target.routes], settings.folding.route);
  if (target.routes.length > 0 || target.connection === 0) return undefined;
  return onConnection(engine, target.connection);
}

/** undefined when it is gone. */
export function onConnection({ transport }: Hiding['engine'], connection: number): NextHop | undefined {
  const flow = transport.flowOf(connection);
  return flow && { uri: undefined, listener: undefined, flow, route: undefined };
}
