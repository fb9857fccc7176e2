/** textops: what searching, replacing and substituting leave, as Kamailio 5.6.3 does where no title says otherwise. */
import { describe, expect, it } from 'vitest';
import type { PvPlace } from '../../../src/engine/pv-value.ts';
import { textops } from '../../../src/modules/textops/textops.ts';
import { MAX_REPLY_HEADERS } from '../../../src/modules/textops/header-functions.ts';
import { PARSE_LIMITS } from '../../../src/sip/parse.ts';
import { rigOf, written } from '../../support/contexts.ts';

const rig = await rigOf([textops]);
const fn = rig.modules.textops;

const request = (body = 'one two one') =>
  rig.request(written({ headers: ['X-A: sip:dave@h', 'X-B: 2', 'X-A: last', 'Content-Type: text/plain'], body }));
type Ctx = ReturnType<typeof request>;
const own = ({ message }: Ctx): string =>
  message.headers
    .fields()
    .filter(({ name }) => name.startsWith('X-'))
    .map(({ name, value }) => `${name}: ${value}`)
    .join(', ');

function variable(): PvPlace & { value: unknown } {
  const place = {
    name: '$var(x)',
    value: undefined as unknown,
    read: () => null,
    write: (_: unknown, value: unknown) => {
      place.value = value;
    },
  };
  return place;
}

describe('headers', () => {
  it('are removed by expressions over their names', () => {
    const ctx = request();
    expect([fn.isPresentHfRe(ctx, '^x-b$'), fn.isPresentHfRePv(ctx, '^b$')]).toEqual([true, false]);
    expect([fn.removeHfRe(ctx, '^x-[b]'), fn.removeHfRePv(ctx, '^x-[b]')]).toEqual(['removed', 'absent']);
    expect(own(ctx)).toBe('X-A: sip:dave@h, X-A: last');
    expect([fn.removeHfExp(ctx, '^X-', '^X-A'), fn.removeHfExpPv(ctx, '^X-', '^X-C')]).toEqual(['absent', 'removed']);
    expect(own(ctx)).toBe('');
  });

  it.each([
    [0, 'X-B: 2, X-A: last'],
    [-1, 'X-A: sip:dave@h, X-B: 2'],
    [2, 'X-A: sip:dave@h, X-B: 2, X-A: last'],
  ])('are removed one by one: %i', (index, left) => {
    const ctx = request();
    fn.removeHfIdx(ctx, 'x-a', index);
    expect(own(ctx)).toBe(left);
  });

  it.each([
    ['equal', 'last', 'X-A: sip:dave@h, X-B: 2'],
    ['notEqual', 'last', 'X-B: 2, X-A: last'],
    ['contains', 'dave', 'X-B: 2, X-A: last'],
    ['matches', '^L.*T$', 'X-A: sip:dave@h, X-B: 2'],
  ] as const)('are removed by their values: %s %s', (how, text, left) => {
    const ctx = request();
    expect(fn.removeHfMatch(ctx, 'X-A', how, text)).toBe('removed');
    expect(own(ctx)).toBe(left);
  });

  it('are added in the order of the calls, several at once as well', () => {
    const ctx = request();
    fn.appendHf(ctx, 'X-C: 1', 'X-A');
    fn.appendHf(ctx, ['X-D: 1', 'X-E: 1'], 'X-A');
    fn.insertHf(ctx, ['X-F: 1', 'X-G: 1'], 'X-B');
    expect(own(ctx)).toBe('X-A: sip:dave@h, X-F: 1, X-G: 1, X-B: 2, X-A: last, X-C: 1, X-D: 1, X-E: 1');
    expect(fn.appendHf(ctx, ['X-H: 1', 'no header'])).toBe('malformed');
    expect(fn.appendHf(ctx, [])).toBe('malformed');
    expect(own(ctx)).not.toContain('X-H');
  });

  it('can hold the Request-URI as it was received and the time', () => {
    const ctx = request();
    const uri = ctx.message.uri;
    ctx.message.uri = 'sip:elsewhere@h';
    expect(fn.appendUriHf(ctx, 'X-Was: <', '>\r\n')).toBe('added');
    expect(ctx.message.headers.get('X-Was')).toBe(`<${uri}>`);
    fn.appendTimeToRequest(ctx);
    expect(ctx.message.headers.fields()[1]?.text).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n$/);
  });

  it('say which privacy is asked for', () => {
    const ctx = rig.request(written({ headers: ['Privacy: id; USER'] }));
    expect(['id', 'user', 'header'].map((value) => fn.isPrivacy(ctx, value))).toEqual([true, true, false]);
  });
});

