/** One datagram a frame: before there is a socket, while the collector is down, and when the frame is too big. */
import { describe, expect, it } from 'vitest';
import { SLAB_BYTES } from '../../../src/modules/siptrace/queue.ts';
import type { SenderOptions } from '../../../src/modules/siptrace/sender.ts';
import { StreamSender } from '../../../src/modules/siptrace/stream-sender.ts';
import { MAX_BURST_DATAGRAMS, SUSPECT_MS, UdpSender } from '../../../src/modules/siptrace/udp-sender.ts';
import { MAX_DATAGRAM } from '../../../src/modules/siptrace/wire.ts';
import { Simulator } from '../../../src/testing/simulator.ts';
import { balance, frame, senderOptions, StreamCollector, UdpCollector } from './trace-collector.ts';

const place = { address: '10.0.0.9', port: 9060 };
/** The largest payload that goes into one datagram. */
const FULL = MAX_DATAGRAM - 99;

function scene(more: Partial<SenderOptions> = {}, withOverflow = false) {
  const sim = new Simulator();
  const world = sim.host('10.0.0.9', '10.0.0.8', '2001:db8::9');
  const options = senderOptions(sim.host('10.0.0.1', '2001:db8::1'), { transport: 'udp', ...more });
  const overflow = withOverflow ? new StreamSender({ ...options, transport: 'tcp' }) : undefined;
  const sender = new UdpSender(options, overflow);
  return { sim, world, sender, counters: options.counters, collector: new UdpCollector() };
}

describe('a UDP target', () => {
  it('gets one datagram for each frame, in order', async () => {
    const { sim, world, sender, collector, counters } = scene();
    await collector.start(world, place);
    const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    for (const text of texts.slice(0, 200)) sender.submit(frame(text));
    await sim.runFor(1);
    for (const text of texts.slice(200)) sender.submit(frame(text));
    await sim.runFor(100);
    expect(collector.payloads).toEqual(texts);
    expect([counters.sent, sender.queueFrames]).toEqual([500, 0]);
    expect(counters.bytes).toBe(collector.datagrams.reduce((sum, { length }) => sum + length, 0));
  });

  it('sends what came in a few milliseconds in one burst', async () => {
    const { sim, sender, counters } = scene({ coalesceMs: 5 });
    sender.wake();
    await sim.runFor(1);
    sender.submit(frame('first'));
    await sim.runFor(4);
    sender.submit(frame('second'));
    expect([counters.sent, sender.queueFrames]).toEqual([0, 2]);
    await sim.runFor(1);
    expect([counters.sent, sender.queueFrames]).toEqual([2, 0]);
  });

  it('does not wait when a burst is full', async () => {
    const { sim, sender, counters } = scene({ coalesceMs: 5 });
    sender.wake();
    await sim.runFor(1);
    for (let i = 1; i < MAX_BURST_DATAGRAMS; i++) sender.submit(frame('one more'));
    expect(counters.sent).toBe(0);
    sender.submit(frame('the last'));
    expect(counters.sent).toBe(MAX_BURST_DATAGRAMS);
  });

  it('sends at once when it may not coalesce, and when it is drained', async () => {
    const immediate = scene({ coalesceMs: 0 });
    immediate.sender.wake();
    await immediate.sim.runFor(1);
    immediate.sender.submit(frame('now'));
    expect(immediate.counters.sent).toBe(1);
    const waiting = scene({ coalesceMs: 1_000 });
    waiting.sender.wake();
    await waiting.sim.runFor(1);
    waiting.sender.submit(frame('later'));
    void waiting.sender.drain(100);
    expect(waiting.counters.sent).toBe(1);
  });

  it('keeps the bytes of each datagram untouched while slabs are exchanged', async () => {
    const { sim, world, sender, collector } = scene();
    await collector.start(world, place);
    sender.wake();
    await sim.runFor(1);
    const size = 10_000;
    const count = Math.ceil((3 * SLAB_BYTES) / size);
    for (let i = 0; i < count; i++) sender.submit(frame(new Uint8Array(size).fill(i)));
    await sim.runFor(10);
    expect(collector.packets.map(({ payload }) => payload?.every((byte) => byte === payload[0]))).toEqual(
      Array.from({ length: count }, () => true),
    );
    expect(collector.packets.map(({ payload }) => payload?.[0])).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('does not pour a long queue out at once', async () => {
    const { sim, sender, counters } = scene();
    for (let i = 0; i < MAX_BURST_DATAGRAMS + 1; i++) sender.submit(frame('x'));
    await sim.runFor(0);
    expect([counters.sent, sender.queueFrames]).toEqual([MAX_BURST_DATAGRAMS, 1]);
    sender.submit(frame('behind'));
    await sim.runFor(1);
    expect(counters.sent).toBe(MAX_BURST_DATAGRAMS + 2);
  });

  it('does not pour it out faster because more comes', async () => {
    const { sim, sender, counters } = scene();
    for (let i = 0; i < 2 * MAX_BURST_DATAGRAMS; i++) sender.submit(frame('x'));
    await sim.runFor(0);
    for (let i = 0; i < 10; i++) sender.adopt(Buffer.from('y'));
    expect(counters.sent).toBe(MAX_BURST_DATAGRAMS);
  });

  it('goes on while the collector is down, counts what comes back, and is under suspicion for a while', async () => {
    const { sim, world, sender, collector, counters } = scene();
    sender.wake();
    await sim.runFor(1);
    sender.submit(frame('lost'));
    await sim.runFor(10);
    expect(counters).toMatchObject({ sent: 1, faults: 1 });
    expect([sender.state, sender.up, sender.trouble]).toEqual(['open', false, 'recvmsg ECONNREFUSED']);
    await collector.start(world, place);
    sender.submit(frame('seen'));
    await sim.runFor(SUSPECT_MS);
    expect([collector.payloads, sender.up]).toEqual([['seen'], true]);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 2, out: 2 });
  });

  it('is found when DNS comes back, with what waited', async () => {
    const { sim, world, sender, collector } = scene({ host: 'vm.example', isName: true });
    await collector.start(world, place);
    sim.resolver.setDown(true);
    sender.submit(frame('patient'));
    await sim.runFor(120_000);
    expect(collector.payloads).toEqual([]);
    sim.resolver.setDown(false);
    sim.resolver.a('vm.example', ['10.0.0.9']);
    await sim.runFor(40_000);
    expect(collector.payloads).toEqual(['patient']);
  });

  it('is followed when its name moves, and not disturbed when its answer only turns round', async () => {
    const { sim, world, sender, collector, counters } = scene({ host: 'vm.example', isName: true });
    await collector.start(world, place);
    const other = await new UdpCollector().start(world, { address: '10.0.0.8', port: 9060 });
    sim.resolver.a('vm.example', ['10.0.0.9', '10.0.0.7']);
    sender.wake();
    await sim.runFor(1_000);
    sim.resolver.a('vm.example', ['10.0.0.7', '10.0.0.9']);
    await sim.runFor(120_000);
    sender.submit(frame('first'));
    expect(counters.reconnects).toBe(0);
    sim.resolver.a('vm.example', ['10.0.0.8']);
    await sim.runFor(120_000);
    sender.submit(frame('second'));
    await sim.runFor(10);
    expect([collector.payloads, other.payloads]).toEqual([['first'], ['second']]);
    expect(counters.reconnects).toBe(1);
  });

  it('may have an IPv6 address', async () => {
    const { sim, world, sender, collector } = scene({ host: '2001:db8::9' });
    await collector.start(world, { address: '2001:db8::9', port: 9060 });
    sender.submit(frame('six'));
    await sim.runFor(10);
    expect(collector.payloads).toEqual(['six']);
  });

  it('out of reach of the address that we send from has no address', async () => {
    const { sim, sender } = scene({ host: '2001:db8::9', local: { address: '10.0.0.1', port: 0 } });
    sender.wake();
    await sim.runFor(10);
    expect([sender.state, sender.trouble]).toEqual(['waiting', 'no address to use for 2001:db8::9']);
  });

  it('is tried again when the socket cannot be had', async () => {
    const local = { address: '10.0.0.1', port: 7000 };
    const { sim, world, sender, collector } = scene({ local });
    await collector.start(world, place);
    const taken = await new UdpCollector().start(sim.host('10.0.0.1'), local);
    sender.submit(frame('x'));
    await sim.runFor(10);
    expect([sender.state, sender.trouble]).toEqual(['waiting', expect.stringContaining('EADDRINUSE')]);
    taken.stop();
    await sim.runFor(1_000);
    expect([collector.payloads, sender.trouble]).toEqual([['x'], undefined]);
  });
});

