/** Frames over TCP and TLS: written together, kept while the collector is away, whole and in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIN_TTL_MS } from '../../../src/modules/siptrace/addresses.ts';
import { SLAB_BYTES } from '../../../src/modules/siptrace/queue.ts';
import { MAX_BACKOFF_MS, MIN_BACKOFF_MS, type SenderOptions } from '../../../src/modules/siptrace/sender.ts';
import {
  CONNECT_TIMEOUT_MS,
  FLUSH_BYTES,
  MAX_BUFFERED,
  MAX_BURST,
  STALL_MS,
  StreamSender,
} from '../../../src/modules/siptrace/stream-sender.ts';
import { Simulator } from '../../../src/testing/simulator.ts';
import type { Net } from '../../../src/world/world.ts';
import { balance, frame, payloadOf, senderOptions, StreamCollector } from './trace-collector.ts';

const HOUR = 3_600_000;
const place = { address: '10.0.0.9', port: 9060 };

/** A proxy, a collector that may be started, and the sender between them. */
function scene(more: Partial<SenderOptions> = {}, seed = 1) {
  const sim = new Simulator({ seed });
  const options = senderOptions(sim.host('10.0.0.1', '2001:db8::1'), more);
  const world = sim.host('10.0.0.9', '10.0.0.8', '2001:db8::9');
  const collector = new StreamCollector(world, place, more.transport === 'tls' ? 'tls' : 'tcp');
  const sender = new StreamSender(options);
  const writes = () =>
    sim.wire.entries.filter(({ kind, source }) => kind === 'sent' && source.address === '10.0.0.1').length;
  return { sim, world, options, counters: options.counters, collector, sender, writes };
}

const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, i) => `message ${from + i}`);

function submitAll(sender: StreamSender, payloads: readonly string[]): void {
  for (const payload of payloads) sender.submit(frame(payload));
}

/** A sender whose connection is up. */
async function connected(more: Partial<SenderOptions> = {}) {
  const all = scene(more);
  await all.collector.start();
  all.sender.wake();
  await all.sim.runFor(10);
  expect(all.sender.state).toBe('open');
  return all;
}

describe('coalescing', () => {
  it('writes 100 frames of one turn at once', async () => {
    const { sim, sender, writes, collector, counters } = await connected();
    submitAll(sender, numbered(100));
    expect(writes()).toBe(0);
    await sim.runFor(20);
    expect(writes()).toBe(1);
    expect(collector.payloads).toEqual(numbered(100));
    expect(counters.sent).toBe(100);
    expect(counters.bytes).toBe(collector.connections[0]?.length);
  });

  it('waits 5 ms after the first frame and no longer', async () => {
    const { sim, sender, writes } = await connected();
    sender.submit(frame('first'));
    await sim.runFor(4);
    sender.submit(frame('second'));
    expect(writes()).toBe(0);
    await sim.runFor(1);
    expect(writes()).toBe(1);
  });

  it('does not wait once 48 KiB are together', async () => {
    const { sender, writes } = await connected();
    const payload = new Uint8Array(1024 - 99);
    for (let i = 0; i < FLUSH_BYTES / 1024 - 1; i++) sender.submit(frame(payload));
    expect(writes()).toBe(0);
    sender.submit(frame(payload));
    expect(writes()).toBe(1);
  });

  it('ends with the turn when it is set to 0 ms', async () => {
    const { sim, sender, writes } = await connected({ coalesceMs: 0 });
    submitAll(sender, numbered(10));
    expect(writes()).toBe(0);
    await sim.runFor(0);
    expect(writes()).toBe(1);
  });
});

