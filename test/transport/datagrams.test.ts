/** The transport layer over UDP, in virtual time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Simulator } from '../../src/testing/simulator.ts';
import type { UdpSocket, World } from '../../src/world/world.ts';
import { UdpLog } from '../support/socket-logs.ts';
import { options, reply, startedOver, transportOver } from '../support/transport-log.ts';

const proxyAt = { address: '10.0.0.1', port: 5060 };
let sim: Simulator;
let proxy: World;
let peer: World;
beforeEach(() => {
  sim = new Simulator({ seed: 5 });
  proxy = sim.host('10.0.0.1', '2001:db8::1');
  peer = sim.host('10.0.0.2', '10.0.0.3', '2001:db8::2');
});

async function phone(port = 5062, address = '10.0.0.2'): Promise<{ socket: UdpSocket; log: UdpLog }> {
  const log = new UdpLog();
  return { socket: await peer.net.bindUdp({ address, port }, log), log };
}

describe('UDP', () => {
  it('hands up each message with its flow and a time of its own, and replies on the flow', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    const { socket, log: heard } = await phone();
    socket.send(Buffer.from(options), proxyAt);
    socket.send(Buffer.from(options), proxyAt);
    await sim.run();
    const [first, second] = log.packets;
    if (first === undefined || second === undefined) throw new Error('no packets');
    expect(first.text).toBe(options);
    expect(first.flow).toEqual({
      transport: 'udp',
      listener: layer.listeners[0],
      local: proxyAt,
      remote: socket.local,
      connection: 0,
    });
    expect(second.at).toBeGreaterThan(first.at);
    expect(layer.send(Buffer.from(reply), first.flow)).toBe('sent');
    await sim.run();
    expect(heard.datagrams).toEqual([{ text: reply, remote: proxyAt }]);
    expect(layer.counters).toMatchObject({ received: 2, sent: 1 });
  });

  it('knows a peer again: its flow is one object', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    const { socket } = await phone();
    for (let i = 0; i < 3; i++) socket.send(Buffer.from(options), proxyAt);
    await sim.run();
    expect(new Set(log.packets.map(({ flow }) => flow)).size).toBe(1);
    expect(layer.flowTo('udp', socket.local)).toBe(log.packets[0]?.flow);
  });

  it('keeps peers apart even where only one can be remembered', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060'], { limits: { udpFlows: 1 } });
    const [a, b, c] = [await phone(5062), await phone(5063), await phone(5062, '10.0.0.3')];
    for (const { socket } of [a, c, b, a, c, b]) socket.send(Buffer.from(options), proxyAt);
    await sim.run();
    for (const { flow } of log.packets) layer.send(Buffer.from(reply), flow);
    await sim.run();
    expect([a, b, c].map((phone) => phone.log.datagrams.length)).toEqual([2, 2, 2]);
  });

  it.each(['', '\r\n', '\r\n\r\n', '\0', '\0\0\0\0', '\r\n\0'])(
    'takes %j for a keepalive and hands nothing up',
    async (text) => {
      const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
      (await phone()).socket.send(Buffer.from(text), proxyAt);
      await sim.run();
      expect(log.packets).toEqual([]);
      expect(layer.counters).toMatchObject({ keepalives: 1, received: 0 });
    },
  );

  it('hands a message up that begins with CRLF', async () => {
    const { log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    (await phone()).socket.send(Buffer.from(`\r\n${options}`), proxyAt);
    await sim.run();
    expect(log.texts).toEqual([`\r\n${options}`]);
  });

  it('takes a message of the largest size, and drops and counts a larger one', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060'], { limits: { messageBytes: 1000 } });
    const { socket } = await phone();
    socket.send(Buffer.alloc(1000, 'a'), proxyAt);
    socket.send(Buffer.alloc(1001, 'b'), proxyAt);
    await sim.run();
    expect(log.texts).toEqual(['a'.repeat(1000)]);
    expect(layer.counters.dropped.oversize).toBe(1);
  });

  it('tells which flow failed when the system refuses a datagram', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    const flow = layer.flowTo('udp', { address: '10.0.0.2', port: 5062 });
    if (flow === undefined) throw new Error('no flow');
    expect(layer.send(Buffer.alloc(65_508), flow)).toBe('sent');
    await sim.run();
    expect(log.failures).toMatchObject([{ fault: { code: 'EMSGSIZE' } }]);
    expect(log.failures[0]?.flow).toBe(flow);
    expect(layer.counters.faults).toBe(1);
  });

  it('sends from the listener of the peer’s address family', async () => {
    const { layer } = await startedOver(proxy, ['udp:10.0.0.1:5060', 'udp:[2001:db8::1]:5060']);
    const { socket, log } = await phone(5062, '2001:db8::2');
    const flow = layer.flowTo('udp', socket.local);
    if (flow === undefined) throw new Error('no flow');
    layer.send(Buffer.from(options), flow);
    await sim.run();
    expect(log.datagrams).toEqual([{ text: options, remote: { address: '2001:db8::1', port: 5060 } }]);
  });

  it('has no flow where no listener fits', async () => {
    const { layer } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    expect(layer.flowTo('udp', { address: '2001:db8::2', port: 5060 })).toBeUndefined();
    expect(layer.flowTo('tcp', { address: '10.0.0.2', port: 5060 })).toBeUndefined();
  });
});

describe('start and stop', () => {
  it('opens all listeners in order, and learns the ports that the system chose', async () => {
    const { layer } = await startedOver(proxy, [
      'udp:10.0.0.1:0',
      'tcp:10.0.0.1:5060/sip.example.com',
      'tls:[2001:db8::1]:5061',
    ]);
    expect(layer.listeners.map(({ transport }) => transport)).toEqual(['udp', 'tcp', 'tls']);
    expect(layer.listeners[0]?.local.port).toBeGreaterThan(0);
    expect(layer.listeners[1]?.sentBy).toEqual({ host: 'sip.example.com', port: 5060 });
    expect(layer.isLocal('sip.example.com')).toBe(true);
    expect(layer.isLocal('[2001:db8::1]', 5061)).toBe(true);
    expect(layer.isLocal('10.0.0.2', 5060)).toBe(false);
  });

  it('on a wildcard address calls itself by the address that it sends from', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:0.0.0.0:5060', 'udp:[::]:5060']);
    expect(layer.listeners.map(({ sentBy }) => sentBy.host)).toEqual(['10.0.0.1', '[2001:db8::1]']);
    expect(layer.listeners[0]?.local.address).toBe('0.0.0.0');
    (await phone()).socket.send(Buffer.from(options), proxyAt);
    await sim.run();
    expect(log.packets[0]?.flow.local).toEqual(proxyAt);
    expect(layer.isLocal('10.0.0.1')).toBe(true);
  });

  it('opens nothing when one listener cannot be opened, and says which and what to do', async () => {
    await proxy.net.listen('tcp', { address: '10.0.0.1', port: 5060 }, undefined, {
      connection: () => {
        throw new Error();
      },
      fault() {},
    });
    const { layer } = transportOver(proxy, ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5060', 'tcp:10.0.0.1:5070']);
    await expect(layer.start()).rejects.toMatchObject({
      name: 'ListenError',
      code: 'EADDRINUSE',
      message:
        'cannot listen on tcp:10.0.0.1:5060: the address is in use (EADDRINUSE). Stop the program that holds it, or listen on another port.',
    });
    expect(layer.listeners).toEqual([]);
    await startedOver(proxy, ['udp:10.0.0.1:5060', 'tcp:10.0.0.1:5070']);
  });

  it('hears and sends nothing after it was stopped', async () => {
    const { layer, log } = await startedOver(proxy, ['udp:10.0.0.1:5060']);
    const { socket } = await phone();
    const flow = layer.flowTo('udp', socket.local);
    if (flow === undefined) throw new Error('no flow');
    await layer.stop();
    socket.send(Buffer.from(options), proxyAt);
    await sim.run();
    expect(log.packets).toEqual([]);
    expect(layer.send(Buffer.from(reply), flow)).toBe('closed');
    expect(layer.flowTo('udp', socket.local)).toBeUndefined();
    expect(layer.counters.dropped.noConnection).toBe(1);
  });
});
