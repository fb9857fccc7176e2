/**
 * Failover as it happens: two processes, one Redis, one address. The first carries calls and is killed with SIGKILL, the
 * second is started in its place; established calls are counted, and none may be lost.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { RedisServer } from '../support/redis-server.ts';
import { contactIn, ToposSite, viasIn } from '../support/topos-node.ts';
import { hasTool } from '../support/tools.ts';
import { type Spawned, Stable } from './spawned.ts';

const CALLS = 12;
const stable = new Stable();
const folder = mkdtempSync(join(tmpdir(), 'viaduct-failover-'));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await stable.clear();
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As an operator of Kamailio has it. */
const script = (redisPort: number): string => `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "siputils.so"
loadmodule "topos.so"
loadmodule "ndb_redis.so"
loadmodule "topos_redis.so"
modparam("ndb_redis", "server", "name=srv1;addr=127.0.0.1;port=${redisPort};db=1")
# A busy machine may be late.
modparam("ndb_redis", "cmd_timeout", 5000)
modparam("topos", "storage", "redis")
modparam("topos_redis", "serverid", "srv1")
request_route {
  if (has_totag()) loose_route();
  else record_route();
  t_relay();
}
`;

/** Resolves when the record of this request is in Redis: what a process has not written yet dies with it. */
async function written(redis: RedisServer, callId: string): Promise<void> {
  while ((await redis.ask('-n', '1', 'KEYS', `*topos:t:{${callId}}*`)) === '') await wait(10);
}

/** Resolves when it listens and has its Redis. */
async function node(file: string, port: number): Promise<Spawned> {
  const started = stable.viaduct(['run', '-f', file, '-l', `udp:127.0.0.1:${port}`, '--http', 'off', '--json']);
  await started.says(/"address":"udp:127\.0\.0\.1:\d+"/);
  await started.says(/topos: redis:\S+ is up/);
  return started;
}

describe.skipIf(!hasTool('redis-server'))('a second process at the address of one that was killed', () => {
  it('carries all established calls on, and a call that rings to its end (behaviour 35)', async () => {
    const redis = await RedisServer.start([], await freePort());
    open.push({ close: () => redis.end() });
    const site = await ToposSite.open();
    open.push(site);
    const file = join(folder, 'topos.cfg');
    writeFileSync(file, script(redis.port));
    const first = await node(file, site.port);

    const calls: string[] = [];
    for (let n = 0; n < CALLS; n++) calls.push(await site.call());
    site.bob.on('INVITE', (request) => site.bob.reply(request, 180));
    const ringing = site.alice.invite(site.bobUri).callId ?? '';
    const rang = () => site.alice.receivedStatus(180).find(({ callId }) => callId === ringing);
    await site.alice.until(() => rang() !== undefined);
    await written(redis, ringing);
    first.signal('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    await node(file, site.port);

    // The reply to a request of the first process, by the second.
    const offered = site.bob.received('INVITE').find(({ callId }) => callId === ringing);
    if (offered === undefined) throw new Error('nobody rang');
    site.bob.reply(offered, 200);
    const answered = () => site.alice.receivedStatus(200, 'INVITE').find(({ callId }) => callId === ringing);
    await site.alice.until(() => answered() !== undefined);
    expect(viasIn(answered())).toEqual(viasIn(rang()));
    expect(contactIn(answered())).toBe(contactIn(rang()));
    site.alice.ack2xx(ringing);
    await site.bob.until(() => site.bob.received('ACK').some(({ callId }) => callId === ringing));

    site.bob.acceptCalls([200]);
    site.answering();
    let lost = 0;
    for (const [at, callId] of [...calls, ringing].entries()) {
      const [one, other] = at % 2 === 0 ? [site.alice, site.bob] : [site.bob, site.alice];
      const statuses = [await site.ask(one, 'INVITE', callId), await site.ask(other, 'BYE', callId)];
      if (statuses.some((status) => status !== 200)) lost++;
    }
    expect(lost).toBe(0);
    for (const request of [...site.bob.received(), ...site.alice.received()]) expect(viasIn(request)).toHaveLength(1);
  }, 60_000);

  it('costs no call either when it comes and goes again and again while calls are made', async () => {
    const redis = await RedisServer.start([], await freePort());
    open.push({ close: () => redis.end() });
    const site = await ToposSite.open();
    open.push(site);
    const file = join(folder, 'again.cfg');
    writeFileSync(file, script(redis.port));
    const calls: string[] = [];
    for (let round = 0; round < 3; round++) {
      const running = await node(file, site.port);
      calls.push(await site.call(), await site.call());
      for (const callId of calls) expect(await site.ask(site.bob, 'INFO', callId)).toBe(200);
      running.signal('SIGKILL');
      await running.ended;
    }
    await node(file, site.port);
    for (const callId of calls) expect(await site.ask(site.alice, 'BYE', callId)).toBe(200);
    expect(calls).toHaveLength(6);
  }, 60_000);
});