describe('a frame beyond 65507 bytes', () => {
  it('is dropped and counted; one of 65507 is sent', async () => {
    const { sim, world, sender, collector, counters } = scene();
    await collector.start(world, place);
    expect(sender.submit(frame(new Uint8Array(FULL)))).toBe(true);
    expect(sender.submit(frame(new Uint8Array(FULL + 1)))).toBe(false);
    await sim.runFor(10);
    expect(collector.datagrams.map(({ length }) => length)).toEqual([MAX_DATAGRAM]);
    expect(counters.dropped.tooBig).toBe(1);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 2, out: 2 });
  });

  it('goes over TCP to the same port where the target allows it', async () => {
    const { sim, world, sender, collector, counters } = scene({}, true);
    await collector.start(world, place);
    const stream = await new StreamCollector(world, place).start();
    sender.submit(frame('small'));
    sender.submit(frame(new Uint8Array(FULL + 1)));
    sender.submit(frame(new Uint8Array(65_535 - 98)));
    await sim.runFor(100);
    expect(collector.payloads).toEqual(['small']);
    expect(stream.framesByConnection[0]?.map(({ payload }) => payload?.length)).toEqual([FULL + 1]);
    expect(counters.dropped.tooBig).toBe(1);
    expect(balance(counters, sender.queueFrames)).toEqual({ in: 3, out: 3 });
  });
});

describe('the end', () => {
  it('drain waits for frames that wait for a socket', async () => {
    const { sim, sender, counters } = scene({ host: 'vm.example', isName: true }, true);
    sim.resolver.a('vm.example', ['10.0.0.9']);
    sim.resolver.latencyMs = 500;
    sender.submit(frame('last words'));
    let doneAt = 0;
    void sender.drain(2_000).then(() => {
      doneAt = sim.clock.now();
    });
    await sim.runFor(5_000);
    expect([doneAt, counters.sent]).toEqual([500, 1]);
  });

  it('close while the socket is being made leaves no socket and no timer behind', async () => {
    const local = { address: '10.0.0.1', port: 7000 };
    const { sim, sender, counters } = scene({ local });
    sender.submit(frame('x'));
    for (let turn = 0; turn < 10 && sender.state !== 'connecting'; turn++) await Promise.resolve();
    expect(sender.state).toBe('connecting');
    sender.close();
    await sim.run();
    expect([sender.state, counters.sent, counters.dropped.off]).toEqual(['closed', 0, 1]);
    await expect(new UdpCollector().start(sim.host('10.0.0.1'), local)).resolves.toBeDefined();
  });
});
