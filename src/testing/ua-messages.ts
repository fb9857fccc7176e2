/** What a scripted user agent reads from messages and writes into them. */
import { H } from '../sip/header-names.ts';
import type { SipMessage, SipRequest, SipResponse } from '../sip/message.ts';
import { hostAddress, parseUri } from '../sip/uri.ts';
import { formatVia } from '../sip/via.ts';
import { isIp } from '../util/ip.ts';
import type { Endpoint } from '../world/world.ts';

const defaultSipPort = 5060;

export const branchOf = ({ topVia }: SipMessage): string => topVia?.branch ?? '';
/** The ACK to a 2xx has a branch of its own: the dialog and the number tell which reply it is about. */
export const replyKey = ({ callId, cseq }: SipRequest): string => `reply ${callId} ${cseq?.number}`;
export const showHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Text without CR gets CRLF line ends. */
export function bytesOf(message: string | Uint8Array | SipMessage): Uint8Array {
  if (typeof message === 'string')
    return Buffer.from(message.includes('\r') ? message : message.replace(/\n/g, '\r\n'));
  return message instanceof Uint8Array ? message : message.serialize();
}

/** Where a SIP URI with an IP address as its host leads. */
export function endpointIn(text: string): Endpoint | undefined {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') return undefined;
  const address = hostAddress(uri.host);
  return isIp(address) ? { address, port: uri.port ?? defaultSipPort } : undefined;
}

/** Writes `received` and `rport` into the top Via of the reply and tells the port that the reply goes to. */
export function stampVia(request: SipRequest, response: SipResponse, remote: Endpoint): number {
  const via = request.topVia;
  if (via === undefined) return remote.port;
  if (via.rport === undefined) return via.port ?? defaultSipPort;
  const params = via.params.with('rport', String(remote.port)).with('received', remote.address);
  response.headers.replaceFirstValue(H.Via, formatVia({ ...via, params }));
  return remote.port;
}

/** An offer or answer of one audio stream: enough for who does not look at it. */
export const sdpOf = ({ address }: Endpoint): string =>
  [
    'v=0',
    `o=- 1 1 IN IP${address.includes(':') ? 6 : 4} ${address}`,
    's=-',
    `c=IN IP${address.includes(':') ? 6 : 4} ${address}`,
    't=0 0',
    'm=audio 9000 RTP/AVP 8',
    '',
  ].join('\r\n');
