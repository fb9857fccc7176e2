/** The limits of connections, each at its edge, in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { Flow } from '../../src/transport/flow.ts';
import { defaultTransportLimits, type TransportLimits } from '../../src/transport/limits.ts';
import type { TransportLayer } from '../../src/transport/transport-layer.ts';
import type { Stream, World } from '../../src/world/world.ts';
import { ListenerLog, StreamLog } from '../support/socket-logs.ts';
import { messageOf, options, startedOver, type TransportLog } from '../support/transport-log.ts';

const proxyAt = { address: '10.0.0.1', port: 5060 };
const peerAt = { address: '10.0.0.2', port: 5070 };
let sim: Simulator;
let proxy: World;
let peer: World;
beforeEach(() => {
  sim = new Simulator({ seed: 5 });
  proxy = sim.host('10.0.0.1');
  peer = sim.host('10.0.0.2', '10.0.0.3');
});

const settle = () => sim.runFor(100);
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const start = (limits: Partial<TransportLimits> = {}) => startedOver(proxy, ['tcp:10.0.0.1:5060'], { limits });

async function dial(local = '10.0.0.2'): Promise<{ stream: Stream; log: StreamLog }> {
  const log = new StreamLog();
  const stream = peer.net.connect('tcp', proxyAt, { local }, log);
  // The peer is open after 2 ms, the proxy after 3.
  await sim.runFor(3);
  return { stream, log };
}

async function serve(port = peerAt.port): Promise<ListenerLog> {
  const log = new ListenerLog();
  await peer.net.listen('tcp', { address: peerAt.address, port }, undefined, log);
  return log;
}

function flowTo(layer: TransportLayer, port = peerAt.port): Flow {
  const flow = layer.flowTo('tcp', { address: peerAt.address, port });
  if (flow === undefined) throw new Error('no flow');
  return flow;
}

/** A connection of ours that is open. */
async function opened(layer: TransportLayer): Promise<{ flow: Flow; far: Stream; heard: StreamLog }> {
  const server = await serve();
  const flow = flowTo(layer);
  layer.send(bytes(options), flow);
  await settle();
  const accepted = server.accepted[0];
  if (accepted === undefined) throw new Error('no connection');
  return { flow, far: accepted.stream, heard: accepted.events };
}

const failuresOf = (log: TransportLog): readonly string[] => log.failures.map(({ fault }) => fault.code);

it('the defaults are those that the documentation names', () => {
  expect(defaultTransportLimits).toEqual({
    messageBytes: 65_535,
    connections: 10_000,
    connectionsPerAddress: 100,
    aliases: 4,
    idleMs: 600_000,
    connectMs: 5_000,
    firstMessageMs: 10_000,
    writeBufferBytes: 1_048_576,
    writeMs: 30_000,
    stopMs: 1_000,
    udpFlows: 4_096,
  });
});

describe('messageBytes', () => {
  it.each([1000, 65_535])('a message of %i bytes passes, one more closes the connection', async (messageBytes) => {
    const { layer, log } = await start({ messageBytes });
    const good = await dial();
    good.stream.write(bytes(messageOf(messageBytes)));
    const bad = await dial();
    bad.stream.write(bytes(messageOf(messageBytes + 1)));
    await settle();
    expect(log.texts).toEqual([messageOf(messageBytes)]);
    expect(good.log.log).not.toContain('closed');
    expect(bad.log.log).toContain('closed');
    expect(layer.counters.dropped).toMatchObject({ oversize: 1, framing: 0 });
  });

  it('a head without end is not collected for ever', async () => {
    const { layer } = await start({ messageBytes: 1000 });
    const { stream, log: heard } = await dial();
    stream.write(bytes(`OPTIONS sip:a SIP/2.0\r\nX: ${'x'.repeat(2000)}`));
    await settle();
    expect(heard.log).toContain('closed');
    expect(layer.counters.dropped.oversize).toBe(1);
  });
});

