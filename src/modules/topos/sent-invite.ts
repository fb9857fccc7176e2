/**
 * INVITEs that wait for their final reply, as they left here: what another node needs for a CANCEL of them (RFC 3261 9.1), by
 * the transaction of the caller, which is all that a CANCEL names.
 */
import { H } from '../../sip/header-names.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';
import { isIp } from '../../util/ip.ts';
import { arrayOf, fieldsOf, FORM, listOf, type Owned, textOf, textsOf } from './record-fields.ts';

/** Branches of one INVITE. */
export const MAX_SENT = 32;

/** One branch. */
export interface SentInvite {
  readonly uri: string;
  /** Our own. */
  readonly via: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly transport: Flow['transport'];
  readonly address: string;
  readonly port: number;
}

export function sentInvite({ uri, headers }: SipRequest, { transport, remote }: Flow): SentInvite {
  const via = headers.firstValue(H.Via) ?? '';
  const [from = '', to = '', callId = ''] = [headers.get(H.From), headers.get(H.To), headers.get(H.CallId)];
  const { address, port } = remote;
  return { uri, via, routes: headers.values(H.Route), from, to, callId, transport, address, port };
}

export const invitesText = (sent: readonly SentInvite[], owner: string): string =>
  JSON.stringify([FORM, owner, sent.slice(0, MAX_SENT).map(shapeOf)]);
const INVITES_FIELDS = 3;

export function readInvites(text: string): Owned<readonly SentInvite[]> | undefined {
  const given = fieldsOf(text, INVITES_FIELDS);
  const owner = textOf(given?.[1]);
  const sent = listOf(given?.[2], MAX_SENT, inviteOf);
  return owner === undefined || sent === undefined || sent.length === 0 ? undefined : { owner, value: sent };
}

const shapeOf = ({ uri, via, from, to, callId, address, transport, port, routes }: SentInvite) => [
  ...[uri, via, from, to, callId, address, transport, port, routes],
];

function inviteOf(value: unknown): SentInvite | undefined {
  const given = arrayOf(value) ?? [];
  const [uri, via, from, to, callId, address] = given.slice(0, 6).map(textOf);
  const [transport, port, routes] = [transportOf(given[6]), given[7], textsOf(given[8])];
  if (uri === undefined || via === undefined || from === undefined || to === undefined) return undefined;
  if (callId === undefined || address === undefined || routes === undefined || transport === undefined)
    return undefined;
  if (!/^[^\0-\x20<>]+$/.test(uri) || !isIp(address) || !isPort(port)) return undefined;
  return { uri, via, routes, from, to, callId, transport, address, port };
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535;

const transportOf = (value: unknown): Flow['transport'] | undefined =>
  value === 'udp' || value === 'tcp' || value === 'tls' || value === 'ws' || value === 'wss' ? value : undefined;
