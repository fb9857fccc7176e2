/** The realm that credentials are for (RFC 3261 section 22.1): the one that the route names, else the domain of From. */
import type { SipRequest } from '../../sip/message.ts';
import { parseUri } from '../../sip/uri.ts';

/** Undefined when the route names none and From has no host. `prefix` is cut off where the realm begins with it. */
export function realmOf(request: SipRequest, named: string | undefined, prefix: string): string | undefined {
  const realm = named === undefined || named === '' ? fromDomain(request) : named;
  return realm !== undefined && prefix !== '' && realm.startsWith(prefix) && realm !== prefix
    ? realm.slice(prefix.length)
    : realm;
}

/** In lower case: however the caller spells the domain, it is one realm. */
function fromDomain(request: SipRequest): string | undefined {
  const from = parseUri(request.from?.uri ?? '');
  return from?.kind === 'sip' ? from.host.toLowerCase() : undefined;
}
