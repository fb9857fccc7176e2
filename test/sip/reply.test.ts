/** Replies, CANCEL and hop-by-hop ACK. */
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { buildAck, buildCancel, buildReply, REASONS } from '../../src/sip/reply.ts';
import { bytesOf, INVITE, request, response, serialized, tortureBytes } from './messages.ts';

describe('buildReply', () => {
  it('copies what RFC 3261 section 8.2.6.2 names, lines as they came', () => {
    const reply = buildReply(request(INVITE), 407, '', {
      toTag: 'ours',
      headers: [['Proxy-Authenticate', 'Digest realm="r"']],
    });
    expect(serialized(reply)).toBe(
      [
        'SIP/2.0 407 Proxy Authentication Required',
        'Via: SIP/2.0/UDP ss1.atlanta.example.com:5060;branch=z9hG4bK2d4790.1',
        'v: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74b43 , SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKaa',
        'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
        'To: Bob <sip:bob@biloxi.example.com>;tag=ours',
        'Call-ID: 3848276298220188511@atlanta.example.com',
        'CSeq: 1 INVITE',
        'Proxy-Authenticate: Digest realm="r"',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('copies Record-Route into replies that make a dialog, and only into those', () => {
    const recordRoutes = (status: number): number =>
      buildReply(request(INVITE), status, '', { toTag: 't' }).headers.count(H.RecordRoute);
    expect([100, 101, 180, 200, 299, 300, 486].map(recordRoutes)).toEqual([0, 1, 1, 1, 1, 0, 0]);
  });

  it('adds no tag to a 100, nor to a To that has one', () => {
    expect(buildReply(request(INVITE), 100, 'Trying', { toTag: 't' }).toTag).toBeUndefined();
    const inDialog = request(
      INVITE.replace('<sip:bob@biloxi.example.com>\r', '<sip:bob@biloxi.example.com>;tag=theirs\r'),
    );
    expect(buildReply(inDialog, 200, 'OK', { toTag: 'ours' }).headers.get(H.To)).toBe(
      'Bob <sip:bob@biloxi.example.com>;tag=theirs',
    );
  });

  it('carries a body with its type and length', () => {
    const reply = buildReply(request(INVITE), 200, 'OK', { body: 'v=0', contentType: 'application/sdp' });
    expect([reply.headers.get('c'), reply.headers.get('l'), reply.body]).toEqual(['application/sdp', '3', 'v=0']);
  });

  it('answers a half-broken request with what it has, in bytes that can be read again', () => {
    for (const name of ['clerr', 'ncl', 'mcl01', 'baddn']) {
      const result = parseMessage(tortureBytes(name));
      const message = result.kind === 'malformed' ? result.message : undefined;
      if (message?.kind !== 'request') return expect.fail(name);
      const reply = response(serialized(buildReply(message, 400, 'Bad Request', { toTag: 't' })));
      expect([reply.status, reply.topVia?.branch, reply.callId]).toEqual([400, message.topVia?.branch, message.callId]);
    }
    expect(serialized(buildReply(request('X sip:a SIP/2.0\r\n\r\n'), 400, ''))).toBe(
      'SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('finds a phrase for every code, its own or that of its class', () => {
    const phrase = (status: number): string => buildReply(request(INVITE), status, '').reason;
    expect([404, 499, 699, 299].map(phrase)).toEqual(['Not Found', 'Bad Request', 'Busy Everywhere', 'OK']);
    expect(Object.keys(REASONS).every((code) => Number(code) >= 100 && Number(code) <= 699)).toBe(true);
  });
});

describe('hop-by-hop requests', () => {
  const invite = request(INVITE.replace('From:', 'Route: <sip:r1;lr>,<sip:r2;lr>\r\nFrom:'));
  const busy = response(
    'SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP ss1;branch=z\r\nTo: <sip:bob@biloxi.example.com>;tag=busy\r\n' +
      'From: <sip:a>;tag=1\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n',
  );

  it('CANCEL matches its INVITE (RFC 3261 section 9.1)', () => {
    const cancel = request(serialized(buildCancel(invite)));
    expect([cancel.method, cancel.uri, cancel.cseq]).toEqual(['CANCEL', invite.uri, { number: 1, method: 'CANCEL' }]);
    expect(cancel.headers.values(H.Via)).toEqual([invite.headers.firstValue(H.Via)]);
    expect(cancel.headers.values(H.Route)).toEqual(['<sip:r1;lr>', '<sip:r2;lr>']);
    expect([cancel.headers.get(H.From), cancel.headers.get(H.To), cancel.callId]).toEqual([
      invite.headers.get(H.From),
      invite.headers.get(H.To),
      invite.callId,
    ]);
    expect([cancel.headers.has(H.ProxyRequire), cancel.headers.get(H.ContentLength), cancel.body]).toEqual([
      false,
      '0',
      '',
    ]);
  });

  it('ACK takes To from the response (RFC 3261 section 17.1.1.3)', () => {
    const ack = request(serialized(buildAck(invite, busy)));
    expect([ack.method, ack.uri, ack.cseq]).toEqual(['ACK', invite.uri, { number: 1, method: 'ACK' }]);
    expect([ack.toTag, ack.fromTag, ack.callId]).toEqual(['busy', '9fxced76sl', invite.callId]);
    expect(ack.headers.values(H.Via)).toEqual([invite.headers.firstValue(H.Via)]);
    expect(ack.headers.values(H.Route)).toEqual(['<sip:r1;lr>', '<sip:r2;lr>']);
  });
});

it('bytes of a reply are the reply', () => {
  const reply = buildReply(request(INVITE), 200, 'OK', { toTag: 't' });
  expect(parseMessage(bytesOf(serialized(reply)))).toMatchObject({ kind: 'response', trailing: 0 });
});
