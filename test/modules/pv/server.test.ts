/** Pseudo-variables about the server, and those that count, name and place a message. */
import { describe, expect, it } from 'vitest';
import type { PvValue } from '../../../src/engine/module.ts';
import { pv } from '../../../src/modules/pv/pv.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { moduleRig } from '../../support/module-rig.ts';
import { written } from '../../support/contexts.ts';

const rig = await moduleRig([pv, tm]);
const reply = [
  'SIP/2.0 180 Ringing',
  'Via: SIP/2.0/UDP 10.0.0.10:15060;branch=z9hG4bK1',
  'Via: SIP/2.0/TCP 10.7.7.7:5070;branch=z9hG4bK2;received=10.8.8.8;rport=4444',
  'Record-Route: <sip:a;lr>, <sip:b;lr>',
  'From: <sip:alice@example.com>;tag=f1',
  'To: <sip:bob@example.com>;tag=t1',
  'Call-ID: c1@10.0.0.1',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

describe('a count', () => {
  const ctx = rig.request(written());
  ctx.state.avps.set('x', ['b', 'a']);
  rig.write(ctx, 'xavp', 'q=>a', 1);
  rig.write(ctx, 'xavp', 'q=>a', 2);

  it.each<[string, PvValue]>([
    ['$avp(x)', 2],
    ['$(avp(x)[*])', 2],
    ['$avp(s:x)', 2],
    ['$avp(none)', 0],
    ['$xavp(q)', 2],
    ['$xavp(q[0]=>a)', 2],
    ['$xavu(q)', 0],
    ['$var(x)', null],
    ['x', null],
  ])('of %s is %s', (inner, value) => {
    expect(rig.read(ctx, 'cnt', inner)).toBe(value);
  });
});

describe('the way of a reply', () => {
  it.each<[string, PvValue]>([
    ['duri', 'sip:10.8.8.8:4444;transport=tcp'],
    ['dhost', '10.8.8.8'],
    ['dport', 4444],
    ['dproto', 'tcp'],
    ['dprotoid', 2],
    ['cntvia', 2],
    ['cntrr', 2],
    ['other', null],
  ])('is known part by part: %s', (part, value) => {
    expect(rig.read(rig.reply(reply), 'rpl', part)).toBe(value);
  });

  it('is null for a request', () => {
    expect(rig.read(rig.request(written()), 'rpl', 'duri')).toBeNull();
  });
});

describe('a method', () => {
  it.each([
    ['INVITE', 1],
    ['ACK', 4],
    ['OPTIONS', 512],
    ['PUBLISH', 8192],
    ['WHATEVER', 1 << 19],
  ])('%s has the number %i', (method, number) => {
    expect(rig.read(rig.request(written({ method })), 'rmid')).toBe(number);
  });
});

describe('a parameter of a module', () => {
  it('is read and set by its group and name', () => {
    const ctx = rig.request(written());
    const before = rig.read(ctx, 'ccp', 'tm.fr_timer');
    rig.write(ctx, 'ccp', 'tm.fr_timer', 1234);
    expect(before).toBe(30_000);
    expect(rig.read(ctx, 'ccp', 'tm.fr_timer')).toBe(1234);
  });

  it('that does not exist is null, and setting it is logged', () => {
    const ctx = rig.request(written());
    expect(rig.read(ctx, 'ccp', 'no.such')).toBeNull();
    rig.write(ctx, 'ccp', 'no.such', 1);
    expect(rig.log.at(-1)?.message).toBe('pv: a parameter cannot be set');
  });
});

it('one character of a message is read by its index, and none outside of it', () => {
  const ctx = rig.request(written());
  expect([0, 1, -1, 100_000].map((index) => rig.read(ctx, 'msgbuf', String(index)))).toEqual(['I', 'N', null, null]);
});

it('a flag is 1 or 0 by its number', () => {
  const ctx = rig.request(written());
  ctx.state.flags = 0b1000;
  ctx.branchFlags = 1 << 31;
  expect(['3', '2', '32', '-1', 'x'].map((flag) => rig.read(ctx, 'Mf', flag))).toEqual([1, 0, 0, 0, 0]);
  expect(rig.read(ctx, 'Bf', '31')).toBe(1);
});
