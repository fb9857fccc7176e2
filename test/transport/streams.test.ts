/** The transport layer over TCP and TLS, in virtual time: messages, keepalives, reuse of connections, endings. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { Flow } from '../../src/transport/flow.ts';
import type { TransportLayer } from '../../src/transport/transport-layer.ts';
import type { Stream, World } from '../../src/world/world.ts';
import { ListenerLog, StreamLog } from '../support/socket-logs.ts';
import { options, reply, startedOver } from '../support/transport-log.ts';

const proxyAt = { address: '10.0.0.1', port: 5060 };
const peerAt = { address: '10.0.0.2', port: 5070 };
let sim: Simulator;
let proxy: World;
let peer: World;
beforeEach(() => {
  sim = new Simulator({ seed: 5 });
  proxy = sim.host('10.0.0.1', '10.0.0.3');
  peer = sim.host('10.0.0.2');
});

const settle = () => sim.runFor(100);

async function dial(kind: 'tcp' | 'tls' = 'tcp', port = 5060): Promise<{ stream: Stream; log: StreamLog }> {
  const log = new StreamLog();
  const stream = peer.net.connect(kind, { address: proxyAt.address, port }, {}, log);
  await settle();
  return { stream, log };
}

async function serve(kind: 'tcp' | 'tls' = 'tcp', port = peerAt.port): Promise<ListenerLog> {
  const log = new ListenerLog();
  await peer.net.listen(kind, { address: peerAt.address, port }, undefined, log);
  return log;
}

function flowTo(layer: TransportLayer, ...args: Parameters<TransportLayer['flowTo']>): Flow {
  const flow = layer.flowTo(...args);
  if (flow === undefined) throw new Error('no flow');
  return flow;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a connection from a peer', () => {
  it('brings messages, and takes the replies', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream, log: heard } = await dial();
    stream.write(bytes(options + options));
    await settle();
    expect(log.texts).toEqual([options, options]);
    const [first, second] = log.packets;
    if (first === undefined || second === undefined) throw new Error('no packets');
    expect(first.flow).toBe(second.flow);
    expect(second.at).toBeGreaterThan(first.at);
    expect(first.flow).toMatchObject({ transport: 'tcp', local: proxyAt, remote: stream.local });
    expect(first.flow.listener).toBe(layer.listeners[0]);
    expect(layer.send(bytes(reply), first.flow)).toBe('sent');
    await settle();
    expect(heard.text).toBe(reply);
    expect(layer.counters).toMatchObject({ received: 2, sent: 1, accepted: 1, connections: 1 });
  });

  it('brings them whole, however its bytes are cut', async () => {
    sim.net.setLink({ segment: true });
    const { log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream } = await dial();
    const sent = Array.from({ length: 20 }, (_, i) => options.replace('sip:a', `sip:${i}`));
    for (const text of sent) stream.write(bytes(text));
    await settle();
    expect(log.texts).toEqual(sent);
  });

  it('has its CRLFCRLF answered with CRLF, and its single CRLF ignored', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream, log: heard } = await dial();
    stream.write(bytes(`${options}\r\n\r\n`));
    await settle();
    expect(heard.text).toBe('\r\n');
    stream.write(bytes('\r\n'));
    await settle();
    expect(heard.text).toBe('\r\n');
    expect(log.texts).toEqual([options]);
    expect(layer.counters).toMatchObject({ keepalives: 1, received: 1, sent: 0 });
  });

  it('is closed when its bytes cannot be framed', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream, log: heard } = await dial();
    stream.write(bytes(`${options}OPTIONS sip:a SIP/2.0\r\nContent-Length: many\r\n\r\n`));
    await settle();
    expect(log.texts).toEqual([options]);
    expect(heard.log).toEqual(['open', 'closed']);
    expect(layer.counters).toMatchObject({ connections: 0, dropped: { framing: 1, oversize: 0 } });
    expect(log.failures).toMatchObject([{ fault: { by: 'peer', code: 'framing' } }]);
  });

  it('that ends in order is no failure, and its flow is closed from then on', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream } = await dial();
    stream.write(bytes(options));
    stream.end();
    await settle();
    const flow = log.packets[0]?.flow;
    if (flow === undefined) throw new Error('no packet');
    expect(layer.send(bytes(reply), flow)).toBe('closed');
    expect(layer.flowOf(flow.connection)).toBeUndefined();
    expect(layer.counters).toMatchObject({ connections: 0, faults: 0, sent: 0, dropped: { noConnection: 1 } });
    expect(log.failures).toEqual([]);
  });

  it('that is reset is a failure of its flow', async () => {
    const { log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    (await dial()).stream.write(bytes(options));
    await settle();
    sim.net.resetStreams(proxyAt);
    await settle();
    expect(log.failures).toMatchObject([{ fault: { by: 'peer', code: 'ECONNRESET' } }]);
    expect(log.failures[0]?.flow).toBe(log.packets[0]?.flow);
  });

  it('hands nothing more up once a message has made us stop', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    log.react = () => void layer.stop();
    (await dial()).stream.write(bytes(options + options));
    await settle();
    expect(log.texts).toEqual([options]);
  });
});

describe('a connection of ours', () => {
  it('opens at the first send, from the address of its listener, and takes what was sent meanwhile', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const server = await serve();
    const flow = flowTo(layer, 'tcp', peerAt);
    await settle();
    expect(server.accepted).toEqual([]);
    expect(layer.send(bytes(options), flow)).toBe('sent');
    expect(layer.send(bytes(options), flow)).toBe('sent');
    await settle();
    const [accepted] = server.accepted;
    expect(accepted?.events.text).toBe(options + options);
    expect(accepted?.stream.remote.address).toBe('10.0.0.1');
    expect(flow.local).toEqual(accepted?.stream.remote);
    expect(layer.counters).toMatchObject({ connected: 1, sent: 2, connections: 1 });
  });

  it('brings the replies on the same flow', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const server = await serve();
    const flow = flowTo(layer, 'tcp', peerAt);
    layer.send(bytes(options), flow);
    await settle();
    server.accepted[0]?.stream.write(bytes(reply));
    await settle();
    expect(log.texts).toEqual([reply]);
    expect(log.packets[0]?.flow).toBe(flow);
  });

  it('is used again for the same peer, and found by its number', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    await serve();
    const flow = flowTo(layer, 'tcp', peerAt);
    expect(flowTo(layer, 'tcp', peerAt)).toBe(flow);
    layer.send(bytes(options), flow);
    await settle();
    expect(flowTo(layer, 'tcp', peerAt)).toBe(flow);
    expect(layer.flowOf(flow.connection)).toBe(flow);
    expect(flowTo(layer, 'tcp', { ...peerAt, port: 5071 }).connection).not.toBe(flow.connection);
  });

  it('of another listener is not used when one was asked for', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060', 'tcp:10.0.0.3:5060']);
    const [one, two] = layer.listeners;
    if (one === undefined || two === undefined) throw new Error('no listeners');
    const flow = flowTo(layer, 'tcp', peerAt, { from: one });
    const other = flowTo(layer, 'tcp', peerAt, { from: two });
    expect([flow.listener, other.listener]).toEqual([one, two]);
    expect(other).not.toBe(flow);
  });

  it('that is refused fails its flow; the next flow is a new attempt', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const flow = flowTo(layer, 'tcp', peerAt);
    layer.send(bytes(options), flow);
    await settle();
    expect(log.failures).toMatchObject([{ fault: { by: 'peer', code: 'ECONNREFUSED' } }]);
    expect(log.failures[0]?.flow).toBe(flow);
    const server = await serve();
    const again = flowTo(layer, 'tcp', peerAt);
    expect(again.connection).not.toBe(flow.connection);
    layer.send(bytes(options), again);
    await settle();
    expect(server.accepted[0]?.events.text).toBe(options);
  });
});

describe('reuse across directions', () => {
  it('a request to the very address that a peer connected from goes down its connection', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream, log: heard } = await dial();
    layer.send(bytes(options), flowTo(layer, 'tcp', stream.local));
    await settle();
    expect(heard.text).toBe(options);
    expect(layer.counters.connections).toBe(1);
  });

  it('a peer that announces an alias gets requests to that port on its connection', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const { stream, log: heard } = await dial();
    stream.write(bytes(options));
    await settle();
    const inbound = log.packets[0]?.flow;
    if (inbound === undefined) throw new Error('no packet');
    expect(layer.aliasFor(inbound, 5070)).toBe(true);
    expect(flowTo(layer, 'tcp', peerAt)).toBe(inbound);
    layer.send(bytes(options), inbound);
    await settle();
    expect(heard.text).toBe(options);
    stream.end();
    await settle();
    expect(flowTo(layer, 'tcp', peerAt)).not.toBe(inbound);
  });

  it('a peer that comes again with the same alias is found on its new connection, after the old one too', async () => {
    const { layer, log } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const [old, fresh] = [await dial(), await dial()];
    for (const { stream } of [old, fresh]) stream.write(bytes(options));
    await settle();
    for (const { flow } of log.packets) expect(layer.aliasFor(flow, 5070)).toBe(true);
    old.stream.end();
    await settle();
    expect(flowTo(layer, 'tcp', peerAt)).toBe(log.packets[1]?.flow);
  });

  it.each([
    [false, false],
    [true, true],
  ])('over TLS an alias needs verified certificates: verify %s, taken %s', async (verify, taken) => {
    const { layer, log } = await startedOver(proxy, ['tls:10.0.0.1:5061'], { tls: { verify } });
    (await dial('tls', 5061)).stream.write(bytes(options));
    await settle();
    const inbound = log.packets[0]?.flow;
    if (inbound === undefined) throw new Error('no packet');
    expect(layer.aliasFor(inbound, 5070)).toBe(taken);
    expect(flowTo(layer, 'tls', peerAt) === inbound).toBe(taken);
    expect(flowTo(layer, 'tls', peerAt, { servername: 'bank.example' })).not.toBe(inbound);
  });

  it('UDP has no connection to alias', async () => {
    const { layer } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    expect(layer.aliasFor(flowTo(layer, 'udp', peerAt), 5070)).toBe(false);
  });

  it('a TLS connection made for one server name is not used for another', async () => {
    const { layer } = await startedOver(proxy, ['tls:10.0.0.1:5061']);
    const one = flowTo(layer, 'tls', peerAt, { servername: 'one.example' });
    expect(flowTo(layer, 'tls', peerAt, { servername: 'ONE.example' })).toBe(one);
    expect(flowTo(layer, 'tls', peerAt, { servername: 'two.example' })).not.toBe(one);
    const bare = flowTo(layer, 'tls', peerAt);
    expect(bare).not.toBe(one);
    expect(flowTo(layer, 'tls', peerAt, { servername: peerAt.address })).toBe(bare);
  });
});

describe('stop', () => {
  it('sends what was promised before it closes, and leaves no timer behind', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    const server = await serve();
    layer.send(bytes(options), flowTo(layer, 'tcp', peerAt));
    flowTo(layer, 'tcp', { ...peerAt, port: 5071 });
    let stopped = false;
    void layer.stop().then(() => {
      stopped = true;
    });
    await sim.runUntil(() => stopped, 500);
    expect(stopped).toBe(true);
    await settle();
    expect(server.accepted[0]?.events.text).toBe(options);
    expect(server.accepted[0]?.events.log).toContain('closed');
    expect(layer.counters.connections).toBe(0);
    expect(sim.clock.nextDeadline).toBeUndefined();
  });

  it('waits no longer than a second for peers that do not take their bytes', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    await serve();
    const flow = flowTo(layer, 'tcp', peerAt);
    layer.send(bytes(options), flow);
    await settle();
    sim.net.pauseReading(peerAt);
    layer.send(Buffer.alloc(500_000), flow);
    let stopped = false;
    void layer.stop().then(() => {
      stopped = true;
    });
    expect(layer.send(bytes(options), flow)).toBe('closed');
    await sim.runFor(999);
    expect(stopped).toBe(false);
    await sim.runFor(1);
    expect(stopped).toBe(true);
  });

  it('may be asked for twice', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    await dial();
    const both = Promise.all([layer.stop(), layer.stop()]);
    await settle();
    await both;
    expect(layer.counters.connections).toBe(0);
  });

  it('refuses new peers at once', async () => {
    const { layer } = await startedOver(proxy, ['tcp:10.0.0.1:5060']);
    await layer.stop();
    const { log } = await dial();
    expect(log.fault).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
