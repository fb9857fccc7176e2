/** nathelper: what the real Kamailio 5.6.3 gave for the same messages; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { nathelper } from '../../../src/modules/nathelper/nathelper.ts';
import { written } from '../../support/contexts.ts';
import { type From, moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([use(nathelper, { received_avp: '$avp(RECEIVED)' })]);
const fn = rig.modules.nathelper;

/** A request that came from 127.0.0.1:25991 unless said otherwise. */
const came = (text: string, from?: From) => rig.request(text, { address: '127.0.0.1', port: 25_991, ...from });

const withContact = (contact: string | undefined, from?: From) =>
  came(written({ headers: contact === undefined ? [] : [`Contact: ${contact}`] }), from);

const sdp = (connection: string, media = '', origin = '1.1.1.1') =>
  `v=0\r\no=- 1 1 IN IP4 ${origin}\r\ns=-\r\nc=IN IP4 ${connection}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n${media}`;

/** The single bits that hold. */
const bitsOf = (ctx: ReturnType<typeof came>): number[] =>
  [1, 2, 4, 8, 16, 32, 64, 128, 256].filter((bit) => fn.natUacTest(ctx, bit));

const via = (sentBy: string, extra: Parameters<typeof written>[0] = {}) =>
  came(
    written({ headers: ['Contact: <sip:a@127.0.0.1:25991>'], ...extra }).replace('UDP 10.0.0.1:5060', `UDP ${sentBy}`),
  );
const clean = '127.0.0.1:25991';

