/** loose_route: outcomes, Routes and destinations as the real Kamailio 5.6.3 gave them; where we differ the title says so. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { parseMessage } from '../../../src/sip/parse.ts';
import { LISTEN, rigOf, type Written, written } from '../../support/contexts.ts';

const [, OTHER, TCP] = LISTEN;
const rig = await rigOf([rr]);

const OWN = 'sip:10.0.0.10:15060';
const U = 'sip:bob@10.9.9.9';
const inDialog = 't1';

interface Case extends Written {
  readonly routes: readonly string[];
}

function looseRouted({ routes, ...way }: Case, on = rig) {
  const ctx = on.request(written({ uri: U, ...way, headers: routes.map((route) => `Route: ${route}`) }));
  const outcome = on.modules.rr.looseRoute(ctx);
  const { uri, listener } = ctx.destination;
  const left = ctx.message.headers.getAll('Route');
  return {
    ctx,
    result: { outcome, uri: ctx.message.uri, left, to: uri, from: listener && LISTEN[indexOf(listener, on)] },
  };
}

const indexOf = (listener: object, on: typeof rig): number =>
  on.engine.transport.listeners.findIndex((one) => one === listener);

const same = { outcome: 'routed', uri: U, left: [], to: undefined, from: undefined };

describe('a loose route', () => {
  it.each<[string, Case, object]>([
    ['no Route', { routes: [] }, { outcome: 'noRoute' }],
    ['an empty Route', { routes: [''] }, { outcome: 'noRoute', left: [''] }],
    ['ours alone', { routes: [`<${OWN};lr>`] }, {}],
    [
      'ours and the next',
      { routes: [`<${OWN};lr>`, '<sip:10.1.1.1;lr>'] },
      { left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'several on one line',
      { routes: [`<${OWN};lr>, <sip:10.1.1.1;lr>;x=y , <sip:10.2.2.2;lr>`] },
      { left: ['<sip:10.1.1.1;lr>;x=y , <sip:10.2.2.2;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'ours twice without r2: the second is a hop of its own',
      { routes: [`<${OWN};lr>`, `<${OWN};lr>`] },
      { left: [`<${OWN};lr>`], to: `${OWN};lr` },
    ],
    ['a foreign one on top', { routes: ['<sip:10.1.1.1;lr>'] }, { left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr' }],
    ['a pair of ours', { routes: [`<${OWN};r2=on;lr>`, '<sip:10.0.0.11:15070;r2=on;lr>'] }, { from: OTHER }],
    [
      'a pair of two transports on one line',
      { routes: [`<${OWN};r2=on;lr>,<${OWN};transport=tcp;r2=on;lr>,<sip:10.1.1.1;lr>`] },
      { left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr', from: TCP },
    ],
    [
      'an advertised address of ours',
      { routes: ['<sip:192.0.2.5;lr>', '<sip:10.1.1.1;lr>'] },
      { left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'a pair whose half is missing: a Route without r2 stays (Kamailio drops it)',
      { routes: [`<${OWN};r2=on;lr>`, '<sip:10.1.1.1;lr>', '<sip:10.2.2.2;lr>'] },
      { left: ['<sip:10.1.1.1;lr>', '<sip:10.2.2.2;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'an empty element before ours, which goes with it',
      { routes: [` , <${OWN};lr>`, '<sip:10.1.1.1;lr>'] },
      { left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'maddr, which the next hop obeys',
      { routes: [`<${OWN};lr>`, '<sip:h.example;lr;maddr=10.7.7.7>'] },
      { left: ['<sip:h.example;lr;maddr=10.7.7.7>'], to: 'sip:h.example;lr;maddr=10.7.7.7' },
    ],
  ])('%s', (_, given, expected) => {
    expect(looseRouted({ ...given, toTag: inDialog }).result).toEqual({ ...same, ...expected });
  });

  it('of ours alone outside a dialog was preloaded, and comes off', () => {
    const preloaded = { ...same, outcome: 'preloaded' };
    expect(looseRouted({ routes: [`<${OWN};lr>`] }).result).toEqual(preloaded);
    const pair = [`<${OWN};r2=on;lr>`, '<sip:10.0.0.11:15070;r2=on;lr>'];
    expect(looseRouted({ routes: pair }).result).toEqual({ ...preloaded, from: OTHER });
    expect(looseRouted({ routes: [`<${OWN};lr>`, '<sip:10.1.1.1;lr>'] }).result.outcome).toBe('routed');
  });

  it('chooses the socket by a single own Route when force_send_socket is on', async () => {
    const forced = await rigOf([use(rr, { force_send_socket: 1 })]);
    expect(looseRouted({ routes: ['<sip:10.0.0.11:15070;lr>'], toTag: inDialog }, forced).result.from).toBe(OTHER);
    expect(looseRouted({ routes: ['<sip:10.0.0.11:15070;lr>'], toTag: inDialog }).result.from).toBeUndefined();
  });

  it('knows no pairs when enable_double_rr is 0', async () => {
    const single = await rigOf([use(rr, { enable_double_rr: 0 })]);
    const routes = [`<${OWN};r2=on;lr>`, '<sip:10.0.0.11:15070;r2=on;lr>'];
    expect(looseRouted({ routes, toTag: inDialog }, single).result.left).toEqual(routes.slice(1));
  });
});

describe('a strict router', () => {
  it.each<[string, Case, object]>([
    [
      'next: it gets the Request-URI, ours becomes the last Route',
      { routes: [`<${OWN};lr>`, '<sip:10.1.1.1>', '<sip:10.2.2.2;lr>'] },
      { uri: 'sip:10.1.1.1', left: ['<sip:10.2.2.2;lr>', `<${U}>`] },
    ],
    ['next, and the last one', { routes: [`<${OWN};lr>, <sip:10.1.1.1>`] }, { uri: 'sip:10.1.1.1', left: [`<${U}>`] }],
    [
      'on top that is not ours',
      { routes: ['<sip:10.1.1.1>', '<sip:10.2.2.2;lr>'] },
      { uri: 'sip:10.1.1.1', left: ['<sip:10.2.2.2;lr>', `<${U}>`] },
    ],
    [
      'before us: the last Route is the Request-URI again',
      { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1;lr>', '<sip:bob@10.3.3.3>'] },
      { uri: 'sip:bob@10.3.3.3', left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'before us, all on one line',
      { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1;lr>, <sip:10.2.2.2;lr>,<sip:bob@10.3.3.3>'] },
      { uri: 'sip:bob@10.3.3.3', left: ['<sip:10.1.1.1;lr>, <sip:10.2.2.2;lr>'], to: 'sip:10.1.1.1;lr' },
    ],
    [
      'before us, and only the end is left',
      { uri: `${OWN};lr`, routes: ['<sip:bob@10.3.3.3>'] },
      { uri: 'sip:bob@10.3.3.3' },
    ],
    [
      'before us and another after us',
      { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1>', '<sip:bob@10.3.3.3>'] },
      { uri: 'sip:10.1.1.1', left: ['<sip:bob@10.3.3.3>'] },
    ],
    [
      'before us, and our second Route still there',
      {
        uri: `${OWN};r2=on;lr`,
        routes: ['<sip:10.0.0.11:15070;r2=on;lr>', '<sip:10.1.1.1;lr>', '<sip:bob@10.3.3.3>'],
      },
      { uri: 'sip:bob@10.3.3.3', left: ['<sip:10.1.1.1;lr>'], to: 'sip:10.1.1.1;lr', from: OTHER },
    ],
    [
      'before us, and nothing to restore from',
      { uri: `${OWN};r2=on;lr`, routes: ['<sip:10.0.0.11:15070;r2=on;lr>'] },
      { outcome: 'noRoute', uri: `${OWN};r2=on;lr`, from: OTHER },
    ],
  ])('%s', (_, given, expected) => {
    expect(looseRouted({ ...given, toTag: inDialog }).result).toEqual({ ...same, ...expected });
  });

  it('is not suspected when the Request-URI is ours without lr (Kamailio sends such a request to ourselves)', () => {
    const given = { uri: OWN, routes: [`<${OWN};lr>`], toTag: inDialog };
    expect(looseRouted(given).result).toEqual({ ...same, uri: OWN });
  });

  it('is not suspected outside a dialog', () => {
    const given = { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1;lr>', '<sip:bob@10.3.3.3>'] };
    expect(looseRouted(given).result).toEqual({
      ...same,
      uri: `${OWN};lr`,
      left: ['<sip:10.1.1.1;lr>', '<sip:bob@10.3.3.3>'],
      to: 'sip:10.1.1.1;lr',
    });
  });
});

describe('a Route that cannot be read', () => {
  it.each<[string, Case]>([
    ['garbage', { routes: ['garbage'] }],
    ['no host', { routes: ['<sip:@@;lr>'] }],
    ['no host behind ours', { routes: [`<${OWN};lr>`, '<sip:@@;lr>'] }],
    ['no host as our second', { routes: [`<${OWN};r2=on;lr>`, '<sip:@@;r2=on;lr>'] }],
    ['a telephone number (Kamailio routes there and fails)', { routes: [`<${OWN};lr>`, '<tel:+1234;lr>'] }],
    ['headers in a URI that would be the Request-URI', { routes: ['<sip:10.1.1.1?Subject=x>'] }],
    ['headers in the URI to restore', { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1;lr>', '<sip:b@10.3.3.3?a=b>'] }],
    ['nothing to restore', { uri: `${OWN};lr`, routes: ['<sip:10.1.1.1;lr>', '<sip:@>'] }],
  ])('changes nothing: %s', (_, given) => {
    const { result } = looseRouted({ ...given, toTag: inDialog });
    expect(result).toEqual({ ...same, outcome: 'malformed', uri: given.uri ?? U, left: given.routes });
  });

  it('and any other Route never throws, and leaves a request that can be read', () => {
    const hop = fc.oneof(
      fc.constantFrom(`<${OWN};lr>`, `<${OWN};r2=on;lr;ftag=f1>`, '<sip:10.0.0.11:15070;r2=on;lr>', '<sip:10.1.1.1>'),
      fc.constantFrom('', ' , ', '<sip:10.1.1.1;lr>', '<sips:[::1]:5061;lr>', '"a, b" <sip:x@y;lr>;z', '<>', 'tel:+1'),
      fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
    );
    const target = fc.constantFrom(U, OWN, `${OWN};lr`, `${OWN};r2=on;lr`, 'tel:+1');
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 5 }), target, fc.constantFrom(undefined, 't1'), (hops, uri, toTag) => {
        const routes = [hops.join(','), ...hops];
        const before = rig.request(written({ uri, headers: routes.map((route) => `Route: ${route}`) })).message;
        const { ctx } = looseRouted({ routes, uri, ...(toTag && { toTag }) });
        expect(parseMessage(ctx.message.serialize()).kind).toBe('request');
        const values = (message: typeof before): number => message.headers.values('Route').length;
        expect(values(ctx.message)).toBeLessThanOrEqual(values(before) + 1);
      }),
      { numRuns: 400 },
    );
  });
});

describe('the parameters of our Route', () => {
  const routes = [`<${OWN};lr;ftag=f1;foo=bar>`, '<sip:10.1.1.1;lr>'];

  it('are still known when the Route is gone', () => {
    const { ctx } = looseRouted({ routes, toTag: inDialog });
    const { checkRouteParam } = rig.modules.rr;
    expect(['foo=bar', 'FOO=b', ';lr;.*foo', '^;lr', 'nat=yes'].map((text) => checkRouteParam(ctx, text))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('are read from the topmost Route where none was taken off, if it is ours', () => {
    const check = (route: string) =>
      rig.modules.rr.checkRouteParam(rig.request(written({ headers: [`Route: ${route}`] })), 'foo=bar');
    expect(check(`<${OWN};lr;foo=bar>`)).toBe(true);
    expect(check('<sip:10.1.1.1;lr;foo=bar>')).toBe(false);
    expect(check('garbage;foo=bar')).toBe(false);
  });

  it('come from the Request-URI behind a strict router', () => {
    const { ctx } = looseRouted({ uri: `${OWN};lr;foo=bar`, routes: ['<sip:bob@10.3.3.3>'], toTag: inDialog });
    expect(rig.modules.rr.checkRouteParam(ctx, 'foo=bar')).toBe(true);
  });

  it('of an INVITE are not those of its ACK', () => {
    const { ctx: invite } = looseRouted({ routes, toTag: inDialog });
    const ack = rig.request(written({ method: 'ACK', toTag: inDialog }));
    const shared = new RequestContext({ message: ack.message, received: ack.received, exchange: invite.exchange });
    expect(rig.modules.rr.checkRouteParam(shared, 'foo=bar')).toBe(false);
  });

  it.each([
    [';ftag=f1', 'downstream'],
    [';ftag=other', 'upstream'],
    [';ftag=F1', 'upstream'],
    [';ftag=', 'downstream'],
    ['', 'downstream'],
  ] as const)('tell the direction: %j is %s', (tag, direction) => {
    const { ctx } = looseRouted({ routes: [`<${OWN};lr${tag}>`], toTag: inDialog });
    const { isDirection } = rig.modules.rr;
    expect(isDirection(ctx, direction)).toBe(true);
    expect(isDirection(ctx, direction === 'upstream' ? 'downstream' : 'upstream')).toBe(false);
  });
});

describe('the ways of a Route beside looseRoute', () => {
  const routed = (routes: readonly string[], more: Partial<Written> = {}) =>
    rig.request(written({ uri: U, ...more, headers: routes.map((route) => `Route: ${route}`) }));

  it('a preloaded Route is told by a question', () => {
    expect(rig.modules.rr.looseRoutePreloaded(routed([`<${OWN};lr>`]))).toBe(true);
    expect(rig.modules.rr.looseRoutePreloaded(routed([`<${OWN};lr>`], { toTag: 't' }))).toBe(false);
    expect(rig.modules.rr.looseRoutePreloaded(routed([`<${OWN};lr>`, '<sip:10.1.1.1;lr>']))).toBe(false);
  });

  it('a Request-URI of ours can be left alone', () => {
    const strict = { uri: `${OWN};lr`, toTag: 't' };
    const undone = routed(['<sip:10.1.1.1;lr>', '<sip:10.2.2.2>'], strict);
    expect(rig.modules.rr.looseRouteMode(undone, 0)).toBe('routed');
    expect(undone.message.uri).toBe('sip:10.2.2.2');
    const left = routed(['<sip:10.1.1.1;lr>', '<sip:10.2.2.2>'], strict);
    expect(rig.modules.rr.looseRouteMode(left, 1)).toBe('routed');
    expect([left.message.uri, left.destination.uri]).toEqual([`${OWN};lr`, 'sip:10.1.1.1;lr']);
  });

  it.each([
    [[`<${OWN};lr>`, '<sip:10.1.1.1;lr>'], true],
    [[`<${OWN};lr>`, '<sip:10.1.1.1>'], true],
    [[`<${OWN};lr>`], false],
    [[], false],
  ])('whether %j leads on: %s', (routes, leads) => {
    const ctx = routed(routes, { toTag: 't' });
    expect(rig.modules.rr.hasNextRoute(ctx)).toBe(false);
    rig.modules.rr.looseRoute(ctx);
    expect(rig.modules.rr.hasNextRoute(ctx)).toBe(leads);
  });
});
