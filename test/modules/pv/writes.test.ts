/** Writing: what the real Kamailio 5.6.3 showed after each assignment; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { type PvValue, use } from '../../../src/engine/module.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { MAX_NAMES, MAX_VALUES } from '../../../src/modules/pv/stacks.ts';
import { RECORD_TEXT } from '../../../src/modules/pv/xavp-store.ts';
import { LISTEN, written } from '../../support/contexts.ts';
import { deskOf } from './desk.ts';

const desk = await deskOf([use(pv, { varset: ['greeting=s:hello', 'count=i:3'], shvset: ['x=i:5'] })]);
const request = (uri?: string): RequestContext => desk.request(written(uri === undefined ? {} : { uri }));

type Row = readonly [target: string, value: PvValue, ...reads: (readonly [string, PvValue])[]];

/** Runs the assignments one after the other on one message. */
function follow(ctx: RequestContext, rows: readonly Row[]): void {
  for (const [target, value, ...reads] of rows) {
    desk.write(ctx, target, value);
    for (const [name, expected] of reads) {
      expect([target, value, name, desk.read(ctx, name)]).toEqual([target, value, name, expected]);
    }
  }
}

describe('the Request-URI', () => {
  it('changes whole and in parts', () => {
    follow(request(), [
      ['$ru', 'sip:x@y.z:5061;transport=tls', ['$rU', 'x'], ['$rd', 'y.z'], ['$rp', '5061'], ['$rP', 'tls']],
      ['$rU', null, ['$ru', 'sip:y.z:5061;transport=tls'], ['$rU', null]],
      ['$rU', 'new', ['$ru', 'sip:new@y.z:5061;transport=tls']],
      ['$rd', 'h.example.com', ['$ru', 'sip:new@h.example.com:5061;transport=tls']],
      ['$rd', '[2001:db8::2]', ['$ru', 'sip:new@[2001:db8::2]:5061;transport=tls']],
      ['$rp', 5099, ['$ru', 'sip:new@[2001:db8::2]:5099;transport=tls']],
      ['$rp', null, ['$ru', 'sip:new@[2001:db8::2];transport=tls'], ['$rp', '5060']],
      ['$rp', '5100', ['$ru', 'sip:new@[2001:db8::2]:5100;transport=tls']],
      ['$rU', 5, ['$ru', 'sip:5@[2001:db8::2]:5100;transport=tls'], ['$rU', '5']],
      ['$ru', 'tel:+123', ['$rU', '+123'], ['$rd', null]],
      ['$rU', '5', ['$ru', 'tel:5']],
      ['$rd', 'a.b', ['$ru', 'sip:5@a.b;user=phone']],
    ]);
  });

  it('keeps the password with another user and loses it with the user', () => {
    const ctx = request('sip:bob:secret@10.9.9.9');
    follow(ctx, [
      ['$rU', 'carol', ['$ru', 'sip:carol:secret@10.9.9.9']],
      ['$rU', null, ['$ru', 'sip:10.9.9.9']],
    ]);
  });

  it('as received stays', () => {
    const ctx = request('sip:bob@10.9.9.9:5070');
    desk.write(ctx, '$ru', 'sip:a@b');
    expect(['$ou', '$oU', '$od', '$op', '$oP'].map((name) => desk.read(ctx, name))).toEqual([
      'sip:bob@10.9.9.9:5070',
      'bob',
      '10.9.9.9',
      '5070',
      'UDP',
    ]);
  });

  it('is left alone by a port that is none, where Kamailio makes it unreadable', () => {
    const ctx = request('sip:b@c:1');
    for (const port of ['abc', -1, 65_536]) desk.write(ctx, '$rp', port);
    expect(desk.read(ctx, '$ru')).toBe('sip:b@c:1');
    desk.write(ctx, '$rp', 65_535);
    expect(desk.read(ctx, '$ru')).toBe('sip:b@c:65535');
  });

  it('is left alone by nothing', () => {
    const ctx = request('sip:b@c');
    for (const value of [null, '']) {
      desk.write(ctx, '$ru', value);
      desk.write(ctx, '$rd', value);
    }
    expect(desk.read(ctx, '$ru')).toBe('sip:b@c');
  });

  it('cannot take a line end or a space with it, where Kamailio writes them', () => {
    const ctx = request('sip:b@c');
    desk.write(ctx, '$rU', 'a\r\nX-Evil: 1');
    expect(ctx.message.serialize().toString('latin1')).toMatch(/^INVITE sip:a%0D%0AX-Evil:%201@c SIP\/2\.0\r\n/);
  });
});

