/**
 * What a request names that memory does not have, brought here from the store before anything is made of the request:
 * afterwards it is as if it had always been here. `away`: the store could not say. undefined: there is nowhere to look.
 */
import type { Received } from '../../engine/context.ts';
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { parseUri, type SipUri } from '../../sip/uri.ts';
import { after } from '../../util/time.ts';
import { adoptedDialog } from './adoption.ts';
import { referencesIn } from './call-references.ts';
import type { Hiding } from './hiding.ts';
import type { Key } from './keys.ts';
import { standingOf } from './standing.ts';
import { ticketId } from './tickets.ts';

export type Fetched = 'here' | 'away';
export type Fetching = Promise<Fetched> | undefined;

/** The dialog of a key that its sender used. */
export function fetchDialog(hiding: Hiding, { id, side }: Key, request: SipRequest, received: Received): Fetching {
  const { callId } = request;
  if (hiding.storage.lookups === undefined || callId === undefined) return undefined;
  const isTheirs = (one: Parameters<typeof standingOf>[0]) => standingOf(one, side, request, received) !== undefined;
  return adoptedDialog(hiding, { id, callId, isTheirs }).then(outcomeOf);
}

/**
 * The dialogs of a request without a key: a side that was shown the real Contact has none. There are such sides only
 * where event routes may drop what leaves.
 */
export function fetchKeyless(hiding: Hiding, { callId, fromTag, toTag }: SipRequest): Fetching {
  const { storage, events } = hiding;
  if (storage.lookups === undefined || !events.watchOutgoing || callId === undefined || toTag === undefined)
    return undefined;
  const isOf = (aTag: string): boolean => aTag === fromTag || aTag === toTag;
  return storage.lookups.keyless(callId).then(async (found) => {
    if (found.kind !== 'found') return outcomeOf(found.kind);
    const wanted = found.value.filter(({ aTag }) => isOf(aTag));
    const all = wanted.map(({ id }) => adoptedDialog(hiding, { id, callId, isTheirs: ({ a }) => isOf(a.tag) }));
    return (await Promise.all(all)).includes('away') ? 'away' : 'here';
  });
}

/** What the user part of a URI stands for, when that is a ticket. */
export function fetchTicket({ storage, tickets, engine }: Hiding, { user }: SipUri): Fetching {
  const id = ticketId(user);
  if (storage.lookups === undefined || id === undefined) return undefined;
  const { clock } = engine.world;
  return storage.lookups.ticket(id).then((found) => {
    if (found.kind === 'found') {
      const now = clock.now();
      tickets.adopt({ id, target: found.value, expires: after(now, found.leftMs) }, now);
    }
    return outcomeOf(found.kind);
  });
}

/** What a REFER sends somebody to: a ticket, or the other side of a call that its Replaces names (RFC 3891). */
export function fetchReferred(hiding: Hiding, request: SipRequest): Fetching {
  const uri = parseUri(parseNameAddr(request.headers.get(H.ReferTo) ?? '')?.uri ?? '');
  if (hiding.storage.lookups === undefined || uri?.kind !== 'sip') return undefined;
  const { tickets, dialogs, engine, faces } = hiding;
  const now = engine.world.clock.now();
  if (tickets.read(uri.user, now) === 'unknown') return fetchTicket(hiding, uri);
  const key = faces.keyIn(uri);
  const replaced = key && referencesIn(request).find(({ header, isForLater }) => header === 'Replaces' && isForLater);
  if (key === undefined || replaced === undefined || dialogs.get(key.id, now) !== undefined) return undefined;
  // Whoever knows the key, the Call-ID and the tags of a call is one of its parties.
  const tags = [replaced.params.get('to-tag'), replaced.params.get('from-tag')];
  return adoptedDialog(hiding, { id: key.id, callId: replaced.callId, isTheirs: ({ a }) => tags.includes(a.tag) }).then(
    outcomeOf,
  );
}

const outcomeOf = (found: unknown): Fetched => (found === 'away' ? 'away' : 'here');
