/** Record-Route: the header forms that the real Kamailio 5.6.3 writes, socket by socket. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { MAX_RR_PARAMS } from '../../../src/modules/rr/record-route.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { LISTEN, leaving, rigOf, type Written, written } from '../../support/contexts.ts';

const [FIRST, OTHER, TCP, ADVERTISED, PORT_5060] = LISTEN;
const rig = await rigOf([rr]);

interface Way extends Written {
  readonly came?: string;
  readonly leaves?: string;
}

type Setup = (ctx: ReturnType<typeof rig.request>) => void;

function recorded(way: Way, prepare: Setup = (ctx) => rig.modules.rr.recordRoute(ctx), on = rig): string[] {
  const ctx = on.request(written(way), way.came);
  prepare(ctx);
  return leaving(ctx, on.flow(way.leaves ?? way.came)).headers.getAll('Record-Route');
}

describe('recordRoute', () => {
  it('writes one header when the request leaves from the socket it came in', () => {
    expect(recorded({})).toEqual(['<sip:10.0.0.10:15060;lr;ftag=f1>']);
  });

  it.each([
    [
      'another socket',
      FIRST,
      OTHER,
      ['<sip:10.0.0.11:15070;r2=on;lr;ftag=f1>', '<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>'],
    ],
    [
      'another transport of the same address',
      FIRST,
      TCP,
      ['<sip:10.0.0.10:15060;transport=tcp;r2=on;lr;ftag=f1>', '<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>'],
    ],
    [
      'a socket with an advertised address, whose port is always written',
      FIRST,
      ADVERTISED,
      ['<sip:192.0.2.5:5060;r2=on;lr;ftag=f1>', '<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>'],
    ],
    [
      'port 5060, which is left out',
      FIRST,
      PORT_5060,
      ['<sip:10.0.0.12;r2=on;lr;ftag=f1>', '<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>'],
    ],
  ])('writes two, the outbound one on top, for %s', (_, came, leaves, headers) => {
    expect(recorded({ came, leaves })).toEqual(headers);
  });

  it('leaves out an advertised port 5060 where the request came in', () => {
    expect(recorded({ came: ADVERTISED })).toEqual(['<sip:192.0.2.5;lr;ftag=f1>']);
  });

  it('stands above what others have recorded', () => {
    expect(recorded({ headers: ['Record-Route: <sip:10.5.5.5;lr>'] })).toEqual([
      '<sip:10.0.0.10:15060;lr;ftag=f1>',
      '<sip:10.5.5.5;lr>',
    ]);
  });

  it('writes sips for a sips Request-URI and for a sips Route on top', () => {
    expect(recorded({ uri: 'sips:bob@10.9.9.9' })).toEqual(['<sips:10.0.0.10:15060;lr;ftag=f1>']);
    expect(recorded({ headers: ['Route: <sips:10.5.5.5;lr>'] })).toEqual(['<sips:10.0.0.10:15060;lr;ftag=f1>']);
  });

  it('keeps port 5060 in a sips URI, where no port would mean 5061', () => {
    expect(recorded({ uri: 'sips:bob@10.9.9.9', came: PORT_5060 })).toEqual(['<sips:10.0.0.12:5060;lr;ftag=f1>']);
  });

  it('refuses to record twice', () => {
    const ctx = rig.request(written());
    expect([rig.modules.rr.recordRoute(ctx), rig.modules.rr.recordRoute(ctx)]).toEqual(['recorded', 'already']);
    expect(leaving(ctx, rig.flow()).headers.count('Record-Route')).toBe(1);
  });

  it('writes the tag of the caller also into requests of the callee', () => {
    const way = { toTag: 't1', headers: ['Route: <sip:10.0.0.10:15060;lr;ftag=t1>'] };
    const both: Setup = (ctx) => {
      rig.modules.rr.looseRoute(ctx);
      rig.modules.rr.recordRoute(ctx);
    };
    expect(recorded(way, both)).toEqual(['<sip:10.0.0.10:15060;lr;ftag=t1>']);
    expect(recorded({ toTag: 't1' })).toEqual(['<sip:10.0.0.10:15060;lr;ftag=f1>']);
  });

  it('leaves out a tag that would break the URI', () => {
    const ctx = rig.request(written().replace('tag=f1', 'tag="a>,<sip:evil"'));
    rig.modules.rr.recordRoute(ctx);
    expect(leaving(ctx, rig.flow()).headers.getAll('Record-Route')).toEqual(['<sip:10.0.0.10:15060;lr>']);
  });

  it('leaves the request of the context as it is: each branch gets its own', () => {
    const ctx = rig.request(written());
    rig.modules.rr.recordRoute(ctx);
    leaving(ctx, rig.flow());
    expect(ctx.message.headers.has('Record-Route')).toBe(false);
    expect(leaving(ctx, rig.flow(OTHER)).headers.count('Record-Route')).toBe(2);
  });
});

describe('parameters of the module', () => {
  it('enable_full_lr writes lr=on', async () => {
    const full = await rigOf([use(rr, { enable_full_lr: 1 })]);
    expect(recorded({}, (ctx) => full.modules.rr.recordRoute(ctx), full)).toEqual([
      '<sip:10.0.0.10:15060;lr=on;ftag=f1>',
    ]);
  });

  it('append_fromtag=0 writes no tag', async () => {
    const bare = await rigOf([use(rr, { append_fromtag: 0 })]);
    expect(recorded({}, (ctx) => bare.modules.rr.recordRoute(ctx), bare)).toEqual(['<sip:10.0.0.10:15060;lr>']);
  });

  it('ignore_sips=1 writes sip in any case', async () => {
    const plain = await rigOf([use(rr, { ignore_sips: 1 })]);
    const way = { uri: 'sips:bob@10.9.9.9' };
    expect(recorded(way, (ctx) => plain.modules.rr.recordRoute(ctx), plain)).toEqual([
      '<sip:10.0.0.10:15060;lr;ftag=f1>',
    ]);
  });

  it.each([
    [0, { came: FIRST, leaves: OTHER }, ['<sip:10.0.0.10:15060;lr;ftag=f1>']],
    [2, {}, ['<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>', '<sip:10.0.0.10:15060;r2=on;lr;ftag=f1>']],
  ])('enable_double_rr=%i', async (enable_double_rr, way, headers) => {
    const set = await rigOf([use(rr, { enable_double_rr })]);
    expect(recorded(way, (ctx) => set.modules.rr.recordRoute(ctx), set)).toEqual(headers);
  });
});

describe('addRrParam', () => {
  it('appends behind the tag and the own parameters, before or after the record', () => {
    const prepare: Setup = (ctx) => {
      rig.modules.rr.addRrParam(ctx, ';early=1');
      rig.modules.rr.recordRoute(ctx, ';x=y');
      rig.modules.rr.addRrParam(ctx, 'late');
    };
    expect(recorded({}, prepare)).toEqual(['<sip:10.0.0.10:15060;lr;ftag=f1;x=y;early=1;late>']);
  });

  it('writes nothing by itself', () => {
    expect(recorded({}, (ctx) => rig.modules.rr.addRrParam(ctx, ';x=y'))).toEqual([]);
  });

  it('in a branch belongs to that branch', () => {
    const ctx = rig.request(written());
    rig.modules.rr.recordRoute(ctx);
    const branches = [0, 1].map((branchIndex) => ctx.derive(ctx.message.fork(), { route: 'branch', branchIndex }));
    for (const branch of branches) rig.modules.rr.addRrParam(branch, `;b=${branch.branchIndex}`);
    expect([...branches, ctx].map((one) => leaving(one, rig.flow()).headers.get('Record-Route'))).toEqual([
      '<sip:10.0.0.10:15060;lr;ftag=f1;b=0>',
      '<sip:10.0.0.10:15060;lr;ftag=f1;b=1>',
      '<sip:10.0.0.10:15060;lr;ftag=f1>',
    ]);
  });

  it.each(['', ';', ';a=b>', ';a=b\r\nX: 1', ';a=b@c', ';a=b?h=1', ';a b', ';a="b"', ';a,b'])(
    'refuses %j, which is no URI parameter',
    (param) => {
      const ctx = rig.request(written());
      expect(rig.modules.rr.addRrParam(ctx, param)).toBe('malformed');
      expect(rig.modules.rr.recordRoute(ctx, param === '' ? ';' : param)).toBe('malformed');
    },
  );

  it(`takes ${MAX_RR_PARAMS} characters and not one more`, () => {
    const ctx = rig.request(written());
    expect(rig.modules.rr.addRrParam(ctx, `;${'a'.repeat(MAX_RR_PARAMS)}`)).toBe('full');
    expect(rig.modules.rr.addRrParam(ctx, `;${'a'.repeat(MAX_RR_PARAMS - 1)}`)).toBe('added');
    expect(rig.modules.rr.addRrParam(ctx, ';b')).toBe('full');
    expect(rig.modules.rr.recordRoute(ctx, `;${'a'.repeat(MAX_RR_PARAMS)}`)).toBe('malformed');
    expect(rig.modules.rr.recordRoute(ctx, `;${'a'.repeat(MAX_RR_PARAMS - 1)}`)).toBe('recorded');
  });
});

describe('recordRoutePreset', () => {
  it('writes what it is given, the outbound one on top', () => {
    expect(recorded({}, (ctx) => rig.modules.rr.recordRoutePreset(ctx, '1.2.3.4:5090;foo=1'))).toEqual([
      '<sip:1.2.3.4:5090;foo=1;ftag=f1;lr>',
    ]);
    expect(recorded({}, (ctx) => rig.modules.rr.recordRoutePreset(ctx, '1.2.3.4:5090;foo=1', '2.3.4.5'))).toEqual([
      '<sip:1.2.3.4:5090;foo=1;ftag=f1;lr>',
      '<sip:2.3.4.5;ftag=f1;lr>',
    ]);
  });

  it('refuses what is no host with parameters', () => {
    const ctx = rig.request(written());
    expect(rig.modules.rr.recordRoutePreset(ctx, 'a b')).toBe('malformed');
    expect(rig.modules.rr.recordRoutePreset(ctx, '1.2.3.4', '>')).toBe('malformed');
    expect(rig.modules.rr.recordRoutePreset(ctx, '1.2.3.4')).toBe('recorded');
    expect(rig.modules.rr.recordRoute(ctx)).toBe('already');
  });
});

describe('recordRouteAdvertised', () => {
  it('writes another address, twice where the request changes sides', () => {
    expect(recorded({}, (ctx) => rig.modules.rr.recordRouteAdvertised(ctx, 'edge.example.com:5099'))).toEqual([
      '<sip:edge.example.com:5099;ftag=f1;lr>',
    ]);
    const ctx = rig.request(written());
    expect(rig.modules.rr.recordRouteAdvertised(ctx, '192.0.2.7')).toBe('recorded');
    expect(leaving(ctx, rig.flow('tcp:10.0.0.10:15060')).headers.values('Record-Route')).toEqual([
      '<sip:192.0.2.7;transport=tcp;r2=on;ftag=f1;lr>',
      '<sip:192.0.2.7;r2=on;ftag=f1;lr>',
    ]);
  });

  it('refuses what is no host', () => {
    const ctx = rig.request(written());
    const wrong = ['', 'a b', 'u@h', 'h;x=y', 'h?a=b'];
    expect(wrong.map((place) => rig.modules.rr.recordRouteAdvertised(ctx, place))).toEqual(
      wrong.map(() => 'malformed'),
    );
  });
});

describe('removeRecordRoute', () => {
  it('takes the record back, and another can be asked for', () => {
    const ctx = rig.request(written());
    rig.modules.rr.recordRoute(ctx, ';x=y');
    expect(rig.modules.rr.removeRecordRoute(ctx)).toBe('removed');
    expect(leaving(ctx, rig.flow()).headers.has('Record-Route')).toBe(false);
    expect(rig.modules.rr.recordRoute(ctx)).toBe('recorded');
    expect(leaving(ctx, rig.flow()).headers.get('Record-Route')).toBe('<sip:10.0.0.10:15060;lr;ftag=f1>');
  });

  it('leaves other edits alone', () => {
    const ctx = rig.request(written());
    ctx.atSend = [{ edit: (message) => message.headers.append('X-Other', '1') }];
    rig.modules.rr.recordRoute(ctx);
    rig.modules.rr.removeRecordRoute(ctx);
    expect(leaving(ctx, rig.flow()).headers.get('X-Other')).toBe('1');
  });
});
