/** The torture messages of RFC 4475, all 49, each with the verdict that a proxy owes it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCredentials } from '../../src/sip/credentials.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage, SipRequest } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { hops, judge, returnsToBroadcast, unsupportedProxyRequire, unsupportedScheme } from '../../src/sip/verdict.ts';
import { serialized, tortureBytes } from './messages.ts';

const table = readFileSync(new URL('vectors/rfc4475/expected.tsv', import.meta.url), 'utf8');
const names = table
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t')[0] ?? '');

function parsed(name: string): SipMessage {
  const result = parseMessage(tortureBytes(name));
  if (result.kind === 'malformed') throw new Error(`${name}: ${result.rule}`);
  return result.message;
}

function parsedRequest(name: string): SipRequest {
  const message = parsed(name);
  if (message.kind !== 'request') throw new Error(`${name} is a response`);
  return message;
}

/** `forward` when the proxy may pass it on, else what happens to it. */
function verdict(name: string): string {
  const result = parseMessage(tortureBytes(name));
  if (result.kind === 'malformed') return `400 ${result.rule}`;
  const judged = judge(result.message);
  switch (judged.kind) {
    case 'ok':
      return 'forward';
    case 'reject':
      return `${judged.status} ${judged.reason}`;
    case 'discard':
      return `discard ${judged.rule}`;
  }
}

const verdicts: Readonly<Record<string, string>> = {
  wsinv: 'forward',
  intmeth: 'forward',
  esc01: 'forward',
  escnull: 'forward',
  esc02: 'forward',
  lwsdisp: 'forward',
  longreq: 'forward',
  dblreq: 'forward',
  semiuri: 'forward',
  transports: 'forward',
  mpart01: 'forward',
  unreason: 'forward',
  noreason: 'forward',
  badinv01: '400 Bad Via',
  clerr: '400 body-cut-short',
  ncl: '400 content-length',
  scalar02: '400 Bad CSeq',
  scalarlg: 'discard Bad CSeq',
  quotbal: '400 Bad To',
  ltgtruri: '400 Bad Request-URI',
  lwsruri: '400 Bad Request-URI',
  lwsstart: '400 Bad Request-URI',
  trws: '400 Malformed Request-Line',
  escruri: '400 Headers in Request-URI',
  baddate: 'forward',
  regbadct: '400 Bad Contact',
  badaspec: '400 Bad To',
  baddn: '400 no-blank-line',
  badvers: '505 Version Not Supported',
  mismatch01: '400 CSeq method does not match',
  mismatch02: '400 CSeq method does not match',
  bigcode: 'discard status code out of range',
  badbranch: '400 Bad Via branch',
  insuf: '400 Missing From',
  unkscm: 'forward',
  novelsc: 'forward',
  unksm2: 'forward',
  bext01: 'forward',
  invut: 'forward',
  regaut01: 'forward',
  multi01: '400 Repeated CSeq',
  mcl01: '400 content-length-repeated',
  bcast: 'forward',
  zeromf: 'forward',
  cparam01: 'forward',
  cparam02: 'forward',
  regescrt: 'forward',
  sdp01: 'forward',
  inv2543: 'forward',
};