describe('the queue while the collector is away', () => {
  it('drops the oldest frames beyond the limit and no other', async () => {
    const { sim, sender, collector, counters } = scene({ limits: { frames: 10, bytes: 100_000 } });
    submitAll(sender, numbered(10));
    expect(counters.dropped.queue).toBe(0);
    submitAll(sender, numbered(3, 10));
    expect(counters.dropped.queue).toBe(3);
    expect(sender.queueFrames).toBe(10);
    await sim.runFor(100);
    await collector.start();
    await sim.runFor(2_000);
    expect(collector.payloads).toEqual(numbered(10, 3));
  });

  it('counts bytes to the exact edge', () => {
    const { sender, counters } = scene({ limits: { frames: 1_000, bytes: 3 * 199 } });
    const payload = new Uint8Array(100);
    for (let i = 0; i < 3; i++) sender.submit(frame(payload));
    expect([sender.queueBytes, counters.dropped.queue]).toEqual([3 * 199, 0]);
    sender.submit(frame(new Uint8Array(101)));
    expect([sender.queueFrames, counters.dropped.queue]).toEqual([2, 2]);
  });

  it('refuses a frame that is longer than the whole queue and keeps the rest', () => {
    const { sender, counters } = scene({ limits: { frames: 10, bytes: 1_000 } });
    sender.submit(frame('small'));
    expect(sender.submit(frame(new Uint8Array(1_000)))).toBe(false);
    expect([sender.queueFrames, counters.dropped.queue]).toEqual([1, 1]);
  });

  it('counts a frame beyond 65535 bytes as too big', () => {
    const { sender, counters } = scene();
    expect(sender.submit(frame(new Uint8Array(65_535 - 99)))).toBe(true);
    expect(sender.submit(frame(new Uint8Array(65_535 - 98)))).toBe(false);
    expect(counters.dropped.tooBig).toBe(1);
  });

  it('survives an outage of three hours and goes on by itself', async () => {
    const { sim, sender, collector, counters } = await connected({ limits: { frames: 50, bytes: 1_000_000 } });
    submitAll(sender, numbered(5));
    await sim.runFor(1_000);
    collector.stop();
    await sim.runFor(1_000);
    for (let minute = 0; minute < 180; minute++) {
      sender.submit(frame(`minute ${minute}`));
      await sim.runFor(60_000);
    }
    expect(sim.clock.now()).toBeGreaterThan(3 * HOUR);
    expect(sender.queueFrames).toBe(50);
    await collector.start();
    await sim.runFor(MAX_BACKOFF_MS * 1.25 + 100);
    const late = Array.from({ length: 50 }, (_, i) => `minute ${130 + i}`);
    expect(collector.framesByConnection.map((frames) => frames.map(payloadOf))).toEqual([numbered(5), late]);
    expect(counters.reconnects).toBe(1);
    expect(counters.dropped.queue).toBe(130);
    expect(balance(counters, 0)).toEqual({ in: 185, out: 185 });
  });

  it('tries again after 0.5, 1, 2 ... 30 s and at most a quarter more', async () => {
    const { sim, sender } = scene();
    const attempts: number[] = [];
    sender.wake();
    for (let last = ''; sim.clock.now() < 200_000; await sim.runFor(1)) {
      if (sender.state === 'connecting' && last !== 'connecting') attempts.push(sim.clock.now());
      last = sender.state;
    }
    const waits = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    const expected = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const [i, least] of expected.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(least);
      expect(waits[i]).toBeLessThanOrEqual(least * 1.25 + 5);
    }
    expect(expected[0]).toBe(MIN_BACKOFF_MS);
  });

  it('gives up a connection that is not made in time', async () => {
    const { sim, sender } = scene();
    sim.net.partition('10.0.0.9');
    sender.wake();
    await sim.runFor(CONNECT_TIMEOUT_MS - 1);
    expect(sender.state).toBe('connecting');
    await sim.runFor(1);
    expect([sender.state, sender.trouble]).toEqual(['waiting', 'no connection after 10 s']);
  });
});

describe('a collector that takes all at once', () => {
  it('gets a long queue in several turns, so that SIP goes on in between', async () => {
    const { sim, options, counters } = scene({ limits: { frames: 10_000, bytes: 10_000_000 } });
    let written = 0;
    const connect: Net['connect'] = (_, remote, __, on) => {
      sim.clock.defer(() => on.open());
      const write = (bytes: Uint8Array): void => {
        written += bytes.length;
      };
      return { local: remote, remote, buffered: 0, write, end() {}, destroy() {} };
    };
    const world = { ...options.world, net: { ...options.world.net, connect } };
    const sender = new StreamSender({ ...options, world });
    for (let i = 0; i < 2_000; i++) sender.submit(frame(new Uint8Array(1_000)));
    await sim.runFor(0);
    expect(written).toBeGreaterThanOrEqual(MAX_BURST);
    expect(written).toBeLessThan(MAX_BURST + SLAB_BYTES);
    await sim.runFor(10);
    expect([written, counters.sent]).toEqual([2_000 * 1_099, 2_000]);
  });
});

