/** A dialog as a scripted user agent keeps it (RFC 3261 section 12): who, where, and the way there. */
import { H } from '../sip/header-names.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';

export interface UaDialog {
  readonly callId: string;
  /** From and To of the requests that we send in it. */
  readonly local: string;
  readonly remote: string;
  /** The URI in the peer's Contact. */
  readonly target: string;
  /** Route values, nearest first. */
  readonly routes: readonly string[];
  /** Of the INVITE: the number that its ACK carries. */
  readonly inviteCSeq: number;
}

/** Section 12.1.2: the route set is the Record-Route of the response, in reverse order. */
export function dialogOfCaller(response: SipResponse): UaDialog {
  const { headers } = response;
  return {
    callId: headers.get(H.CallId) ?? '',
    local: headers.get(H.From) ?? '',
    remote: headers.get(H.To) ?? '',
    target: contactUri(response),
    routes: headers.values(H.RecordRoute).reverse(),
    inviteCSeq: response.cseq?.number ?? 0,
  };
}

/** Section 12.1.1: the route set is the Record-Route of the request, in its order. */
export function dialogOfCallee(request: SipRequest, response: SipResponse): UaDialog {
  const { headers } = request;
  return {
    callId: headers.get(H.CallId) ?? '',
    local: response.headers.get(H.To) ?? '',
    remote: headers.get(H.From) ?? '',
    target: contactUri(request),
    routes: headers.values(H.RecordRoute),
    inviteCSeq: request.cseq?.number ?? 0,
  };
}

const contactUri = ({ headers }: SipRequest | SipResponse): string =>
  parseNameAddr(headers.firstValue(H.Contact) ?? '')?.uri ?? 'sip:no-contact.invalid';

/** Of a From or To. */
export const tagIn = (address: string): string | undefined => parseNameAddr(address)?.params.get('tag');
