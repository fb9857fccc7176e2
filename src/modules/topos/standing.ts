/** Whose message it is: which dialog, which side of it, which leg. A key counts only for its own dialog and side. */
import type { Received } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
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

/** A NOTIFY may come before the 2xx that would have told its tag, and an UPDATE after a 180 that was lost. */
function newLeg(dialog: Dialog, tag: string, request: SipRequest, { connection }: Flow): Leg | undefined {
  const contact = readContact(request);
  if (tag === '' || contact.kind !== 'one') return undefined;
  if (dialog.phase !== 'early' && dialog.method !== 'SUBSCRIBE') return undefined;
  return dialog.place(tag, { contact: contact.address.uri, routes: [], connection });
}

/** The sender by Call-ID and tags, for requests without a key: their side was shown the real Contact. */
export function byTags(dialogs: Dialogs, request: SipRequest): Standing | undefined {
  const { callId, fromTag = '', toTag } = request;
  if (callId === undefined || toTag === undefined) return undefined;
  for (const dialog of dialogs.ofCall(callId)) {
    const standing = sideOf(dialog, fromTag, toTag);
    if (standing !== undefined && dialog.faces[standing.side]?.kind !== 'masked') return standing;
  }
  return undefined;
}

function sideOf(dialog: Dialog, fromTag: string, toTag: string): Standing | undefined {
  const down = fromTag === dialog.a.tag ? dialog.leg(toTag) : undefined;
  if (down !== undefined) return { dialog, side: 'a', leg: down };
  const up = toTag === dialog.a.tag ? dialog.leg(fromTag) : undefined;
  return up && { dialog, side: 'b', leg: up };
}

/** A request inside the dialog keeps it alive; a BYE ends it, unless its reply says otherwise. */
export function heardOf({ dialogs, engine, settings }: Hiding, request: SipRequest, { dialog, leg }: Standing): void {
  const { method } = request;
  if (method === 'BYE' && leg !== undefined) dialog.hangUp(leg);
  else if (method === 'NOTIFY' && isTerminated(request) && dialog.method !== 'INVITE') dialog.phase = 'ended';
  else if (settings.refreshing.size > 0 && !settings.refreshing.has(method)) return;
  dialogs.touch(dialog, engine.world.clock.now());
}

const isTerminated = ({ headers }: SipRequest): boolean =>
  /^terminated\b/i.test(headers.get('Subscription-State') ?? '');

/**
 * Makes the request what it would be without hiding: Request-URI and Routes are those of the other side. Gives the
 * connection to send it on, where that side has one and no proxy stands in between.
 */
export function enterDialog(
  { engine, settings }: Hiding,
  request: SipRequest,
  { dialog, side, leg }: Standing,
): Flow | undefined {
  const target = side === 'a' ? leg?.target : dialog.a.target;
  if (target === undefined) return undefined;
  request.uri = target.contact;
  const own = side === 'a' ? dialog.ownRoutes.toReversed() : dialog.ownRoutes;
  const isOurs = (value: string): boolean => {
    const address = parseNameAddr(value);
    const uri = address && parseUri(address.uri);
    return uri?.kind === 'sip' && engine.transport.isLocal(hostAddress(uri.host), uri.port);
  };
  const foreign = request.headers.values(H.Route).filter((value) => !isOurs(value));
  const routes = [...own, ...foreign, ...target.routes];
  if (routes.length > 0 || request.headers.has(H.Route)) {
    putList(request.headers, H.Route, routes, settings.folding.route);
  }
  return target.routes.length === 0 && target.connection !== 0 ? engine.transport.flowOf(target.connection) : undefined;
}
