/** Contact: a list of addresses with q and expires, or `*` alone (RFC 3261 sections 10.2.2 and 20.10). */
import { type NameAddr, parseNameAddrList } from './name-addr.ts';
import { trimSpace } from './white-space.ts';

export interface Contact extends NameAddr {
  /** Preference from 0 to 1; undefined when absent or malformed. */
  readonly q?: number | undefined;
  /** Seconds, at most 2**32-1; undefined when absent or malformed. */
  readonly expires?: number | undefined;
}

export type Contacts = { readonly kind: 'all' } | { readonly kind: 'list'; readonly contacts: readonly Contact[] };

export const EXPIRES_LIMIT = 0xffff_ffff;

const Q_VALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?|\.\d{1,3})$/;
const DIGITS = /^\d+$/;

/** Reads one Contact line; undefined when it is malformed. */
export function parseContacts(text: string): Contacts | undefined {
  if (trimSpace(text) === '*') return { kind: 'all' };
  const list = parseNameAddrList(text);
  return list === undefined ? undefined : { kind: 'list', contacts: list.map(asContact) };
}

/** Seconds as a number, bounded by EXPIRES_LIMIT; undefined for anything but digits. */
export function parseExpires(text: string | undefined): number | undefined {
  return text !== undefined && DIGITS.test(text) ? Math.min(Number(text), EXPIRES_LIMIT) : undefined;
}

function asContact({ display, uri, params }: NameAddr): Contact {
  const q = params.get('q');
  return {
    display,
    uri,
    params,
    q: q !== undefined && Q_VALUE.test(q) ? Number(q) : undefined,
    expires: parseExpires(params.get('expires')),
  };
}
