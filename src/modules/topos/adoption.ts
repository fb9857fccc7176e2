/**
 * Replies to requests that this process did not send: another node did, or this one before it was started again. What
 * they need is in the store, or sealed into our branch; what this process has sent and forgotten is never taken up again.
 */
import type { Received } from '../../engine/context.ts';
import type { Exchange } from '../../engine/exchange.ts';
import { isStatelessBranch } from '../../engine/forward.ts';
import { H } from '../../sip/header-names.ts';
import { SipRequest, type SipResponse } from '../../sip/message.ts';
import { buildAck } from '../../sip/reply.ts';
import { hostAddress } from '../../sip/uri.ts';
import { parseVia } from '../../sip/via.ts';
import { parseBranch } from '../../transaction/branch.ts';
import type { Crossing, Role } from './crossing.ts';
import { Dialog } from './dialog.ts';
import type { Hiding } from './hiding.ts';
import type { StoredCrossing } from './record.ts';
import type { WayBack } from './sealed-branch.ts';

const ALONE: Role = { kind: 'alone' };

type Found = Crossing | undefined;

/** The crossing of a reply that belongs to nothing here; undefined when there is none to be had. */
export function adoptedCrossing(hiding: Hiding, response: SipResponse, received: Received): Found | Promise<Found> {
  const branch = response.topVia?.branch ?? '';
  const { callId, cseq } = response;
  const isOurs = parseBranch(branch) !== undefined || isStatelessBranch(branch);
  if (
    !isOurs ||
    cseq === undefined ||
    cseq.method === 'ACK' ||
    (cseq.method === 'CANCEL' && !isStatelessBranch(branch)) ||
    callId === undefined ||
    hiding.engine.branches.made(branch)
  )
    return undefined;
  const bySeal = (): Found | Promise<Found> => {
    const way = hiding.sealer?.open(branch);
    return way && sealed(hiding, way, { branch, response, received });
  };
  const { lookups } = hiding.storage;
  if (lookups === undefined) return bySeal();
  return lookups.crossing(branch, callId).then((found) => {
    if (found.kind !== 'found') return bySeal();
    return found.value.method === cseq.method ? stored(hiding, found.value, callId, received) : undefined;
  });
}

/** Its retransmissions find it again, and its failure is acknowledged: there is no transaction that would. */
export function adopt({ engine, crossings, callIds }: Hiding, crossing: Crossing, reply: AdoptedReply): void {
  const { response, received, exchange } = reply;
  crossings.put(exchange, crossing);
  crossings.keep(crossing, engine.world.clock.now());
  if (crossing.method !== 'INVITE' || response.status < 300) return;
  engine.memory.rememberRefusal(response, parseVia(crossing.vias[0] ?? '')?.branch, engine.world.clock.now());
  const invite = SipRequest.create('INVITE', crossing.uri);
  for (const name of [H.Via, H.From, H.CallId, H.CSeq]) {
    const value = (name === H.CallId ? callIds.cameAs(response) : undefined) ?? response.headers.firstValue(name);
    if (value !== undefined) invite.headers.append(name, value);
  }
  const ack = buildAck(invite, response).serialize();
  engine.door.send(ack, received.flow, { kind: 'route', exchange });
}

export interface AdoptedReply {
  readonly response: SipResponse;
  readonly received: Received;
  readonly exchange: Exchange;
}

interface Reply {
  readonly branch: string;
  readonly response: SipResponse;
  readonly received: Received;
}

/** What only the process that sent a request could have known; replies come from where it went. */
const freshly = ({ flow }: Received) => ({
  ...{ flow, isAdopted: true, hasMoved: false, contact: undefined, replies: undefined },
});

async function stored(
  hiding: Hiding,
  { role, ...crossing }: StoredCrossing,
  callId: string,
  received: Received,
): Promise<Crossing> {
  const parts = { ...crossing, ...freshly(received), cameAs: undefined };
  if (role.kind !== 'opens' && role.kind !== 'inside') return { ...parts, role: { kind: role.kind } };
  const dialog = await dialogOf(hiding, role.dialog, callId);
  // Without it the reply still finds its way, and shows nothing.
  if (dialog === undefined) return { ...parts, role: ALONE };
  const cameAs = hiding.callIds.seenBy(crossing.from, dialog);
  if (role.kind === 'opens') return { ...parts, cameAs, role: { kind: 'opens', dialog } };
  const leg = role.leg === undefined ? undefined : dialog.leg(role.leg);
  return { ...parts, cameAs, role: { kind: 'inside', dialog, leg, refresh: role.refresh } };
}

