/** All targets of one proxy: what each gets of a message, which target a text means, groups, limits, switches. */
import { describe, expect, it } from 'vitest';
import {
  EVICTION_DRAIN_MS,
  Exporter,
  type ExporterOptions,
  MAX_DYNAMIC_TARGETS,
  type TracedMessage,
  type TraceTarget,
} from '../../../src/modules/siptrace/exporter.ts';
import type { SingleTarget } from '../../../src/modules/siptrace/target.ts';
import { Simulator } from '../../../src/testing/simulator.ts';
import type { WallTime } from '../../../src/util/time.ts';
import { balance, message, payloadOf, StreamCollector, UdpCollector } from './trace-collector.ts';

const first = { address: '10.0.0.9', port: 9060 };
const second = { address: '10.0.0.8', port: 9060 };

function scene(more: Partial<ExporterOptions> = {}) {
  const sim = new Simulator();
  const exporter = new Exporter({
    world: sim.host('10.0.0.1', '2001:db8::1'),
    defaults: {
      hep: 3,
      captureId: 7,
      authKey: undefined,
      node: undefined,
      profile: 'transport',
      correlation: 'given',
    },
    isOwnListener: (transport, address, port) => transport === 'udp' && address === '10.0.0.1' && port === 5060,
    ...more,
  });
  return { sim, exporter, world: sim.host('10.0.0.9', '10.0.0.8') };
}

function valid(result: ReturnType<Exporter['target']>): TraceTarget {
  if (result.kind === 'invalid') throw new Error(result.why);
  return result;
}

function single(result: ReturnType<Exporter['target']>): SingleTarget {
  const target = valid(result);
  if (target.kind !== 'single') throw new Error('a group');
  return target;
}

const at = (us: number): WallTime => (1_800_000_000_000_000 + us) as WallTime;

/** What one target makes of these messages. */
async function seen(uri: string, messages: readonly TracedMessage[], more: Partial<ExporterOptions> = {}) {
  const { sim, exporter, world } = scene(more);
  const collector = await new UdpCollector().start(world, first);
  const target = valid(exporter.target(uri));
  const results = messages.map((one) => exporter.export(target, one));
  await sim.runFor(100);
  return { results, collector, target, exporter };
}

describe('a message at a target', () => {
  it('has the real addresses, the time, the defaults and what the URI says', async () => {
    const { collector } = await seen('sip:10.0.0.9:9060;node=edge;auth_key=key', [message({ correlationId: 'corr' })]);
    expect(collector.packets[0]).toMatchObject({
      version: 3,
      family: 4,
      protocol: 17,
      source: { address: '192.0.2.1', port: 5060 },
      destination: { address: '192.0.2.2', port: 5060 },
      seconds: 1_800_000_000,
      type: 1,
      captureId: 7,
      correlationId: 'corr',
      nodeName: 'edge',
      authKey: 'key',
    });
    expect(collector.payloads[0]).toBe(Buffer.from(message().bytes).toString('latin1'));
  });

  it.each([
    ['transport', 'tls', 6],
    ['transport', 'wss', 6],
    ['kamailio', 'tls', 22],
    ['kamailio', 'ws', 22],
    ['opensips', 'tls', 22],
    ['opensips', 'wss', 50],
    ['opensips', 'tcp', 6],
    ['kamailio', 'udp', 17],
  ] as const)('over profile %s from %s has protocol %i', async (profile, transport, protocol) => {
    const { collector } = await seen(`sip:10.0.0.9:9060;profile=${profile}`, [message({ transport })]);
    expect(collector.packets[0]?.protocol).toBe(protocol);
  });

  it.each([
    ['none', 'given', undefined],
    ['given', undefined, undefined],
    ['given', 'given', 'given'],
    ['callid', undefined, 'call-1'],
    ['callid', 'given', 'given'],
  ] as const)('has with correlation=%s and the id %s the chunk %s', async (mode, correlationId, expected) => {
    const { collector } = await seen(`sip:10.0.0.9:9060;correlation=${mode}`, [message({ correlationId })]);
    expect(collector.packets[0]?.correlationId).toBe(expected);
  });

  it('of IPv6 endpoints keeps them', async () => {
    const six = message({
      source: { address: '2001:db8::7', port: 1 },
      destination: { address: '2001:db8::8', port: 2 },
    });
    const { collector } = await seen('sip:10.0.0.9:9060', [six]);
    expect(collector.packets[0]).toMatchObject({ family: 6, source: { address: '2001:db8::7', port: 1 } });
  });

  it('is HEPv1 or v2 where the target says so, and a log line is HEPv3 all the same', async () => {
    const { collector } = await seen('sip:10.0.0.9:9060;hep=2', [message(), message({ type: 100, at: at(9) })]);
    expect(collector.packets.map(({ version, type }) => [version, type])).toEqual([
      [2, 1],
      [3, 100],
    ]);
  });

  it('is the bare message where the target says so, and a log line does not go there', async () => {
    const { collector, results, target } = await seen('sip:10.0.0.9:9060;hep=0', [message(), message({ type: 100 })]);
    expect(collector.datagrams.map(String)).toEqual([Buffer.from(message().bytes).toString()]);
    expect(results).toEqual(['queued', 'dropped']);
    expect(target.counters.dropped.filtered).toBe(1);
  });

  it('has its credentials masked where the target says so', async () => {
    const { collector } = await seen('sip:10.0.0.9:9060;mask=1', [message()]);
    expect(collector.payloads[0]).toContain('nonce="******", response="****************"');
    expect(collector.payloads[0]?.length).toBe(message().bytes.length);
  });

  it('that its filter does not want is counted as filtered', async () => {
    const { target, results } = await seen('sip:10.0.0.9:9060;methods=BYE', [message()]);
    expect(results).toEqual(['dropped']);
    expect(balance(target.counters, 0)).toEqual({ in: 1, out: 1 });
    expect(target.counters.dropped.filtered).toBe(1);
  });
});