describe('From and To', () => {
  it('show what was written at once and replace it the next time, where Kamailio shows the old and joins the new', () => {
    const ctx = desk.request(written().replace('From: <', 'From: "Al, <x>" <').replace('To: <', 'To: Bob <'));
    follow(ctx, [
      ['$fU', 'carol', ['$fu', 'sip:carol@example.com'], ['$fn', '"Al, <x>"'], ['$ft', 'f1']],
      ['$fU', 'dave', ['$fu', 'sip:dave@example.com']],
      ['$fd', 'example.org', ['$fu', 'sip:dave@example.org']],
      ['$fU', null, ['$fu', 'sip:example.org'], ['$fU', null]],
      ['$fu', 'sips:a@b;x=y', ['$fd', 'b'], ['$ft', 'f1']],
      ['$tU', '1', ['$tu', 'sip:1@example.com'], ['$tn', 'Bob']],
      ['$fn', 'Carol', ['$fn', 'Carol']],
      ['$fn', '"C, D"', ['$fn', '"C, D"']],
      ['$fn', 'C, D <', ['$fn', '"C, D <"']],
      ['$tn', null, ['$tn', null]],
    ]);
    expect(ctx.message.headers.get('From')).toBe('"C, D <" <sips:a@b;x=y>;tag=f1');
    expect(ctx.message.headers.get('To')).toBe('<sip:1@example.com>');
  });

  it('get brackets when they had none', () => {
    const ctx = desk.request(written().replace('<sip:alice@example.com>;tag=f1', 'sip:alice@example.com;tag=f1'));
    desk.write(ctx, '$fn', 'Al');
    expect(ctx.message.headers.get('From')).toBe('Al <sip:alice@example.com>;tag=f1');
    const other = desk.request(written().replace('<sip:alice@example.com>;tag=f1', 'sip:alice@example.com;tag=f1'));
    desk.write(other, '$fU', 'bob');
    expect(other.message.headers.get('From')).toBe('<sip:bob@example.com>;tag=f1');
  });

  it('do not let a value out of its place', () => {
    const ctx = request();
    desk.write(ctx, '$fU', 'a>;tag=evil\r\nX: 1 <');
    desk.write(ctx, '$fn', 'x\r\nX: 1');
    expect(ctx.message.headers.get('From')).toBe('"x X: 1" <sip:a;tag=evilX:1@example.com>;tag=f1');
  });
});

describe('the destination', () => {
  it('is a URI, or nothing', () => {
    follow(request(), [
      ['$du', 'sip:1.2.3.4', ['$dd', '1.2.3.4'], ['$dp', '5060'], ['$dP', 'UDP'], ['$nh(d)', '1.2.3.4']],
      ['$du', 'sip:10.2.2.2:5090;transport=tcp', ['$dp', '5090'], ['$dP', 'tcp'], ['$nh(P)', 'tcp']],
      ['$du', 'notauri', ['$du', 'notauri'], ['$dd', null]],
      ['$du', null, ['$du', null], ['$nh(d)', '10.9.9.9'], ['$nh(u)', 'sip:bob@10.9.9.9']],
    ]);
  });

  it('has a socket of ours, and keeps it when there is no such one', () => {
    const ctx = request();
    const [, second] = LISTEN;
    follow(ctx, [
      ['$fs', second, ['$fs', second], ['$fsn', null]],
      ['$fs', 'udp:1.1.1.1:1', ['$fs', second]],
      ['$fsn', 'nobody', ['$fs', second]],
    ]);
    expect(desk.log.map(([level, message]) => `${level} ${message}`)).toEqual(
      Array(2).fill('error pv: no such socket to send from'),
    );
    follow(ctx, [['$fs', null, ['$fs', null]]]);
  });

  it('has further branches, changed one by one', () => {
    const ctx = request();
    expect(desk.read(ctx, '$branch(count)')).toBeNull();
    ctx.appendBranch('sip:b1@h', 500);
    ctx.appendBranch('sip:b2@h');
    expect(desk.read(ctx, '$bR')).toBe('<sip:b1@h>;q=0.5, sip:b2@h');
    follow(ctx, [
      ['$branch(uri)', 'sip:b9@h', ['$branch(uri)', 'sip:b9@h'], ['$branch(count)', 2], ['$br', 'sip:b9@h']],
      ['$(branch(q)[0])', 300, ['$(branch(q)[0])', 300], ['$bR', '<sip:b9@h>;q=0.3, sip:b2@h']],
      ['$(branch(dst_uri)[1])', 'sip:d@h', ['$(branch(dst_uri)[1])', 'sip:d@h'], ['$branch(dst_uri)', null]],
      ['$(branch(flags)[-1])', 4, ['$(branch(flags)[1])', 4], ['$(branch(flags)[0])', 0]],
      ['$(branch(send_socket)[0])', LISTEN[1], ['$branch(send_socket)', LISTEN[1]]],
      ['$(branch(path)[0])', '<sip:p;lr>', ['$branch(path)', '<sip:p;lr>']],
      ['$(branch(dst_uri)[0])', null, ['$branch(dst_uri)', null], ['$branch(path)', null]],
      ['$(branch(uri)[7])', 'sip:x@y', ['$branch(count)', 2]],
      ['$(branch(uri)[0])', null, ['$branch(count)', 1], ['$branch(uri)', 'sip:b2@h']],
    ]);
  });

  it('leaves the branches of other contexts alone', () => {
    const ctx = request();
    ctx.appendBranch('sip:b1@h');
    const { branches } = ctx;
    desk.write(ctx, '$branch(uri)', 'sip:b2@h');
    expect(branches.map(({ uri }) => uri)).toEqual(['sip:b1@h']);
  });
});

