/** siputils: questions about URIs and texts, answered as by Kamailio 5.6.3, and the answer to OPTIONS. */
import { describe, expect, it } from 'vitest';
import type { PvPlace } from '../../../src/engine/pv-value.ts';
import { siputils } from '../../../src/modules/siputils/siputils.ts';
import { rigOf, written } from '../../support/contexts.ts';

const rig = await rigOf([siputils]);
const fn = rig.modules.siputils;
const ctx = rig.request(written());

/** A variable that holds a text. */
function variable(value = ''): PvPlace & { value: string } {
  const place = {
    name: '$var(x)',
    value,
    read: () => place.value,
    write: (_: unknown, next: unknown) => {
      place.value = String(next);
    },
  };
  return place;
}

describe('a text', () => {
  it.each([
    ['isE164', ['+4312345', '+12', '+123456789012345'], ['4312345', '+1', '+1234567890123456', '+1a', '']],
    ['isTelNumber', ['+43123', '43123'], ['43a', '4-3', '*1#', '+', '']],
    ['isNumeric', ['123'], ['1a', '+1', '']],
    ['isAlphanum', ['a1'], ['a_1', '']],
    ['isUri', ['sip:a@b', 'tel:1', 'mailto:x'], ['ab', 'sip:', '']],
    ['isUriUserE164', ['sip:+4312345@h', 'tel:+4312345'], ['sip:4312345@h', 'sip:h', 'no']],
  ] as const)('%s: %j and not %j', (question, yes, no) => {
    expect(yes.map((text) => fn[question](ctx, text))).toEqual(yes.map(() => true));
    expect(no.map((text) => fn[question](ctx, text))).toEqual(no.map(() => false));
  });

  it('may hold further characters', () => {
    expect(['a_1', 'a.1', '', '_'].map((text) => fn.isAlphanumex(ctx, text, '_-'))).toEqual([true, false, false, true]);
  });

  it('names a header, long or compact', () => {
    const pairs = [
      ['f', 'From'],
      ['X-A', 'x-a'],
      ['Foo', 'From'],
      ['X-A', 'X-B'],
    ] as const;
    expect(pairs.map(([a, b]) => fn.cmpHdrName(ctx, a, b))).toEqual([true, true, false, false]);
  });
});

describe('two URIs', () => {
  it.each([
    ['sip:a@b', 'sip:A@b', false, false],
    ['sip:a@b;x=1', 'sip:a@B', true, true],
    ['sip:a@b:5060', 'sip:a@b', false, false],
    ['sip:a@b;transport=tcp', 'sip:a@b', false, true],
    ['sip:a@c', 'sip:a@b', false, false],
    ['nothing', 'sip:a@b', false, false],
  ])('%s and %s: same %s, same address %s', (a, b, same, address) => {
    expect([fn.cmpUri(ctx, a, b), fn.cmpAor(ctx, a, b)]).toEqual([same, address]);
  });
});

describe('the Request-URI', () => {
  const request = () => {
    const made = rig.request(written());
    made.message.uri = 'sip:alice@10.0.0.9;gr=urn:x;p1;p2=v';
    return made;
  };

  it('is asked for parameters', () => {
    const place = variable();
    expect(['p1', 'p2', 'zz'].map((name) => fn.uriParamAny(request(), name))).toEqual([true, true, false]);
    expect([fn.getUriParam(request(), 'p2', place), fn.getUriParam(request(), 'zz', place), place.value]).toEqual([
      'found',
      'absent',
      'v',
    ]);
  });

  it('gets parameters and loses them', () => {
    const made = request();
    expect([fn.addUriParam(made, 'k=w'), fn.addUriParam(made, 'k=w;l=1'), fn.addUriParam(made, '')]).toEqual([
      'added',
      'malformed',
      'malformed',
    ]);
    expect([fn.uriParamRm(made, 'p2'), fn.uriParamRm(made, 'p2')]).toEqual(['removed', 'absent']);
    expect(made.message.uri).toBe('sip:alice@10.0.0.9;gr=urn:x;p1;k=w');
  });

  it('may be a GRUU, as any URI', () => {
    expect(fn.isGruu(request())).toBe('public');
    expect(['sip:a@b;gr', 'sip:a@b;gr=x', 'sip:a@b', 'no'].map((uri) => fn.isGruu(ctx, uri))).toEqual([
      'temporary',
      'public',
      'none',
      'none',
    ]);
  });
});

describe('a URI', () => {
  it('for a telephone number becomes one for a host', () => {
    const place = variable();
    expect([fn.tel2sip(ctx, 'tel:+43-1;ext=5', 'h.org', place), place.value]).toEqual([
      'made',
      'sip:+431;ext=5@h.org;user=phone',
    ]);
    expect([fn.tel2sip(ctx, 'sip:a@b', 'h.org', place), fn.tel2sip(ctx, 'nothing', 'h', place)]).toEqual([
      'other',
      'malformed',
    ]);
  });

  it('in a variable gets another user and host', () => {
    const place = variable('sip:a:pw@b:5;x');
    expect([fn.setUriUser(ctx, place, 'zed'), fn.setUriHost(ctx, place, 'hh'), place.value]).toEqual([
      'set',
      'set',
      'sip:zed:pw@hh:5;x',
    ]);
    expect([fn.setUriHost(ctx, place, ''), fn.setUriUser(ctx, variable('no'), 'a')]).toEqual([
      'malformed',
      'malformed',
    ]);
  });
});

describe('a message', () => {
  it('says what it supports and how old it is', () => {
    const now = Math.floor(rig.sim.clock.wall() / 1000);
    const dated = (ms: number) =>
      rig.request(written({ headers: ['k: path, 100rel', `Date: ${new Date(now - ms).toISOString()}`] }));
    expect(['PATH', '100rel', 'timer'].map((tag) => fn.isSupported(dated(0), tag))).toEqual([true, true, false]);
    expect([fn.hdrDateCheck(dated(9_000), 10), fn.hdrDateCheck(dated(11_000), 10), fn.hdrDateCheck(ctx, 10)]).toEqual([
      'fresh',
      'old',
      'absent',
    ]);
    expect(fn.hdrDateCheck(rig.request(written({ headers: ['Date: never'] })), 10)).toBe('malformed');
    expect(fn.isUser(ctx, 'alice')).toBe(false);
  });

  it('that asks for options is answered when it is for the server itself', () => {
    const ask = (uri: string) => {
      const made = rig.request(written().replaceAll('INVITE', 'OPTIONS'));
      made.message.uri = uri;
      return [fn.optionsReply(made), made.state.answered];
    };
    expect([ask('sip:10.0.0.10'), ask('sip:bob@10.0.0.10'), fn.optionsReply(ctx)]).toEqual([
      ['answered', true],
      ['other', false],
      'other',
    ]);
  });
});
