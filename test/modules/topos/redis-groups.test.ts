/** Hidden calls over several Redis servers: a Sentinel that changes the master in the middle of them, and a Cluster. */
import { afterEach, describe, expect, it } from 'vitest';
import { RedisGroups } from '../../support/redis-groups.ts';
import { hasTool } from '../../support/tools.ts';
import { ToposSite } from '../../support/topos-node.ts';

const CALLS = 9;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function stage() {
  const groups = new RedisGroups();
  open.push(groups);
  const site = await ToposSite.open();
  open.push(site);
  return { groups, site };
}

async function calls(site: ToposSite): Promise<readonly string[]> {
  const made: string[] = [];
  for (let n = 0; n < CALLS; n++) made.push(await site.call());
  return made;
}

describe.skipIf(!hasTool('redis-server'))('hidden calls', () => {
  it('outlive the master of a Sentinel group, and then the node that carried them', async () => {
    const { groups, site } = await stage();
    const { master, replica, url } = await groups.sentinel();
    const storage = `${url}?timeout=2000`;
    const first = await site.node({ storage });
    const before = await calls(site);
    while (Number(await replica.ask('DBSIZE')) < Number(await master.ask('DBSIZE')));
    await master.kill();
    await first.said('is down');
    const meanwhile = await site.call();
    await first.said('is up', 2);
    while (!(await replica.ask('KEYS', 'viaduct:topos:d:*')).includes(meanwhile));
    await first.crash();
    const second = await site.node({ storage });
    for (const callId of [...before, meanwhile]) expect(await site.ask(site.bob, 'BYE', callId)).toBe(200);
    expect(second.counted('dialogs_adopted')).toBe(CALLS + 1);
  }, 60_000);

  it('have all records of a call on one server of a Cluster, and are found on each', async () => {
    const { groups, site } = await stage();
    const { nodes, url } = await groups.cluster();
    const storage = `${url}?timeout=500`;
    const first = await site.node({ storage });
    const made = await calls(site);
    const records = () =>
      Promise.all(nodes.map(async (node) => (await node.ask('KEYS', 'viaduct:topos:[dt]:*')).split('\n')));
    let kept = await records();
    // What is written behind the last message may still be on its way.
    while (kept.flat().filter((key) => key !== '').length < 2 * CALLS) kept = await records();
    for (const callId of made) {
      const having = kept.map((keys) => keys.filter((key) => key.includes(`{${callId}}`)).length);
      expect(having.toSorted((a, b) => a - b)).toEqual([0, 0, 2]);
    }
    expect(await first.rpc('topos.audit')).toMatchObject({ dialogs: CALLS, crossings: CALLS, orphans: { count: 0 } });
    await first.crash();
    const second = await site.node({ storage });
    for (const callId of made) expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
    expect(second.counted('dialogs_adopted')).toBe(CALLS);
  }, 60_000);
});
