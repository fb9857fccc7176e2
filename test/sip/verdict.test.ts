/** What a proxy refuses by syntax and mandatory headers. */
import { describe, expect, it } from 'vitest';
import { hops, judge, returnsToBroadcast, unsupportedProxyRequire, unsupportedScheme } from '../../src/sip/verdict.ts';
import { INVITE, RINGING, request, response } from './messages.ts';

const without = (text: string, name: string): string => text.replace(new RegExp(`\r\n${name} ?: .*`, 'g'), '');

describe('judge', () => {
  it('lets an ordinary request and response pass', () => {
    expect([judge(request(INVITE)), judge(response(RINGING))]).toEqual([{ kind: 'ok' }, { kind: 'ok' }]);
  });

  it.each(['From', 'TO', 'Call-ID', 'CSeq'])('rejects a request without %s and discards a response', (name) => {
    expect(judge(request(without(INVITE, name)))).toMatchObject({ kind: 'reject', status: 400 });
    const header = name === 'TO' ? 'To' : name;
    expect(judge(response(without(RINGING, header)))).toEqual({ kind: 'discard', rule: `Missing ${header}` });
  });

  it('asks for a Via', () => {
    expect(judge(request(without(without(INVITE, 'Via'), 'v')))).toMatchObject({ status: 400, reason: 'Missing Via' });
  });

  it.each(['From: <sip:a>', 'To: <sip:a>', 'Call-ID: x', 'i: x', 'CSeq: 1 INVITE', 'Max-Forwards: 1', 'c: text/plain'])(
    'rejects a second %s',
    (line) => {
      expect(judge(request(INVITE.replace('X-Folded', `${line}\r\nX-Folded`)))).toMatchObject({
        status: 400,
        reason: expect.stringMatching(/^Repeated /),
      });
    },
  );

  it.each([
    ['CSeq: 1 INVITE', 'CSeq: 1 BYE', 400],
    ['CSeq: 1 INVITE', 'CSeq: x INVITE', 400],
    ['CSeq: 1 INVITE', 'CSeq: 4294967296 INVITE', 400],
    ['branch=z9hG4bK2d4790.1', 'branch=z9hG4bK', 400],
    ['Via: SIP/2.0/UDP ss1', 'Via: SIP/2.0 ss1', 400],
    ['Max-Forwards: 69', 'Max-Forwards: -1', 400],
    ['Max-Forwards: 69', 'Max-Forwards: many', 400],
    ['"Alice" <', '"Alice <', 400],
    ['m: <sip:alice@client.atlanta.example.com;transport=tcp>', 'm: sip:a@b?x=y', 400],
    ['INVITE sip:bob@biloxi.example.com S', 'INVITE <sip:bob@biloxi.example.com> S', 400],
    ['INVITE sip:bob@biloxi.example.com S', 'INVITE sip:bob@biloxi.example.com?a=b S', 400],
    ['INVITE sip:bob@biloxi.example.com SIP/2.0', 'INVITE sip:bob@biloxi.example.com', 400],
    ['INVITE sip:bob@biloxi.example.com SIP/2.0', 'INVITE sip:bob@biloxi.example.com SIP/3.0', 505],
    ['INVITE sip:bob@biloxi.example.com SIP/2.0', 'INVITE sip:bob@biloxi.example.com SIP/2.0 ', 400],
    ['INVITE sip:bob@biloxi.example.com SIP/2.0', 'INVITE /index.html HTTP/1.1', 505],
    ['Call-ID: 3848276298220188511@atlanta.example.com', 'Call-ID:', 400],
  ])('rejects %j written as %j with %d', (good, bad, status) => {
    expect(INVITE).toContain(good);
    expect(judge(request(INVITE.replace(good, bad)))).toMatchObject({ kind: 'reject', status });
  });

  it.each([
    ['CSeq: 1 INVITE', 'CSeq: 4294967295 INVITE'],
    ['branch=z9hG4bK2d4790.1', 'branch=z9hG4bKx'],
    ['SIP/2.0\r\n', 'sip/2.0\r\n'],
    ['INVITE sip:bob@biloxi.example.com', 'INVITE tel:+12015550123'],
    ['Max-Forwards: 69', 'Max-Forwards: 0'],
  ])('accepts %j written as %j', (good, other) => {
    expect(INVITE).toContain(good);
    expect(judge(request(INVITE.replace(good, other)))).toEqual({ kind: 'ok' });
  });

  it.each([
    ['100', 'ok'],
    ['699', 'ok'],
    ['99', 'discard'],
    ['700', 'discard'],
  ])('judges status %s: %s', (status, kind) => {
    expect(judge(response(RINGING.replace('180', status))).kind).toBe(kind);
  });

  it('discards a response of another version', () => {
    expect(judge(response(RINGING.replace('SIP/2.0 180', 'SIP/3.0 180')))).toEqual({
      kind: 'discard',
      rule: 'version',
    });
  });
});

describe('what configuration decides', () => {
  it('knows the schemes that are not routed', () => {
    const to = (uri: string) => request(INVITE.replace('INVITE sip:bob@biloxi.example.com', `INVITE ${uri}`));
    expect(['sip:a', 'SIPS:a', 'tel:1', 'urn:x'].map((uri) => unsupportedScheme(to(uri)))).toEqual([
      undefined,
      undefined,
      undefined,
      'urn',
    ]);
    expect(unsupportedScheme(to('tel:1'), ['sip'])).toBe('tel');
  });

  it('lists the tags of Proxy-Require that are not supported', () => {
    const asking = request(INVITE.replace('X-Folded', 'Proxy-Require: a, B\r\nProxy-Require: c\r\nX-Folded'));
    expect(unsupportedProxyRequire(asking, ['b'])).toEqual(['a', 'c']);
    expect(unsupportedProxyRequire(request(INVITE), [])).toEqual([]);
  });

  it('reads the hops that are left', () => {
    const left = (line: string) => hops(request(INVITE.replace('Max-Forwards: 69\r\n', line)));
    expect([left('Max-Forwards: 0\r\n'), left(''), left('Max-Forwards: x\r\n')]).toEqual([0, 'missing', 'malformed']);
  });

  it('sees a response on its way to a broadcast or multicast address', () => {
    const below = (host: string) =>
      returnsToBroadcast(response(RINGING.replace('From:', `Via: SIP/2.0/UDP ${host}\r\nFrom:`)));
    expect(
      [
        '255.255.255.255',
        '224.0.0.1',
        '239.1.1.1;ttl=1',
        '[ff02::1]',
        '192.0.2.1',
        'a.b',
        '1.2.3.4;received=255.255.255.255',
      ].map(below),
    ).toEqual([true, true, true, true, false, false, true]);
    expect(returnsToBroadcast(response(RINGING))).toBe(false);
  });
});