describe('connections', () => {
  it('peers beyond the total are closed at once, and counted', async () => {
    const { layer } = await start({ connections: 2 });
    const [a, b, c] = [await dial(), await dial(), await dial()];
    await settle();
    expect([a, b, c].map(({ log }) => log.log.includes('closed'))).toEqual([false, false, true]);
    expect(layer.counters).toMatchObject({ connections: 2, dropped: { connectionLimit: 1 } });
  });

  it('beyond the total there is no flow to a new peer, while those that exist are used', async () => {
    const { layer } = await start({ connections: 1 });
    const flow = flowTo(layer);
    expect(layer.flowTo('tcp', { ...peerAt, port: 5071 })).toBeUndefined();
    expect(flowTo(layer)).toBe(flow);
    expect(layer.counters.dropped.connectionLimit).toBe(1);
  });

  it('an address may have so many, and again when one has gone; others are not concerned', async () => {
    const { layer } = await start({ connectionsPerAddress: 2 });
    const first = await dial();
    await dial();
    const third = await dial();
    const other = await dial('10.0.0.3');
    await settle();
    expect(third.log.log).toContain('closed');
    expect(other.log.log).not.toContain('closed');
    first.stream.end();
    await settle();
    const fourth = await dial();
    await settle();
    expect(fourth.log.log).not.toContain('closed');
    expect(layer.counters.dropped.addressLimit).toBe(1);
  });

  it('those that we open do not count for an address', async () => {
    const { layer } = await start({ connectionsPerAddress: 1 });
    await dial();
    expect(layer.flowTo('tcp', peerAt)).toBeDefined();
    expect(layer.counters.connections).toBe(2);
  });
});

describe('aliases', () => {
  it('a connection has so many names besides its own, and not one more', async () => {
    const { layer, log } = await start();
    (await dial()).stream.write(bytes(options));
    await settle();
    const flow = log.packets[0]?.flow;
    if (flow === undefined) throw new Error('no packet');
    const ports = [5070, 5071, 5072, 5073, 5074, 5070];
    expect(ports.map((port) => layer.aliasFor(flow, port))).toEqual([true, true, true, true, false, true]);
    expect(flowTo(layer, 5073)).toBe(flow);
    expect(flowTo(layer, 5074)).not.toBe(flow);
  });
});

describe('connectMs', () => {
  it('a peer that does not answer is given up after that time, and not before', async () => {
    const { layer, log } = await start();
    sim.net.partition('10.0.0.2');
    const flow = flowTo(layer);
    await sim.runFor(1000);
    layer.send(bytes(options), flow);
    await sim.runFor(4_999);
    expect(log.failures).toEqual([]);
    await sim.runFor(1);
    expect(log.failures).toMatchObject([{ flow, fault: { by: 'local', code: 'connectTimeout' } }]);
    expect(layer.counters).toMatchObject({ connections: 0, dropped: { connectTimeout: 1 } });
  });
});

describe('writeBufferBytes', () => {
  it('bounds what waits for a connection to open, without giving it up', async () => {
    const { layer, log } = await start({ writeBufferBytes: 1000 });
    const server = await serve();
    const flow = flowTo(layer);
    expect(layer.send(Buffer.alloc(600), flow)).toBe('sent');
    expect(layer.send(Buffer.alloc(401), flow)).toBe('full');
    expect(layer.send(Buffer.alloc(400), flow)).toBe('sent');
    await settle();
    expect(server.accepted[0]?.events.bytes).toBe(1000);
    expect(layer.counters.dropped).toMatchObject({ bufferFull: 1, slowReader: 0 });
    expect(log.failures).toEqual([]);
  });

  it('drops a peer that leaves more than that unread', async () => {
    const { layer, log } = await start({ writeBufferBytes: 1000 });
    const { flow } = await opened(layer);
    sim.net.pauseReading(peerAt);
    // The window between the two hosts takes 65536 bytes.
    for (let i = 0; i < 64; i++) expect(layer.send(Buffer.alloc(1000), flow)).toBe('sent');
    await settle();
    expect(layer.send(Buffer.alloc(1000), flow)).toBe('sent');
    expect(layer.send(Buffer.alloc(1000), flow)).toBe('sent');
    expect(layer.send(Buffer.alloc(1000), flow)).toBe('full');
    expect(layer.send(Buffer.alloc(1), flow)).toBe('closed');
    expect(failuresOf(log)).toEqual(['slowReader']);
    expect(layer.counters.dropped.slowReader).toBe(1);
  });
});