describe('natUacTest', () => {
  it('looks at the first Contact header and at all contacts in it', () => {
    const of = (...lines: readonly string[]) =>
      bitsOf(via(clean, { headers: lines.map((line) => `Contact: ${line}`) }));
    expect(of('<sip:a@1.1.1.1:25991>', '<sip:a@10.1.2.3>')).toEqual([]);
    expect(of('<sip:a@10.1.2.3:25991>', '<sip:a@1.1.1.1>')).toEqual([1]);
    expect(of('<sip:a@1.1.1.1:25991>, <sip:a@10.1.1.1:25991>')).toEqual([1]);
  });

  it.each([
    [undefined, false],
    ['sip:bob@example.com', false],
    ['sip:192.0.2.9:5070', true],
    ['sip:example.com:5070', true],
    ['sip:example.com;transport=ws', true],
  ])('512: a request to a URI at example.com that goes to %s: %s', (target, expected) => {
    const ctx = came(written());
    ctx.message.uri = 'sip:bob@example.com';
    ctx.destination.uri = target;
    expect(fn.natUacTest(ctx, 512)).toBe(expected);
  });

  it.each([
    ['10.0.0.1:5060;rport=5060;received=10.0.0.1', false],
    ['10.0.0.1;rport=5060', false],
    ['10.0.0.1:5060;rport=5061', true],
    ['10.0.0.1:5060;received=192.0.2.1', true],
    ['10.0.0.1:5060;rport', false],
  ])('512: a reply to who says Via %s: %s', (sentBy, expected) => {
    const text = `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP ${sentBy};branch=z9hG4bK2\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n`;
    expect(fn.natUacTest(rig.reply(text), 512)).toBe(expected);
  });

  it.each([
    ['<sip:a@127.0.0.1:25991>', []],
    ['<sip:a@10.1.1.1:25991>', [1]],
    ['<sip:a@172.31.0.1:25991>', [1]],
    ['<sip:a@172.32.0.1:25991>', []],
    ['<sip:a@192.168.0.1:25991>', [1]],
    ['<sip:a@100.64.0.1:25991>', [1]],
    ['<sip:a@100.128.0.1:25991>', []],
    ['<sip:a@192.0.0.1:25991>', [1]],
    ['<sip:a@192.0.1.1:25991>', []],
    ['<sip:a@169.254.0.1:25991>', []],
    ['<sip:a@127.0.0.1>', [128]],
    ['*', []],
    ['<sip:a@[fd00::1]:25991>', []],
    ['<tel:+123>', []],
    ['garbage', []],
  ])('of Contact %s: bits %j', (contact, bits) => {
    expect(bitsOf(via(clean, { headers: [`Contact: ${contact}`] }))).toEqual(bits);
  });

  it.each([
    [clean, []],
    ['127.0.0.1:25992', [16]],
    ['127.0.0.1', [16]],
    ['10.0.0.1:25991', [2, 4]],
    ['127.0.0.2:25991', [2]],
    ['localhost:25991', [2]],
    ['100.64.1.1:25991', [2, 4]],
  ])('of Via %s: bits %j', (sentBy, bits) => {
    expect(bitsOf(via(sentBy))).toEqual(bits);
  });

  it.each([
    ['10.0.0.1', '', [8, 256]],
    ['1.2.3.4', '', [256]],
    ['127.0.0.1', '', []],
    ['0.0.0.0', '', [256]],
    ['1.2.3.4', 'c=IN IP4 10.0.0.1\r\n', [8, 256]],
    ['10.2.3.4', 'c=IN IP4 1.0.0.1\r\n', [256]],
    ['127.0.0.1', 'm=video 1 RTP/AVP 1\r\nc=IN IP4 10.0.0.1/127\r\n', [8]],
  ])('of SDP with %s and %j: bits %j', (connection, media, bits) => {
    expect(bitsOf(via(clean, { body: sdp(connection, media) }))).toEqual(bits);
  });

  it('of the source: private, or a WebSocket', () => {
    const contact = '<sip:a@1.1.1.1:5060>';
    expect(fn.natUacTest(withContact(contact, { address: '10.3.3.3' }), 32)).toBe(true);
    expect(fn.natUacTest(withContact(contact, { address: '8.3.3.3' }), 32)).toBe(false);
    expect(fn.natUacTest(withContact(contact, { transport: 'wss' }), 64)).toBe(true);
    expect(fn.natUacTest(withContact(contact, { transport: 'tcp' }), 64)).toBe(false);
  });

  it('compares IPv6 addresses by what they are, not by how they are written', () => {
    const text = written().replace('10.0.0.1:5060', '[2001:DB8:0::1]:25991');
    expect(fn.natUacTest(came(text, { address: '2001:db8::1' }), 2)).toBe(false);
    expect(fn.natUacTest(came(text, { address: '2001:db8::2' }), 2)).toBe(true);
  });

  it('holds when any of the bits does', () => {
    expect(fn.natUacTest(via('127.0.0.1:25992'), 19)).toBe(true);
    expect(fn.natUacTest(via(clean), 511)).toBe(false);
  });
});

const edits = {
  fix: fn.fixNatedContact,
  set: fn.setContactAlias,
  add: fn.addContactAlias,
  rcv: fn.addRcvParam,
};