describe('replies that are made here', () => {
  it('have the headers, the time and the body that they were given', () => {
    const ctx = request();
    fn.appendToReply(ctx, ['X-R: 1', 'X-S: 2']);
    fn.appendTime(ctx);
    expect(fn.setReplyBody(ctx, '', 'text/x')).toBe('empty');
    expect(fn.setReplyBody(ctx, 'said', 'text/x')).toBe('set');
    const reply = rig.engine.replies.stateless(ctx.message, { status: 200 }, ctx.state);
    const names = ['X-R', 'X-S', 'Content-Type', 'Content-Length'];
    expect(names.map((name) => reply.headers.get(name))).toEqual(['1', '2', 'text/x', '4']);
    expect([reply.headers.has('Date'), reply.body]).toEqual([true, 'said']);
  });

  it('take several headers only where there is room for all', () => {
    const ctx = request();
    for (let i = 1; i < MAX_REPLY_HEADERS; i++) fn.appendToReply(ctx, 'X-R: 1');
    expect([fn.appendToReply(ctx, ['X-R: 1', 'X-R: 1']), fn.appendTime(ctx), fn.appendTime(ctx)]).toEqual([
      'full',
      'added',
      'full',
    ]);
  });

  it('copy the headers of the request as it was received', () => {
    const ctx = request();
    const { callId, fromTag } = ctx.message;
    for (const name of ['From', 'To', 'Call-ID', 'CSeq']) ctx.message.headers.remove(name);
    ctx.message.headers.append('From', '<sip:anonymous@anonymous.invalid>;tag=other');
    const reply = rig.engine.replies.stateless(ctx.message, { status: 404 }, ctx.state);
    expect([reply.callId, reply.fromTag, reply.cseq?.method]).toEqual([callId, fromTag, ctx.message.method]);
    expect(reply.toTag).toMatch(/^vs/);
  });
});

describe('texts of a message', () => {
  it('are replaced in headers and body', () => {
    const ctx = request();
    expect([fn.replace(ctx, 'x-a: SIP:d', 'X-A: sip:D'), fn.replaceAll(ctx, '^X-A: ', 'X-New: ')]).toEqual([
      'replaced',
      'replaced',
    ]);
    expect(own(ctx)).toBe('X-New: sip:Dave@h, X-B: 2, X-New: last');
    expect([fn.replaceHdrs(ctx, 'one', 'x'), fn.replaceBody(ctx, 'ONE', '1')]).toEqual(['absent', 'replaced']);
    expect([fn.replaceBodyAll(ctx, 'o', '0'), ctx.message.body]).toEqual(['replaced', '1 tw0 0ne']);
    expect(ctx.message.headers.get('Content-Length')).toBe('9');
  });

  it('are replaced as they are', () => {
    const ctx = request();
    expect(fn.replaceStr(ctx, 'one', '1', 'all')).toBe('replaced');
    expect(fn.replaceHdrsStr(ctx, 'X-A', 'X-C', 'first')).toBe('replaced');
    expect([fn.replaceBodyStr(ctx, '1', 'l', 'first'), fn.replaceStr(ctx, '', 'x', 'all')]).toEqual([
      'replaced',
      'absent',
    ]);
    expect([own(ctx), ctx.message.body]).toEqual(['X-C: sip:dave@h, X-B: 2, X-A: last', 'l two 1']);
  });

  it('are replaced line by line or at once', () => {
    const lines = request('l1\nl2');
    fn.replaceBodyAll(lines, '^l.*', 'x');
    const once = request('l1\nl2');
    fn.replaceBodyAtonce(once, '^l.*', 'x');
    expect([lines.message.body, once.message.body]).toEqual(['x\nx', 'x']);
  });

  it('are added behind what is found', () => {
    const ctx = request();
    expect([fn.searchAppend(ctx, 'X-B: 2', '2'), fn.searchAppendBody(ctx, 'two', '!')]).toEqual(['added', 'added']);
    expect([own(ctx), ctx.message.body]).toEqual(['X-A: sip:dave@h, X-B: 22, X-A: last', 'one two! one']);
    expect([fn.searchAppend(ctx, 'nowhere', 'x'), fn.searchAppendBody(ctx, 'X-B', 'x')]).toEqual(['absent', 'absent']);
  });

  it('leave every line that is not touched as it came', () => {
    const ctx = request();
    fn.subst(ctx, '/^X-B: 2\r\n//');
    const { raw } = ctx.message;
    expect(ctx.message.serialize().toString('latin1')).toBe(raw.replace('X-B: 2\r\n', ''));
  });

  it('may become several lines, or fewer', () => {
    const ctx = request();
    fn.subst(ctx, '/^X-B: 2/X-C: 3\\r\\nX-D: 4/');
    expect(own(ctx)).toBe('X-A: sip:dave@h, X-C: 3, X-D: 4, X-A: last');
    fn.subst(ctx, '/3\r\nX-D/X/');
    expect(own(ctx)).toBe('X-A: sip:dave@h, X-C: X: 4, X-A: last');
  });

  it.each([
    ['a line without a name', '/^X-B: 2/broken/'],
    ['the end of the head', '/Content-Length: 11\r\n\r\n/x/'],
    ['an empty line', '/^X-B: 2/\\r\\n\\r\\nX-B: 2/'],
  ])('stay as they are when an edit would make %s of them (Kamailio sends it)', (_, substitution) => {
    const ctx = request();
    expect(fn.subst(ctx, substitution)).toBe('absent');
    expect(ctx.message.serialize().toString('latin1')).toBe(ctx.message.raw);
  });

  it(`stay as they are when they would become longer than ${PARSE_LIMITS.messageBytes} bytes`, () => {
    const ctx = request();
    const head = ctx.message.headers.fields().reduce((sum, { text }) => sum + text.length, 0);
    const most = PARSE_LIMITS.messageBytes - head - 'two one'.length - 1;
    expect(fn.replace(ctx, '^one', 'x'.repeat(most + 2))).toBe('absent');
    expect(fn.replace(ctx, '^one', 'x'.repeat(most))).toBe('replaced');
    expect(fn.replaceBodyStr(ctx, 'two', 'x'.repeat(PARSE_LIMITS.messageBytes), 'all')).toBe('absent');
  });
});

