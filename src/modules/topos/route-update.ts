/**
 * rr_update: Record-Routes inside a dialog move its route set, for peers that do not hold to RFC 3261 12.2 ("requests
 * within a dialog MUST NOT modify the route set") and change proxies in the middle of a call.
 */
import { H } from '../../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { detachedAll } from '../../util/detached.ts';
import type { Crossing } from './crossing.ts';
import type { Dialog } from './dialog.ts';
import type { Settings } from './settings.ts';
import { usable } from './standing.ts';

/** The way to the sender of a request inside a dialog: `came`, the Record-Routes that it came with, else as it was. */
export function routesToSender(
  { updatesRoutes }: Settings,
  { method }: SipRequest,
  came: readonly string[],
  known: readonly string[],
): readonly string[] {
  // Topmost is who is nearest to us: the first that a request from us visits, on either side.
  return updatesRoutes && method === 'INVITE' && came.length > 0 ? usable(came) : known;
}

/** The way to who accepted a request inside a dialog; undefined when it stays. */
export function routesToAnswerer(
  { updatesRoutes }: Settings,
  response: SipResponse,
  { method, isHidden }: Crossing,
): readonly string[] | undefined {
  // One that saw all proxies names all of them: where those on its own side end cannot be told.
  if (!updatesRoutes || method !== 'INVITE' || !isHidden) return undefined;
  const below = usable(response.headers.values(H.RecordRoute));
  return below.length === 0 ? undefined : below.toReversed();
}

/** Our own part of the route set, when the route recorded itself again on a request of A. Says whether it moved. */
export function updateOwnRoutes({ updatesRoutes }: Settings, dialog: Dialog, added: readonly string[]): boolean {
  if (!updatesRoutes || added.length === 0) return false;
  dialog.ownRoutes = detachedAll(added);
  return true;
}
