/** What is written of a call that fails, and when: nothing of it stays behind, whatever comes between. */
import { describe, expect, it } from 'vitest';
import { createProxy } from '../../../src/engine/proxy.ts';
import { PATIENCE_MS } from '../../../src/modules/topos/ledger.ts';
import { BATCH } from '../../../src/modules/topos/parcels.ts';
import { ScriptedUa, Simulator } from '../../../src/testing.ts';
import { HeldStore } from '../../support/held-store.ts';
import { toposProgram } from '../../support/topos-node.ts';

const PROXY = { address: '10.0.0.1', port: 5060 };
const BOB = 'sip:bob@10.0.0.3:5060';
/** There and back: less than a record waits. */
const SOON_MS = 4;
/** Of the branches: records of what rings are written again twice in it. */
const BRANCH_S = 1;

async function stage({ forks = [], hold = false }: { forks?: readonly string[]; hold?: boolean } = {}) {
  const sim = new Simulator({ seed: 1 });
  const store = new HeldStore();
  if (hold) store.hold();
  const proxy = createProxy({
    world: { ...sim.host(PROXY.address), stores: store },
    listen: ['udp:10.0.0.1:5060'],
    program: toposProgram({ port: PROXY.port, topos: { storage: 'redis://held', branch_expire: BRANCH_S }, forks }),
  });
  const started = proxy.start();
  await sim.runUntil(() => proxy.phase === 'running');
  await started;
  const agent = (user: string, address: string) =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      user,
      domain: 'example.com',
      proxy: PROXY,
    });
  const [alice, bob] = [await agent('alice', '10.0.0.2'), await agent('bob', '10.0.0.3')];
  bob.on('INVITE', () => undefined).on('ACK', () => undefined);
  const refuse = (): void => {
    for (const invite of bob.received('INVITE')) bob.reply(invite, 486);
  };
  /** Kinds of the records of calls that are there. */
  const kinds = (): readonly string[] =>
    [...store.records.keys()].flatMap((key) => /^topos:([dti]):/.exec(key)?.[1] ?? []).toSorted();
  return { sim, store, alice, bob, refuse, kinds };
}

describe('what was written of an INVITE', () => {
  it('waits a little, and is taken back with its refusal', async () => {
    const { sim, store, alice, bob, refuse, kinds } = await stage();
    alice.invite(BOB);
    await sim.runUntil(() => bob.received('INVITE').length === 1);
    expect(kinds()).toEqual([]);
    await sim.runFor(PATIENCE_MS + 1);
    expect(kinds()).toEqual(['d', 'i', 't']);
    refuse();
    await sim.runFor(SOON_MS);
    expect(alice.receivedStatus(486)).toHaveLength(1);
    expect(kinds()).toEqual([]);
    expect(store.dropped.map((key) => key[6])).toEqual(['d', 'i', 't']);
  });

  it('is nothing at all when the refusal comes first, and nothing but the dialog is taken back', async () => {
    const { sim, store, alice, bob, refuse, kinds } = await stage();
    alice.invite(BOB);
    await sim.runUntil(() => bob.received('INVITE').length === 1);
    refuse();
    await sim.runFor(PATIENCE_MS * 3);
    expect(alice.receivedStatus(486)).toHaveLength(1);
    expect(kinds()).toEqual([]);
    expect(store.posted).toEqual([]);
    expect(store.dropped.map((key) => key[6])).toEqual(['d']);
  });

  it('is taken back as well when a store that came up was told of it before its time', async () => {
    const { sim, store, alice, bob, refuse, kinds } = await stage({ hold: true });
    alice.invite(BOB);
    await sim.runUntil(() => bob.received('INVITE').length === 1);
    store.release();
    await sim.runFor(0);
    expect(kinds()).toEqual(['d', 'i', 't']);
    refuse();
    await sim.runFor(PATIENCE_MS * 3);
    expect(alice.receivedStatus(486)).toHaveLength(1);
    expect(kinds()).toEqual([]);
  });

  it('is taken back as well when what rings was written again before its time', async () => {
    const { sim, alice, bob, refuse, kinds } = await stage();
    await sim.runFor((BRANCH_S * 1_000) / 2 - SOON_MS - sim.clock.now());
    alice.invite(BOB);
    await sim.runFor(SOON_MS + 1);
    expect(bob.received('INVITE')).toHaveLength(1);
    expect(kinds()).toEqual(['d', 'i', 't']);
    refuse();
    await sim.runFor(PATIENCE_MS * 3);
    expect(alice.receivedStatus(486)).toHaveLength(1);
    expect(kinds()).toEqual([]);
  });

  it('is sent as it was made, however much it is: what is taken back later comes after it', async () => {
    const { sim, store, alice, bob, refuse, kinds } = await stage();
    const calls = BATCH;
    for (let n = 0; n < calls; n++) alice.invite(BOB);
    await sim.runUntil(() => bob.received('INVITE').length === calls);
    store.hold();
    await sim.runFor(PATIENCE_MS + 1);
    refuse();
    await sim.runFor(SOON_MS);
    expect(alice.receivedStatus(486)).toHaveLength(calls);
    store.release();
    await sim.runFor(1);
    expect(store.posted.length).toBeGreaterThan(1);
    expect(kinds()).toEqual([]);
  });
});
