/**
 * Reading: what the real Kamailio 5.6.3 printed for three requests (vectors/values.json), for replies, indexes and nesting;
 * where we differ the test says so.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/transport/flow.ts';
import type { PvValue } from '../../../src/engine/module.ts';
import { use } from '../../../src/engine/module.ts';
import { dayOfYear, strftime } from '../../../src/modules/pv/strftime.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { tmx } from '../../../src/modules/tmx/tmx.ts';
import { parseMessage } from '../../../src/sip/parse.ts';
import { bytesOf } from '../../sip/messages.ts';
import { written } from '../../support/contexts.ts';
import { deskOf, FLOW, LISTENER } from './desk.ts';

interface Vectors {
  readonly messages: readonly string[];
  readonly values: readonly (readonly [name: string, first: PvValue, second: PvValue, third: PvValue])[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('vectors/values.json', import.meta.url), 'latin1'));
const desk = await deskOf([use(pv, { shvset: ['x=i:5'] }), tm, tmx]);
const [rich = ''] = vectors.messages;

/** `$ruid` and `$ds` are not here; `$T_…(x)` is asked of tmx itself; `$rcv` is null outside core event routes there. */
const NOT_HERE = /^\$(?:T\(id_index\)|ruid$|ds$|T_req|T_inv|rcv)/;

describe('a value is what Kamailio 5.6.3 gave', () => {
  const contexts = vectors.messages.map((text) => desk.request(text));

  it.each(vectors.values.filter(([name]) => !NOT_HERE.test(name)))('%s', (name, first, second, third) => {
    expect(contexts.map((ctx) => desk.read(ctx, name))).toEqual([first, second, third]);
  });
});

describe('an index', () => {
  const ctx = desk.request(rich);
  ctx.state.avps.set('a', ['three', 'two', 'one']);
  ctx.state.avps.set('mix', [2, 'x', 1]);

  it.each<[string, PvValue]>([
    ['$(hdr(X-Multi)[0])', 'one, two'],
    ['$(hdr(X-Multi)[1])', 'three'],
    ['$(hdr(X-Multi)[2])', null],
    ['$(hdr(X-Multi)[-1])', 'three'],
    ['$(hdr(X-Multi)[-2])', 'one, two'],
    ['$(hdr(X-Multi)[-3])', null],
    ['$(hdr(X-Multi)[*])', 'one, two,three'],
    ['$(hdr(X-Empty)[*])', ''],
    ['$(hdr(Nope)[*])', null],
    ['$(hdr(Nope)[1])', null],
    ['$(hdr(Contact)[1])', '<sip:alice@10.0.0.3>'],
    ['$(hdr(Via)[1])', 'SIP/2.0/TCP 10.1.1.1:5080;branch=z9hG4bKa2'],
    ['$(hfl(X-Multi)[1])', 'three'],
    ['$(hfl(X-Multi)[2])', null],
    ['$(hfl(X-Multi)[*])', 'one, two,three'],
    ['$(hfl(Contact)[2])', '<sip:alice@10.0.0.3>'],
    ['$(hfl(Route)[1])', '<sip:r2.example.com;lr>'],
    ['$(avp(a)[0])', 'three'],
    ['$(avp(a)[2])', 'one'],
    ['$(avp(a)[3])', null],
    ['$(avp(a)[-1])', null],
    ['$(avp(a)[*])', 'three, two, one'],
    ['$(avp(mix)[*])', '2, x, 1'],
  ])('as in Kamailio: %s is %j', (name, expected) => {
    expect(desk.read(ctx, name)).toBe(expected);
  });

  it('counts the contacts of a line in their order, where Kamailio has them backwards, and from the end', () => {
    expect(desk.read(ctx, '$(hfl(Contact)[0])')).toBe('<sip:alice@10.0.0.1:5066>;expires=60');
    expect(desk.read(ctx, '$(hfl(Contact)[1])')).toBe('<sip:alice@10.0.0.2>;expires=30');
    expect(desk.read(ctx, '$(hfl(Contact)[-1])')).toBe('<sip:alice@10.0.0.3>');
  });
});