describe('time stamps', () => {
  it('strictly increase, whatever the clock says', async () => {
    const times = [0, 0, 0, 5, 4, 5, 100].map((us) => message({ at: at(us), bytes: Buffer.from(`X ${us} SIP/2.0`) }));
    const { collector } = await seen('sip:10.0.0.9:9060', times);
    expect(collector.packets.map(({ microseconds }) => microseconds)).toEqual([0, 1, 2, 5, 6, 7, 100]);
  });

  it('of the copies of one message are the same at every target', async () => {
    const { sim, exporter, world } = scene();
    const collectors = [await new UdpCollector().start(world, first), await new UdpCollector().start(world, second)];
    const targets = [first, second].map(({ address }) => valid(exporter.target(`sip:${address}:9060`)));
    for (const bytes of [Buffer.from('one'), Buffer.from('two')]) {
      for (const target of targets) exporter.export(target, message({ bytes, at: at(3) }));
    }
    await sim.runFor(10);
    for (const { packets } of collectors) expect(packets.map(({ microseconds }) => microseconds)).toEqual([3, 4]);
  });
});

describe('which target a text means', () => {
  it('is the same one each time, also when the same is written differently', () => {
    const { exporter } = scene();
    const homer = exporter.declare('homer=sip:10.0.0.9:9060;hep=3;mask=1');
    expect(exporter.target('homer')).toBe(homer);
    expect(exporter.target('sip:10.0.0.9:9060;mask=1;hep=3')).toBe(homer);
    expect(exporter.target('sip:10.0.0.9:9060;mask=1')).not.toBe(homer);
    expect(exporter.status().map(({ name }) => name)).toEqual(['homer', undefined]);
  });

  it.each([
    ['homer', 'no target is named homer'],
    ['sip:', 'the host is missing'],
    ['sip:10.0.0.1', 'one of our own listeners'],
    ['sip:10.0.0.1:5060;hep=0', 'one of our own listeners'],
  ])('%s: it is refused and told why', (text, why) => {
    const { exporter } = scene();
    expect(exporter.target(text)).toMatchObject({ kind: 'invalid', why: expect.stringContaining(why) });
    expect(exporter.target(text)).toBe(exporter.target(text));
  });

  it('refuses a stream target when the default is HEPv1, unless it asks for v3', () => {
    const { exporter } = scene({
      defaults: {
        hep: 1,
        captureId: 1,
        authKey: undefined,
        node: undefined,
        profile: 'kamailio',
        correlation: 'given',
      },
    });
    expect(exporter.target('sip:10.0.0.9;transport=tcp')).toMatchObject({
      why: expect.stringContaining('write hep=3'),
    });
    expect(exporter.target('sip:10.0.0.9;transport=tcp;hep=3').kind).toBe('single');
    expect(exporter.target('sip:10.0.0.9').kind).toBe('single');
  });

  it('refuses a name that turns out to be one of our listeners', async () => {
    const { sim, exporter } = scene();
    sim.resolver.a('self.example', ['10.0.0.1']);
    const target = single(exporter.target('sip:self.example:5060'));
    exporter.export(target, message());
    await sim.runFor(1_000);
    expect(target.counters.sent).toBe(0);
    expect(target.status()).toMatchObject({ state: 'waiting', queueFrames: 1 });
  });

  it.each([
    ['homer=sip:10.0.0.9', 'homer is declared twice'],
    ['both=homer,nobody', 'both: nobody is not a target'],
    ['mixed=homer,raw', 'all members of a group have the same hep version'],
    ['nested=pair,homer', 'nested: pair is not a target'],
  ])('declare %s is refused and told why', (text, why) => {
    const { exporter } = scene();
    for (const line of ['homer=sip:10.0.0.9:9060', 'raw=sip:10.0.0.8;hep=0', 'vm=sip:10.0.0.7', 'pair=homer,vm']) {
      valid(exporter.declare(line));
    }
    expect(exporter.declare(text)).toMatchObject({ kind: 'invalid', why: expect.stringContaining(why) });
  });
});

