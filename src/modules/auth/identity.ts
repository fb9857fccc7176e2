/**
 * Whether the caller is who he logged in as: the user of the credentials against those of From, To and Request-URI, by
 * the flags of Kamailio's auth_check.
 */
import type { SipRequest } from '../../sip/message.ts';
import { parseUri, type Uri, unescapeUri } from '../../sip/uri.ts';
import { utf8 } from './presented.ts';

/** The user must be that of From, for REGISTER of To as well, for PUBLISH of the Request-URI too. */
export const CHECK_IDENTITY = 1;
/** Not so for the methods that may come with an anonymous From. */
export const SKIP_ANONYMOUS = 2;

const MAY_BE_ANONYMOUS: ReadonlySet<string> = new Set(['INVITE', 'BYE', 'PRACK', 'UPDATE', 'MESSAGE']);

export function isOwnIdentity(request: SipRequest, user: string, flags: number): boolean {
  if ((flags & CHECK_IDENTITY) === 0) return true;
  const { method } = request;
  if ((flags & SKIP_ANONYMOUS) !== 0 && MAY_BE_ANONYMOUS.has(method)) return true;
  if (userIn(parseUri(request.from?.uri ?? '')) !== user) return false;
  if (method !== 'REGISTER' && method !== 'PUBLISH') return true;
  if (userIn(parseUri(request.to?.uri ?? '')) !== user) return false;
  return method === 'REGISTER' || userIn(request.parsedUri) === user;
}

function userIn(uri: Uri | undefined): string | undefined {
  if (uri?.kind === 'tel') return uri.number;
  return uri?.kind === 'sip' && uri.user !== undefined ? utf8(unescapeUri(uri.user)) : undefined;
}
