/** The functions on structured AVPs, shared variables by RPC, who is accounted for, and dates as text. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { defineModule, use } from '../../../src/engine/module.ts';
import type { PvPlace } from '../../../src/engine/pv-value.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { dayOfYear, strftime } from '../../../src/modules/pv/strftime.ts';
import { Simulator } from '../../../src/testing/simulator.ts';
import { simulateProxy } from '../../../src/testing/simulate-proxy.ts';
import type { Functions } from '../../../src/engine/declaration.ts';
import { trust } from '../../../src/util/trust.ts';
import { written } from '../../support/contexts.ts';
import { deskOf } from './desk.ts';

const desk = await deskOf([pv]);
// The functions of the module that was listed.
const fn = trust<Functions<typeof pv.decl>>(desk.functions('pv'));
const read = (ctx: RequestContext, ...names: readonly string[]) => names.map((name) => desk.read(ctx, name));

const place = (name: string): PvPlace => ({
  name,
  read: (ctx) => desk.read(ctx, name),
  write: (ctx, value) => desk.write(ctx, name, value),
});

describe('questions about a pseudo-variable', () => {
  it.each([
    ['$var(x)', 'text', [true, false, true, true, false, false]],
    ['$var(x)', 5, [true, true, false, false, true, false]],
    ['$var(x)', '12', [true, false, true, true, false, false]],
    ['$var(x)', '', [true, false, false, true, false, false]],
    ['$avp(none)', null, [false, false, false, false, false, true]],
  ] as const)('%s with %j', (name, value, expected) => {
    const ctx = desk.request(written());
    if (value !== null) desk.write(ctx, name, value);
    const asked = place(name);
    const types = (['text', 'number', 'null'] as const).map((type) => fn.typeOf(ctx, asked, type));
    expect([fn.isSet(ctx, asked), fn.isInt(ctx, asked), fn.notEmpty(ctx, asked), ...types]).toEqual(expected);
  });

  it('end when it is unset', () => {
    const ctx = desk.request(written());
    desk.write(ctx, '$avp(x)', 'a');
    expect([fn.unset(ctx, place('$avp(x)')), fn.isSet(ctx, place('$avp(x)'))]).toEqual(['unset', false]);
    expect(fn.unset(ctx, { name: '$rm', read: () => 'x' })).toBe('unset');
  });
});

describe('tables beside $xavp', () => {
  it('of $xavi know no upper and lower case', () => {
    const ctx = desk.request(written());
    desk.write(ctx, '$xavi(Aa=>Bb)', '1');
    fn.setChildTextXavi(ctx, 'AA', 'Cc', 'two');
    fn.setChildNumberXavi(ctx, 'aa', 'dD', 3);
    expect(read(ctx, '$xavi(aA=>bB)', '$xavi(aa=>CC)', '$xavi(aa=>dd)', '$xavp(aa=>bb)')).toEqual([
      '1',
      'two',
      3,
      null,
    ]);
    expect([fn.removeChildXavi(ctx, 'AA', 'BB'), fn.removeChildXavi(ctx, 'AA', 'BB')]).toEqual(['removed', 'absent']);
    expect([fn.removeXavi(ctx, 'AA'), fn.removeXavi(ctx, 'AA')]).toEqual(['removed', 'absent']);
  });

  it('of $xavu hold one value each', () => {
    const ctx = desk.request(written());
    desk.write(ctx, '$xavu(a=>b)', '1');
    desk.write(ctx, '$xavu(a=>c)', '2');
    desk.write(ctx, '$xavu(a=>b)', '3');
    desk.write(ctx, '$xavu(p)', 'plain');
    expect(read(ctx, '$xavu(a=>b)', '$xavu(a=>c)', '$xavu(p)', '$xavu(none)')).toEqual(['3', '2', 'plain', null]);
    desk.write(ctx, '$xavu(p=>z)', '1');
    desk.write(ctx, '$xavu(a=>b)', null);
    desk.write(ctx, '$xavu(none=>b)', null);
    expect(read(ctx, '$xavu(p=>z)', '$xavu(a=>b)', '$xavu(a=>c)')).toEqual(['1', null, '2']);
    desk.write(ctx, '$xavu(a)', null);
    expect(read(ctx, '$xavu(a=>c)')).toEqual([null]);
  });

  it('and variables are copied into each other', () => {
    const ctx = desk.request(written());
    desk.write(ctx, '$var(one)', 1);
    desk.write(ctx, '$vn(two)', 2);
    expect([fn.varToXavp(ctx, 'one', 'r'), fn.varToXavp(ctx, 'none', 'r')]).toEqual(['copied', 'absent']);
    expect([fn.varToXavp(ctx, '*', 's'), ...read(ctx, '$xavp(s=>one)', '$xavp(r=>one)')]).toEqual(['copied', 1, 1]);
    desk.write(ctx, '$xavp(r[0]=>three)', '3');
    expect([fn.xavpToVar(ctx, 'r'), fn.xavpToVar(ctx, 'none'), ...read(ctx, '$var(three)')]).toEqual([
      'copied',
      'absent',
      '3',
    ]);
  });
});

describe('the static branch', () => {
  it('is described, added and taken', () => {
    const ctx = desk.request(written());
    expect([fn.appendStaticBranch(ctx), fn.takeStaticBranch(ctx), ...read(ctx, '$sbranch(uri)')]).toEqual([
      'absent',
      'absent',
      null,
    ]);
    desk.write(ctx, '$sbranch(uri)', 'sip:b@1.1.1.1');
    desk.write(ctx, '$sbranch(dst_uri)', 'sip:2.2.2.2');
    desk.write(ctx, '$sbranch(q)', 500);
    expect(read(ctx, '$sbranch(uri)', '$sbranch(dst_uri)', '$sbranch(q)', '$sbranch(flags)', '$sbranch(path)')).toEqual(
      ['sip:b@1.1.1.1', 'sip:2.2.2.2', 500, 0, null],
    );
    expect([fn.appendStaticBranch(ctx), ...read(ctx, '$branch(uri)', '$branch(q)')]).toEqual([
      'appended',
      'sip:b@1.1.1.1',
      500,
    ]);
    expect([fn.takeStaticBranch(ctx), ...read(ctx, '$ru', '$du')]).toEqual(['taken', 'sip:b@1.1.1.1', 'sip:2.2.2.2']);
    expect([fn.resetStaticBranch(ctx), fn.appendStaticBranch(ctx)]).toEqual(['reset', 'absent']);
  });
});

describe('parameters', () => {
  it('become the fields of a new record', () => {
    const ctx = desk.request(written());
    expect(fn.explodeParams(ctx, 'a=1; b = "x;y" ;c;d=', 'p')).toBe('exploded');
    expect(read(ctx, '$xavp(p=>a)', '$xavp(p=>b)', '$xavp(p=>c)', '$xavp(p=>d)', '$xavp(p=>e)')).toEqual([
      '1',
      'x;y',
      '',
      '',
      null,
    ]);
    expect(fn.explodeParams(ctx, 'a=2', 'p')).toBe('exploded');
    expect(read(ctx, '$xavp(p=>a)', '$xavp(p[1]=>a)')).toEqual(['2', '1']);
  });

  it('are none in an empty text', () => {
    expect(fn.explodeParams(desk.request(written()), ' ', 'p')).toBe('empty');
  });

  it('are made of the fields of the newest record', () => {
    const ctx = desk.request(written());
    expect(fn.implodeParams(ctx, 'p', place('$var(out)'))).toBe('absent');
    fn.explodeParams(ctx, 'a=1;c', 'p');
    fn.setChildText(ctx, 'p', 'd', '2');
    expect(fn.implodeParams(ctx, 'p', place('$var(out)'))).toBe('imploded');
    expect(read(ctx, '$var(out)')).toEqual(['d=2;a=1;c;']);
    fn.explodeParamsXavu(ctx, 'x=1', 'p');
    fn.explodeParamsXavu(ctx, 'y=1', 'p');
    expect([fn.implodeParamsXavu(ctx, 'p', place('$var(out)')), ...read(ctx, '$var(out)')]).toEqual([
      'imploded',
      'y=1;',
    ]);
  });
});

describe('a list', () => {
  it('becomes values, the first on top', () => {
    const ctx = desk.request(written());
    expect(fn.explodeList(ctx, { list: 'a, b,c', separator: ',', mode: 't', name: 'l' })).toBe('exploded');
    expect(read(ctx, '$xavp(l)', '$xavp(l[1])', '$xavp(l[2])', '$xavp(l[3])')).toEqual(['a', 'b', 'c', null]);
    expect(fn.explodeList(ctx, { list: 'a, b', separator: ',', name: 'm' })).toBe('exploded');
    expect(read(ctx, '$xavp(m[1])')).toEqual([' b']);
    expect([fn.explodeList(ctx, { list: 'a', separator: '', name: 'l' }), fn.explodeList(ctx)]).toEqual([
      'empty',
      'empty',
    ]);
  });
});

describe('fields', () => {
  it('are set, removed and copied', () => {
    const ctx = desk.request(written());
    expect(fn.setChildText(ctx, 'r', 'a', 'x')).toBe('set');
    expect(fn.setChildNumber(ctx, 'r', 'b', 7)).toBe('set');
    expect(read(ctx, '$xavp(r=>a)', '$xavp(r=>b)')).toEqual(['x', 7]);
    expect([fn.copyXavp(ctx, 'r', 0, 's'), fn.copyXavp(ctx, 'r', 1, 's')]).toEqual(['copied', 'absent']);
    expect([fn.removeChild(ctx, 'r', 'a'), fn.removeChild(ctx, 'r', 'a')]).toEqual(['removed', 'absent']);
    expect(read(ctx, '$xavp(r=>a)', '$xavp(s=>a)')).toEqual([null, 'x']);
    expect([fn.removeXavp(ctx, 'r'), fn.removeXavp(ctx, 'r')]).toEqual(['removed', 'absent']);
    expect(read(ctx, '$xavp(r)')).toEqual([null]);
  });
});

describe('credentials', () => {
  const digest =
    'Digest username="joe", realm="R", nonce="n", uri="sip:x", response="00112233445566778899aabbccddeeff"';
  const names = ['$aU', '$au', '$ad', '$ar', '$adu', '$aa'];

  it('have empty parts for what they do not say, as in Kamailio', () => {
    const ctx = desk.request(written({ headers: [`Authorization: ${digest}`] }));
    expect(read(ctx, ...names)).toEqual(['joe', 'joe', '', 'R', 'sip:x', '']);
  });

  it('for a proxy come first', () => {
    const other = digest.replace('"joe"', '"jim@h"');
    const ctx = desk.request(written({ headers: [`Authorization: ${digest}`, `Proxy-Authorization: ${other}`] }));
    expect(read(ctx, ...names)).toEqual(['jim@h', 'jim', 'h', 'R', 'sip:x', '']);
  });

  it('that cannot be read are none', () => {
    expect(read(desk.request(written({ headers: ['Authorization: Digest ,=,'] })), ...names)).toEqual(
      names.map(() => null),
    );
  });
});

describe('who is accounted for', () => {
  /** Stands for auth: what pv takes from it is this answer. */
  const accepting = (user: string) =>
    defineModule({ name: 'auth', doc: 'Accepts everybody.' }, () => ({
      functions: {},
      api: { user: () => ({ user, realm: 'example.net' }), supply: () => undefined },
    }));

  it('is whom From names as long as nobody was authenticated', async () => {
    const withAuth = await deskOf([auth, pv]);
    expect(withAuth.read(withAuth.request(written()), '$Au')).toBe('alice@example.com');
  });

  it.each([
    ['carol', 'carol@example.net'],
    ['carol@example.org', 'carol@example.org'],
  ])('is %s, who was authenticated, as %s', async (user, expected) => {
    const withAuth = await deskOf([pv, accepting(user)]);
    expect(withAuth.read(withAuth.request(written()), '$Au')).toBe(expected);
  });
});

