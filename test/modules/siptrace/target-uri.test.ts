/** Target URIs, named targets and groups: what they mean, and what is said about each mistake. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_TARGET_TEXT,
  parseNamedTarget,
  parseTarget,
  type TargetSpec,
} from '../../../src/modules/siptrace/target-uri.ts';

const plain: TargetSpec = {
  kind: 'target',
  host: '192.0.2.9',
  isName: false,
  port: 5060,
  transport: 'udp',
  hep: undefined,
  profile: undefined,
  node: undefined,
  captureId: undefined,
  authKey: undefined,
  correlation: undefined,
  filter: undefined,
  mask: false,
  overflow: false,
};
const filter = { kind: 'filter', methods: undefined, replies: true, addresses: undefined, samplePercent: 100 };

describe('a target URI', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['sip:192.0.2.9', {}],
    ['SIP:192.0.2.9:9060', { port: 9060 }],
    ['sip:homer@192.0.2.9:9060', { port: 9060 }],
    ['sip:Homer.Example:9060;transport=TCP', { host: 'homer.example', isName: true, port: 9060, transport: 'tcp' }],
    ['sip:[2001:DB8:0::9]:9060;transport=tls', { host: '2001:db8::9', port: 9060, transport: 'tls' }],
    ['sip:192.0.2.9;hep=0', { hep: 0 }],
    ['sip:192.0.2.9;hep=2;profile=kamailio', { hep: 2, profile: 'kamailio' }],
    ['sip:192.0.2.9;node=edge%3B1;capture_id=4294967295', { node: 'edge;1', captureId: 0xffff_ffff }],
    ['sip:192.0.2.9;auth_key=myHep;correlation=callid', { authKey: 'myHep', correlation: 'callid' }],
    ['sip:192.0.2.9; mask=1; overflow=tcp', { mask: true, overflow: true }],
    ['sip:192.0.2.9;methods=INVITE,bye', { filter: { ...filter, methods: new Set(['INVITE', 'BYE']) } }],
    ['sip:192.0.2.9;replies=0;sample=12.5', { filter: { ...filter, replies: false, samplePercent: 12.5 } }],
    [
      'sip:192.0.2.9;from=198.51.100.1,[2001:db8:0:0::1],2001:db8::2',
      { filter: { ...filter, addresses: new Set(['198.51.100.1', '2001:db8::1', '2001:db8::2']) } },
    ],
    ['sip:192.0.2.9;replies=1;sample=100', {}],
  ];
  it.each(cases)('%s', (text, more) => {
    expect(parseTarget(text)).toEqual({ ...plain, ...more });
  });

  const mistakes: readonly (readonly [string, string])[] = [
    ['', 'the target is empty'],
    ['192.0.2.9:9060', 'begins with sip:'],
    ['sips:192.0.2.9', 'transport=tls'],
    ['sip:', 'the host is missing'],
    ['sip:192.0.2.9:0', 'the port is a number from 1 to 65535: "0"'],
    ['sip:192.0.2.9:65536', 'the port is a number'],
    ['sip:192.0.2.9:', 'the port is a number'],
    ['sip:2001:db8::1', 'needs brackets'],
    ['sip:[192.0.2.9]', 'not an IPv6 address'],
    ['sip:[2001:db8::1', 'needs brackets'],
    ['sip:300.0.2.9', 'neither an address nor a host name: "300.0.2.9"'],
    ['sip:ho mer', 'neither an address nor a host name'],
    ['sip:192.0.2.9?subject=x', 'no URI headers'],
    ['sip:192.0.2.9;transport=sctp', 'transport is one of udp, tcp, tls, not "sctp"'],
    ['sip:192.0.2.9;hep=4', 'hep is one of 0, 1, 2, 3'],
    ['sip:192.0.2.9;hep=2;transport=tcp', 'HEPv2 has no length of its own'],
    ['sip:192.0.2.9;colour=red', 'unknown option "colour"; there are transport, hep'],
    ['sip:192.0.2.9;constructor=1', 'unknown option'],
    ['sip:192.0.2.9;', 'unknown option ""'],
    ['sip:192.0.2.9;hep=3;hep=3', 'hep is given twice'],
    ['sip:192.0.2.9;node', 'node needs a value'],
    ['sip:192.0.2.9;node=%zz', 'two hexadecimal digits'],
    ['sip:192.0.2.9;capture_id=4294967296', 'capture_id is a number'],
    ['sip:192.0.2.9;sample=100.1', 'sample is a percentage'],
    ['sip:192.0.2.9;sample=-1', 'sample is a percentage'],
    ['sip:192.0.2.9;from=example.com', 'from is a list of IP addresses; "example.com" is none'],
    ['sip:192.0.2.9;methods=INVITE,,BYE', 'methods is a list'],
    ['sip:192.0.2.9;overflow=tcp;transport=tls', 'overflow=tcp is for a udp target'],
  ];
  it.each(mistakes)('%s is refused and told why', (text, why) => {
    const result = parseTarget(text);
    expect(result).toMatchObject({ kind: 'invalid', why: expect.stringContaining(why) });
  });

  it('is at most 1024 characters long', () => {
    const text = 'sip:192.0.2.9;node=';
    const node = 'n'.repeat(MAX_TARGET_TEXT - text.length);
    expect(parseTarget(text + node)).toMatchObject({ kind: 'target', node });
    expect(parseTarget(`${text}${node}n`)).toMatchObject({ why: 'the target has more than 1024 characters' });
  });

  it('may be any text: the reader is total, and its reasons hold no control characters', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }).map((tail) => `sip:192.0.2.9;${tail}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        const result = parseTarget(any);
        if (result.kind === 'invalid') expect(result.why).not.toMatch(/[\x00-\x1f]/);
      }),
    );
  });
});

describe('a named target', () => {
  it('is a name and a URI', () => {
    expect(parseNamedTarget('homer = sip:192.0.2.9;methods=INVITE,BYE')).toMatchObject({
      kind: 'named',
      name: 'homer',
      uri: 'sip:192.0.2.9;methods=INVITE,BYE',
      spec: { host: '192.0.2.9' },
    });
  });

  it('may be a group of names', () => {
    expect(parseNamedTarget('both=homer, voipmonitor')).toEqual({
      kind: 'group',
      name: 'both',
      members: ['homer', 'voipmonitor'],
    });
  });

  it.each([
    ['sip:192.0.2.9', 'a named target is name=uri'],
    ['9=sip:192.0.2.9', 'a named target is name=uri'],
    ['homer=sip:', 'homer: the host is missing'],
    ['both=a,,b', 'a group is a list of target names'],
    ['both=a,b,a', 'names each member once'],
    ['both=', 'a group is a list'],
  ])('%s is refused and told why', (text, why) => {
    expect(parseNamedTarget(text)).toMatchObject({ kind: 'invalid', why: expect.stringContaining(why) });
  });
});