describe('substitutions', () => {
  it('work on one header, on the Request-URI, its user, and the body', () => {
    const ctx = request();
    expect(fn.substHf(ctx, 'X-A', '/a/A/', 'last')).toBe('replaced');
    expect(fn.substHf(ctx, 'X-A', '/last/x/', 'first')).toBe('absent');
    expect([fn.substBody(ctx, '/(one) (two)/\\2 \\1/'), fn.substBody(ctx, '/x/y/')]).toEqual(['replaced', 'absent']);
    expect([own(ctx), ctx.message.body]).toEqual(['X-A: sip:dave@h, X-B: 2, X-A: lAst', 'two one one']);
    ctx.message.uri = 'sip:bob@h';
    expect([fn.substUri(ctx, '/^sip:(.*)@/sip:99\\1@/'), fn.substUser(ctx, '/^99/00/')]).toEqual([
      'replaced',
      'replaced',
    ]);
    expect(ctx.message.uri).toBe('sip:00bob@h');
    expect([fn.substUser(ctx, '/.*//'), ctx.message.uri]).toEqual(['replaced', 'sip:h']);
  });

  it('that cannot be read throw: it is the fault of the route', () => {
    expect(() => fn.subst(request(), '/a/b')).toThrow(SyntaxError);
  });
});

