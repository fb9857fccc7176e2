/** Contacts of a 3xx: where the caller is to try instead. With `redirect_contacts = mask` each becomes a ticket. */
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { formatNameAddr, type NameAddr } from '../../sip/name-addr.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import type { Hiding } from './hiding.ts';
import { ticketUri } from './redeem.ts';
import { requestUri } from './tickets.ts';

/** Contacts of one 3xx that become tickets; what comes behind them goes. */
export const MAX_REDIRECTS = 32;

/** RFC 3261 20.10: preference and lifetime of a redirection. */
const TELLING = ['q', 'expires'] as const;

export function hideRedirects(hiding: Hiding, response: SipResponse, listener: Listener): void {
  const { redirects } = hiding.settings;
  if (redirects === 'keep') return;
  const { contacts, headers } = response;
  const found = contacts?.kind === 'list' && redirects === 'mask' ? contacts.contacts.slice(0, MAX_REDIRECTS) : [];
  const shown = found.map((contact) => ticketFor(hiding, contact, listener));
  const [last] = headers.fields(H.Contact);
  if (last === undefined) return;
  for (const value of shown.toReversed()) headers.insertBefore(H.Contact, H.Contact, value);
  for (const old of headers.fields(H.Contact).slice(shown.length)) headers.removeField(old);
}

/** What is no SIP address (tel, mailto) leads nowhere near us and stays. */
function ticketFor(hiding: Hiding, contact: NameAddr, listener: Listener): string {
  const uri = parseUri(contact.uri);
  const real = requestUri(contact.uri);
  if (uri?.kind !== 'sip' || real === undefined) return formatNameAddr(contact);
  const target = { uri: real, routes: [], connection: 0, isMasked: undefined };
  const masked = ticketUri(hiding, target, { listener, scheme: uri.scheme });
  return hiding.faces.shown(uri.headers === undefined ? masked : `${masked}?${uri.headers}`, contact, TELLING);
}
