/** pike: after how many requests an address floods, as counted with the real Kamailio 5.6.3, and how it is forgotten. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { pike } from '../../../src/modules/pike/pike.ts';
import { FloodTree } from '../../../src/modules/pike/flood-tree.ts';
import { after, type Instant } from '../../../src/util/time.ts';
import { parseIp } from '../../../src/util/ip.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rigWith = (density: number, more: { sampling_time_unit?: number; remove_latency?: number } = {}) =>
  moduleRig([use(pike, { reqs_density_per_unit: density, sampling_time_unit: 60, ...more })]);
type Rig = Awaited<ReturnType<typeof rigWith>>;

const send = ({ modules, request }: Rig, times: number, address = '192.0.2.1'): string[] =>
  Array.from({ length: times }, () => modules.pike.checkReq(request(written(), { address })));

describe('one address', () => {
  it.each([
    [16, 22],
    [4, 8],
    [30, 39],
    [1, 5],
    [3, 7],
  ])('with a density of %d floods at its request number %d, and from then on', async (density, first) => {
    const verdicts = send(await rigWith(density), first + 3);
    expect(verdicts.indexOf('newFlood') + 1).toBe(first);
    expect(verdicts.slice(first)).toEqual(['flood', 'flood', 'flood']);
  });

  it('may come back when it has been slow for two periods', async () => {
    const rig = await rigWith(4, { sampling_time_unit: 2 });
    expect(send(rig, 12).at(-1)).toBe('flood');
    await rig.sim.runFor(2000);
    expect(send(rig, 1)).toEqual(['flood']);
    await rig.sim.runFor(4000);
    expect(send(rig, 1)).toEqual(['ok']);
  });

  it('is forgotten after remove_latency, and then no timer runs', async () => {
    const rig = await rigWith(4, { sampling_time_unit: 2, remove_latency: 10 });
    send(rig, 12);
    await rig.sim.run();
    // Four bytes of an address go one after the other.
    expect(rig.sim.clock.now()).toBeLessThanOrEqual(4 * 12_000);
    expect(send(rig, 7)).not.toContain('newFlood');
  });

  it('is blocked alone: its neighbour is not', async () => {
    const rig = await rigWith(16);
    send(rig, 40, '192.0.2.1');
    expect(send(rig, 3, '192.0.2.2')).toEqual(['ok', 'ok', 'ok']);
  });

  it('may be an IPv6 one', async () => {
    const verdicts = send(await rigWith(4), 40, '2001:db8::1');
    expect(verdicts).toContain('newFlood');
  });
});

it('counts addresses that the route names, and lets anything else pass', async () => {
  const rig = await rigWith(1);
  const ctx = rig.request(written());
  const check = (address: string) => Array.from({ length: 6 }, () => rig.modules.pike.checkIp(ctx, address)).at(-1);
  expect([check('198.51.100.1'), check('nobody')]).toEqual(['flood', 'ok']);
});

it('survives a reload with the same parameters', async () => {
  const rig = await rigWith(4);
  send(rig, 12);
  const next = await rig.reload([use(pike, { reqs_density_per_unit: 4, sampling_time_unit: 60 })]);
  expect(next.pike.checkReq(rig.request(written(), { address: '192.0.2.1' }))).toBe('flood');
});

it('tells who floods in the form of Kamailio', async () => {
  const rig = await rigWith(4);
  send(rig, 13, '127.0.0.1');
  expect(rig.rpc('pike.top')).toEqual({
    max_hits: 4,
    list: [{ ip_addr: '127.0.0.1', leaf_hits_prev: 0, leaf_hits_curr: 9, expires: 120, status: 'HOT' }],
    number_of_rows: 1,
  });
  expect(rig.rpc('pike.list', 'WARM')).toMatchObject({ number_of_rows: 0 });
  expect(() => rig.rpc('pike.top', 'TEPID')).toThrow('HOT, WARM or ALL');
  expect(rig.proxy.program.modules[0]?.stats['blocked_ips']).toEqual({ value: 1 });
});

describe('the tree', () => {
  const ip = (text: string): Uint8Array => parseIp(text) ?? new Uint8Array();
  const start: Instant = new VirtualClock().now();

  it('costs one node for many quiet addresses below one first byte', () => {
    const tree = new FloodTree({ density: 4000, silenceMs: 1000 });
    for (let i = 0; i < 900; i++) tree.hit(ip(`10.1.${i >> 8}.${i & 255}`), start);
    expect(tree.size).toBe(1);
  });

  it('stops growing at its limit and still watches those it has', () => {
    const tree = new FloodTree({ density: 1, silenceMs: 1000, maxNodes: 4 });
    for (let i = 0; i < 4; i++) tree.hit(ip('10.0.0.1'), start);
    expect(tree.size).toBe(4);
    for (let i = 0; i < 50; i++) expect(tree.hit(ip('11.0.0.1'), start)).toBe('quiet');
    expect([tree.size, tree.hit(ip('10.0.0.1'), start)]).toEqual([4, 'newFlood']);
  });

  it('is empty when everybody has been silent', () => {
    const tree = new FloodTree({ density: 1, silenceMs: 1000 });
    for (const address of ['10.0.0.1', '10.0.0.2', '10.9.9.9', '2001:db8::1']) {
      for (let i = 0; i < 20; i++) tree.hit(ip(address), start);
    }
    for (let step = 1; step <= 20; step++) tree.sweep(after(start, 1000 * step));
    expect([tree.size, [...tree.flooders()]]).toEqual([0, []]);
  });
});