describe('a header', () => {
  const ctx = desk.request(rich);

  it.each<[string, PvValue]>([
    ['$hdr(s)', 'hello there'],
    ['$hdr(Subject)', 'hello there'],
    ['$hdr(SUBJECT)', 'hello there'],
    ['$hdr(X-Empty)', ''],
    ['$hdr(Nope)', null],
    ['$hdr()', null],
    ['$hdrc(X-Multi)', 2],
    ['$hdrc(Contact)', 2],
    ['$hdrc(Nope)', 0],
    ['$hflc(Contact)', 3],
    ['$hflc(X-Multi)', 2],
    ['$hflc(Nope)', 0],
  ])('as in Kamailio: %s is %j', (name, expected) => {
    expect(desk.read(ctx, name)).toBe(expected);
  });

  it('has its folds as one space, where Kamailio keeps the line ends', () => {
    expect(desk.read(ctx, '$hdr(X-Folded)')).toBe('a b');
  });

  it('that was added is there for the next read, which in Kamailio takes msg_apply_changes()', () => {
    const edited = desk.request(written());
    edited.message.headers.append('X-New', '1');
    expect(desk.read(edited, '$hdr(X-New)')).toBe('1');
  });
});

describe('a reply', () => {
  const text = [
    'SIP/2.0 183 Session Progress',
    'Via: SIP/2.0/UDP 127.0.0.1:16760;branch=z9hG4bKzz1',
    'Via: SIP/2.0/UDP 127.0.0.1:16999;branch=z9hG4bKa1',
    'From: <sip:alice@example.com>;tag=f1',
    'To: <sip:bob@example.org>;tag=t2',
    'Call-ID: c1@x',
    'CSeq: 5 INVITE',
    'Contact: <sip:c@d>',
    'User-Agent: UA',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const ctx = desk.reply(text);

  it.each<[string, PvValue]>([
    ...['ru', 'rU', 'rd', 'rp', 'rP', 'rz', 'ou', 'oU', 'du', 'dd', 'aU', 'fs', 'cT', 'null'].map(
      (name): [string, PvValue] => [`$${name}`, null],
    ),
    ['$rm', 'INVITE'],
    ['$rs', 183],
    ['$rr', 'Session Progress'],
    ['$rv', 'SIP/2.0'],
    ['$fu', 'sip:alice@example.com'],
    ['$tt', 't2'],
    ['$cs', '5'],
    ['$csb', '5 INVITE'],
    ['$ct', '<sip:c@d>'],
    ['$mt', 2],
    ['$sas', 'udp:127.0.0.1:16999'],
    ['$nh(u)', 'sip:127.0.0.1:16999;transport=udp'],
    ['$bs', 0],
    ['$rb', ''],
    ['$Au', 'alice@example.com'],
    ['$mf', 0],
    ['$bf', 0],
    ['$sf', 0],
    ['$ml', 293],
    ['$avp(a)', null],
    ['$var(a)', 0],
    ['$T_branch_idx', -1],
    ['$T_reply_code', 183],
    ['$T(reply_code)', 183],
    ['$via1(host)', '127.0.0.1'],
    ['$branch(count)', null],
    ['$route_uri', ''],
    ['$expires(min)', null],
  ])('as in Kamailio: %s is %j', (name, expected) => {
    expect(desk.read(ctx, name)).toBe(expected);
  });

  it('has variables of its own', () => {
    desk.write(ctx, '$var(mine)', 'x');
    expect([desk.read(ctx, '$var(mine)'), desk.read(desk.reply(text), '$var(mine)')]).toEqual(['x', 0]);
  });
});

describe('addresses', () => {
  const over = (listener: Partial<typeof LISTENER>, flow: Partial<Flow> = {}): Flow => ({
    ...FLOW,
    ...flow,
    listener: { ...LISTENER, ...listener },
  });

  it('name the transport unless it is UDP, and write IPv6 in brackets where a port follows', () => {
    const local = { address: '2001:db8::1', port: 5061 };
    const sentBy = { host: '[2001:db8::1]', port: 5061 };
    const listener = { transport: 'tls', local, sentBy, name: 'edge' } as const;
    const remote = { address: '2001:db8::9', port: 40000 };
    const ctx = desk.request(written(), over(listener, { transport: 'tls', local, remote, connection: 7 }));
    const read = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, desk.read(ctx, name)]));
    expect(read('$si $su $sut $sas $Ri $Ru $Rn $RAi $RAu $proto $protoid $af $conid $rcv(af) $rcv(sproto)')).toEqual({
      $si: '2001:db8::9',
      $su: 'sip:[2001:db8::9]:40000;transport=tls',
      $sut: 'sip:[2001:db8::9]:40000;transport=tls',
      $sas: 'tls:[2001:db8::9]:40000',
      $Ri: '2001:db8::1',
      $Ru: 'sip:[2001:db8::1]:5061;transport=tls',
      $Rn: 'edge',
      $RAi: '2001:db8::1',
      $RAu: 'sip:[2001:db8::1]:5061;transport=tls',
      $proto: 'tls',
      $protoid: 3,
      $af: 10,
      $conid: 7,
      '$rcv(af)': 10,
      '$rcv(sproto)': 'tls',
    });
  });

  it('as advertised are those that peers see', () => {
    const sentBy = { host: 'sip.example.com', port: 5060 };
    const ctx = desk.request(written(), over({ sentBy, advertised: sentBy }));
    expect([desk.read(ctx, '$Ri'), desk.read(ctx, '$RAi'), desk.read(ctx, '$RAp'), desk.read(ctx, '$RAut')]).toEqual([
      '127.0.0.1',
      'sip.example.com',
      5060,
      'sip:sip.example.com:5060;transport=udp',
    ]);
  });

  it('of a message that is counted are numbers of their own', () => {
    const [first, second] = [desk.request(written()), desk.request(written())];
    const numbers = [first, second, first].map((ctx) => Number(desk.read(ctx, '$mi')));
    expect(numbers[1]).toBe((numbers[0] ?? 0) + 1);
    expect(numbers[2]).toBe(numbers[0]);
  });
});