describe('questions', () => {
  it('about one header', () => {
    const ctx = request();
    expect([fn.searchHf(ctx, 'X-A', 'LAST', 'all'), fn.searchHf(ctx, 'X-A', 'last', 'first')]).toEqual([true, false]);
    expect([fn.searchHf(ctx, 'X-A', 'dave', 'last'), fn.searchStr(ctx, 'abc', 'B')]).toEqual([false, true]);
  });

  it('about a group of an expression', () => {
    const [found, none] = [variable(), variable()];
    const ctx = request();
    expect(fn.regexSubstring(ctx, '_ ab12 _', '([a-z]+)([0-9]+)', 2, 3, found)).toBe('found');
    expect(fn.regexSubstring(ctx, '_ ab12 _', '([a-z]+)([0-9]+)', 2, 2, none)).toBe('absent');
    expect([found.value, none.value]).toEqual(['12', undefined]);
  });

  it('about two texts', () => {
    const ctx = request();
    expect([
      fn.compareStart(ctx, 'abc', 'ab'),
      fn.compareStart(ctx, 'a', 'ab'),
      fn.compareStart(ctx, 'abc', 'b'),
    ]).toEqual(['equal', 'shorter', 'less']);
    expect([fn.compareEnd(ctx, 'abc', 'bc'), fn.compareEnd(ctx, 'abc', 'bb')]).toEqual(['equal', 'greater']);
    expect([fn.cmpStr(ctx, 'a', 'A'), fn.cmpIstr(ctx, 'a', 'A'), fn.cmpStr(ctx, 'a', 'b')]).toEqual([
      'greater',
      'equal',
      'less',
    ]);
    expect([fn.strFind(ctx, 'abc', 'B'), fn.strIfind(ctx, 'abc', 'B'), fn.strFind(ctx, 'a', '')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('about lists', () => {
    const ctx = request();
    const lists = ['dk, fi ,no', 'f', ''];
    expect(lists.map((list) => fn.inList(ctx, 'fi', list, ','))).toEqual([true, false, false]);
    expect(lists.map((list) => fn.inListPrefix(ctx, 'final', list, ','))).toEqual([true, true, false]);
  });

  const head = 'v=0\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
  it.each([
    [head, 'no'],
    [`${head}a=sendonly\r\n`, 'direction'],
    [head.replace('t=0', 'a=inactive\r\nt=0'), 'direction'],
    [`${head.replace('t=0', 'a=inactive\r\nt=0')}a=sendrecv\r\n`, 'no'],
    [head.replace('192.0.2.1', '0.0.0.0'), 'address'],
    [`${head.replace('192.0.2.1', '0.0.0.0')}c=IN IP4 192.0.2.1\r\n`, 'no'],
    [`${head.replace('audio', 'video')}a=sendonly\r\n`, 'no'],
    ['', 'no'],
  ] as const)('about hold: %j is %s', (sdp, expected) => {
    expect(fn.isAudioOnHold(request(sdp))).toBe(expected);
  });
});

describe('bodies', () => {
  it('are set with their type', () => {
    const ctx = request('');
    expect([fn.setBody(ctx, '', 'a/b'), fn.setBody(ctx, 'new', 'text/x')]).toEqual(['empty', 'set']);
    expect([ctx.message.body, ctx.message.headers.getAll('c')]).toEqual(['new', ['text/x']]);
  });

  const parts = () => {
    const ctx = request('first');
    fn.setBodyMultipart(ctx, undefined, undefined, 'xx');
    fn.appendBodyPart(ctx, 'second', 'text/b', 'signal');
    fn.appendBodyPartHex(ctx, '74 68', 'text/c');
    return ctx;
  };

  it('become bodies of parts and take more of them', () => {
    expect(parts().message.body).toBe(
      [
        '--xx\r\nContent-Type: text/plain\r\n\r\nfirst\r\n',
        '--xx\r\nContent-Type: text/b\r\nContent-Disposition: signal\r\n\r\nsecond\r\n',
        '--xx\r\nContent-Type: text/c\r\n\r\nth\r\n--xx--\r\n',
      ].join(''),
    );
    expect(parts().message.headers.get('Content-Type')).toBe('multipart/mixed;boundary="xx"');
    expect(fn.setBodyMultipart(parts())).toBe('refused');
    expect(fn.appendBodyPart(request(), 'x', 'text/b')).toBe('refused');
    expect(fn.appendBodyPartHex(parts(), '7', 'text/b')).toBe('refused');
  });

  it('give, lose and are reduced to parts', () => {
    const ctx = parts();
    const [part, raw] = [variable(), variable()];
    expect([fn.getBodyPart(ctx, 'TEXT/C', part), fn.getBodyPartRaw(ctx, 'text/c', raw)]).toEqual(['found', 'found']);
    expect([part.value, raw.value]).toEqual(['\r\nth\r\n', 'Content-Type: text/c\r\n\r\nth\r\n--xx--\r\n']);
    expect(fn.getBodyPart(ctx, 'text/none', part)).toBe('absent');
    expect([fn.removeBodyPart(ctx, 'text/c'), fn.removeBodyPart(ctx, 'text/c')]).toEqual(['removed', 'absent']);
    expect(ctx.message.body.endsWith('second\r\n--xx--\r\n')).toBe(true);
    expect([fn.filterBody(ctx, 'text/b'), ctx.message.body]).toEqual(['filtered', 'second']);
    expect(fn.filterBody(request(), 'text/plain')).toBe('absent');
  });
});
