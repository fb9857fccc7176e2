/** A request of our own as a script or an operator describes it in six texts, in the words in which Kamailio refuses one. */
import { formatCSeq } from '../../sip/cseq.ts';
import { latin1 } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import { SipRequest } from '../../sip/message.ts';
import { parseMessage } from '../../sip/parse.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Listener } from '../../transport/flow.ts';
import { parseListenAddress } from '../../transport/listen-address.ts';
import { listenerAt } from '../../transport/listener-choice.ts';

/** In the order of the call. */
export interface Described {
  readonly method: string;
  readonly uri: string;
  /** Empty or `.` for none. */
  readonly nextHop: string;
  /** Empty or `.` for any. */
  readonly socket: string;
  /** Lines; From and To must be there. */
  readonly headers: string;
  readonly body: string;
}

export type OwnRequest =
  | {
      readonly kind: 'request';
      readonly request: SipRequest;
      readonly target: string | undefined;
      readonly listener: Listener | undefined;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** What a request gets when it is not described. */
export interface Own {
  readonly callId: string;
  readonly tag: string;
  readonly listeners: readonly Listener[];
}

/** As in Kamailio. */
const DEFAULT_CSEQ = 10;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const refused = (why: string): OwnRequest => ({ kind: 'refused', why });

/** Those that are written here, whatever the description says. */
const OWN = [H.Via, H.From, H.To, H.CallId, H.CSeq, H.MaxForwards, H.ContentLength] as const;

export function ownRequest(described: Described, own: Own): OwnRequest {
  const { method, uri, nextHop, socket, headers, body } = described;
  if (method === '') return refused('Empty method');
  if (!TOKEN.test(method) || method === 'ACK' || method === 'CANCEL') return refused(`Invalid method "${method}"`);
  if (parseUri(uri) === undefined || /\s/.test(uri)) return refused(`Invalid request uri "${uri}"`);
  const target = nextHop === '.' || nextHop === '' ? undefined : nextHop;
  if (target !== undefined && parseUri(target) === undefined) return refused(`Invalid next-hop uri "${target}"`);
  const listener = listenerOf(socket, own.listeners);
  if (listener === 'invalid') return refused(`Invalid send socket "${socket}"`);
  if (listener === 'unknown') return refused(`No local socket for "${socket}"`);
  const given = readHeaders(method, uri, headers);
  if (given === undefined) return refused('Invalid headers');
  const request = built(given, body, own);
  return typeof request === 'string' ? refused(request) : { kind: 'request', request, target, listener };
}

function listenerOf(text: string, listeners: readonly Listener[]): Listener | 'invalid' | 'unknown' | undefined {
  if (text === '' || text === '.') return undefined;
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') return 'invalid';
  return listenerAt(listeners, parsed.spec) ?? 'unknown';
}

function readHeaders(method: string, uri: string, headers: string): SipRequest | undefined {
  const lines = headers.split(/\r?\n/).filter((line) => line !== '');
  const text = [`${method} ${uri} SIP/2.0`, ...lines, '', ''].join('\r\n');
  // An operator's text may have characters beyond a byte, whose low byte alone could be a line end.
  const parsed = parseMessage(Buffer.from(latin1(text), 'latin1'));
  return parsed.kind === 'request' ? parsed.message : undefined;
}

/** The request, or why there is none. */
function built(given: SipRequest, body: string, own: Own): SipRequest | string {
  const { headers, method } = given;
  if (body !== '' && !headers.has(H.ContentType)) return 'Content-Type missing';
  if (body !== '' && headers.has(H.ContentLength)) return 'Content-Length disallowed';
  const to = headers.get(H.To);
  const from = headers.get(H.From);
  if (to === undefined) return 'To missing';
  if (from === undefined) return 'From missing';
  if (given.from === undefined || given.to === undefined) return 'Error in From';
  if (headers.has(H.CSeq) && given.cseq === undefined) return 'Non-numerical CSeq';
  const cseq = given.cseq ?? { number: DEFAULT_CSEQ, method };
  if (cseq.method !== method) return 'CSeq method mismatch';
  const request = SipRequest.create(method, given.uri);
  request.headers.append(H.To, to);
  request.headers.append(H.From, given.fromTag === undefined ? `${from};tag=${own.tag}` : from);
  request.headers.append(H.CSeq, formatCSeq(cseq));
  request.headers.append(H.CallId, given.callId ?? own.callId);
  request.headers.append(H.MaxForwards, '70');
  for (const id of OWN) headers.remove(id);
  for (const field of headers.fields()) request.headers.appendField(field);
  request.body = body;
  return request;
}
