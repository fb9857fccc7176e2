/** What the sender of a request is shown, in the Contact of a reply, of the one who answers. */
import type { Relayed } from '../../engine/screen.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { parseUri } from '../../sip/uri.ts';
import { readContact } from './contact-face.ts';
import type { Crossing } from './crossing.ts';
import { faceTowards, type Hiding } from './hiding.ts';
import { edited } from './learn.ts';
import { hideRedirects } from './redirects.ts';

export interface ReplyLeaving {
  readonly to: Relayed['to'];
  readonly dropped: boolean;
}

export function showContact(hiding: Hiding, response: SipResponse, crossing: Crossing, leaving: ReplyLeaving): void {
  const { role, from } = crossing;
  const { faces, settings } = hiding;
  const { to, dropped } = leaving;
  const { status, headers } = response;
  if (role.kind === 'unknown') return;
  if (status >= 300 && status < 400) {
    if (!dropped) hideRedirects(hiding, response, to.listener);
    return;
  }
  const contact = readContact(response);
  const first = contact.kind === 'one' ? contact.address : undefined;
  if (role.kind === 'alone') {
    if (!dropped && contact.kind !== 'none') faces.put(response, faces.bare(to.listener), first);
    return;
  }
  const { dialog } = role;
  if (contact.kind === 'one' && status < 300 && edited(dialog, crossing, response, contact.address.uri)) {
    hiding.dialogs.changed(dialog);
  }
  const real = contact.kind === 'one' ? contact.uri : sipUri(crossing.uri);
  const face = faceTowards(hiding, dialog, { to: from, listener: to.listener, contact: real, dropped });
  if (face.kind === 'real') return;
  if (contact.kind === 'none' && !needsContact(response, crossing)) return;
  if (settings.noContact.has(crossing.method)) headers.remove(H.Contact);
  else faces.put(response, face.uri, first);
}

const sipUri = (text: string) => {
  const uri = parseUri(text);
  return uri?.kind === 'sip' ? uri : undefined;
};

/** RFC 3261 12.1.1: the UAS "MUST add a Contact header field to the response" that makes a dialog. */
const needsContact = ({ status }: SipResponse, { role, method }: Crossing): boolean =>
  status >= 200 && status < 300 && (role.kind === 'opens' || method === 'INVITE' || method === 'UPDATE');
