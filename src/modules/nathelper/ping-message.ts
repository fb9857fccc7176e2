/** What keeps a binding open: four zero bytes, which every SIP stack ignores, or a request that wants an answer. */
import { H } from '../../sip/header-names.ts';
import { SipRequest, type SipResponse } from '../../sip/message.ts';
import type { Flow } from '../../transport/flow.ts';

export const EMPTY_PING: Uint8Array = new Uint8Array(4);

export interface PingSettings {
  readonly method: string;
  readonly from: string;
  /** Begins the Call-ID of every ping of this proxy; nobody else can know it. */
  readonly secret: string;
}

export interface PingTarget {
  readonly uri: string;
  /** Route set, or nothing. */
  readonly path: string;
  readonly ruid: string;
}

/** `number` makes it different from all others. */
export function sipPing(
  { method, from, secret }: PingSettings,
  { uri, path, ruid }: PingTarget,
  hop: { readonly flow: Flow; readonly branch: string; readonly number: number },
): Buffer {
  const { host, port } = hop.flow.listener.sentBy;
  const request = SipRequest.create(method, uri);
  const { headers } = request;
  headers.append(H.Via, `SIP/2.0/UDP ${host}:${port};rport;branch=${hop.branch}`);
  headers.append(H.MaxForwards, '70');
  if (path !== '') headers.append(H.Route, path);
  headers.append(H.From, `${from.includes('<') ? from : `<${from}>`};tag=${ruid}-${hop.number.toString(36)}`);
  headers.append(H.To, `<${uri}>`);
  headers.append(H.CallId, `${secret}-${hop.number.toString(36)}@${host}`);
  headers.append(H.CSeq, `1 ${method}`);
  headers.append(H.ContentLength, '0');
  return request.serialize();
}

/** The binding that this answers a ping to, or undefined when it is something else. */
export function answeredPing(response: SipResponse, { method, secret }: PingSettings): string | undefined {
  if (response.callId?.startsWith(`${secret}-`) !== true || response.cseq?.method !== method) return undefined;
  const tag = response.fromTag ?? '';
  return response.vias.length === 1 ? tag.slice(0, Math.max(tag.lastIndexOf('-'), 0)) : undefined;
}
