/** UDP over real loopback sockets. */
import { afterEach, describe, expect, it } from 'vitest';
import { nodeWorld } from '../../src/world/node/world.ts';
import type { Endpoint, UdpSocket } from '../../src/world/world.ts';
import { UdpLog } from '../support/socket-logs.ts';

const { net } = nodeWorld();
const opened: UdpSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

async function bind(address: string, port = 0): Promise<{ socket: UdpSocket; log: UdpLog }> {
  const log = new UdpLog();
  const socket = await net.bindUdp({ address, port }, log);
  opened.push(socket);
  return { socket, log };
}

async function connect(remote: Endpoint): Promise<{ socket: UdpSocket; log: UdpLog }> {
  const log = new UdpLog();
  const socket = await net.connectUdp(remote, undefined, log);
  opened.push(socket);
  return { socket, log };
}

describe.each(['127.0.0.1', '::1'])('UDP on %s', (address) => {
  it('carries a datagram and tells where it came from', async () => {
    const a = await bind(address);
    const b = await bind(address);
    a.socket.send(Buffer.from('OPTIONS'), b.socket.local);
    await b.log.until((log) => log.datagrams.length === 1);
    expect(b.log.datagrams).toEqual([{ text: 'OPTIONS', remote: a.socket.local }]);
    expect(a.socket.local.address).toBe(address);
    expect(a.socket.local.port).toBeGreaterThan(0);
  });

  it('sends on a connected socket, and hears its peer', async () => {
    const server = await bind(address);
    const client = await connect(server.socket.local);
    client.socket.send(Buffer.from('ping'), server.socket.local);
    await server.log.until((log) => log.datagrams.length === 1);
    expect(server.log.datagrams[0]?.remote).toEqual(client.socket.local);
    server.socket.send(Buffer.from('pong'), client.socket.local);
    await client.log.until((log) => log.datagrams.length === 1);
    expect(client.log.datagrams[0]?.text).toBe('pong');
  });

  it('refuses an address that is taken', async () => {
    const { socket } = await bind(address);
    await expect(bind(address, socket.local.port)).rejects.toMatchObject({
      name: 'SocketFaultError',
      fault: { by: 'system', code: 'EADDRINUSE' },
    });
  });
});

/** The discard port: privileged, so no program that asks for a free port is given it. */
const nobody = { address: '127.0.0.1', port: 9 };

describe('UDP trouble', () => {
  it('an address that is not ours cannot be bound', async () => {
    await expect(bind('192.0.2.1')).rejects.toMatchObject({ fault: { code: 'EADDRNOTAVAIL' } });
  });

  it('a name is not an address, and is not looked up', async () => {
    await expect(bind('localhost')).rejects.toMatchObject({ fault: { code: 'EINVAL' } });
  });

  it('a datagram that is too large becomes a fault that names its peer', async () => {
    const a = await bind('127.0.0.1');
    const b = await bind('127.0.0.1');
    a.socket.send(Buffer.alloc(65_508), b.socket.local);
    await a.log.until((log) => log.faults.length === 1);
    expect(a.log.faults).toEqual([{ fault: expect.objectContaining({ code: 'EMSGSIZE' }), remote: b.socket.local }]);
  });

  it('the largest datagram passes', async () => {
    const a = await bind('127.0.0.1');
    const b = await bind('127.0.0.1');
    a.socket.send(Buffer.alloc(65_507, 0x41), b.socket.local);
    await b.log.until((log) => log.datagrams.length === 1);
    expect(b.log.datagrams[0]?.text).toHaveLength(65_507);
  });

  it.each([0, 65_536, -1])('port %i does not throw but becomes a fault', async (port) => {
    const a = await bind('127.0.0.1');
    a.socket.send(Buffer.from('x'), { address: '127.0.0.1', port });
    await a.log.until((log) => log.faults.length === 1);
    expect(a.log.faults[0]).toMatchObject({ fault: { by: 'local', code: 'EINVAL' }, remote: { port } });
  });

  it('a name as destination becomes a fault without asking DNS', async () => {
    const a = await bind('127.0.0.1');
    a.socket.send(Buffer.from('x'), { address: 'localhost', port: 5060 });
    await a.log.until((log) => log.faults.length === 1);
    expect(a.log.faults[0]?.fault).toMatchObject({ code: 'EINVAL', message: 'localhost is not an IP address' });
  });

  it('a connected socket hears that nobody listens', async () => {
    const client = await connect(nobody);
    client.socket.send(Buffer.from('x'), nobody);
    await client.log.until((log) => log.faults.length > 0);
    expect(client.log.faults[0]).toMatchObject({ fault: { by: 'peer', code: 'ECONNREFUSED' }, remote: nobody });
  });

  it('sending after close does nothing, and closing twice is harmless', async () => {
    const a = await bind('127.0.0.1');
    const { local } = a.socket;
    a.socket.close();
    a.socket.close();
    a.socket.send(Buffer.from('x'), local);
    await bind('127.0.0.1', local.port);
    expect(a.log.faults).toEqual([]);
  });
});
