/** From a URI to the address of record that bindings are kept under (RFC 3261 section 10.3 step 5). */
import { parseUri, unescapeUri } from '../../sip/uri.ts';
import type { FaultName } from './faults.ts';

/** Bytes of an address of record. */
export const MAX_AOR = 256;

export interface AorRules {
  readonly useDomain: boolean;
  readonly caseSensitive: boolean;
  /** Cut off a domain that begins with it. */
  readonly realmPrefix: string;
}

export type AorResult =
  | { readonly kind: 'aor'; readonly aor: string }
  | { readonly kind: 'refused'; readonly fault: Extract<FaultName, 'noUser' | 'aorLength' | 'aorParse'> };

export function aorOf(text: string, rules: AorRules): AorResult {
  const uri = parseUri(text);
  switch (uri?.kind) {
    case undefined:
    case 'other':
      return refused('aorParse');
    case 'tel':
      return checked(rules.useDomain ? `${uri.number}@` : uri.number, rules);
    case 'sip': {
      const domain = withoutPrefix(uri.host, rules.realmPrefix);
      if (uri.user === undefined) return rules.useDomain ? checked(domain, rules) : refused('noUser');
      // "All URI parameters MUST be removed, and any escaped characters MUST be converted to their unescaped form."
      const user = unescapeUri(uri.user);
      return checked(rules.useDomain ? `${user}@${domain}` : user, rules);
    }
  }
}

function checked(aor: string, { caseSensitive }: AorRules): AorResult {
  if (aor.length > MAX_AOR) return refused('aorLength');
  return { kind: 'aor', aor: caseSensitive ? aor : lowerCase(aor) };
}

/** ASCII alone: other bytes are parts of characters that we do not know. */
const lowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const withoutPrefix = (host: string, prefix: string): string =>
  prefix !== '' && host.length > prefix.length && host.toLowerCase().startsWith(prefix.toLowerCase())
    ? host.slice(prefix.length)
    : host;

const refused = (fault: Extract<AorResult, { kind: 'refused' }>['fault']): AorResult => ({ kind: 'refused', fault });
