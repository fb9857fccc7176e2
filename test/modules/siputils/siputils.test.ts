/** siputils: answers as the real Kamailio 5.6.3 gave them; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { siputils } from '../../../src/modules/siputils/siputils.ts';
import { RINGING } from '../../sip/messages.ts';
import { rigOf, written } from '../../support/contexts.ts';

const rig = await rigOf([siputils]);
const fn = rig.modules.siputils;

it('tells requests from replies', () => {
  const [request, reply] = [rig.request(written()), rig.reply(RINGING)];
  expect([fn.isRequest(request), fn.isReply(request), fn.isRequest(reply), fn.isReply(reply)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

it.each([
  [undefined, false],
  ['', false],
  ['t1', true],
])('hasTotag with tag %j: %s', (toTag, expected) => {
  expect(fn.hasTotag(rig.request(written({ ...(toTag !== undefined && { toTag }) })))).toBe(expected);
});

describe('uriParam', () => {
  it.each([
    ['sip:bob@h;foo=bar', 'foo', 'bar', true],
    ['sip:bob@h;foo=bar', 'foo', 'BAR', false],
    ['sip:bob@h;foo=bar', 'foo', undefined, false],
    ['sip:bob@h;none', 'none', undefined, true],
    ['sip:bob@h;foo=bar', 'none', undefined, false],
    ['sip:bob@h', 'h', undefined, false],
    ['tel:+1;phone-context=x', 'phone-context', 'x', true],
    ['urn:service:sos', 'sos', undefined, false],
  ])('of %s, %s=%s: %s', (uri, name, value, expected) => {
    expect(fn.uriParam(rig.request(written({ uri })), name, value)).toBe(expected);
  });

  it('reads names without case, as RFC 3261 says (Kamailio with case)', () => {
    expect(fn.uriParam(rig.request(written({ uri: 'sip:bob@h;FOO=bar' })), 'foo', 'bar')).toBe(true);
  });

  it('sees the Request-URI as it is now', () => {
    const ctx = rig.request(written());
    ctx.message.uri = 'sip:h;late';
    expect(fn.uriParam(ctx, 'late')).toBe(true);
  });
});

describe('isFirstHop', () => {
  it('of a request: there is one Via, on however many lines', () => {
    expect(fn.isFirstHop(rig.request(written()))).toBe(true);
    const second = 'SIP/2.0/UDP 1.1.1.1;branch=z9hG4bK0';
    expect(fn.isFirstHop(rig.request(written({ headers: [`v: ${second}`] })))).toBe(false);
    expect(fn.isFirstHop(rig.request(written().replace('bK1\r\n', `bK1, ${second}\r\n`)))).toBe(false);
  });

  const reply = (recordRoute: string) => rig.reply(RINGING.replace('CSeq:', `Record-Route: ${recordRoute}\r\nCSeq:`));

  it.each([
    ['<sip:10.0.0.10:15060;lr>, <sip:10.1.1.1;lr>', true],
    ['<sip:10.1.1.1;lr>, <sip:10.0.0.10:15060;lr>', false],
    ['garbage', false],
    ['<tel:+1>', false],
  ])('of a reply: the topmost Record-Route of %s is ours: %s', (recordRoute, expected) => {
    expect([fn.isFirstHop(reply(recordRoute)), fn.isFirstHop(reply(recordRoute), 'name')]).toEqual([
      expected,
      expected,
    ]);
  });

  it('of a reply without Record-Route cannot be known', () => {
    expect(fn.isFirstHop(rig.reply(RINGING))).toBe(false);
  });
});