describe('targets made by routes', () => {
  const uri = (i: number): string => `sip:10.0.0.9:${10_000 + i}`;

  it('are at most 64; the one that was not used for the longest time goes, named ones stay', async () => {
    const { sim, exporter } = scene();
    exporter.declare('homer=sip:10.0.0.8:9060');
    const targets = Array.from({ length: MAX_DYNAMIC_TARGETS }, (_, i) => single(exporter.target(uri(i))));
    exporter.target(uri(0));
    expect(exporter.status()).toHaveLength(MAX_DYNAMIC_TARGETS + 1);
    exporter.target(uri(64));
    expect(exporter.status()).toHaveLength(MAX_DYNAMIC_TARGETS + 1);
    expect(targets.filter(({ retired }) => retired)).toEqual([targets[1]]);
    await sim.runFor(EVICTION_DRAIN_MS);
    expect(targets[1]?.sender.state).toBe('closed');
  });

  it('send what waits before they go, and serve calls that still hold them', async () => {
    const { sim, exporter, world } = scene();
    const collector = await new UdpCollector().start(world, { address: '10.0.0.9', port: 10_000 });
    const held = single(exporter.target(uri(0)));
    exporter.export(held, message({ bytes: Buffer.from('before') }));
    for (let i = 1; i <= MAX_DYNAMIC_TARGETS; i++) exporter.target(uri(i));
    expect(held.retired).toBe(true);
    await sim.runFor(1_000);
    expect(exporter.export(held, message({ bytes: Buffer.from('after') }))).toBe('queued');
    await sim.runFor(1_000);
    expect(collector.payloads).toEqual(['before', 'after']);
    expect(exporter.status()).toHaveLength(MAX_DYNAMIC_TARGETS);
  });

  it('live as long as any of their texts', () => {
    const { exporter } = scene();
    const target = single(exporter.target(uri(0)));
    expect(exporter.target(`${uri(0)};transport=udp`)).toBe(target);
    for (let i = 1; i < MAX_DYNAMIC_TARGETS; i++) exporter.target(uri(i));
    expect(target.retired).toBe(false);
    for (let i = 1; i < MAX_DYNAMIC_TARGETS; i++) exporter.target(uri(i));
    exporter.target('sip:10.0.0.9:1');
    expect(target.retired).toBe(true);
  });

  it('that are mistakes count as well: memory is bounded whatever routes make up', () => {
    const { exporter } = scene();
    exporter.target(uri(0));
    for (let i = 0; i < MAX_DYNAMIC_TARGETS; i++) exporter.target(`sip:${i}`);
    expect(exporter.status()).toEqual([]);
  });
});