describe('RFC 4475', () => {
  it('has 49 messages, and each has its verdict here', () => {
    expect(names).toHaveLength(49);
    expect(Object.keys(verdicts).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s gets its verdict', (name) => {
    expect(verdict(name)).toBe(verdicts[name]);
  });

  it.each(names.filter((name) => verdicts[name] === 'forward' && name !== 'dblreq'))('%s leaves as it came', (name) => {
    expect(parsed(name).serialize()).toEqual(tortureBytes(name));
  });

  it('wsinv: folds and white space are read through, the odd unknown header stays', () => {
    const message = parsedRequest('wsinv');
    expect(message.vias.map((via) => [via.transport, via.host, via.branch])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect([message.toTag, message.fromTag, message.cseq, message.maxForwards]).toEqual([
      '1918181833n',
      '98asjd8',
      { number: 9, method: 'INVITE' },
      68,
    ]);
    expect(message.from?.display).toBe('J Rosenberg \\"');
    expect(message.contacts).toMatchObject({ contacts: [{ display: 'Quoted string ""', q: 0.33 }] });
    expect(message.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect(message.headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(message.headers.get(H.Subject)).toBe('');
  });

  it('intmeth: the method is any token, and the user part any mark', () => {
    const message = parsedRequest('intmeth');
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(message.parsedUri).toMatchObject({ kind: 'sip', host: 'example.com' });
    expect(message.to?.display).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
  });

  it('esc01: escapes are resolved once', () => {
    expect(parsedRequest('esc01').uri).toBe('sip:sips%3Auser%40example.com@example.net');
  });

  it('escnull: contacts that differ behind %00 are two', () => {
    const contacts = parsedRequest('escnull').contacts;
    expect(contacts?.kind === 'list' && contacts.contacts.map((contact) => contact.uri)).toEqual([
      'sip:%00@host5.example.com',
      'sip:%00%00@host5.example.com',
    ]);
  });

  it('esc02: an escaped method is not REGISTER', () => {
    const message = parsedRequest('esc02');
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.headers.count(H.Contact)).toBe(2);
  });

  it('dblreq: what follows the REGISTER is ignored and not sent on', () => {
    const result = parseMessage(tortureBytes('dblreq'));
    if (result.kind !== 'request') return expect.fail(result.kind);
    const whole = tortureBytes('dblreq').toString('latin1');
    expect(result.trailing).toBe(450);
    expect(serialized(result.message)).toBe(whole.slice(0, whole.indexOf('\r\n\r\n') + 4));
  });

  it('semiuri: the semicolon belongs to the user', () => {
    expect(parsedRequest('semiuri').parsedUri).toMatchObject({ user: 'user;par=u%40example.net', host: 'example.com' });
  });

  it('transports: unknown ones below the top are read', () => {
    expect(parsedRequest('transports').vias.map((via) => via.transport)).toEqual([
      'UDP',
      'SCTP',
      'TLS',
      'UNKNOWN',
      'TCP',
    ]);
  });

  it('baddn: the display name is refused even with its blank line', () => {
    const bytes = Buffer.concat([tortureBytes('baddn'), Buffer.from('\r\n')]);
    const result = parseMessage(bytes);
    expect(result.kind === 'request' && judge(result.message)).toMatchObject({ status: 400, reason: 'Bad From' });
  });

  it('unkscm, novelsc: the scheme is for a 416; unksm2: only To has it', () => {
    expect(unsupportedScheme(parsedRequest('unkscm'))).toBe('nobodyknowsthisscheme');
    expect(unsupportedScheme(parsedRequest('novelsc'))).toBe('soap.beep');
    expect(unsupportedScheme(parsedRequest('unksm2'))).toBeUndefined();
  });

  it('bext01: the 420 lists the tags of Proxy-Require', () => {
    expect(unsupportedProxyRequire(parsedRequest('bext01'), [])).toEqual([
      'noProxiesSupportThis',
      'norDoAnyProxiesSupportThis',
    ]);
  });

  it('regaut01: credentials of an unknown scheme are readable and not Digest', () => {
    const text = parsedRequest('regaut01').headers.get(H.Authorization);
    expect(parseCredentials(text ?? '')?.scheme).toBe('NoOneKnowsThisScheme');
  });

  it('bcast: the response would go to a broadcast address', () => {
    const message = parsed('bcast');
    expect(message.kind === 'response' && returnsToBroadcast(message)).toBe(true);
  });

  it('zeromf: no hop is left', () => {
    expect(hops(parsedRequest('zeromf'))).toBe(0);
  });

  it('cparam01, cparam02: a parameter belongs to the contact or to its URI', () => {
    const first = (name: string) => {
      const contacts = parsedRequest(name).contacts;
      const contact = contacts?.kind === 'list' ? contacts.contacts[0] : undefined;
      return [contact?.uri, contact?.params.has('unknownparam')];
    };
    expect(first('cparam01')).toEqual(['sip:+19725552222@gw1.example.net', true]);
    expect(first('cparam02')).toEqual(['sip:+19725552222@gw1.example.net;unknownparam', false]);
  });

  it('regescrt: the escaped Route stays in the URI of the contact', () => {
    const contacts = parsedRequest('regescrt').contacts;
    expect(contacts?.kind === 'list' && contacts.contacts[0]?.uri).toBe(
      'sip:user@example.com?Route=%3Csip:sip.example.com%3E',
    );
  });

  it('inv2543: no branch, no tag, no Content-Length, no Max-Forwards', () => {
    const message = parsedRequest('inv2543');
    expect([message.topVia?.branch, message.fromTag, hops(message)]).toEqual([undefined, undefined, 'missing']);
    expect(message.body).toContain('v=0');
  });
});
