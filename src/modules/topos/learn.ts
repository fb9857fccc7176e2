/** What a reply teaches about its dialog: where B is, that it answered, that a side has moved, that it is over. */
import type { Received } from '../../engine/context.ts';
import { parseExpires } from '../../sip/contact.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import type { ContactReading } from './contact-face.ts';
import type { Crossing, Role } from './crossing.ts';
import { type Dialog, keepable, type Leg } from './dialog.ts';
import { LINGER_MS } from './dialogs.ts';
import { commonTail } from './header-lists.ts';
import type { Hiding } from './hiding.ts';
import { routesToAnswerer } from './route-update.ts';
import { connected, usable } from './standing.ts';

/** Replies that ask for the same request again: they end nothing. */
const CHALLENGES: ReadonlySet<number> = new Set([401, 407]);
/** A week: as long as dialog_expire may be. */
const MAX_SUBSCRIPTION_MS = 604_800_000;

const NONE: ContactReading = { kind: 'none' };

interface Heard {
  readonly response: SipResponse;
  readonly received: Received;
}
type Inside = Extract<Role, { kind: 'inside' }>;

export function learn(hiding: Hiding, response: SipResponse, received: Received, crossing: Crossing): void {
  const { role } = crossing;
  if (response.status <= 100) return;
  if (role.kind === 'opens') opened(hiding, { response, received }, crossing, role.dialog);
  else if (role.kind === 'inside') inside(hiding, { response, received }, crossing, role);
}

function opened(hiding: Hiding, { response, received }: Heard, crossing: Crossing, dialog: Dialog): void {
  const { status, toTag } = response;
  const { dialogs, engine } = hiding;
  if (status >= 300) {
    if (dialog.phase === 'early') dialogs.delete(dialog);
    return;
  }
  if (toTag === undefined) return;
  const known = dialog.leg(toTag);
  // What comes again after the 2xx is old: the dialog may have moved since.
  const isNews = known === undefined || known.state === 'early';
  const leg = isNews ? placed(hiding, { response, received }, crossing, dialog) : known;
  const now = engine.world.clock.now();
  if (status < 200) {
    dialogs.touch(dialog, now);
    return;
  }
  if (leg === undefined) return;
  if (isNews) dialog.confirm(leg);
  if (dialog.lifeMs === undefined) subscribed(dialog, response);
  if (isNews) dialogs.restore(dialog, now);
}

function placed(hiding: Hiding, { response, received }: Heard, crossing: Crossing, dialog: Dialog): Leg | undefined {
  const { status, toTag = '' } = response;
  const { contact = NONE } = crossing;
  const isMissing = contact.kind === 'none' && status >= 200;
  if (isMissing || contact.kind === 'bad' || (contact.kind === 'one' && !contact.isAlone)) {
    hiding.stats.bad_contacts.value++;
  }
  const known = dialog.leg(toTag)?.target.contact;
  return dialog.place(toTag, {
    contact: contact.kind === 'one' ? contact.address.uri : (known ?? crossing.uri),
    routes: routesTo(response, crossing, dialog),
    connection: received.flow.connection,
  });
}

/** The Record-Routes of those below us, in the order that a request from us visits them. */
function routesTo(response: SipResponse, { isHidden, recordRoutes }: Crossing, dialog: Dialog): readonly string[] {
  const all = response.headers.values(H.RecordRoute);
  if (all.length === 0) return all;
  const above = isHidden ? 0 : commonTail(all, [...dialog.ownRoutes, ...recordRoutes]);
  return usable(all.slice(0, all.length - above).toReversed());
}

/** RFC 6665 4.2.1.1: the 2xx says how long the subscription lasts; 0 only fetches the state, which comes in a NOTIFY. */
function subscribed(dialog: Dialog, response: SipResponse): void {
  if (response.cseq?.method !== 'SUBSCRIBE') return;
  const expires = parseExpires(response.headers.get(H.Expires));
  if (expires !== undefined) dialog.lifeMs = Math.min(expires * 1000, MAX_SUBSCRIPTION_MS) + LINGER_MS;
}

function inside(hiding: Hiding, { response, received }: Heard, crossing: Crossing, role: Inside): void {
  const { dialog, leg, refresh } = role;
  const { status } = response;
  const [sender, answerer] = crossing.from === 'a' ? [dialog.a, leg] : [leg, dialog.a];
  if (answerer !== undefined) connected(answerer, received.flow.connection);
  if (crossing.method === 'BYE') {
    // Whoever is asked for credentials still is in the call.
    if (leg?.state === 'over' && CHALLENGES.has(status)) dialog.confirm(leg);
  } else if (status >= 200 && status < 300 && refresh !== undefined && !crossing.hasMoved) {
    crossing.hasMoved = true;
    if (sender !== undefined) sender.target = refresh;
    moved(answerer, crossing.contact, routesToAnswerer(hiding.settings, response, crossing));
    if (dialog.method !== 'INVITE') subscribed(dialog, response);
  }
  const { refreshing } = hiding.settings;
  if (crossing.method !== 'BYE' && refreshing.size > 0 && !refreshing.has(crossing.method)) return;
  hiding.dialogs.touch(dialog, hiding.engine.world.clock.now());
}

function moved(end: Leg | undefined, reading: ContactReading | undefined, routes?: readonly string[]): void {
  if (end === undefined || (reading?.kind !== 'one' && routes === undefined)) return;
  const contact = reading?.kind === 'one' ? reading.address.uri : end.target.contact;
  end.target = keepable({ ...end.target, contact, routes: routes ?? end.target.routes });
}

/** A route may have edited the Contact of a reply since it came: requests go where the route says. */
export function edited(dialog: Dialog, { contact, from }: Crossing, response: SipResponse, uri: string): boolean {
  if (contact?.kind !== 'one' || contact.address.uri === uri) return false;
  const end = from === 'b' ? dialog.a : dialog.leg(response.toTag ?? '');
  if (end?.target.contact !== contact.address.uri) return false;
  end.target = keepable({ ...end.target, contact: uri });
  return true;
}