describe('a group', () => {
  async function group() {
    const { sim, exporter, world } = scene();
    const a = single(exporter.declare('a=sip:10.0.0.9:9060;transport=tcp'));
    const b = single(exporter.declare('b=sip:10.0.0.8:9060;transport=tcp'));
    const both = valid(exporter.declare('both=a,b'));
    const send = (text: string): string => exporter.export(both, message({ bytes: Buffer.from(text) }));
    const collectors = { a: new StreamCollector(world, first), b: new StreamCollector(world, second) };
    return { sim, exporter, a, b, both, send, collectors };
  }

  it('uses its first member, the second while the first is down, and the first again', async () => {
    const { sim, send, collectors } = await group();
    await collectors.a.start();
    await collectors.b.start();
    send('to connect');
    await sim.runFor(100);
    send('one');
    await sim.runFor(100);
    collectors.a.stop();
    await sim.runFor(10);
    send('two');
    await sim.runFor(100);
    await collectors.a.start();
    await sim.runFor(60_000);
    send('three');
    await sim.runFor(100);
    expect(collectors.a.payloads.filter((text) => text !== 'to connect')).toEqual(['one', 'three']);
    expect(collectors.b.payloads.filter((text) => text !== 'to connect')).toEqual(['two']);
  });

  it('gives what waited to the first member that comes up', async () => {
    const { sim, send, both, a, b, collectors } = await group();
    send('one');
    send('two');
    await sim.runFor(10_000);
    expect(both.status()).toMatchObject({ up: false, queueFrames: 2 });
    await collectors.b.start();
    await sim.runFor(30_000);
    expect(collectors.b.payloads).toEqual(['one', 'two']);
    expect([both.counters.sent, a.counters.submitted, b.counters.sent]).toEqual([2, 0, 2]);
    expect(balance(both.counters, both.status().queueFrames)).toEqual({ in: 2, out: 2 });
  });

  it('passes over a member that is switched off, and drops when all are', async () => {
    const { sim, exporter, send, both, collectors } = await group();
    await collectors.a.start();
    await collectors.b.start();
    exporter.switch('a', false);
    send('one');
    await sim.runFor(100);
    exporter.switch('b', false);
    expect(send('two')).toBe('dropped');
    expect([collectors.a.connections.length, collectors.b.payloads]).toEqual([0, ['one']]);
    expect(both.counters.dropped.off).toBe(1);
  });

  it('of UDP members leaves one that refuses, and returns', async () => {
    const { sim, exporter, world } = scene();
    exporter.declare('a=sip:10.0.0.9:9060');
    exporter.declare('b=sip:10.0.0.8:9060');
    const both = valid(exporter.declare('both=a,b'));
    const send = (text: string): string => exporter.export(both, message({ bytes: Buffer.from(text) }));
    const other = await new UdpCollector().start(world, second);
    send('waits for a socket');
    await sim.runFor(10);
    send('finds out');
    await sim.runFor(10);
    send('two');
    await sim.runFor(6_000);
    const back = await new UdpCollector().start(world, first);
    send('three');
    await sim.runFor(10);
    expect([other.payloads.slice(-1), back.payloads]).toEqual([['two'], ['three']]);
  });
});

describe('switches and the end', () => {
  it('off stops at once, what waits included; on goes on', async () => {
    const { sim, exporter, world } = scene();
    const collector = await new StreamCollector(world, first).start();
    const target = single(exporter.declare('homer=sip:10.0.0.9:9060;transport=tcp'));
    exporter.export(target, message());
    expect(exporter.switch('homer', false)).toBe(true);
    expect(exporter.export(target, message())).toBe('dropped');
    await sim.runFor(100);
    expect(collector.payloads).toEqual([]);
    expect(target.counters.dropped.off).toBe(2);
    exporter.switch('homer', true);
    exporter.export(target, message({ bytes: Buffer.from('on') }));
    await sim.runFor(100);
    expect(collector.payloads).toEqual(['on']);
    expect(balance(target.counters, target.sender.queueFrames)).toEqual({ in: 3, out: 3 });
    expect(exporter.switch('nobody', false)).toBe(false);
  });

  it('status tells no key', () => {
    const { exporter } = scene();
    exporter.declare('homer=sip:[2001:db8::9]:9060;auth_key=hidden');
    expect(JSON.stringify(exporter.status())).not.toContain('hidden');
    expect(exporter.status()[0]).toMatchObject({
      name: 'homer',
      uri: 'sip:[2001:db8::9]:9060;transport=udp',
      on: true,
    });
  });

  it('drain empties groups and targets, within its time', async () => {
    const { sim, exporter, world } = scene();
    const collector = await new StreamCollector(world, first).start();
    exporter.declare('a=sip:10.0.0.9:9060;transport=tcp');
    const group = valid(exporter.declare('only=a'));
    exporter.export(group, message());
    let drainedAt = -1;
    void exporter.drain(1_000).then(() => {
      drainedAt = sim.clock.now();
    });
    await sim.runFor(3_000);
    expect(drainedAt).toBeGreaterThanOrEqual(0);
    expect(drainedAt).toBeLessThan(100);
    expect(collector.framesByConnection.flat().map(payloadOf)).toHaveLength(1);

    exporter.export(valid(exporter.target('sip:10.0.0.8:1;transport=tcp')), message());
    const began = sim.clock.now();
    void exporter.drain(1_000).then(() => {
      drainedAt = sim.clock.now();
    });
    await sim.runFor(3_000);
    expect(drainedAt - began).toBe(1_000);
    exporter.close();
    await sim.run();
    expect(exporter.status().every(({ queueFrames }) => queueFrames === 0)).toBe(true);
  });
});
