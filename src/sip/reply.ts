/**
 * Messages that are made from another one: the reply to a request (RFC 3261 section 8.2.6), the CANCEL of an INVITE (9.1) and the
 * ACK to its final response (13.2.2.4, 17.1.1.3). A half-broken request is answered with what it has.
 */
import { type HeaderId, H } from './header-names.ts';
import { SipRequest, SipResponse } from './message.ts';
import { reasonPhrase } from './reasons.ts';

export { REASONS } from './reasons.ts';

/** Section 8.1.1.6. */
const DEFAULT_HOPS = 70;

export interface ReplyOptions {
  /** For a To without a tag; not used in a 100. */
  readonly toTag?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly contentType?: string;
}

export function buildReply(
  request: SipRequest,
  status: number,
  reason: string,
  options: ReplyOptions = {},
): SipResponse {
  const response = SipResponse.create(status, reason === '' ? reasonPhrase(status) : reason);
  copyAll(request, response, H.Via);
  // "The proxy or UAS MUST copy Record-Route into responses that establish a dialog" (section 12.1.1).
  if (status > 100 && status < 300) copyAll(request, response, H.RecordRoute);
  copyFirst(request, response, H.From);
  copyTo(request, response, status === 100 ? undefined : options.toTag);
  copyFirst(request, response, H.CallId);
  copyFirst(request, response, H.CSeq);
  for (const [name, value] of options.headers ?? []) response.headers.append(name, value);
  if (options.body === undefined) {
    response.headers.append(H.ContentLength, '0');
  } else {
    if (options.contentType !== undefined) response.headers.append(H.ContentType, options.contentType);
    response.body = options.body;
  }
  return response;
}

/** The CANCEL of an INVITE that we sent: same Request-URI, the top Via alone, the same number. */
export function buildCancel(invite: SipRequest): SipRequest {
  return hopByHop(invite, 'CANCEL', invite);
}

/** The ACK to a 300-699 of an INVITE that we sent: all as in the INVITE, but To, which is the response's. */
export function buildAck(invite: SipRequest, response: SipResponse): SipRequest {
  return hopByHop(invite, 'ACK', response);
}

/**
 * The ACK to a 2xx of an INVITE that we sent (RFC 3261 section 13.2.2.4), without Via: to the Contact of the response, along
 * its Record-Route backwards.
 */
export function buildDialogAck(invite: SipRequest, response: SipResponse): SipRequest {
  const { contacts } = response;
  const [contact] = contacts?.kind === 'list' ? contacts.contacts : [];
  const ack = SipRequest.create('ACK', contact?.uri ?? invite.uri);
  ack.headers.append(H.MaxForwards, String(DEFAULT_HOPS));
  for (const { uri } of (response.recordRoutes ?? []).toReversed()) ack.headers.append(H.Route, `<${uri}>`);
  copyFirst(invite, ack, H.From);
  copyFirst(response, ack, H.To);
  copyFirst(invite, ack, H.CallId);
  ack.headers.append(H.CSeq, `${invite.cseq?.number ?? 0} ACK`);
  ack.headers.append(H.ContentLength, '0');
  return ack;
}

function hopByHop(invite: SipRequest, method: 'ACK' | 'CANCEL', toSource: SipRequest | SipResponse): SipRequest {
  const request = SipRequest.create(method, invite.uri);
  const via = invite.headers.firstValue(H.Via);
  if (via !== undefined) request.headers.append(H.Via, via);
  request.headers.append(H.MaxForwards, String(invite.maxForwards ?? DEFAULT_HOPS));
  copyAll(invite, request, H.Route);
  copyFirst(invite, request, H.From);
  copyFirst(toSource, request, H.To);
  copyFirst(invite, request, H.CallId);
  request.headers.append(H.CSeq, `${invite.cseq?.number ?? 0} ${method}`);
  request.headers.append(H.ContentLength, '0');
  return request;
}

function copyAll(from: SipRequest | SipResponse, to: SipRequest | SipResponse, id: HeaderId): void {
  for (const field of from.headers.fields(id)) to.headers.appendField(field);
}

function copyFirst(from: SipRequest | SipResponse, to: SipRequest | SipResponse, id: HeaderId): void {
  const field = from.headers.field(id);
  if (field !== undefined) to.headers.appendField(field);
}

/** "If the To in the request did not contain a tag, the UAS MUST add one (with the exception of the 100)" (section 8.2.6.2). */
function copyTo(request: SipRequest, response: SipResponse, tag: string | undefined): void {
  const field = request.headers.field(H.To);
  if (field === undefined) return;
  if (tag === undefined || request.toTag !== undefined) response.headers.appendField(field);
  else response.headers.append(H.To, `${field.value};tag=${tag}`);
}
