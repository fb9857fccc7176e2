/** Whole proxies: users register, call each other, move, leave, and are forgotten when their time is over. */
import { expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { registrar } from '../../../src/modules/registrar/registrar.ts';
import { sl } from '../../../src/modules/sl/sl.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';
import { desk, OK, PROXY } from './desk.ts';

async function office() {
  const sim = new Simulator();
  const source = defineRoutes(
    [tm, sl, use(usrloc, { handle_lost_tcp: 'on', timer_interval: 5 }), registrar],
    (modules) => ({
      request(ctx) {
        if (ctx.message.method === 'REGISTER') return modules.registrar.save(ctx, 'location');
        if (ctx.message.toTag === undefined && modules.registrar.lookup(ctx, 'location') !== 'found') {
          return modules.sl.reply(ctx, 404, 'Not Found');
        }
        return modules.tm.relay(ctx);
      },
    }),
  );
  await simulateProxy(sim, source, { listen: ['udp:10.0.0.10:5060', 'tcp:10.0.0.10:5060'] });
  const agent = (user: string, address: string, transport: 'udp' | 'tcp') =>
    ScriptedUa.start({
      world: sim.host(address),
      local: { address, port: 5060 },
      ...{ user, transport, domain: 'example.com', proxy: PROXY, auto: true },
    });
  return { sim, agent };
}

it.each(['udp', 'tcp'] as const)('two registered users call each other over %s', async (transport) => {
  const { sim, agent } = await office();
  const alice = await agent('alice', '10.0.0.1', transport);
  const bob = await agent('bob', '10.0.0.2', transport);
  bob.acceptCalls();
  alice.register();
  bob.register();
  await sim.runFor(100);
  alice.invite('sip:bob@example.com');
  await sim.runFor(1000);
  alice.bye();
  await sim.runFor(1000);
  expect(alice.lines()).toEqual([
    '200 OK (REGISTER)',
    '100 trying -- your call is important to us (INVITE)',
    '180 Ringing (INVITE)',
    '200 OK (INVITE)',
    '200 OK (BYE)',
  ]);
  expect(bob.received('INVITE')[0]?.uri).toContain('sip:bob@10.0.0.2:5060');
  expect(bob.received('ACK')).toHaveLength(1);
});

it('a call goes back on the connection that the callee registered on, whatever its Contact says', async () => {
  const { sim, agent } = await office();
  const alice = await agent('alice', '10.0.0.1', 'udp');
  const bob = await agent('bob', '10.0.0.2', 'tcp');
  bob.acceptCalls();
  const contact = '<sip:bob@192.168.1.7:49152;transport=tcp>';
  const register = `REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP 192.168.1.7;branch=z9hG4bKr1;rport
From: <sip:bob@example.com>;tag=r
To: <sip:bob@example.com>
Call-ID: r1
CSeq: 1 REGISTER
Contact: ${contact}
Content-Length: 0

`;
  bob.send(register);
  await sim.runFor(100);
  expect(bob.receivedStatus(200, 'REGISTER')).toHaveLength(1);
  alice.invite('sip:bob@example.com');
  await sim.runFor(1000);
  expect(bob.received('INVITE').map(({ uri }) => uri)).toEqual(['sip:bob@192.168.1.7:49152;transport=tcp']);
  expect(alice.receivedStatus(200, 'INVITE')).toHaveLength(1);
});

it('a contact ends with its connection when handle_lost_tcp is on', async () => {
  const { sim, agent } = await office();
  const alice = await agent('alice', '10.0.0.1', 'udp');
  const bob = await agent('bob', '10.0.0.2', 'tcp');
  bob.register();
  await sim.runFor(100);
  bob.close();
  await sim.runFor(6000);
  alice.invite('sip:bob@example.com');
  await sim.runFor(100);
  expect(alice.receivedStatus(404, 'INVITE')).toHaveLength(1);
});

it('nobody is found any more who has left, or whose time is over', async () => {
  const { sim, agent } = await office();
  const alice = await agent('alice', '10.0.0.1', 'udp');
  const bob = await agent('bob', '10.0.0.2', 'udp');
  bob.acceptCalls();
  const call = async (): Promise<number | undefined> => {
    const invite = alice.invite('sip:bob@example.com');
    await sim.runFor(500);
    const final = alice.receivedStatus().filter(({ callId, status }) => callId === invite.callId && status >= 200);
    return final[0]?.status;
  };
  expect(await call()).toBe(404);
  bob.register({ callId: 'r1', expires: 60 });
  await sim.runFor(59_000);
  expect(await call()).toBe(200);
  await sim.runFor(1_000);
  expect(await call()).toBe(404);
  bob.register({ callId: 'r1', expires: 60 });
  await sim.runFor(100);
  expect(await call()).toBe(200);
  bob.register({ callId: 'r1', expires: 0 });
  await sim.runFor(100);
  expect(await call()).toBe(404);
});

it('all devices of a user ring, and those that do not answer are cancelled', async () => {
  const { sim, agent } = await office();
  const alice = await agent('alice', '10.0.0.1', 'udp');
  const desk1 = await agent('bob', '10.0.0.2', 'udp');
  const mobile = await agent('bob', '10.0.0.3', 'tcp');
  desk1.acceptCalls([180]);
  mobile.on('INVITE', (invite, ua) => {
    ua.reply(invite, 180);
    sim.clock.wake(sim.clock.now(), () => ua.reply(invite, 200));
  });
  desk1.register();
  mobile.register();
  await sim.runFor(100);
  alice.invite('sip:bob@example.com');
  await sim.runFor(1000);
  expect(desk1.received('CANCEL')).toHaveLength(1);
  expect(mobile.received('ACK')).toHaveLength(1);
});

it('runs event_route[usrloc:contact-expired] with the contact', async () => {
  const expired: string[] = [];
  const { ask, sim, proxy } = await desk({
    expired: (modules, ctx) => {
      expired.push(
        `${ctx.message.method} ${ctx.message.uri}`,
        String(modules.registrar.registered(ctx, 'location', 'sip:alice@h')),
      );
      const read = (inner: string) =>
        proxy.program.modules
          .find(({ decl }) => decl.name === 'registrar')
          ?.instance.pvs?.['ulc']?.read(ctx, { inner, index: undefined });
      expired.push(
        ...['aor', 'addr', 'domain', 'count', 'callid', 'q', 'nothing'].map((name) => String(read(`exp=>${name}`))),
      );
      expired.push(String(read('other=>addr')));
    },
  });
  expect((await ask(['Contact: <sip:a@h>;expires=60']))[0]).toBe(OK);
  await sim.runFor(59_000);
  expect(expired).toEqual([]);
  await sim.runFor(1_000);
  expect(expired).toEqual([
    'OPTIONS sip:a@h',
    'false',
    'alice',
    'sip:a@h',
    'location',
    '1',
    'c1',
    '-1',
    'null',
    'null',
  ]);
});

it('an event route that throws stops nothing', async () => {
  const { ask, sim, log } = await desk({
    expired: () => {
      throw new Error('oops');
    },
  });
  await ask(['Contact: <sip:a@h>;expires=60, <sip:b@h>;expires=61']);
  await sim.runFor(62_000);
  expect(log).toEqual(Array(2).fill('error registrar: event_route[usrloc:contact-expired] threw'));
  expect(await ask([])).toEqual([OK]);
});

it('tells a script that gruu_enabled has no effect', async () => {
  const { log } = await desk({ registrar: { gruu_enabled: 1 } });
  expect(log).toEqual(['warn registrar: there is no GRUU: gruu_enabled has no effect']);
});

it('bindings outlive a reload of the routes', async () => {
  const { ask, proxy, sim } = await desk();
  await ask(['Contact: <sip:a@h>;expires=60']);
  await proxy.reload(
    defineRoutes([usrloc, registrar], (modules) => ({ request: (ctx) => modules.registrar.save(ctx, 'location') })),
  );
  expect(await ask([])).toEqual([OK, 'Contact: <sip:a@h>;expires=60']);
  await sim.runFor(60_000);
  expect(await ask([])).toEqual([OK]);
});