describe('Contact edits', () => {
  it.each([
    [
      'set',
      '<sip:a@10.1.1.1:5066;transport=udp>;expires=60',
      '<sip:a@10.1.1.1:5066;transport=udp;alias=127.0.0.1~25991~1>;expires=60',
    ],
    ['set', 'sip:a@10.1.1.1', '<sip:a@10.1.1.1;alias=127.0.0.1~25991~1>'],
    [
      'set',
      '"A B" <sip:a@10.1.1.1;ob;maddr=1.1.1.1;x=y>;q=0.5',
      '"A B" <sip:a@10.1.1.1;ob;maddr=1.1.1.1;x=y;alias=127.0.0.1~25991~1>;q=0.5',
    ],
    ['set', '<sip:a@10.1.1.1;alias=9.9.9.9~1~1>', '<sip:a@10.1.1.1;alias=9.9.9.9~1~1;alias=127.0.0.1~25991~1>'],
    ['set', 'sip:a@10.1.1.1;expires=5', '<sip:a@10.1.1.1;alias=127.0.0.1~25991~1>;expires=5'],
    [
      'add',
      '<sip:a@10.1.1.1:5066;transport=udp>;expires=60',
      '<sip:a@10.1.1.1:5066;alias=127.0.0.1~25991~1;transport=udp>;expires=60',
    ],
    ['add', 'sip:a@10.1.1.1', '<sip:a@10.1.1.1;alias=127.0.0.1~25991~1>'],
    ['add', '<sip:a@10.1.1.1;alias=9.9.9.9~1~1>', '<sip:a@10.1.1.1;alias=127.0.0.1~25991~1;alias=9.9.9.9~1~1>'],
    [
      'add',
      '<sip:a@h.example.com:25991;transport=tcp?Subject=x>',
      '<sip:a@h.example.com:25991;alias=127.0.0.1~25991~1;transport=tcp?Subject=x>',
    ],
    ['fix', '<sip:a@10.1.1.1:5066;transport=udp>;expires=60', '<sip:a@127.0.0.1:25991;transport=udp>;expires=60'],
    ['fix', '"A B" <sip:a@10.1.1.1;ob;maddr=1.1.1.1;x=y>;q=0.5', '"A B" <sip:a@127.0.0.1:25991;ob;x=y>;q=0.5'],
    ['fix', '<sip:a@h.example.com:25991;transport=tcp?Subject=x>', '<sip:a@127.0.0.1:25991;transport=tcp?Subject=x>'],
    ['fix', '<sip:10.1.1.1>', '<sip:127.0.0.1:25991>'],
    ['rcv', '"A B" <sip:a@10.1.1.1;x=y>;q=0.5', '"A B" <sip:a@10.1.1.1;x=y>;q=0.5;received="sip:127.0.0.1:25991"'],
    ['rcv', 'sip:a@10.1.1.1;expires=5', 'sip:a@10.1.1.1;expires=5;received="sip:127.0.0.1:25991"'],
    [
      'rcv',
      '<sip:a@1.1.1.1>, <sip:b@1.1.1.2>;q=1',
      '<sip:a@1.1.1.1>;received="sip:127.0.0.1:25991", <sip:b@1.1.1.2>;q=1;received="sip:127.0.0.1:25991"',
    ],
  ] as const)('%s of %s gives %s', (edit, contact, expected) => {
    const ctx = withContact(contact);
    expect(edits[edit](ctx)).toBe('set');
    expect(ctx.message.headers.get('Contact')).toBe(expected);
  });

  it('edits every Contact of a REGISTER (Kamailio only the last)', () => {
    const ctx = withContact('<sip:a@10.1.1.1>, <sip:b@10.1.1.2:99;x>;q=1');
    fn.fixNatedContact(ctx);
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@127.0.0.1:25991>, <sip:b@127.0.0.1:25991;x>;q=1');
  });

  it('puts an alias before the headers of a URI (Kamailio behind them)', () => {
    const ctx = withContact('<sip:a@1.1.1.1?Subject=x>');
    fn.setContactAlias(ctx);
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@1.1.1.1;alias=127.0.0.1~25991~1?Subject=x>');
  });

  it.each(['set', 'fix', 'add'] as const)('%s said twice edits once (Kamailio fails)', (edit) => {
    const ctx = withContact('<sip:a@10.1.1.1;x>');
    edits[edit](ctx);
    const once = ctx.message.headers.get('Contact');
    expect([edits[edit](ctx), ctx.message.headers.get('Contact')]).toEqual(['set', once]);
  });

  it.each(['*', '<tel:+123>', '<sip:a@1.1.1.1>, junk'])('leaves %s as it is', (contact) => {
    for (const edit of ['set', 'add', 'fix'] as const) {
      const ctx = withContact(contact);
      expect(edits[edit](ctx)).toBe('malformed');
      expect(ctx.message.headers.get('Contact')).toBe(contact);
    }
  });

  it('has nothing to edit without a Contact', () => {
    const ctx = withContact(undefined);
    expect([fn.setContactAlias(ctx), fn.fixNatedContact(ctx), fn.addContactAlias(ctx), fn.addRcvParam(ctx)]).toEqual(
      Array.from({ length: 4 }, () => 'unneeded'),
    );
  });

  it('adds no alias where Contact names the source already', () => {
    expect(fn.addContactAlias(withContact('<sip:a@127.0.0.1:25991;transport=udp>'))).toBe('unneeded');
    expect(fn.addContactAlias(withContact('<sip:a@127.0.0.1:25991>', { transport: 'tcp' }))).toBe('set');
    expect(fn.addContactAlias(withContact('<sip:a@127.0.0.1;transport=UDP>', { port: 5060 }))).toBe('unneeded');
    expect(fn.addContactAlias(withContact('<sips:a@127.0.0.1:25991>', { transport: 'tls' }))).toBe('unneeded');
  });

  it('adds the alias where Contact names no transport', () => {
    const ctx = withContact('<sip:a@127.0.0.1:25991>');
    expect(fn.addContactAlias(ctx)).toBe('set');
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@127.0.0.1:25991;alias=127.0.0.1~25991~1>');
  });

  it('has nothing to do for a star, where Kamailio calls that success', () => {
    const ctx = withContact('*');
    expect([fn.addRcvParam(ctx), fn.addRcvParam(ctx, 'uri')]).toEqual(['unneeded', 'unneeded']);
    expect(ctx.message.headers.get('Contact')).toBe('*');
  });

  it('adds the alias it is given', () => {
    const ctx = withContact('<sip:a@10.1.1.1:5066;x>');
    expect(fn.addContactAlias(ctx, '1.2.3.4', 5070, 'tls')).toBe('set');
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@10.1.1.1:5066;alias=1.2.3.4~5070~3;x>');
    expect(fn.addContactAlias(ctx, 'host.example.com', 5070, 'tls')).toBe('malformed');
  });

  it('replaces the aliases of others when asked to', () => {
    const ctx = withContact('<sip:a@h;alias=9.9.9.9~1~1;x;alias=8.8.8.8~1~1>');
    fn.setContactAlias(ctx, 'replace');
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@h;x;alias=127.0.0.1~25991~1>');
  });

  it('writes IPv6 in brackets, and the transport', () => {
    const ctx = withContact('<sip:a@h>', { address: '2001:db8::1', port: 5, transport: 'ws' });
    fn.setContactAlias(ctx);
    expect(ctx.message.headers.get('Contact')).toBe('<sip:a@h;alias=[2001:db8::1]~5~5>');
    fn.addRcvParam(ctx, 'uri');
    expect(ctx.message.headers.get('Contact')).toContain(';received=sip:[2001:db8::1]:5;transport=ws>');
  });
});