describe('a collector that does not read', () => {
  it('costs a bounded amount of memory, and the oldest frames', async () => {
    const { sim, sender, counters } = await connected({ limits: { frames: 10_000, bytes: 200_000 } });
    sim.net.pauseReading(place);
    const payload = new Uint8Array(1_000);
    for (let i = 0; i < 2_000; i++) {
      sender.submit(frame(payload));
      if (i % 20 === 0) await sim.runFor(5);
    }
    expect(sender.queueBytes).toBeLessThanOrEqual(200_000 + 2 * MAX_BUFFERED);
    expect(counters.dropped.queue).toBeGreaterThan(1_000);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 2_000, out: 2_000 });
    sim.net.resumeReading(place);
    await sim.runFor(1_000);
    expect(sender.queueFrames).toBe(0);
    expect(balance(counters, 0)).toEqual({ in: 2_000, out: 2_000 });
  });

  it('has 30 s on each connection, whatever happened on the one before', async () => {
    const { sim, sender, counters } = await connected();
    sim.net.pauseReading(place);
    for (let i = 0; i < 200; i++) sender.submit(frame(new Uint8Array(1_000)));
    await sim.runFor(STALL_MS - 5_000);
    sim.net.resetStreams(place);
    await sim.runFor(2_000);
    for (let i = 0; i < 200; i++) sender.submit(frame(new Uint8Array(1_000)));
    await sim.runFor(STALL_MS - 5_000);
    expect([sender.state, counters.reconnects]).toEqual(['open', 1]);
  });

  it('is left after 30 s without any progress', async () => {
    const { sim, sender, counters } = await connected();
    sim.net.pauseReading(place);
    for (let i = 0; i < 200; i++) sender.submit(frame(new Uint8Array(1_000)));
    await sim.runFor(STALL_MS - 10);
    expect(sender.state).toBe('open');
    await sim.runFor(20);
    expect(sender.state).toBe('waiting');
    expect(counters.dropped.send).toBeGreaterThan(0);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 200, out: 200 });
  });
});

describe('a connection that breaks', () => {
  it('never cuts, repeats or reorders a frame, wherever it breaks', async () => {
    const breaks = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(breaks, fc.integer({ min: 0, max: 1_000 }), fc.boolean(), async (times, seed, slow) => {
        const { sim, sender, collector, counters } = scene({ coalesceMs: 1 }, seed);
        sim.net.setLink({ segment: true });
        await collector.start();
        let count = 0;
        for (const ms of times) {
          for (let i = 0; i < 40; i++) sender.submit(frame(`${count++}:${'x'.repeat((i * 37) % 3_000)}`));
          if (slow) sim.net.pauseReading(place);
          await sim.runFor(ms);
          sim.net.resetStreams(place);
          sim.net.resumeReading(place);
          await sim.runFor(700);
        }
        await sim.runFor(5 * 60_000);
        const seen = collector.payloads.map((text) => Number.parseInt(text, 10));
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(sender.queueFrames).toBe(0);
        expect(balance(counters, 0)).toEqual({ in: count, out: count });
        expect(seen.length).toBeLessThanOrEqual(counters.sent);
      }),
      { numRuns: 40 },
    );
  });

  it('loses what was in it and nothing that waited', async () => {
    const { sim, sender, collector, counters } = await connected({ limits: { frames: 1_000, bytes: 10_000_000 } });
    sim.net.pauseReading(place);
    for (let i = 0; i < 300; i++) sender.submit(frame(`${i}:${'x'.repeat(1_000)}`));
    await sim.runFor(100);
    const { sent } = counters;
    sim.net.resetStreams(place);
    sim.net.resumeReading(place);
    await sim.runFor(2_000);
    expect(counters.dropped.send).toBeGreaterThan(0);
    const second = collector.framesByConnection[1]?.map((packet) => Number.parseInt(payloadOf(packet), 10)) ?? [];
    expect(second[0]).toBe(sent + counters.dropped.send);
    expect(second.at(-1)).toBe(299);
    expect(balance(counters, 0)).toEqual({ in: 300, out: 300 });
  });

  it('does not hurry back to a collector that accepts and hangs up', async () => {
    const { sim, sender } = await connected();
    let broken = 0;
    for (const end = sim.clock.now() + 60_000; sim.clock.now() < end; await sim.runFor(50)) {
      if (sender.state !== 'open') continue;
      sim.net.resetStreams(place);
      broken++;
    }
    expect(broken).toBeLessThan(9);
  });
});

