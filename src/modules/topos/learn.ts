/** What a reply teaches about its dialog: where B is, that it answered, that a side has moved, that it is over. */
import type { Received } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { readContact } from './contact-face.ts';
import type { Crossing } from './crossing.ts';
import type { Dialog, Leg, Target } from './dialog.ts';
import type { Hiding } from './hiding.ts';

/** Replies that ask for the same request again: they end nothing. */
const CHALLENGES: ReadonlySet<number> = new Set([401, 407]);

export function learn(hiding: Hiding, response: SipResponse, received: Received, crossing: Crossing): void {
  const { role } = crossing;
  if (response.status <= 100) return;
  if (role.kind === 'opens') opened(hiding, response, received, { ...crossing, dialog: role.dialog });
  else if (role.kind === 'inside') inside(hiding, response, received, { ...crossing, role });
}

type Opening = Crossing & { readonly dialog: Dialog };
type Inside = Crossing & { readonly role: Extract<Crossing['role'], { kind: 'inside' }> };

function opened(hiding: Hiding, response: SipResponse, { flow }: Received, crossing: Opening): void {
  const { dialog } = crossing;
  const { status, toTag } = response;
  const now = hiding.engine.world.clock.now();
  if (status >= 300) {
    if (dialog.phase === 'early') hiding.dialogs.delete(dialog);
    return;
  }
  if (toTag === undefined) return;
  const contact = readContact(response);
  if (contact.kind === 'bad' || (contact.kind === 'one' && !contact.isAlone)) hiding.stats.bad_contacts.value++;
  const known = dialog.leg(toTag)?.target;
  const leg = dialog.place(toTag, {
    contact: contact.kind === 'one' ? contact.address.uri : (known?.contact ?? crossing.uri),
    routes: routesTo(response, crossing),
    connection: flow.connection,
  });
  if (leg !== undefined && status >= 200) dialog.confirm(leg);
  hiding.dialogs.touch(dialog, now);
}

/** The Record-Routes of those below us, in the order that a request from us visits them. */
function routesTo(response: SipResponse, { isHidden, dialog, recordRoutes }: Opening): readonly string[] {
  const all = response.headers.values(H.RecordRoute);
  const above = isHidden ? 0 : dialog.ownRoutes.length + recordRoutes.length;
  return all.slice(0, Math.max(all.length - above, 0)).toReversed();
}

function inside(hiding: Hiding, response: SipResponse, { flow }: Received, crossing: Inside): void {
  const { role, method, from } = crossing;
  const { dialog, leg } = role;
  const { status } = response;
  if (method === 'BYE') {
    if (leg !== undefined && CHALLENGES.has(status)) dialog.confirm(leg);
  } else if (status >= 200 && status < 300 && role.refresh !== undefined) {
    const [sender, answerer] = from === 'a' ? [dialog.a, leg] : [leg, dialog.a];
    if (sender !== undefined) sender.target = role.refresh;
    moved(answerer, response, flow.connection);
  }
  hiding.dialogs.touch(dialog, hiding.engine.world.clock.now());
}

function moved(end: Leg | undefined, response: SipResponse, connection: number): void {
  const contact = readContact(response);
  if (end === undefined || contact.kind !== 'one') return;
  const target: Target = { contact: contact.address.uri, routes: end.target.routes, connection };
  end.target = target;
}