describe('flags', () => {
  it('are numbers, or hexadecimal', () => {
    follow(request(), [
      ['$mf', 5, ['$mf', 5], ['$mF', '00000005']],
      ['$bf', 3584, ['$bF', '00000e00']],
      ['$sf', '9', ['$sF', '00000009']],
      ['$mF', 3, ['$mf', 3]],
      ['$mf', null, ['$mf', 0]],
      ['$mf', 0x8000_0000, ['$mF', '80000000']],
    ]);
  });
});

describe('variables', () => {
  it('begin with what varset says, else with 0, and null is 0', () => {
    follow(request(), [
      ['$var(v)', 's', ['$var(v)', 's'], ['$vz(v)', 's'], ['$vn(v)', null], ['$var(greeting)', 'hello']],
      ['$var(v)', null, ['$var(v)', 0]],
      ['$vz(v)', 4, ['$var(v)', 4]],
      ['$vn(v)', 's', ['$vn(v)', 's'], ['$var(v)', 4]],
      ['$vn(v)', null, ['$vn(v)', null]],
      ['$var(count)', null, ['$var(count)', 0]],
    ]);
  });

  it('end with the message, where in Kamailio the next one finds them', () => {
    const first = request();
    desk.write(first, '$var(v)', 's');
    expect(desk.read(request(), '$var(v)')).toBe(0);
  });

  it('that are shared stay', () => {
    follow(request(), [
      ['$shv(a)', 'q', ['$shv(a)', 'q'], ['$shv(x)', 5]],
      ['$shv(b)', 1],
      ['$shv(b)', null, ['$shv(b)', '']],
    ]);
    expect(desk.read(request(), '$shv(a)')).toBe('q');
  });

  it('are not stored when there are too many', () => {
    const ctx = request();
    for (let i = 0; i <= MAX_NAMES; i++) desk.write(ctx, `$var(n${i})`, 1);
    expect([MAX_NAMES - 1, MAX_NAMES].map((i) => desk.read(ctx, `$var(n${i})`))).toEqual([1, 0]);
    desk.write(ctx, '$var(n0)', 2);
    expect(desk.read(ctx, '$var(n0)')).toBe(2);
  });

  it.each(['nothing', 'x=5', 'x=i:five', '=s:a'])('are refused as %j', async (text) => {
    await expect(deskOf([use(pv, { varset: [text] })])).rejects.toMatchObject({ code: 'PARAM_VALUE' });
  });
});

describe('an AVP', () => {
  it('is a stack', () => {
    follow(request(), [
      ['$avp(a)', 1, ['$avp(a)', 1], ['$avp(s:a)', 1]],
      ['$avp(a)', '2', ['$avp(a)', '2'], ['$(avp(a)[1])', 1]],
      ['$(avp(a)[1])', '3', ['$(avp(a)[*])', '3, 2, 1']],
      ['$(avp(a)[*])', '4', ['$(avp(a)[*])', '4']],
      ['$avp(a)', '5', ['$(avp(a)[*])', '5, 4']],
      ['$avp(a)', null, ['$(avp(a)[*])', '4']],
      ['$(avp(a)[1])', null, ['$(avp(a)[*])', null]],
      ['$avp(a)', null, ['$avp(a)', null]],
      ['$avp(c)', '', ['$avp(c)', '']],
      ['$avp(i:5)', 'iv', ['$avp(i:5)', 'iv'], ['$avp(5)', null]],
      ['$avp(b)', 'x'],
      ['$avp(b)', 'y'],
      ['$(avp(b)[*])', null, ['$avp(b)', null]],
    ]);
  });

  it('is seen by the later routes of its transaction', () => {
    const ctx = request();
    desk.write(ctx, '$avp(a)', 1);
    const later = ctx.derive(ctx.message.fork(), { route: 'branch', branchIndex: 0 });
    expect(desk.read(later, '$avp(a)')).toBe(1);
  });

  it('forgets its oldest value when it has too many', () => {
    const ctx = request();
    for (let i = 0; i <= MAX_VALUES; i++) desk.write(ctx, '$avp(a)', i);
    expect([0, MAX_VALUES - 1, MAX_VALUES].map((i) => desk.read(ctx, `$(avp(a)[${i}])`))).toEqual([
      MAX_VALUES,
      1,
      null,
    ]);
  });
});