describe('handleRuriAlias', () => {
  it.each([
    ['', 2, '', undefined],
    [';alias=1.2.3.4~5070~1', 1, '', 'sip:1.2.3.4:5070'],
    [';alias=1.2.3.4~5070~2', 1, '', 'sip:1.2.3.4:5070;transport=tcp'],
    [';transport=tcp;alias=1.2.3.4~5070~3;x=y', 1, ';transport=tcp;x=y', 'sip:1.2.3.4:5070;transport=tls'],
    [';alias=1.2.3.4~5070~5', 1, '', 'sip:1.2.3.4:5070;transport=ws'],
    [';alias=1.2.3.4~5070~6', 1, '', 'sip:1.2.3.4:5070;transport=wss'],
    [';alias=[::1]~5070~1', 1, '', 'sip:[::1]:5070'],
    [';alias=1.2.3.4~5070~1;alias=5.5.5.5~1~2', 1, ';alias=5.5.5.5~1~2', 'sip:1.2.3.4:5070'],
    [';alias=1.2.3.4~5070~1?Subject=x', 1, '?Subject=x', 'sip:1.2.3.4:5070'],
    [';alias=', 2, undefined, undefined],
    [';xalias=1.2.3.4~1~1', 2, undefined, undefined],
    [';alias=1.2.3.4~5070~7', -1, undefined, undefined],
    [';alias=1.2.3.4~5070', -1, undefined, undefined],
    [';alias=1.2.3.4', -1, undefined, undefined],
    [';alias=1.2.3.4~5070~12', -1, undefined, undefined],
    [';alias=1.2.3.4~5070~1~1', -1, undefined, undefined],
  ] as const)('of %s gives %d, leaves %s and goes to %s', (params, code, left, target) => {
    const ctx = came(written({ uri: `sip:h@9.9.9.9${params}` }));
    expect(nathelper.decl.functions.handleRuriAlias.returns[fn.handleRuriAlias(ctx)]).toBe(code);
    expect([ctx.message.uri, ctx.destination.uri]).toEqual([`sip:h@9.9.9.9${left ?? params}`, target]);
  });

  it.each(['bad~x~1', '1.2.3.4~99999~1', 'evil.example.com~5060~1', '1.2.3.4~0~1', '::1~5~1'])(
    'refuses %s, which no proxy wrote (Kamailio goes there)',
    (alias) => {
      const ctx = came(written({ uri: `sip:h@9.9.9.9;alias=${alias}` }));
      expect(fn.handleRuriAlias(ctx)).toBe('malformed');
      expect(ctx.destination.uri).toBeUndefined();
    },
  );

  it('takes the last of several when asked to', () => {
    const ctx = came(written({ uri: 'sip:h@9.9.9.9;alias=1.2.3.4~5070~1;alias=5.5.5.5~1~2' }));
    fn.handleRuriAlias(ctx, 'last');
    expect([ctx.message.uri, ctx.destination.uri]).toEqual([
      'sip:h@9.9.9.9;alias=1.2.3.4~5070~1',
      'sip:5.5.5.5:1;transport=tcp',
    ]);
  });

  it('undoes setContactAlias', () => {
    const register = withContact('<sip:a@10.1.1.1;x>', { transport: 'tls', port: 4000 });
    fn.setContactAlias(register);
    const uri = register.message.headers.get('Contact')?.slice(1, -1) ?? '';
    const call = came(written({ uri }));
    fn.handleRuriAlias(call);
    expect([call.message.uri, call.destination.uri]).toEqual(['sip:a@10.1.1.1;x', 'sip:127.0.0.1:4000;transport=tls']);
  });
});