describe('names', () => {
  const named = { host: 'homer.example', isName: true } as const;

  it('are asked for without holding frames up, and found after DNS was down', async () => {
    const { sim, sender, collector } = scene(named);
    await collector.start();
    sim.resolver.setDown(true);
    submitAll(sender, numbered(3));
    await sim.runFor(60_000);
    expect([sender.state, sender.queueFrames]).toEqual(['waiting', 3]);
    expect(sender.trouble).toBe('no address to use for homer.example');
    sim.resolver.setDown(false);
    sim.resolver.a('homer.example', ['10.0.0.9']);
    await sim.runFor(40_000);
    expect(collector.payloads).toEqual(numbered(3));
  });

  it('without an address: what the queue loses is counted as such', async () => {
    const { sim, sender, counters } = scene({ ...named, limits: { frames: 2, bytes: 10_000 } });
    sender.wake();
    await sim.runFor(100);
    submitAll(sender, numbered(5));
    expect(counters.dropped).toMatchObject({ noAddress: 3, queue: 0 });
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 5, out: 5 });
  });

  it('are asked for again on reconnect: the collector may move', async () => {
    const { sim, world, sender, collector } = scene(named);
    await collector.start();
    const other = await new StreamCollector(world, { address: '10.0.0.8', port: 9060 }).start();
    sim.resolver.a('homer.example', ['10.0.0.9']);
    submitAll(sender, ['before']);
    await sim.runFor(10_000);
    sim.resolver.a('homer.example', ['10.0.0.8']);
    collector.stop();
    submitAll(sender, ['after']);
    await sim.runFor(5_000);
    expect([collector.payloads, other.payloads]).toEqual([['before'], ['after']]);
  });

  it('keep the last known address while DNS is down', async () => {
    const { sim, sender, collector } = scene(named);
    await collector.start();
    sim.resolver.a('homer.example', ['10.0.0.9'], MIN_TTL_MS / 1000);
    sender.wake();
    await sim.runFor(HOUR);
    sim.resolver.setDown(true);
    sim.net.resetStreams(place);
    await sim.runFor(20_000);
    expect(sender.state).toBe('open');
  });

  it('with several addresses: the next one is tried', async () => {
    const { sim, sender, collector } = scene(named);
    await collector.start();
    sim.resolver.a('homer.example', ['10.0.0.8', '10.0.0.9']);
    submitAll(sender, ['hello']);
    await sim.runFor(3_000);
    expect(collector.payloads).toEqual(['hello']);
  });

  it('are asked for again only when every address had its turn', async () => {
    const { sim, sender } = scene(named);
    sim.resolver.a('homer.example', ['10.0.0.7', '10.0.0.8', '10.0.0.9'], 3_600);
    sender.wake();
    // Attempts at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s, each up to a quarter later.
    await sim.runFor(20_000);
    expect(sim.resolver.queries.filter((query) => query.startsWith('A '))).toHaveLength(2);
  });

  it('never lead to an address that is refused', async () => {
    const { sim, sender, collector } = scene({ ...named, refuses: (address) => address === '10.0.0.9' });
    await collector.start();
    sim.resolver.a('homer.example', ['10.0.0.9']);
    submitAll(sender, ['hello']);
    await sim.runFor(60_000);
    expect([collector.connections.length, sender.queueFrames]).toEqual([0, 1]);
  });
});

describe('ways to send', () => {
  it('TLS', async () => {
    const { sim, sender, collector } = await connected({ transport: 'tls' });
    submitAll(sender, numbered(2));
    await sim.runFor(20);
    expect(collector.payloads).toEqual(numbered(2));
    expect(sim.wire.entries.every(({ transport }) => transport === 'tls')).toBe(true);
  });

  it('IPv6', async () => {
    const { sim, world, sender } = scene({ host: '2001:db8::9' });
    const collector = await new StreamCollector(world, { address: '2001:db8::9', port: 9060 }).start();
    submitAll(sender, ['six']);
    await sim.runFor(20);
    expect(collector.payloads).toEqual(['six']);
  });

  it('a bare message, back to back as SIP over TCP is', async () => {
    const { sim, sender, collector } = await connected({ version: 0 });
    submitAll(sender, ['one', 'two']);
    await sim.runFor(20);
    expect(collector.connections.map(String)).toEqual(['onetwo']);
  });
});

describe('the end', () => {
  it('drain sends what waits without waiting for more', async () => {
    const { sim, sender, collector, counters } = await connected({ coalesceMs: 1_000 });
    submitAll(sender, numbered(3));
    let done = false;
    void sender.drain(5_000).then(() => {
      done = true;
    });
    await sim.runFor(2);
    expect([done, counters.sent]).toEqual([true, 3]);
    expect(collector.payloads).toEqual(numbered(3));
  });

  it('drain gives up at its deadline', async () => {
    const { sim, sender } = scene();
    submitAll(sender, numbered(3));
    let doneAt = 0;
    void sender.drain(2_000).then(() => {
      doneAt = sim.clock.now();
    });
    await sim.runFor(10_000);
    expect(doneAt).toBe(2_000);
  });

  it('a closed sender drops, counts and stays closed', async () => {
    const { sim, sender, counters } = scene();
    submitAll(sender, numbered(3));
    sender.close();
    expect(sender.submit(frame('late'))).toBe(false);
    await sim.run();
    expect([sender.state, counters.dropped.off]).toEqual(['closed', 4]);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 4, out: 4 });
  });
});
