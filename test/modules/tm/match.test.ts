/** What matching reads from a request stays the same while a route edits it. */
import { describe, expect, it } from 'vitest';
import { dialogKey, matchParts } from '../../../src/modules/tm/match.ts';
import { parseMessage } from '../../../src/sip/parse.ts';

function invite(text = 'INVITE sip:bob@example.com SIP/2.0') {
  const head = [
    text,
    'Via: SIP/2.0/UDP host:5070;branch=z9hG4bK1',
    'From: <sip:a@b>;tag=f',
    'To: <sip:c@d>;tag=t',
    'Call-ID: id',
    'CSeq: 7 INVITE',
  ];
  const parsed = parseMessage(Buffer.from(`${head.join('\r\n')}\r\n\r\n`));
  if (parsed.kind !== 'request') throw new Error('no request');
  return parsed.message;
}

describe('match parts', () => {
  it('are those of the topmost Via, From, To, Call-ID and CSeq', () => {
    expect(matchParts(invite())).toEqual({
      method: 'INVITE',
      uri: 'sip:bob@example.com',
      branch: 'z9hG4bK1',
      transport: 'UDP',
      host: 'host',
      port: 5070,
      fromTag: 'f',
      toTag: 't',
      callId: 'id',
      cseqNumber: 7,
    });
  });

  it('do not change when the Request-URI is rewritten or the source is marked in the Via', () => {
    const request = invite();
    const before = matchParts(request);
    request.uri = 'sip:elsewhere@10.0.0.9';
    request.headers.replaceFirstValue('Via', 'SIP/2.0/UDP host:5070;branch=z9hG4bK1;received=10.0.0.2');
    expect(matchParts(request)).toEqual(before);
  });

  it('name the dialog that an ACK to a 2xx is about', () => {
    const parts = matchParts(invite());
    expect(dialogKey(parts, 't')).toBe(dialogKey({ ...parts, method: 'ACK', branch: 'other' }, 't'));
    expect(dialogKey(parts, 't')).not.toBe(dialogKey(parts, 'u'));
  });
});
