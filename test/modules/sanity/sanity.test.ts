/** sanity: the replies of the real Kamailio 5.6.3 to the same requests, and the verdicts of RFC 4475. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { sanity } from '../../../src/modules/sanity/sanity.ts';
import { tortureBytes } from '../../sip/messages.ts';
import { rigOf, type Written, written } from '../../support/contexts.ts';

const rig = await rigOf([use(sanity, { proxy_require: 'bar, Baz' })]);
const ALL = 32_767;

/** The outcome and the reply that went out, as its first line and its Unsupported header. */
async function checked(text: string, checks?: number, uris?: number, on = rig): Promise<string[]> {
  on.sim.wire.clear();
  const outcome = on.modules.sanity.check(on.request(text), checks, uris);
  await on.sim.runFor(10);
  const replies = on.sim.wire.entries
    .filter(({ kind }) => kind === 'sent')
    .map(({ bytes }) => bytes.toString('latin1'));
  const shown = replies.map((reply) => [reply.split('\r\n')[0], /^Unsupported: .*$/m.exec(reply)?.[0].trim()]);
  return [outcome, ...shown.flat().filter((part) => part !== undefined)];
}

const digest = (text: string): Written => ({ headers: [`Authorization: ${text}`] });
const complete = 'Digest username="a", realm="r", nonce="n", uri="sip:x", response="00"';

describe('a request', () => {
  it.each<[string, Written]>([
    ['ordinary', {}],
    ['for a telephone', { uri: 'tel:+1234' }],
    ['for sips', { uri: 'sips:a@b' }],
    ['for a service', { uri: 'urn:service:sos' }],
    ['with the longest Expires', { headers: ['Expires: 4294967295'] }],
    ['that requires what is supported, in any case', { headers: ['Proxy-Require: BAR', 'Proxy-Require: baz'] }],
    ['with complete credentials', digest(complete)],
    [
      'with credentials of another scheme (RFC 4475 3.3.7; Kamailio drops it silently)',
      digest('NoOneKnows opaque="x"'),
    ],
    ['from a telephone', { headers: ['Contact: <tel:+1>'] }],
  ])('passes: %s', async (_, way) => {
    expect(await checked(written(way), ALL, 15)).toEqual(['passed']);
  });

  it.each<[string, Written, string, ...string[]]>([
    ['an unknown scheme', { uri: 'nobody:bob' }, '416 Unsupported URI Scheme in Request URI'],
    ['mail', { uri: 'mailto:a@b' }, '416 Unsupported URI Scheme in Request URI'],
    ['no number in Expires', { headers: ['Expires: abc'] }, '400 Expires value is illegal'],
    ['less than nothing in Expires', { headers: ['Expires: -1'] }, '400 Expires value is illegal'],
    ['too long an Expires', { headers: ['Expires: 00000000001'] }, '400 Expires value is illegal'],
    ['too high an Expires (Kamailio passes it)', { headers: ['Expires: 4294967296'] }, '400 Expires value is illegal'],
    ['an empty Expires', { headers: ['Expires: '] }, '400 Bad Expires Header'],
    [
      'unsupported extensions, all of them named',
      { headers: ['Proxy-Require: foo, bar', 'Proxy-Require: qux'] },
      '420 Bad Proxy Require Extension',
      'Unsupported: foo, qux',
    ],
    ['an empty user name', digest('Digest username=""'), '400 Bad Auth Credentials'],
    ['credentials without response', digest(complete.replace(/, response.*/, '')), '400 Bad Auth Credentials'],
    ['credentials that cannot be read', digest('Digest ="'), '400 Bad Auth Credentials'],
    ['two To tags', { toTag: 'a;tag=b' }, '400 Many To Tag Params'],
    ['a Contact that is no address', { headers: ['Contact: <sip:a@b'] }, '400 Bad Contact Header'],
    ['a Contact without host', { headers: ['Contact: <sip:@>'] }, '400 Bad Contact URI'],
  ])('is refused for %s', async (_, way, ...lines) => {
    const [first, ...rest] = lines;
    expect(await checked(written(way), ALL, 15)).toEqual(['dropped', `SIP/2.0 ${first}`, ...rest]);
  });

  it('is refused for a From or To without host', async () => {
    const from = written().replace('sip:alice@example.com', 'sip:@');
    expect(await checked(from, ALL, 2)).toEqual(['dropped', 'SIP/2.0 400 Bad From URI']);
    const to = written().replace('sip:bob@example.com', 'sip:@');
    expect(await checked(to, ALL, 4)).toEqual(['dropped', 'SIP/2.0 400 Bad To URI']);
    expect(await checked(to, ALL, 2)).toEqual(['passed']);
  });

  it('is checked for what was asked and nothing else', async () => {
    const twice = written({ headers: ['Expires: abc', 'Proxy-Require: foo'] });
    expect(await checked(twice, 2)).toEqual(['passed']);
    expect(await checked(twice, 512)).toEqual([
      'dropped',
      'SIP/2.0 420 Bad Proxy Require Extension',
      'Unsupported: foo',
    ]);
    expect(await checked(twice, 256)).toEqual(['dropped', 'SIP/2.0 400 Expires value is illegal']);
  });

  it('is checked by default as by Kamailio: all but URIs and repeated tags', async () => {
    expect(await checked(written({ headers: ['Proxy-Require: foo'] }))).toContain('dropped');
    expect(await checked(written(digest('Digest username=""')))).toContain('dropped');
    expect(await checked(written({ toTag: 'a;tag=b' }))).toEqual(['passed']);
    expect(await checked(written().replace('sip:bob@example.com', 'sip:@'))).toEqual(['passed']);
  });

  it('that is an ACK gets no reply', async () => {
    expect(await checked(written({ method: 'ACK', headers: ['Proxy-Require: foo'] }))).toEqual(['dropped']);
  });

  it('is refused, not dropped, without autodrop', async () => {
    const kept = await rigOf([use(sanity, { autodrop: 0 })]);
    const lines = await checked(written({ uri: 'mailto:a@b' }), undefined, undefined, kept);
    expect(lines[0]).toBe('refused');
  });
});

describe('RFC 4475', () => {
  it.each([
    ['unkscm', 'SIP/2.0 416 Unsupported URI Scheme in Request URI'],
    ['novelsc', 'SIP/2.0 416 Unsupported URI Scheme in Request URI'],
    ['bext01', 'SIP/2.0 420 Bad Proxy Require Extension'],
  ])('%s is refused', async (name, line) => {
    expect(await checked(tortureBytes(name).toString('latin1'))).toContain(line);
  });

  it('bext01 is told every extension it asked of proxies', async () => {
    const lines = await checked(tortureBytes('bext01').toString('latin1'));
    expect(lines).toContain('Unsupported: noProxiesSupportThis, norDoAnyProxiesSupportThis');
  });

  it.each(['wsinv', 'intmeth', 'esc01', 'escnull', 'esc02', 'lwsdisp', 'longreq', 'dblreq', 'semiuri', 'transports'])(
    'lets %s pass',
    async (name) => {
      expect(await checked(tortureBytes(name).toString('latin1'))).toEqual(['passed']);
    },
  );

  it.each([
    'mpart01',
    'unksm2',
    'invut',
    'regaut01',
    'cparam01',
    'cparam02',
    'regescrt',
    'sdp01',
    'inv2543',
    'baddate',
  ])('lets %s pass, which is no business of a proxy', async (name) => {
    expect(await checked(tortureBytes(name).toString('latin1'))).toEqual(['passed']);
  });
});
