/** Messages that several tests start from. */
import { readFileSync } from 'node:fs';
import { parseMessage } from '../../src/sip/parse.ts';
import type { SipRequest, SipResponse } from '../../src/sip/message.ts';

export const INVITE = [
  'INVITE sip:bob@biloxi.example.com SIP/2.0',
  'Via: SIP/2.0/UDP ss1.atlanta.example.com:5060;branch=z9hG4bK2d4790.1',
  'v: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74b43 , SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKaa',
  'Max-Forwards: 69',
  'Record-Route: <sip:ss1.atlanta.example.com;lr>',
  'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
  'TO : Bob <sip:bob@biloxi.example.com>',
  'Call-ID: 3848276298220188511@atlanta.example.com',
  'CSeq: 1 INVITE',
  'm: <sip:alice@client.atlanta.example.com;transport=tcp>',
  'X-Folded: one',
  '\ttwo',
  '   three',
  'Content-Type: application/sdp',
  'l: 4',
  '',
  'v=0\n',
].join('\r\n');

export const RINGING = [
  'SIP/2.0 180 Ringing',
  'Via: SIP/2.0/UDP ss1.atlanta.example.com:5060;branch=z9hG4bK2d4790.1',
  'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
  'To: Bob <sip:bob@biloxi.example.com>;tag=314159',
  'Call-ID: 3848276298220188511@atlanta.example.com',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

export function request(text: string): SipRequest {
  const result = parseMessage(bytesOf(text));
  if (result.kind !== 'request') throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result.message;
}

export function response(text: string): SipResponse {
  const result = parseMessage(bytesOf(text));
  if (result.kind !== 'response') throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result.message;
}

export const serialized = (message: SipRequest | SipResponse): string => message.serialize().toString('latin1');

export const tortureBytes = (name: string): Buffer =>
  readFileSync(new URL(`vectors/rfc4475/${name}.dat`, import.meta.url));