describe('a structured AVP', () => {
  it('is a stack of records', () => {
    follow(request(), [
      ['$xavp(q=>a)', 1, ['$xavp(q=>a)', 1], ['$xavp(q[0]=>a)', 1], ['$xavp(q)', RECORD_TEXT]],
      ['$xavp(q=>b)', 2, ['$xavp(q=>a)', null], ['$xavp(q[0]=>b)', 2], ['$xavp(q[1]=>a)', 1], ['$xavp(q[-1]=>a)', 1]],
      ['$xavp(q[0]=>a)', 3, ['$xavp(q=>a)', 3], ['$xavp(q=>b)', 2]],
      ['$xavp(q[0]=>a)', 4, ['$xavp(q[0]=>a[1])', 3], ['$xavp(q[0]=>a[*])', '4, 3']],
      ['$xavp(q[0]=>a[0])', 5, ['$xavp(q[0]=>a[*])', '5, 3']],
      ['$xavp(q[0]=>a[1])', 6, ['$xavp(q[0]=>a[*])', '5, 6']],
      ['$xavp(q[5]=>a)', 7, ['$xavp(q[5]=>a)', null]],
      ['$xavp(q[0]=>a)', null, ['$xavp(q[0]=>a)', 6], ['$xavp(q[0]=>b)', 2]],
      ['$xavp(q[0])', null, ['$xavp(q[0]=>b)', null], ['$xavp(q[0]=>a)', 1]],
      ['$xavp(q)', null, ['$xavp(q=>a)', null], ['$xavp(q)', null]],
    ]);
  });

  it('may be a plain value', () => {
    follow(request(), [
      ['$xavp(z[0]=>a)', 1, ['$xavp(z=>a)', null]],
      ['$xavp(w)', 'v', ['$xavp(w)', 'v'], ['$xavp(w[0])', 'v']],
      ['$xavp(w)', 'v2', ['$xavp(w)', 'v2'], ['$xavp(w[1])', 'v']],
      ['$xavp(w[0])', 'v3', ['$xavp(w)', 'v3'], ['$xavp(w[1])', 'v'], ['$xavp(w=>x)', null]],
      ['$xavp(w=>k)', 'v4', ['$xavp(w=>k)', 'v4'], ['$xavp(w[1])', 'v3']],
    ]);
  });

  it('loses one record at a time, or all', () => {
    follow(request(), [
      ['$xavp(k=>a)', 1],
      ['$xavp(k=>a)', 2],
      ['$xavp(k=>a)', 3],
      ['$xavp(k)', null, ['$xavp(k=>a)', 2], ['$xavp(k[1]=>a)', 1]],
      ['$xavp(k=>a)', null, ['$xavp(k=>a)', null], ['$xavp(k[1]=>a)', 1]],
      ['$xavp(k[*])', null, ['$xavp(k[1]=>a)', null], ['$xavp(k)', null]],
    ]);
  });

  it('takes all values of a field at once, where Kamailio leaves them', () => {
    follow(request(), [
      ['$xavp(k=>a)', 1],
      ['$xavp(k[0]=>a)', 2],
      ['$xavp(k[0]=>a[*])', 3, ['$xavp(k[0]=>a[*])', 3]],
    ]);
  });

  it.each(['', 'q[', 'q[x]=>a', 'q=>', '=>a', 'q a=>b'])('without a name that can be read, %j, is nothing', (inner) => {
    const ctx = request();
    desk.write(ctx, `$xavp(${inner})`, 1);
    expect(desk.read(ctx, `$xavp(${inner})`)).toBeNull();
  });

  it('belongs to the request that it was set on', () => {
    const ctx = request();
    desk.write(ctx, '$xavp(k=>a)', 1);
    const later = ctx.derive(ctx.message.fork(), { route: 'failure' });
    expect([desk.read(later, '$xavp(k=>a)'), desk.read(request(), '$xavp(k=>a)')]).toEqual([1, null]);
  });
});