describe('shared variables', () => {
  it('are shown and set by RPC', async () => {
    const sim = new Simulator();
    const program = defineRoutes([use(pv, { shvset: ['x=i:5'] })], () => ({ request: () => undefined }));
    const proxy = await simulateProxy(sim, program, { listen: ['udp:10.0.0.10:5060'] });
    const rpc = (name: string, ...params: (string | number)[]) => proxy.program.rpc.get(name)?.(params);
    expect(rpc('pv.shvSet', 'y', 'str', 'z')).toBe('ok');
    expect(rpc('pv.shvSet', 'n', 'int', '7')).toBe('ok');
    expect(rpc('pv.shvSet', 'n')).toMatch(/^usage/);
    expect(rpc('pv.shvGet')).toEqual({ x: 5, y: 'z', n: 7 });
    expect([rpc('pv.shvGet', 'y'), rpc('pv.shvGet', 'w')]).toEqual(['z', null]);
  });
});

describe('a date', () => {
  const date = new Date(2026, 10, 5, 15, 4, 9);

  it.each([
    ['%a %A', 'Thu Thursday'],
    ['%b %B %h', 'Nov November Nov'],
    ['%c', 'Thu Nov  5 15:04:09 2026'],
    ['%C %d %e', '20 05  5'],
    ['%D %F %T %R', '11/05/26 2026-11-05 15:04:09 15:04'],
    ['%H %I %k %l %p', '15 03 15  3 PM'],
    ['%j %m %M %S', '309 11 04 09'],
    ['%u %w %y %Y', '4 4 26 2026'],
    ['%x %X', '11/05/26 15:04:09'],
    ['%n%t%%', '\n\t%'],
    ['%Q % %', '%Q % %'],
    ['', ''],
  ])('as %j is %j', (format, expected) => {
    expect(strftime(format, date)).toBe(expected);
  });

  it('has its zone and its seconds since 1970', () => {
    expect(strftime('%s', date)).toBe(String(date.getTime() / 1000));
    expect(strftime('%z', date)).toMatch(/^[+-]\d{4}$/);
  });

  it('counts the days of its year from 1', () => {
    expect([new Date(2026, 0, 1), new Date(2024, 11, 31), new Date(2026, 11, 31)].map(dayOfYear)).toEqual([
      1, 366, 365,
    ]);
  });
});