describe('the ends of a flow', () => {
  const ctx = desk.request(written());

  it.each<[string, PvValue]>([
    ['srcip', '127.0.0.1'],
    ['srcport', 16999],
    ['rcvip', '127.0.0.1'],
    ['rcvport', 16760],
    ['proto', 1],
    ['sproto', 'udp'],
    ['af', 2],
    ['len', ctx.message.raw.length],
    ['buf', ctx.message.raw],
    ['other', null],
  ])('$rcv(%s) is %j, in every route', (part, expected) => {
    expect(desk.read(ctx, `$rcv(${part})`)).toBe(expected);
  });

  it.each<[string, PvValue]>([
    ['ip', '127.0.0.1'],
    ['port', 16999],
    ['proto', 1],
    ['sproto', 'udp'],
    ['af', 2],
    ['other', null],
  ])('$snd(%s) is %j once there is a connection to leave on', (part, expected) => {
    const leaving = desk.request(written());
    expect(desk.read(leaving, `$snd(${part})`)).toBeNull();
    leaving.destination.flow = FLOW;
    expect([desk.read(leaving, `$snd(${part})`), desk.read(leaving, `$sndto(${part})`)]).toEqual([expected, expected]);
  });

  it('have numbers that Kamailio gives to names', () => {
    const names = ['IPv4', 'INET6', 'UDP', 'TCP', 'TLS', 'SCTP', 'WS', 'WSS', 'XYZ'];
    expect(names.map((name) => desk.read(ctx, `$K(${name})`))).toEqual([2, 10, 1, 2, 3, 4, 5, 6, null]);
  });
});

describe('a Via', () => {
  it('has its parts', () => {
    const via = 'Via: SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK1;received=10.1.1.1;rport=99';
    const ctx = desk.request(written().replace(/^Via:[^\r]*/m, via));
    const bare = desk.request(written().replace(/^Via:[^\r]*/m, 'Via: SIP/2.0/UDP h;rport'));
    const parts = ['host', 'port', 'proto', 'branch', 'received', 'rport', 'params', 'other'];
    const read = (of: typeof ctx) => parts.map((part) => desk.read(of, `$via0(${part})`));
    expect(read(ctx)).toEqual([
      '[2001:db8::1]',
      0,
      'TCP',
      'z9hG4bK1',
      '10.1.1.1',
      '99',
      'branch=z9hG4bK1;received=10.1.1.1;rport=99',
      null,
    ]);
    expect(read(bare)).toEqual(['h', 0, 'UDP', null, null, '', 'rport', null]);
    expect(desk.read(bare, '$via1(host)')).toBeNull();
  });
});

describe('the message as text', () => {
  it.each<[string, PvValue]>([
    ['$msg(len)', rich.length],
    ['$msg(buf)', rich],
    ['$mb', rich],
    ['$msg(body)', 'v=0\r\n'],
    ['$msg(hdrs)', rich.slice(rich.indexOf('\r\n') + 2, rich.indexOf('\r\n\r\n'))],
    ['$msg(fpart)', rich.slice(0, rich.indexOf('\r\n\r\n'))],
    ['$msg(lpart)', rich.slice(rich.indexOf('\r\n') + 2)],
    ['$msg(other)', null],
  ])('as in Kamailio: %s', (name, expected) => {
    expect(desk.read(desk.request(rich), name)).toBe(expected);
  });
});

