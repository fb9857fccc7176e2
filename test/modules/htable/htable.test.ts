/** htable: what the real Kamailio 5.6.3 gave for the same tables; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import type { EventRoute } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { htable } from '../../../src/modules/htable/htable.ts';
import { MAX_TABLES } from '../../../src/modules/htable/tables.ts';
import { MAX_ITERATORS } from '../../../src/modules/htable/iterators.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const tables = [
  'a=>size=4;autoexpire=300;initval=0;',
  'b=>size=4;',
  'c=>size=4;initval=7;',
  'e=>size=4;autoexpire=3;',
  'u=>size=4;autoexpire=100;updateexpire=1',
  'n=>size=4;autoexpire=100;updateexpire=0',
  'small=>maxitems=2',
];
const start = async (event: Record<string, EventRoute> = {}) => {
  const rig = await moduleRig([use(htable, { htable: tables })], { routes: () => ({ event }) });
  const ctx = rig.request(written());
  return {
    ...rig,
    ctx,
    fn: rig.modules.htable,
    sht: (inner: string) => rig.read(ctx, 'sht', inner),
    put: (inner: string, value: string | number | null) => rig.write(ctx, 'sht', inner, value),
    pv: (name: string, inner: string) => rig.read(ctx, name, inner),
  };
};

describe('$sht', () => {
  it('gives null for what is absent, or the initial value of the table', async () => {
    const { sht } = await start();
    expect([sht('b=>k'), sht('c=>k'), sht('a=>k'), sht('nowhere=>k'), sht('b')]).toEqual([null, 7, 0, null, null]);
  });

  it('keeps numbers and texts, and null removes', async () => {
    const { sht, put } = await start();
    put('b=>n', 5);
    put('b=>s', 'str');
    expect([sht('b=>n'), sht('b=>s')]).toEqual([5, 'str']);
    put('b=>s', null);
    expect(sht('b=>s')).toBeNull();
  });

  it('takes any text for a name: empty, with spaces, with arrows', async () => {
    const { sht, put } = await start();
    put('b=>', 'empty');
    put('b=> lead', 'l');
    put('b=>x=>y', 'arrow');
    expect([sht('b=>'), sht('b=> lead'), sht('b=>lead'), sht('b=>x=>y')]).toEqual(['empty', 'l', null, 'arrow']);
  });

  it('counts up and down: from the initial value, not from nothing, and not a text', async () => {
    const { sht, put, pv } = await start();
    put('b=>k', 5);
    put('b=>s', 'str');
    expect([pv('shtinc', 'b=>k'), pv('shtdec', 'b=>k'), pv('shtinc', 'b=>nope'), pv('shtinc', 'a=>nope')]).toEqual([
      6,
      5,
      null,
      1,
    ]);
    expect([pv('shtinc', 'b=>s'), sht('b=>s'), sht('b=>nope')]).toEqual([null, 'str', null]);
  });

  it('stores no more than maxitems names, but changes those it has', async () => {
    const { sht, put, fn, ctx, proxy } = await start();
    put('small=>1', 'x');
    put('small=>2', 'x');
    put('small=>3', 'x');
    put('small=>2', 'y');
    expect([sht('small=>1'), sht('small=>2'), sht('small=>3')]).toEqual(['x', 'y', null]);
    expect(fn.sets(ctx, 'small', '3', 'x')).toBe('full');
    expect(proxy.program.modules[0]?.stats['full']?.value).toBe(2);
    put('small=>1', null);
    expect(fn.seti(ctx, 'small', '3', 1)).toBe('stored');
  });
});

describe('time', () => {
  it('ends a value after autoexpire, runs its event route, and stops all timers', async () => {
    const seen: unknown[] = [];
    const rig = await start({
      'htable:expired:e': (ctx) => {
        seen.push([rig.read(ctx, 'shtrecord', 'key'), rig.read(ctx, 'shtrecord', 'value'), rig.sim.clock.now()]);
      },
    });
    rig.put('e=>t', 'gone');
    await rig.sim.runFor(2999);
    expect(rig.sht('e=>t')).toBe('gone');
    await rig.sim.runFor(1);
    expect([rig.sht('e=>t'), seen]).toEqual([null, [['t', 'gone', 3000]]]);
    await rig.sim.run();
    expect(rig.sim.clock.now()).toBe(3000);
  });

  it('begins anew with each value, unless updateexpire is 0', async () => {
    const { put, pv, sim } = await start();
    put('u=>t', 1);
    put('n=>t', 1);
    await sim.runFor(2000);
    expect([pv('shtex', 'u=>t'), pv('shtex', 'n=>t')]).toEqual([98, 98]);
    put('u=>t', 2);
    put('n=>t', 2);
    expect([pv('shtex', 'u=>t'), pv('shtex', 'n=>t')]).toEqual([100, 98]);
  });

  it('can be set for one value; 0 is for ever', async () => {
    const { ctx, put, pv, sht, write, sim } = await start();
    put('a=>x', 1);
    expect([pv('shtex', 'a=>x'), pv('shtex', 'a=>none')]).toEqual([300, 0]);
    write(ctx, 'shtex', 'a=>x', 10);
    expect(pv('shtex', 'a=>x')).toBe(10);
    put('a=>y', 1);
    write(ctx, 'shtex', 'a=>y', 0);
    await sim.runFor(400_000);
    expect([sht('a=>x'), sht('a=>y')]).toEqual([0, 1]);
  });

  it('can be set in a table without autoexpire, too (Kamailio ignores it)', async () => {
    const { ctx, put, sht, write, sim } = await start();
    put('b=>k', 1);
    write(ctx, 'shtex', 'b=>k', 3);
    await sim.runFor(3000);
    expect(sht('b=>k')).toBeNull();
  });
});

describe('functions', () => {
  const filled = async () => {
    const rig = await start();
    for (const [name, value] of [
      ['k', 5],
      ['v3', 'cc'],
      ['a::1', 'v'],
      ['a::2', 'v2'],
    ] as const)
      rig.put(`b=>${name}`, value);
    return rig;
  };

  it.each([
    ['a::.*', 2, 0],
    ['~~a', 2, 0],
    ['~%a', 0, 0],
    ['~%v', 0, 1],
    ['%~v', 1, 2],
    ['==v', 0, 1],
    ['~~v', 1, 2],
  ])('$shtcn and $shtcv of %s', async (expression, names, values) => {
    const { pv } = await filled();
    expect([pv('shtcn', `b=>${expression}`), pv('shtcv', `b=>${expression}`)]).toEqual([names, values]);
  });

  it('remove by name, by text and by pattern', async () => {
    const { fn, ctx, sht, put } = await filled();
    expect([fn.rmNameRe(ctx, 'b=>a.*'), sht('b=>a::1'), sht('b=>v3')]).toEqual(['removed', null, 'cc']);
    expect([fn.rmValueRe(ctx, 'b=>^c'), sht('b=>v3')]).toEqual(['removed', null]);
    put('b=>n1', 'xq');
    expect([fn.rmValue(ctx, 'b', 'startsWith', 'x'), sht('b=>n1')]).toEqual(['removed', null]);
    expect([fn.rmName(ctx, 'b', 'notEqual', 'q'), sht('b=>k')]).toEqual(['removed', null]);
    expect([fn.rm(ctx, 'b', 'k'), fn.rm(ctx, 'zz', 'k'), fn.rmNameRe(ctx, 'zz=>k')]).toEqual([
      'removed',
      'noTable',
      'noTable',
    ]);
  });

  it('ask for names and texts, never for numbers', async () => {
    const { fn, ctx } = await filled();
    expect([
      fn.hasName(ctx, 'b', 'startsWith', 'k'),
      fn.hasName(ctx, 'b', 'contains', ':'),
      fn.hasName(ctx, 'b', 'equal', 'q'),
      fn.hasStrValue(ctx, 'b', 'equal', 'cc'),
      fn.hasStrValue(ctx, 'b', 'equal', '5'),
      fn.isNull(ctx, 'b', 'q'),
      fn.isNull(ctx, 'c', 'q'),
    ]).toEqual([true, true, false, true, false, true, false]);
  });

  it('empty a table', async () => {
    const { fn, ctx, sht } = await filled();
    expect([fn.reset(ctx, 'b'), fn.reset(ctx, 'zz'), sht('b=>k')]).toEqual(['emptied', 'noTable', null]);
  });

  it('walk through a table, and change it on the way', async () => {
    const { fn, ctx, pv, sht } = await filled();
    fn.iteratorStart(ctx, 'i', 'b');
    const seen: unknown[] = [];
    while (fn.iteratorNext(ctx, 'i')) {
      seen.push([pv('shtitkey', 'i'), pv('shtitval', 'i')]);
      if (pv('shtitkey', 'i') === 'v3') fn.iteratorRm(ctx, 'i');
      else fn.iteratorSets(ctx, 'i', 'seen');
    }
    expect(seen).toEqual([
      ['k', 5],
      ['v3', 'cc'],
      ['a::1', 'v'],
      ['a::2', 'v2'],
    ]);
    expect([sht('b=>k'), sht('b=>v3'), pv('shtitkey', 'i'), fn.iteratorRm(ctx, 'i')]).toEqual([
      'seen',
      null,
      null,
      'nothing',
    ]);
    expect([fn.iteratorNext(ctx, 'unknown'), fn.iteratorStart(ctx, 'j', 'zz'), fn.iteratorEnd(ctx, 'i')]).toEqual([
      false,
      'noTable',
      'ended',
    ]);
  });

  it('walk through a bounded number of tables at a time', async () => {
    const { fn, ctx } = await start();
    for (let i = 0; i < MAX_ITERATORS; i++) expect(fn.iteratorStart(ctx, `i${i}`, 'b')).toBe('started');
    expect([fn.iteratorStart(ctx, 'more', 'b'), fn.iteratorStart(ctx, 'i0', 'b')]).toEqual(['full', 'started']);
  });

  it('lock a name against other routes until it is unlocked', async () => {
    const { fn, ctx, request } = await start();
    const other = request(written());
    expect([fn.lock(ctx, 'b=>k'), fn.lock(ctx, 'zz=>k')]).toEqual(['locked', 'noTable']);
    const waiting = fn.lock(other, 'b=>k');
    expect([waiting instanceof Promise, fn.unlock(other, 'b=>k')]).toEqual([true, 'notHeld']);
    expect(fn.unlock(ctx, 'b=>k')).toBe('unlocked');
    expect(await waiting).toBe('locked');
  });
});

it('runs event_route[htable:mod-init] before anything is heard', async () => {
  const rig = await moduleRig([use(htable, { htable: tables })], {
    routes: ({ htable: fn }) => ({
      event: {
        'htable:mod-init': (ctx) => {
          fn.sets(ctx, 'b', 'init', 'x');
        },
      },
    }),
  });
  expect(rig.read(rig.request(written()), 'sht', 'b=>init')).toBe('x');
});

it('keeps its values over a reload, also when a table gets other settings, and drops tables that are gone', async () => {
  const { put, reload, read, ctx, rpc } = await start();
  put('b=>k', 'kept');
  put('c=>k', 'lost');
  await reload([use(htable, { htable: ['b=>initval=3', 'fresh=>'] })]);
  expect([read(ctx, 'sht', 'b=>k'), read(ctx, 'sht', 'b=>q'), read(ctx, 'sht', 'c=>k')]).toEqual(['kept', 3, null]);
  expect(rpc('htable.stats')).toHaveLength(2);
});

it.each([
  ['no arrow', 'expected name=>'],
  ['=>size=4', 'expected name=>'],
  ['a b=>size=4', 'expected name=>'],
  ['t=>autoexpire=soon', 'autoexpire takes a number'],
  ['t=>initval=xyz', 'initval takes a number'],
  ['t=>colour=1', 'no attribute colour'],
  ['t=>dbtable=htable', 'not loaded from a database'],
])('refuses the table %s', async (definition, message) => {
  await expect(moduleRig([use(htable, { htable: definition })])).rejects.toThrow(message);
});

it('takes a bounded number of tables', async () => {
  const many = (count: number) =>
    moduleRig([use(htable, { htable: Array.from({ length: count }, (_, i) => `t${i}=>`) })]);
  await many(MAX_TABLES);
  await expect(many(MAX_TABLES + 1)).rejects.toThrow('more than 1000 tables');
});

describe('RPC', () => {
  it('answers as Kamailio does', async () => {
    const { rpc, sim } = await start();
    expect([rpc('htable.sets', 'a', 'k1', 'v1'), rpc('htable.seti', 'a', 'k2', '5')]).toEqual(
      Array.from({ length: 2 }, () => 'Ok. Key set to new value.'),
    );
    expect(rpc('htable.get', 'a', 'k1')).toEqual({
      item: { name: 'k1', value: 'v1', flags: 2, expire: '2026-01-01 00:05:00' },
    });
    expect(rpc('htable.get', 'a', 'k2')).toMatchObject({ item: { value: 5, flags: 0 } });
    expect(rpc('htable.dump', 'a')).toEqual([
      { entry: 0, size: 1, slot: [{ name: 'k1', value: 'v1', type: 'str' }] },
      { entry: 1, size: 1, slot: [{ name: 'k2', value: 5, type: 'int' }] },
    ]);
    expect(rpc('htable.delete', 'a', 'k1')).toBe('Ok. Key deleted.');
    rpc('htable.setxs', 'b', 'k3', 'v', 9);
    rpc('htable.setxi', 'b', 'k4', 4, 9);
    await sim.runFor(9000);
    expect(rpc('htable.dump', 'b')).toEqual([]);
    expect([rpc('htable.setex', 'a', 'k2', 77), rpc('htable.flush', 'a'), rpc('htable.dump', 'a')]).toEqual([
      'Ok',
      'Ok. Htable flushed.',
      [],
    ]);
    expect(rpc('htable.listTables')).toContainEqual({
      name: 'a',
      dbtable: '',
      dbmode: 0,
      expire: 300,
      updateexpire: 1,
      size: 1_000_000,
      dmqreplicate: 0,
    });
  });

  it.each([
    ['htable.get', ['a', 'nokey'], "Key name doesn't exist in htable."],
    ['htable.get', ['zz', 'k'], 'No such htable'],
    ['htable.dump', ['zz'], 'No such htable'],
    ['htable.delete', ['a', 'nokey'], 'Key not found in htable.'],
    ['htable.reload', ['a'], 'No htable db_url'],
    ['htable.seti', ['a', 'k', 'abc'], 'Not an integer'],
    ['htable.get', ['a'], 'No key name given'],
  ] as const)('%s %j is refused: %s', async (method, params, message) => {
    const { rpc } = await start();
    expect(() => rpc(method, ...params)).toThrow(message);
  });
});
