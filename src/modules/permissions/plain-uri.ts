/** URIs as permission files see them: `sip:user@host`, whatever scheme, port and parameters they have. */
import type { RequestContext } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import { parseUri } from '../../sip/uri.ts';
import type { UriPair } from './rule-files.ts';

export function plainUri(text: string): string | undefined {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') return undefined;
  return uri.user === undefined ? `sip:${uri.host}` : `sip:${uri.user}@${uri.host}`;
}

/** The caller with every destination. Undefined when one of them cannot be read. */
export function routingPairs(
  { message, branches }: RequestContext,
  allBranches: boolean,
): readonly UriPair[] | undefined {
  const more = allBranches ? branches.map(({ uri }) => uri) : [];
  return pairs(message.from?.uri, [message.uri, ...more]);
}

/** Who registers with every contact; none with `*` and without a Contact. */
export function registerPairs({ message }: RequestContext): readonly UriPair[] | undefined {
  const { contacts } = message;
  if (contacts === undefined) return message.headers.has(H.Contact) ? undefined : [];
  if (contacts.kind === 'all') return [];
  return pairs(
    message.to?.uri,
    contacts.contacts.map(({ uri }) => uri),
  );
}

function pairs(who: string | undefined, targets: readonly string[]): readonly UriPair[] | undefined {
  const left = plainUri(who ?? '');
  if (left === undefined) return undefined;
  const found: UriPair[] = [];
  for (const target of targets) {
    const right = plainUri(target);
    if (right === undefined) return undefined;
    found.push({ left, right });
  }
  return found;
}
