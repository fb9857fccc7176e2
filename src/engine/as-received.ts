/**
 * The request that a reply is made from. RFC 3261 8.2.6.2 has From, To, Call-ID and CSeq of the response equal those of the
 * request: what a route has changed in them is for the next hop, not for the caller.
 */
import { H } from '../sip/header-names.ts';
import type { SipRequest } from '../sip/message.ts';
import { parseMessage } from '../sip/parse.ts';

/** Each of these stands once in a request that routes run on. */
const SINGLE = [H.From, H.To, H.CallId, H.CSeq] as const;

/** The Via lines stay as they are now: they say where the request came from. */
export function asReceived(request: SipRequest): SipRequest {
  if (!isEdited(request)) return request;
  const parsed = parseMessage(Buffer.from(request.raw, 'latin1'));
  // A request that was made here never came: it is what it is.
  if (parsed.kind !== 'request' || parsed.message.callId === undefined) return request;
  const { headers } = parsed.message;
  const vias = request.headers.fields(H.Via);
  if (vias.length > 0) headers.remove(H.Via);
  for (const via of vias) headers.appendField(via);
  return parsed.message;
}

/** Whether something that a reply copies was written or removed. Via is written by ourselves. */
function isEdited({ headers, raw }: SipRequest): boolean {
  for (const id of SINGLE) if (headers.field(id)?.source !== raw) return true;
  if (!headers.has(H.Via)) return true;
  return headers.has(H.RecordRoute) && headers.fields(H.RecordRoute).some(({ source }) => source !== raw);
}
