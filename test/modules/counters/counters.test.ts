/** counters and statistics: as the real Kamailio 5.6.3 counted and answered; where we differ the title says so. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { counters } from '../../../src/modules/counters/counters.ts';
import { CounterTable, MAX_COUNTERS } from '../../../src/modules/counters/counter-table.ts';
import { statistics } from '../../../src/modules/statistics/statistics.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const modules = [
  use(counters, { script_counter: ['vcnt', 'grp.v2 doc text'] }),
  use(statistics, { variable: ['myvar', 'g2:v', 'nr/no_reset'] }),
] as const;
const start = async () => {
  const rig = await moduleRig(modules);
  const ctx = rig.request(written());
  return {
    ...rig,
    ctx,
    cnt: rig.modules.counters,
    st: rig.modules.statistics,
    stat: (name: string) => rig.read(ctx, 'stat', name),
  };
};

describe('counters', () => {
  it('count up and down, and begin again', async () => {
    const { cnt, ctx, stat } = await start();
    expect([cnt.inc(ctx, 'vcnt'), stat('vcnt'), cnt.add(ctx, 'grp.v2', 4), stat('v2')]).toEqual([
      'counted',
      1,
      'counted',
      4,
    ]);
    expect([cnt.add(ctx, 'grp.v2', -3), stat('grp:v2'), cnt.reset(ctx, 'grp.v2'), stat('v2')]).toEqual([
      'counted',
      1,
      'reset',
      0,
    ]);
    expect([cnt.inc(ctx, 'nope'), cnt.reset(ctx, 'nope'), stat('nope')]).toEqual(['unknown', 'unknown', null]);
  });

  it('may be negative (Kamailio wraps around)', async () => {
    const { cnt, ctx, stat } = await start();
    cnt.add(ctx, 'vcnt', -3);
    expect(stat('vcnt')).toBe(-3);
  });

  it('outlive a reload', async () => {
    const { cnt, ctx, stat, reload } = await start();
    cnt.inc(ctx, 'vcnt');
    await reload(modules);
    expect(stat('vcnt')).toBe(1);
  });

  it('are told over RPC', async () => {
    const { cnt, ctx, rpc } = await start();
    cnt.inc(ctx, 'vcnt');
    expect([rpc('cnt.get', 'script', 'vcnt'), rpc('cnt.get_raw', 'grp', 'v2'), rpc('cnt.help', 'grp', 'v2')]).toEqual([
      1,
      0,
      'doc text',
    ]);
    expect([rpc('cnt.grps_list'), rpc('cnt.var_list', 'script'), rpc('cnt.var_list', 'no')]).toEqual([
      expect.arrayContaining(['core', 'g2', 'grp', 'script']),
      ['myvar', 'nr', 'vcnt'],
      [],
    ]);
    expect(rpc('cnt.grp_get_all', 'script')).toEqual({ myvar: 0, nr: 0, vcnt: 1 });
    for (const same of ['cnt.get', 'cnt.get_vars']) {
      expect([rpc(same, 'script'), rpc(same, 'no')]).toEqual([{ myvar: 0, nr: 0, vcnt: 1 }, {}]);
    }
    expect([rpc('cnt.reset', 'script', 'vcnt'), rpc('cnt.get', 'script', 'vcnt')]).toEqual([{}, 0]);
    expect(() => rpc('cnt.get', 'no', 'v2')).toThrow('non-existent counter no.v2');
    expect(() => rpc('cnt.reset', 'script')).toThrow('non-existent counter');
  });

  it('are limited in number', () => {
    const table = new CounterTable();
    const make = (name: string) => table.make({ group: 'g', name, doc: '', fixed: false });
    for (let i = 0; i < MAX_COUNTERS; i++) make(`c${i}`);
    expect([make('more'), make('c0')?.name]).toEqual([undefined, 'c0']);
  });

  it.each(['a.b.c', ''])('refuse the name %j', async (definition) => {
    await expect(moduleRig([use(counters, { script_counter: definition })])).rejects.toThrow('script_counter');
  });
});

describe('statistics', () => {
  it.each([
    [['+5'], 5],
    [['+5', '-2'], 3],
    [['+5', '-2', '3'], 6],
    [['x'], 0],
  ])('update by %j gives %d', async (amounts, expected) => {
    const { st, ctx, stat } = await start();
    for (const amount of amounts) st.update(ctx, 'myvar', amount);
    expect(stat('myvar')).toBe(expected);
  });

  it('reset what may be reset', async () => {
    const { st, ctx, stat } = await start();
    for (const name of ['myvar', 'nr', 'g2:v']) st.update(ctx, name, '4');
    expect([st.reset(ctx, 'myvar'), st.reset(ctx, 'nr'), st.reset(ctx, 'nope'), st.update(ctx, 'nope', '1')]).toEqual([
      'reset',
      'reset',
      'unknown',
      'unknown',
    ]);
    expect([stat('myvar'), stat('nr'), stat('v')]).toEqual([0, 4, 4]);
  });

  it('are told over RPC', async () => {
    const { st, ctx, rpc } = await start();
    st.update(ctx, 'myvar', '7');
    expect(rpc('stats.get_statistics', 'script:')).toEqual(['script:myvar = 7', 'script:nr = 0', 'script:vcnt = 0']);
    expect(rpc('stats.get_statistics', 'all')).toEqual(expect.arrayContaining(['script:myvar = 7', 'g2:v = 0']));
    expect([rpc('stats.get_statistics', 'myvar', 'script:myvar'), rpc('stats.get_statistics', 'nope')]).toEqual([
      ['script:myvar = 7'],
      [],
    ]);
    expect([rpc('stats.fetch', 'myvar'), rpc('stats.fetchn', 'g2:')]).toEqual([{ 'script.myvar': '7' }, { 'g2.v': 0 }]);
    expect([rpc('stats.clear_statistics', 'myvar'), rpc('stats.fetchn', 'myvar')]).toEqual([
      ['script:myvar = 7'],
      { 'script.myvar': 0 },
    ]);
    expect(rpc('stats.reset_statistics', 'all')).toEqual({});
  });

  it('need a name', async () => {
    await expect(moduleRig([counters, use(statistics, { variable: 'a b' })])).rejects.toThrow('statistics.variable');
  });
});