describe('writeMs', () => {
  it('drops a peer that takes nothing for that long', async () => {
    const { layer, log } = await start();
    const { flow } = await opened(layer);
    sim.net.pauseReading(peerAt);
    layer.send(Buffer.alloc(100_000), flow);
    await sim.runFor(29_999);
    expect(log.failures).toEqual([]);
    await sim.runFor(1);
    expect(failuresOf(log)).toEqual(['slowReader']);
    expect(layer.counters.dropped.slowReader).toBe(1);
  });

  it('gives a peer that takes some of it time again', async () => {
    const { layer, log } = await start();
    const { flow, heard } = await opened(layer);
    const before = heard.bytes;
    sim.net.pauseReading(peerAt);
    layer.send(Buffer.alloc(300_000), flow);
    await sim.runFor(20_000);
    sim.net.resumeReading(peerAt);
    await sim.runFor(1);
    sim.net.pauseReading(peerAt);
    await sim.runFor(29_000);
    expect(heard.bytes).toBeGreaterThan(before);
    expect(heard.bytes).toBeLessThan(before + 300_000);
    expect(log.failures).toEqual([]);
    await sim.runFor(31_000);
    expect(failuresOf(log)).toEqual(['slowReader']);
  });

  it('does not concern a peer that has taken all', async () => {
    const { layer, log } = await start();
    const { flow } = await opened(layer);
    layer.send(Buffer.alloc(100_000), flow);
    await sim.runFor(60_000);
    expect(log.failures).toEqual([]);
    expect(layer.counters.connections).toBe(1);
  });
});

describe('idleMs', () => {
  it('counts from the last byte that came', async () => {
    const { layer, log } = await start({ idleMs: 60_000 });
    const { stream, log: heard } = await dial();
    stream.write(bytes(options));
    await sim.runFor(30_001);
    stream.write(bytes('\r\n'));
    await sim.runFor(60_000);
    expect(heard.log).not.toContain('closed');
    await sim.runFor(2);
    expect(heard.log).toContain('closed');
    expect(layer.counters.dropped.idle).toBe(1);
    expect(log.failures).toEqual([]);
  });

  it('counts from the last byte that we sent', async () => {
    const { layer } = await start({ idleMs: 60_000 });
    const { flow } = await opened(layer);
    await sim.runFor(30_000);
    layer.send(bytes(options), flow);
    await sim.runFor(59_999);
    expect(layer.counters.connections).toBe(1);
    await sim.runFor(1);
    expect(layer.counters).toMatchObject({ connections: 0, dropped: { idle: 1 } });
  });

  it('forgets a flow that was never used', async () => {
    const { layer } = await start({ idleMs: 60_000 });
    flowTo(layer);
    await sim.runFor(60_000);
    expect(layer.counters.connections).toBe(0);
    expect(sim.clock.nextDeadline).toBeUndefined();
  });
});

describe('firstMessageMs', () => {
  it('drops a peer that connects and says nothing', async () => {
    const { layer, log } = await start();
    const { log: heard } = await dial();
    await sim.runFor(9_999);
    expect(layer.counters.connections).toBe(1);
    await sim.runFor(1);
    expect(layer.counters).toMatchObject({ connections: 0, dropped: { slowSender: 1 } });
    expect(failuresOf(log)).toEqual(['slowSender']);
    await settle();
    expect(heard.log).toContain('closed');
  });

  it('drops a peer that trickles, keepalives included', async () => {
    const { layer } = await start();
    const { stream } = await dial();
    for (let i = 0; i < 9; i++) {
      stream.write(bytes(i % 2 === 0 ? '\r\n\r\n' : '\r\n'));
      await sim.runFor(1_000);
    }
    expect(layer.counters.connections).toBe(1);
    await sim.runFor(1_000);
    expect(layer.counters.dropped.slowSender).toBe(1);
  });

  it('lets a peer be that has sent its message, and then each further message has as long', async () => {
    const { layer, log } = await start();
    const { stream } = await dial();
    stream.write(bytes(options));
    await sim.runFor(60_000);
    stream.write(bytes(options.slice(0, 10)));
    await sim.runFor(9_000);
    stream.write(bytes(options.slice(10)));
    await sim.runFor(60_000);
    expect(log.texts).toEqual([options, options]);
    stream.write(bytes(options.slice(0, 10)));
    await sim.runFor(10_002);
    expect(layer.counters).toMatchObject({ connections: 0, dropped: { slowSender: 1 } });
  });

  it('does not concern connections of ours, whose peers may be silent', async () => {
    const { layer } = await start();
    await opened(layer);
    await sim.runFor(60_000);
    expect(layer.counters.connections).toBe(1);
  });
});
