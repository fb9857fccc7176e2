/** A hundred thousand dialogs of two nodes: every key is another; and in one Redis every record has its owner. */
import { afterEach, describe, expect, it } from 'vitest';
import { Dialog } from '../../../src/modules/topos/dialog.ts';
import { newId, readKey, keyText } from '../../../src/modules/topos/keys.ts';
import { dialogPlace } from '../../../src/modules/topos/places.ts';
import { dialogText } from '../../../src/modules/topos/record.ts';
import { BranchFactory, MIN_RANDOM_BYTES } from '../../../src/transaction/branch.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import { RedisServer } from '../../support/redis-server.ts';
import { hasTool } from '../../support/tools.ts';
import { ToposSite } from '../../support/topos-node.ts';
import { WatchedStore } from '../../support/watched-store.ts';

const DIALOGS = 100_000;
/** Of these are the records in Redis. */
const STORED = 8_000;
const BATCH = 2_000;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** One Call-ID for all: only the keys tell them apart. */
const CALL_ID = 'the-same@everywhere';

function dialogOf(id: string): Dialog {
  return new Dialog({
    ...{ id, callId: CALL_ID, method: 'INVITE', aTag: 'a', ownRoutes: [] },
    a: { contact: 'sip:alice@192.0.2.1', routes: [], connection: 0 },
  });
}

describe('two nodes', () => {
  it('make no key twice among a hundred thousand dialogs (behaviour 17)', () => {
    const nodes = [nodeWorld(), nodeWorld()].map(({ random }) => random);
    const seen = new Set<string>();
    for (const random of nodes) for (let n = 0; n < DIALOGS / 2; n++) seen.add(newId(random, ''));
    expect(seen.size).toBe(DIALOGS);
    const [some = ''] = seen;
    expect(readKey(keyText('a', some))).toEqual({ side: 'a', id: some });
  });
});

describe.skipIf(!hasTool('redis-server'))('two nodes with one Redis', () => {
  it('keep their records apart, and each says whose it is (behaviour 17)', async () => {
    const redis = await RedisServer.start();
    open.push({ close: () => redis.end() });
    const expires = Date.now() + 600_000;
    const owners = [0, 1].map(() => {
      const { random } = nodeWorld();
      const { store } = new WatchedStore(`${redis.url}?timeout=10000`);
      open.push(store);
      // Two processes of one installation differ in nothing but chance.
      const { life } = new BranchFactory({ node: 0, worker: 0 }, random.bytes(MIN_RANDOM_BYTES));
      return { random, store, life };
    });
    expect(owners[0]?.life).not.toBe(owners[1]?.life);
    const seen = new Set<string>();
    for (const { random, store, life } of owners) {
      expect(await store.ready(5_000)).toBe(true);
      for (let at = 0; at < STORED / 2; at += BATCH) {
        const ids = Array.from({ length: BATCH }, () => newId(random, ''));
        for (const id of ids) seen.add(id);
        const outcomes = await Promise.all(
          ids.map((id) => {
            const value = dialogText(dialogOf(id), life);
            return store.put({ key: dialogPlace(CALL_ID, id) }, { version: 1, expires, value });
          }),
        );
        expect(outcomes.every((outcome) => outcome === 'ok')).toBe(true);
      }
    }
    expect(seen.size).toBe(STORED);
    expect(Number(await redis.ask('DBSIZE'))).toBe(STORED);
    const site = await ToposSite.open();
    open.push(site);
    const node = await site.node({ storage: `${redis.url}?timeout=10000` });
    const halves = Object.fromEntries(owners.map(({ life }) => [life, STORED / 2]));
    expect(await node.rpc('topos.audit')).toMatchObject({
      ...{ dialogs: STORED, complete: true, owners: halves },
      ...{ withoutEnd: { count: 0 }, foreign: { count: 0 } },
    });
  }, 60_000);
});
