/** Keepalives of nathelper: whom they reach, how often, that they go through the door, and who is removed when he is silent. */
import { describe, expect, it } from 'vitest';
import type { WireEvent } from '../../../src/engine/exchange.ts';
import { defineModule, use } from '../../../src/engine/module.ts';
import { nathelper } from '../../../src/modules/nathelper/nathelper.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { parseMessage } from '../../../src/sip/parse.ts';
import { ScriptedUa } from '../../../src/testing/user-agent.ts';
import { moduleRig } from '../../support/module-rig.ts';

const NAT = 6;
const SIP = 7;

type Params = Parameters<typeof use<typeof nathelper.decl>>[1];

async function start(params: Params, contacts: readonly (readonly [user: string, uri: string, bflags: number])[]) {
  const events: WireEvent[] = [];
  const ear = defineModule({ name: 'ear', doc: 'Listens.' }, () => ({
    functions: {},
    tap: (event) => void events.push(event),
  }));
  const rig = await moduleRig(
    [use(usrloc, { nat_bflag: NAT }), use(nathelper, { natping_interval: 10, ping_nated_only: 1, ...params }), ear],
    { listen: ['udp:10.0.0.10:5060', 'udp:10.0.0.11:5070', 'tcp:10.0.0.10:5060'] },
  );
  for (const [user, uri, bflags] of contacts) rig.rpc('ul.add', 'location', user, uri, 0, '1.0', 0, 0, bflags, 0);
  const sent = () => events.filter(({ direction }) => direction === 'out');
  const targets = () => sent().map(({ flow }) => `${flow.remote.address}:${flow.remote.port}`);
  const bindings = () => JSON.stringify(rig.rpc('ul.dump')).match(/sip:[a-z]@[0-9.]+/g) ?? [];
  return {
    ...rig,
    sent,
    targets,
    bindings,
    counter: (name: string) => rig.proxy.program.modules[1]?.stats[name]?.value,
  };
}
const natted = 1 << NAT;

it('pings each binding behind a NAT once an interval with four zero bytes, through the door', async () => {
  const rig = await start({}, [
    ['a', 'sip:a@10.1.0.1:5061', natted],
    ['b', 'sip:b@10.1.0.2:5062', natted],
    ['c', 'sip:c@10.1.0.3', 0],
    ['d', 'sip:d@10.1.0.4;transport=tcp', natted],
  ]);
  await rig.sim.runFor(10_500);
  expect(rig.targets()).toEqual(['10.1.0.1:5061', '10.1.0.2:5062']);
  expect(rig.sent()[0]).toMatchObject({ bytes: new Uint8Array(4), cause: { kind: 'local', module: 'nathelper' } });
  await rig.sim.runFor(10_000);
  expect([rig.targets().length, rig.counter('pings')]).toEqual([4, 4]);
});

it('spreads the pings over the interval', async () => {
  const rig = await start(
    {},
    Array.from({ length: 10 }, (_, i) => [`u${i}`, `sip:u@10.1.1.${i}`, natted] as const),
  );
  await rig.sim.runFor(3500);
  expect(rig.targets()).toHaveLength(3);
});

it('pings all bindings when asked to, but those with the flag against it', async () => {
  const rig = await start({ ping_nated_only: 0, natping_disable_bflag: 3 }, [
    ['a', 'sip:a@10.1.0.1', 0],
    ['b', 'sip:b@10.1.0.2', 1 << 3],
  ]);
  await rig.sim.runFor(10_500);
  expect(rig.targets()).toEqual(['10.1.0.1:5060']);
});

it('sends from the socket it is told', async () => {
  const rig = await start({ force_socket: '10.0.0.11:5070' }, [['a', 'sip:a@10.1.0.1', natted]]);
  await rig.sim.runFor(1500);
  expect(rig.sent()[0]?.flow.local).toEqual({ address: '10.0.0.11', port: 5070 });
});

it('is switched off and on over RPC', async () => {
  const rig = await start({}, [['a', 'sip:a@10.1.0.1', natted]]);
  rig.rpc('nathelper.enable_ping', 0);
  await rig.sim.runFor(15_000);
  expect(rig.targets()).toEqual([]);
  rig.rpc('nathelper.enable_ping', 1);
  await rig.sim.runFor(10_000);
  expect(rig.targets()).toHaveLength(1);
});

it('stops with its program', async () => {
  const rig = await start({}, [['a', 'sip:a@10.1.0.1', natted]]);
  await rig.reload([use(usrloc, { nat_bflag: NAT }), nathelper]);
  await rig.sim.runFor(30_000);
  expect(rig.targets()).toEqual([]);
  expect(() => rig.rpc('nathelper.enable_ping', 1)).toThrow('NATping disabled');
});

describe('a SIP ping', () => {
  const sip = { sipping_bflag: SIP, sipping_from: 'sip:ping@example.com', keepalive_timeout: 25 };
  const both = natted | (1 << SIP);

  it('is a request that a user agent answers; the answer ends here', async () => {
    const rig = await start(sip, [['a', 'sip:a@10.1.0.1', both]]);
    const phone = await ScriptedUa.start({
      world: rig.sim.host('10.1.0.1'),
      local: { address: '10.1.0.1', port: 5060 },
      transport: 'udp',
      user: 'a',
      proxy: { address: '10.0.0.10', port: 5060 },
    });
    phone.on('OPTIONS', (request, ua) => ua.reply(request, 200));
    await rig.sim.runFor(60_000);
    const parsed = parseMessage(Buffer.from(rig.sent()[0]?.bytes ?? []));
    expect(parsed).toMatchObject({ kind: 'request', message: { method: 'OPTIONS', uri: 'sip:a@10.1.0.1' } });
    expect([rig.counter('ping_answers'), rig.bindings(), rig.proxy.counters.strayReplies]).toEqual([
      6,
      ['sip:a@10.1.0.1'],
      0,
    ]);
  });

  it('that nobody answers for keepalive_timeout removes the binding', async () => {
    const rig = await start(sip, [['a', 'sip:a@10.1.0.1', both]]);
    await rig.sim.runFor(22_000);
    expect(rig.bindings()).toEqual(['sip:a@10.1.0.1']);
    await rig.sim.runFor(10_000);
    expect([rig.bindings(), rig.targets().length]).toEqual([[], 3]);
  });
});

it.each([
  [{ sipping_bflag: SIP }, [], 'sipping_from is needed'],
  [{ force_socket: 'nonsense' }, [], 'force_socket'],
  [{}, [], 'nat_bflag'],
] as const)('with %j refuses to start: %s%s', async (params, _, message) => {
  await expect(
    moduleRig([usrloc, use(nathelper, { natping_interval: 10, ping_nated_only: 1, ...params })]),
  ).rejects.toThrow(message);
});

it('needs usrloc', async () => {
  await expect(moduleRig([use(nathelper, { natping_interval: 10 })])).rejects.toThrow('usrloc');
});