describe('fixNatedRegister', () => {
  it('keeps the source for the registrar', () => {
    const ctx = came(written());
    expect([fn.fixNatedRegister(ctx), ctx.state.avps.get('RECEIVED')]).toEqual(['stored', ['sip:127.0.0.1:25991']]);
  });

  it.each(['RECEIVED', '$avp(s:RECEIVED)', '$(avp(RECEIVED))'])('reads received_avp as %s', async (name) => {
    const other = await moduleRig([use(nathelper, { received_avp: name })]);
    const ctx = other.request(written());
    other.modules.nathelper.fixNatedRegister(ctx);
    expect([...ctx.state.avps.keys()]).toEqual(['RECEIVED']);
  });

  it('does nothing without received_avp', async () => {
    const bare = await moduleRig([nathelper]);
    expect(bare.modules.nathelper.fixNatedRegister(bare.request(written()))).toBe('noAvp');
  });
});

describe('fixNatedSdp', () => {
  const fixed = (body: string, bits: number) => {
    const ctx = came(written({ body }));
    const outcome = fn.fixNatedSdp(ctx, bits);
    return { outcome, body: ctx.message.body, length: ctx.message.headers.get('Content-Length') };
  };
  const before = sdp('10.0.0.1', '', '10.0.0.2');

  it.each([
    [1, 'nothingToReplace', `${before}a=direction:active\r\n`, '105'],
    [2, 'replaced', `${sdp('127.0.0.1', '', '10.0.0.2')}a=oldmediaip:10.0.0.1\r\n`, '109'],
    [4, 'nothingToReplace', `${before}a=nortpproxy:yes\r\n`, '103'],
    [8, 'replaced', `${sdp('10.0.0.1', '', '127.0.0.1')}a=oldmediaip:10.0.0.2\r\n`, '109'],
    [
      15,
      'replaced',
      `${sdp('127.0.0.1', '', '127.0.0.1')}a=direction:active\r\na=nortpproxy:yes\r\na=oldmediaip:10.0.0.1\r\na=oldmediaip:10.0.0.2\r\n`,
      '171',
    ],
  ] as const)('with bits %d: %s', (bits, outcome, body, length) => {
    expect(fixed(before, bits)).toEqual({ outcome, body, length });
  });

  it('leaves a hold and the right address alone', () => {
    expect(fixed(sdp('0.0.0.0'), 2)).toMatchObject({ outcome: 'nothingToReplace', body: sdp('0.0.0.0') });
    expect(fixed(sdp('127.0.0.1'), 2)).toMatchObject({ outcome: 'nothingToReplace', body: sdp('127.0.0.1') });
  });

  it('marks every medium active', () => {
    const video = 'm=video 1 RTP/AVP 1\r\n';
    expect(fixed(sdp('10.0.0.1', video), 1).body).toBe(
      `${sdp('10.0.0.1', 'a=direction:active\r\n')}${video}a=direction:active\r\n`,
    );
  });

  it('writes the version of the address that it puts there (Kamailio leaves IP6 before an IPv4 address)', () => {
    expect(fixed('v=0\r\nc=IN IP6 ::1\r\nm=audio 1 RTP/AVP 1\r\n', 2).body).toBe(
      'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 1 RTP/AVP 1\r\na=oldmediaip6:::1\r\n',
    );
  });

  it.each(['', 'no session'])('is malformed: %j', (body) => {
    expect(fixed(body, 2)).toMatchObject({ outcome: 'malformed', body });
  });
});

