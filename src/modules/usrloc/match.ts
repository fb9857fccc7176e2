/** Which binding of a user a Contact means (RFC 3261 section 10.3 step 7, RFC 5626 section 6). */
import { parseUri, sameUri } from '../../sip/uri.ts';
import type { BindingKey } from './api.ts';

/** Kamailio's `matching_mode`, for contacts without an instance. */
export type Matching = 'contact' | 'contactAndCallId' | 'contactAndPath' | 'callId';

export function sameBinding(a: BindingKey, b: BindingKey, matching: Matching): boolean {
  // An instance says more than an address: the device may have moved.
  if (a.instance !== '' || b.instance !== '') {
    return a.regId === b.regId && bare(a.instance) === bare(b.instance);
  }
  switch (matching) {
    case 'contact':
      return sameContact(a.uri, b.uri);
    case 'contactAndCallId':
      return a.callId === b.callId && sameContact(a.uri, b.uri);
    case 'contactAndPath':
      // Without a Path only the address counts.
      return (a.path === '' || a.path === b.path) && sameContact(a.uri, b.uri);
    case 'callId':
      return a.callId === b.callId;
  }
}

/** RFC 3261 10.3: "URIs are compared by the rules of 19.1.4"; what we cannot parse must be equal byte for byte. */
function sameContact(a: string, b: string): boolean {
  if (a === b) return true;
  if (haveOtherUsers(a, b)) return false;
  const left = parseUri(a);
  const right = parseUri(b);
  return left !== undefined && right !== undefined && sameUri(left, right);
}

/** Seen without parsing, because a user may have many contacts: users differ, and nothing in them is escaped. */
function haveOtherUsers(a: string, b: string): boolean {
  const end = a.indexOf('@');
  const otherEnd = b.indexOf('@');
  if (end < 0 || otherEnd < 0 || a.includes('%') || b.includes('%')) return false;
  return a.slice(a.indexOf(':'), end) !== b.slice(b.indexOf(':'), otherEnd);
}

const bare = (instance: string): string =>
  instance.startsWith('<') && instance.endsWith('>') ? instance.slice(1, -1) : instance;