describe('time', () => {
  const ctx = desk.request(written());
  const at = ctx.received.at;

  it('of arrival is cached, that of now is read', () => {
    const seconds = Math.floor(at / 1_000_000);
    expect(desk.read(ctx, '$Ts')).toBe(seconds);
    expect(desk.read(ctx, '$TS')).toBeGreaterThanOrEqual(seconds);
    expect(desk.read(ctx, '$TV(s)')).toBe(seconds);
    expect(desk.read(ctx, '$TV(u)')).toBe(at % 1_000_000);
    expect(desk.read(ctx, '$TV(S)')).toBe(`${seconds}.${String(at % 1_000_000).padStart(6, '0')}`);
    expect(desk.read(ctx, '$TV(x)')).toBeNull();
  });

  it('has the parts of a date, months and weekdays from 1', () => {
    const date = new Date(Math.floor(at / 1000));
    expect(desk.read(ctx, '$time(year)')).toBe(date.getFullYear());
    expect(desk.read(ctx, '$time(mon)')).toBe(date.getMonth() + 1);
    expect(desk.read(ctx, '$time(wday)')).toBe(date.getDay() + 1);
    expect(desk.read(ctx, '$utime(hour)')).toBe(date.getUTCHours());
    const rest = ['sec', 'min', 'hour', 'mday', 'yday', 'century'].map((part) => desk.read(ctx, `$time(${part})`));
    const [sec, min, hour, mday] = [date.getSeconds(), date.getMinutes(), date.getHours(), date.getDate()];
    expect(rest).toEqual([sec, min, hour, mday, dayOfYear(date), null]);
    expect(desk.read(ctx, '$timef(%H)')).toBe(String(hour).padStart(2, '0'));
    expect([desk.read(ctx, '$Tf'), desk.read(ctx, '$TF')]).toEqual(Array(2).fill(strftime('%c', date)));
    expect([desk.read(ctx, '$Tb'), desk.read(ctx, '$TV(sn)')]).toEqual(Array(2).fill(Math.floor(at / 1_000_000)));
    expect(desk.read(ctx, '$TV(un)')).toBeLessThan(1_000_000);
    expect(desk.read(ctx, '$TV(Sn)')).toMatch(/^\d+\.\d{6}$/);
    expect(desk.read(ctx, '$utimef(%Y-%m-%dT%H:%M:%SZ %Q)')).toBe(`${date.toISOString().slice(0, 19)}Z %Q`);
  });
});

describe('on any message', () => {
  const names = [...Object.entries(pv.decl.pvs), ...Object.entries(tmx.decl.pvs)];
  const inners = ['', 'a', 'Contact', 'uri', 'u', 'q[0]=>a', 'q[', 's:a', '%Y', 'host', 'min', '\0'];
  const reads = names.flatMap(([name, decl]) =>
    'inner' in decl ? inners.map((inner) => [name, inner] as const) : [[name, ''] as const],
  );
  const indexes = [undefined, 0, 1, -1, 99, -99, 'all'] as const;
  const list = ['<', '>', '"', ';', ',', '=', 'sip:', 'tel:', '@', ':', '[', '\\', 'é', ' ', '99', 'tag'];
  const joined = (pieces: readonly string[]) =>
    fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''));
  const junk = joined(list);
  const hostile = joined([...list, '\0', '\r\n', '\n', '\r', 'X-Evil: 1']);

  it('every read gives a text, a number or null, and every write leaves a message that can be sent', () => {
    fc.assert(
      fc.property(junk, junk, hostile, fc.constantFrom(...indexes), (uri, from, value, index) => {
        const text = written({
          uri: `sip:${uri}`,
          headers: [`Contact: ${from}`, `Diversion: ${from}`, `Route: ${uri}`],
        }).replace('<sip:alice@example.com>;tag=f1', from);
        if (parseMessage(bytesOf(text)).kind !== 'request') return;
        const ctx = desk.request(text);
        for (const [name, inner] of reads) {
          const result = desk.binding(name).read(ctx, { inner, index });
          expect(result === null || typeof result === 'string' || Number.isSafeInteger(result)).toBe(true);
        }
        for (const [name, inner] of reads) desk.binding(name).write?.(ctx, { inner, index }, value);
        const [head = ''] = ctx.message.serialize().toString('latin1').split('\r\n\r\n');
        expect(head).not.toMatch(/\r(?!\n)|[^\r]\n|\0/);
      }),
      { numRuns: 60 },
    );
  });
});