export interface DialogWish {
  readonly id: string;
  readonly callId: string;
  /** Whether the message that asks belongs to it: nobody else can make it ours. */
  readonly isTheirs: (dialog: Dialog) => boolean;
}

/** The dialog of this node, or of the store, which is then of this node. `away`: nobody can say. */
export async function adoptedDialog(
  { dialogs, engine, storage, stats }: Hiding,
  { id, callId, isTheirs }: DialogWish,
): Promise<Dialog | undefined | 'away'> {
  const { clock } = engine.world;
  const found = await storage.lookups?.dialog(id, callId);
  const known = dialogs.get(id, clock.now());
  if (known !== undefined) return known;
  if (found?.kind === 'away') return 'away';
  if (found?.kind !== 'found' || !isTheirs(found.value)) return undefined;
  const adopted = dialogs.adopt(found.value, clock.now());
  if (adopted === undefined) return 'away';
  stats.dialogs_adopted.value++;
  return adopted;
}

async function dialogOf(hiding: Hiding, id: string, callId: string): Promise<Dialog | undefined> {
  const known = hiding.dialogs.get(id, hiding.engine.world.clock.now());
  const found = known ?? (await adoptedDialog(hiding, { id, callId, isTheirs: () => true }));
  return found === 'away' ? undefined : found;
}

function sealed(hiding: Hiding, way: WayBack, reply: Reply): Crossing | Promise<Crossing> {
  const { response, received, branch } = reply;
  const callId = response.callId ?? '';
  const { address, port } = received.flow.remote;
  const crossing = (role: Role): Crossing => ({
    ...{ branch, method: response.cseq?.method ?? '', vias: way.vias, recordRoutes: way.recordRoutes, from: way.from },
    ...{ role, uri: `sip:${showHost(address)}:${port}`, ...freshly(received) },
    isHidden: response.headers.values(H.Via).length === 1,
    cameAs: 'dialog' in role ? hiding.callIds.seenBy(way.from, role.dialog) : undefined,
  });
  if (way.dialog === undefined) return crossing(ALONE);
  const { id, opens } = way.dialog;
  const withDialog = (known: Dialog | undefined): Crossing => {
    if (opens) {
      const dialog = known ?? rebuilt(hiding, id, way, reply);
      return crossing(dialog === undefined ? ALONE : { kind: 'opens', dialog });
    }
    if (known === undefined) return crossing(ALONE);
    const leg = known.leg((way.from === 'a' ? response.toTag : response.fromTag) ?? '');
    return crossing({ kind: 'inside', dialog: known, leg, refresh: undefined });
  };
  const known = hiding.dialogs.get(id, hiding.engine.world.clock.now());
  if (known !== undefined || hiding.storage.lookups === undefined) return withDialog(known);
  return dialogOf(hiding, id, callId).then(withDialog);
}

/** The dialog that a request before the crash began to open: its sender is where its messages came from. */
function rebuilt(
  { dialogs, engine, callIds }: Hiding,
  id: string,
  way: WayBack,
  { response }: Reply,
): Dialog | undefined {
  const via = parseVia(way.vias[0] ?? '');
  if (via === undefined || response.callId === undefined) return undefined;
  const port = typeof via.rport === 'number' ? via.rport : (via.port ?? 5060);
  const address = via.received ?? hostAddress(via.host);
  const transport = via.transport === 'UDP' ? '' : `;transport=${via.transport.toLowerCase()}`;
  const dialog = new Dialog({
    id,
    callId: response.callId,
    method: response.cseq?.method ?? '',
    aTag: response.fromTag ?? '',
    a: { contact: `sip:${showHost(address)}:${port}${transport}`, routes: way.recordRoutes, connection: 0 },
    ownRoutes: [],
  });
  dialog.masked.b = callIds.cameAs(response) !== undefined;
  return dialogs.adopt(dialog, engine.world.clock.now());
}

const showHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);
