/** From which request a reply is made: the one that came, whatever a route has written into it. */
import { describe, expect, it } from 'vitest';
import { asReceived } from '../../src/engine/as-received.ts';
import { H } from '../../src/sip/header-names.ts';
import { SipRequest } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';

const LINES = [
  'OPTIONS sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1;rport',
  'Record-Route: <sip:10.0.0.7;lr>',
  'From: <sip:alice@example.com>;tag=a',
  'To: <sip:bob@example.com>',
  'Call-ID: one',
  'CSeq: 1 OPTIONS',
  'X-Other: 1',
  '',
  '',
];

function received(): SipRequest {
  const parsed = parseMessage(Buffer.from(LINES.join('\r\n')));
  if (parsed.kind !== 'request') throw new Error('not a request');
  return parsed.message;
}

const COPIED = [H.Via, H.RecordRoute, H.From, H.To, H.CallId, H.CSeq];
const copied = (request: SipRequest): readonly (readonly string[])[] => COPIED.map((id) => request.headers.getAll(id));

describe('what a reply copies', () => {
  it.each([
    ['a removed From', (request: SipRequest) => request.headers.remove(H.From)],
    ['a removed To and Call-ID', (r: SipRequest) => [r.headers.remove(H.To), r.headers.remove(H.CallId)]],
    ['a written From', (request: SipRequest) => request.headers.set(H.From, '<sip:x@y>;tag=b')],
    ['a written CSeq', (request: SipRequest) => request.headers.set(H.CSeq, '2 OPTIONS')],
    ['an inserted Record-Route', (r: SipRequest) => r.headers.prepend(H.RecordRoute, '<sip:10.0.0.8;lr>')],
    ['a removed Via', (request: SipRequest) => request.headers.remove(H.Via)],
  ])('is as it came in spite of %s', (_, edit) => {
    const request = received();
    edit(request);
    expect(copied(asReceived(request))).toEqual(copied(received()));
  });

  it('is the Via as it is marked now', () => {
    const request = received();
    request.headers.replaceFirstValue(H.Via, 'SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1;rport=5070;received=10.0.0.9');
    request.headers.remove(H.From);
    const reply = asReceived(request);
    expect(reply.headers.getAll(H.Via)).toEqual(request.headers.getAll(H.Via));
    expect(reply.fromTag).toBe('a');
  });

  it('is the request itself when nothing of that was touched, or when it never came', () => {
    const request = received();
    request.headers.set('X-Other', '2');
    request.uri = 'sip:elsewhere.example.com';
    expect(asReceived(request)).toBe(request);
    const made = SipRequest.create('OPTIONS', 'sip:bob@example.com');
    expect(asReceived(made)).toBe(made);
  });
});
