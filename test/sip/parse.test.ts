/** From bytes to messages: totality, the identity, limits at their edges. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import { PARSE_LIMITS, type ParseLimits, parseMessage, type ParseResult } from '../../src/sip/parse.ts';
import { bytesOf, INVITE, RINGING, request, response, serialized, tortureBytes } from './messages.ts';

const parse = (text: string, limits?: Partial<ParseLimits>): ParseResult =>
  parseMessage(bytesOf(text), { ...PARSE_LIMITS, ...limits });
const START = 'OPTIONS sip:a SIP/2.0\r\n';

const rule = (result: ParseResult): string => (result.kind === 'malformed' ? result.rule : result.kind);

describe('parseMessage', () => {
  it('gives back the bytes of a message that nobody edited', () => {
    expect(serialized(request(INVITE))).toBe(INVITE);
    expect(serialized(response(RINGING))).toBe(RINGING);
    expect(serialized(request(`${START}\r\n`))).toBe(`${START}\r\n`);
  });

  it('takes any view of bytes, not only a Buffer of its own', () => {
    const larger = new Uint8Array(INVITE.length + 20);
    larger.set(bytesOf(INVITE), 7);
    const result = parseMessage(larger.subarray(7, 7 + INVITE.length));
    expect(result.kind === 'request' && serialized(result.message)).toBe(INVITE);
  });

  it('ignores empty lines before the start line (RFC 3261 section 7.5)', () => {
    expect(serialized(request(`\r\n\r\n${INVITE}`))).toBe(INVITE);
    expect(rule(parse('\r\n\r\n'))).toBe('empty');
    expect(rule(parse(''))).toBe('empty');
  });

  it('reads folds, empty values, and white space around the colon', () => {
    const text = `${START}A :\r\n one\r\n\t two \r\nB:\r\nC: \t x y \t\r\nD  \t:z\r\nE:\r\n \r\n\r\n`;
    const { headers } = request(text);
    expect(['A', 'B', 'C', 'D', 'E'].map((name) => headers.get(name))).toEqual(['one two', '', 'x y', 'z', '']);
    expect(serialized(request(text))).toBe(text);
  });

  it('keeps NUL bytes and any other byte of the body', () => {
    const body = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    expect(request(`${START}l: 256\r\n\r\n${body}`).body).toBe(body);
  });

  it('takes the rest of the datagram as body without a Content-Length', () => {
    expect(request(`${START}A: b\r\n\r\nbody`).body).toBe('body');
  });

  it('ignores what stands behind the body and never sends it on (RFC 3261 section 18.3)', () => {
    const result = parse(`${START}l: 2\r\n\r\nhixxx`);
    expect(result).toMatchObject({ kind: 'request', trailing: 3 });
    expect(result.kind === 'request' && serialized(result.message)).toBe(`${START}l: 2\r\n\r\nhi`);
    expect(result.kind === 'request' && result.message.raw).toBe(`${START}l: 2\r\n\r\nhi`);
  });

  it.each([
    ['body-cut-short', 'l: 5\r\n\r\nhi'],
    ['content-length', 'l: -1\r\n\r\nhi'],
    ['content-length', 'l: 2x\r\n\r\nhi'],
    ['content-length', 'l:\r\n\r\nhi'],
    ['content-length', `l: ${'9'.repeat(11)}\r\n\r\nhi`],
    ['content-length-repeated', 'l: 2\r\nContent-Length: 2\r\n\r\nhi'],
    ['no-blank-line', 'A: b\r\n'],
    ['no-blank-line', 'A: b'],
    ['no-blank-line', 'A: b\r\n c'],
    ['header-line', 'A b\r\n\r\n'],
    ['header-line', ': b\r\n\r\n'],
    ['header-line', 'A(: b\r\n\r\n'],
    ['header-line', 'Vi\r\n a: b\r\n\r\n'],
    ['bare-cr', 'A: b\rVia: evil\r\n\r\n'],
    ['bare-cr', 'A: b\r\r\n\r\n'],
  ])('reports %s and what was readable, for the 400', (expected, rest) => {
    const result = parse(`${START}Call-ID: x\r\n${rest}`);
    expect(rule(result)).toBe(expected);
    if (result.kind !== 'malformed') return;
    expect(result.message?.headers.get(H.CallId)).toMatch(/^x/);
    expect(result.message).toMatchObject({ kind: 'request', method: 'OPTIONS' });
  });

  it.each([
    'hello',
    'a\r\n\r\n',
    'IN(ITE sip:a SIP/2.0\r\n\r\n',
    ' OPTIONS sip:a SIP/2.0\r\n\r\n',
    'SIP/2.0\r\n\r\n',
    'SIP/2.0 abc OK\r\n\r\n',
    '\0\0\0\0',
  ])('finds no start line in %j', (text) => {
    expect(rule(parse(text))).toMatch(/^(start-line|no-blank-line)$/);
    expect(parse(text)).not.toHaveProperty('message');
  });

  it('takes no fold before the first header', () => {
    expect(rule(parse(`${START} A: b\r\n\r\n`))).toBe('header-line');
  });

  it.each([
    ['INVITE  sip:a b  SIP/2.0', { method: 'INVITE', uri: ' sip:a b ', version: 'SIP/2.0' }],
    ['INVITE sip:a SIP/7.0', { uri: 'sip:a', version: 'SIP/7.0' }],
    ['INVITE sip:a SIP/2.0  ', { uri: 'sip:a', version: 'SIP/2.0', startLine: 'INVITE sip:a SIP/2.0  ' }],
    ['INVITE sip:a', { uri: 'sip:a', version: '' }],
    ['SIP/2.0 200', { status: 200, reason: '' }],
    ['sip/2.0 200 OK then', { status: 200, reason: 'OK then', version: 'sip/2.0' }],
    ['SIP/2.0 4294967301 x', { status: 4294967301, reason: 'x' }],
  ])('keeps the start line %j for the verdict', (line, parts) => {
    const result = parse(`${line}\r\n\r\n`);
    expect(result.kind === 'malformed' ? result : result.message).toMatchObject(parts);
    expect(result.kind !== 'malformed' && serialized(result.message)).toBe(`${line}\r\n\r\n`);
  });

  it('mends bare LF line ends, in the head alone, and says so', () => {
    const result = parse('OPTIONS sip:a SIP/2.0\nA: b\r\nC: d\n e\n\nx\ny\n\nz');
    expect(result).toMatchObject({ kind: 'request', repaired: 'bare-lf' });
    expect(result.kind === 'request' && serialized(result.message)).toBe(
      'OPTIONS sip:a SIP/2.0\r\nA: b\r\nC: d\r\n e\r\n\r\nx\ny\n\nz',
    );
    expect(request(INVITE.replaceAll('\r\n', '\n')).headers.getAll('via')).toHaveLength(2);
    expect(rule(parse('OPTIONS sip:a SIP/2.0\nA: b\n'))).toBe('no-blank-line');
  });
});

describe('parse limits', () => {
  const head = (count: number): string => `${START}${'A: b\r\n'.repeat(count)}\r\n`;

  it('allow headers up to the number, and not one more', () => {
    expect(rule(parse(head(PARSE_LIMITS.headers)))).toBe('request');
    expect(rule(parse(head(PARSE_LIMITS.headers + 1)))).toBe('headers');
  });

  it('count broken lines too', () => {
    expect(rule(parse(`${START}${'x\r\n'.repeat(20_000)}\r\n`))).toBe('header-line');
  });

  it('allow a header up to its bytes, and not one more', () => {
    const line = (bytes: number): string => `${START}A: ${'b'.repeat(bytes - 5)}\r\n\r\n`;
    expect(rule(parse(line(PARSE_LIMITS.headerBytes)))).toBe('request');
    expect(rule(parse(line(PARSE_LIMITS.headerBytes + 1)))).toBe('header-bytes');
    const folded = (folds: number): string => `${START}A: b\r\n${' c\r\n'.repeat(folds)}\r\n`;
    expect(rule(parse(folded(5), { headerBytes: 26 }))).toBe('request');
    expect(rule(parse(folded(6), { headerBytes: 26 }))).toBe('header-bytes');
  });

  it('allow a start line up to the same bytes', () => {
    const line = (bytes: number): string => `OPTIONS ${'s'.repeat(bytes - 18)} SIP/2.0\r\n\r\n`;
    expect(rule(parse(line(PARSE_LIMITS.headerBytes)))).toBe('request');
    expect(rule(parse(line(PARSE_LIMITS.headerBytes + 1)))).toBe('header-bytes');
  });

  it('allow a message up to its bytes', () => {
    const message = (bytes: number): string => START.padEnd(bytes, '\r\n');
    expect(rule(parse(message(PARSE_LIMITS.messageBytes)))).toBe('request');
    expect(rule(parse(message(PARSE_LIMITS.messageBytes + 1)))).toBe('message-bytes');
  });
});

describe('the parser', () => {
  const seeds = [
    INVITE,
    RINGING,
    ...['wsinv', 'intmeth', 'dblreq', 'baddn', 'mcl01'].map((n) => tortureBytes(n).toString('latin1')),
  ];
  /** A real message with a few places overwritten, cut out or doubled. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('\r\n', '\n', '\r', ' ', ':', ';', '"', '\0', 'x')), {
        maxLength: 5,
      }),
    )
    .map(([text, cuts]) => {
      let result = text;
      for (const [place, length, put] of cuts) {
        const at = place % (result.length + 1);
        result = result.slice(0, at) + put + result.slice(at + length);
      }
      return bytesOf(result);
    });

  const exercise = (bytes: Uint8Array): void => {
    const result = parseMessage(bytes);
    if (result.kind === 'malformed') {
      result.message?.serialize();
      return;
    }
    const { message } = result;
    void [message.topVia, message.vias, message.from, message.to, message.cseq, message.contacts, message.routes];
    const text = Buffer.from(bytes)
      .toString('latin1')
      .replace(/^[\r\n]+/, '');
    if (result.repaired === undefined) expect(serialized(message)).toBe(text.slice(0, text.length - result.trailing));
    const again = parseMessage(message.serialize());
    expect(again).toMatchObject({ kind: result.kind, trailing: 0 });
    expect(again.kind !== 'malformed' && serialized(again.message)).toBe(serialized(message));
  };

  it('is total on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), exercise));
  });

  it('is total on damaged messages, and serializing is its inverse', () => {
    fc.assert(fc.property(damaged, exercise), { numRuns: 500 });
  });
});