it.each([
  ['10.0.0.1', true, true],
  ['172.16.0.1', true, true],
  ['100.64.0.1', true, true],
  ['192.0.0.7', true, true],
  ['192.0.0.8', true, false],
  ['8.8.8.8', false, false],
  ['fd00::1', false, false],
  ['abc', false, false],
])('isRfc1918(%s) is %s, with nat_addr_mode 0 %s', async (address, wide, narrow) => {
  const other = await moduleRig([use(nathelper, { nat_addr_mode: 0 })]);
  const ctx = came(written());
  expect([fn.isRfc1918(ctx, address), other.modules.nathelper.isRfc1918(ctx, address)]).toEqual([wide, narrow]);
});

it.each([
  [undefined, 0, 0],
  ['<sip:a;lr>', 1, 1],
  ['<sip:a;r2=on;lr>, <sip:b;r2=on;lr>, <sip:c;lr>', 3, 2],
])('$rr_count and $rr_top_count of %s are %d and %d', (header, count, top) => {
  const ctx = came(written({ headers: header === undefined ? [] : [`Record-Route: ${header}`] }));
  expect([rig.read(ctx, 'rr_count'), rig.read(ctx, 'rr_top_count')]).toEqual([count, top]);
});

it.each([
  ['<sip:a@h;alias=10.1.1.1~5070~2>', 'written', 'sip:10.1.1.1:5070;transport=tcp'],
  ['<sip:a@h;alias=10.1.1.1~5070~1>', 'written', 'sip:10.1.1.1:5070'],
  ['<sip:a@h;alias=bad>', 'none', undefined],
  ['<sip:a@h>', 'none', undefined],
  ['*', 'none', undefined],
])('set_alias_to_pv of %s: %s', (contact, outcome, uri) => {
  const ctx = withContact(contact);
  let target: unknown;
  const place = {
    name: '$avp(target)',
    read: () => null,
    write: (_: unknown, value: unknown) => void (target = value),
  };
  expect([fn.aliasToVariable(ctx, place), target]).toEqual([outcome, uri]);
});
