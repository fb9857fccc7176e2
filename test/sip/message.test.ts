/** Requests and responses: typed readings, edits, forks. */
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { SipRequest, SipResponse } from '../../src/sip/message.ts';
import { INVITE, RINGING, request, response, serialized } from './messages.ts';

describe('a received request', () => {
  it('is read by type', () => {
    const invite = request(INVITE);
    expect([invite.method, invite.uri, invite.version]).toEqual(['INVITE', 'sip:bob@biloxi.example.com', 'SIP/2.0']);
    expect(invite.topVia).toMatchObject({
      transport: 'UDP',
      host: 'ss1.atlanta.example.com',
      branch: 'z9hG4bK2d4790.1',
    });
    expect(invite.vias.map((via) => via.transport)).toEqual(['UDP', 'TCP', 'UDP']);
    expect([invite.from?.display, invite.fromTag, invite.to?.uri, invite.toTag]).toEqual([
      'Alice',
      '9fxced76sl',
      'sip:bob@biloxi.example.com',
      undefined,
    ]);
    expect(invite.callId).toBe('3848276298220188511@atlanta.example.com');
    expect(invite.cseq).toEqual({ number: 1, method: 'INVITE' });
    expect([invite.maxForwards, invite.body, invite.startLine]).toEqual([
      69,
      'v=0\n',
      'INVITE sip:bob@biloxi.example.com SIP/2.0',
    ]);
    expect(invite.contacts).toMatchObject({
      kind: 'list',
      contacts: [{ uri: 'sip:alice@client.atlanta.example.com;transport=tcp' }],
    });
    expect([invite.routes, invite.recordRoutes?.[0]?.uri]).toEqual([[], 'sip:ss1.atlanta.example.com;lr']);
    expect(invite.parsedUri).toMatchObject({ kind: 'sip', user: 'bob' });
  });

  it('shows edits to typed readers that had read before', () => {
    const invite = request(INVITE);
    expect([invite.fromTag, invite.cseq?.number, invite.topVia?.host, invite.maxForwards]).toEqual([
      '9fxced76sl',
      1,
      'ss1.atlanta.example.com',
      69,
    ]);
    expect(invite.parsedUri).toMatchObject({ host: 'biloxi.example.com' });
    invite.headers.set(H.From, '<sip:x@y>;tag=new');
    invite.headers.set(H.CSeq, '2 INVITE');
    invite.headers.prepend(H.Via, 'SIP/2.0/TLS proxy');
    invite.headers.set(H.MaxForwards, 'x');
    invite.uri = 'sip:other@host';
    expect([invite.fromTag, invite.cseq?.number, invite.topVia?.host, invite.maxForwards]).toEqual([
      'new',
      2,
      'proxy',
      undefined,
    ]);
    expect(invite.parsedUri).toMatchObject({ host: 'host' });
  });

  it('reads malformed headers as undefined, again and again', () => {
    const invite = request(INVITE);
    for (const id of [H.From, H.To, H.CSeq, H.Via, H.Contact, H.RecordRoute] as const) invite.headers.set(id, ';;');
    for (let i = 0; i < 2; i++) {
      const { from, to, fromTag, toTag, cseq, topVia, contacts, recordRoutes } = invite;
      expect([from, to, fromTag, toTag, cseq, topVia, contacts, recordRoutes]).toEqual(Array(8).fill(undefined));
      expect(invite.vias).toEqual([]);
    }
  });

  it('writes a new Request-URI and keeps the rest byte for byte', () => {
    const invite = request(INVITE);
    invite.uri = 'sip:bob@192.0.2.4;transport=tcp';
    expect(serialized(invite)).toBe(
      INVITE.replace('sip:bob@biloxi.example.com S', 'sip:bob@192.0.2.4;transport=tcp S'),
    );
    invite.uri = 'sip:bob@biloxi.example.com';
    expect(serialized(invite)).toBe(INVITE);
  });

  it('never lets a Request-URI split the message', () => {
    const invite = request(INVITE);
    invite.uri = 'sip:a@b SIP/2.0\r\nX: y\0';
    expect(invite.uri).toBe('sip:a@b%20SIP/2.0%0D%0AX:%20y%00');
  });

  it('takes a new body with its length, whatever form the header had', () => {
    const invite = request(INVITE);
    invite.body = 'twelve bytes';
    expect([invite.body, invite.headers.getAll('Content-Length')]).toEqual(['twelve bytes', ['12']]);
    expect(serialized(invite)).toBe(INVITE.replace(/l: 4\r\n\r\nv=0\n/, 'Content-Length: 12\r\n\r\ntwelve bytes'));
    invite.headers.remove('l');
    invite.body = '\u20ac';
    expect(serialized(invite).endsWith('Content-Length: 3\r\n\r\n\xe2\x82\xac')).toBe(true);
    invite.body = '';
    expect(serialized(invite).endsWith('Content-Length: 0\r\n\r\n')).toBe(true);
  });

  it('hands its edits to a fork', () => {
    const invite = request(INVITE);
    invite.uri = 'sip:x';
    invite.body = 'b';
    invite.headers.append('X', '1');
    expect(serialized(invite.fork())).toBe(serialized(invite));
  });
});

describe('a received response', () => {
  it('is read by type and changes its status line alone', () => {
    const ringing = response(RINGING);
    expect([ringing.status, ringing.reason, ringing.toTag, ringing.cseq?.method]).toEqual([
      180,
      'Ringing',
      '314159',
      'INVITE',
    ]);
    expect([ringing.topVia?.branch, ringing.vias.length, ringing.fromTag]).toEqual([
      'z9hG4bK2d4790.1',
      1,
      '9fxced76sl',
    ]);
    expect([ringing.contacts, ringing.routes, ringing.recordRoutes]).toEqual([undefined, [], []]);
    ringing.setStatus(183, 'Progress\r\nX: y');
    expect(serialized(ringing)).toBe(RINGING.replace('180 Ringing', '183 Progress X: y'));
    ringing.setStatus(180, 'Ringing');
    expect(serialized(ringing)).toBe(RINGING);
  });

  it('forks with its own status and body', () => {
    const ringing = response(RINGING);
    const fork = ringing.fork();
    fork.setStatus(200, 'OK');
    fork.body = 'x';
    expect([ringing.status, ringing.body, fork.fork().status, fork.fork().body]).toEqual([180, '', 200, 'x']);
    expect(serialized(ringing)).toBe(RINGING);
  });
});

describe('a message of our own', () => {
  it('has a start line, the headers in their order and a blank line', () => {
    const options = SipRequest.create('OPTIONS', 'sip:a@b');
    expect(serialized(options)).toBe('OPTIONS sip:a@b SIP/2.0\r\n\r\n');
    options.headers.append(H.To, '<sip:a@b>');
    options.headers.prepend(H.Via, 'SIP/2.0/UDP x');
    options.body = 'hi';
    expect(serialized(options)).toBe(
      'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nTo: <sip:a@b>\r\nContent-Length: 2\r\n\r\nhi',
    );
    const busy = SipResponse.create(486, 'Busy Here');
    busy.headers.append('X-Why', 'lunch');
    expect(serialized(busy)).toBe('SIP/2.0 486 Busy Here\r\nX-Why: lunch\r\n\r\n');
  });
});
