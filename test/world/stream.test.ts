/** TCP and TLS over real loopback sockets. */
import { connect as rawConnect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeWorld } from '../../src/world/node/world.ts';
import type { Endpoint, Stream, StreamListener, TlsOptions } from '../../src/world/world.ts';
import { ListenerLog, StreamLog } from '../support/socket-logs.ts';
import { certificates, clientTls, serverTls } from '../support/tls-fixtures.ts';

const { net } = nodeWorld();
const listeners: StreamListener[] = [];
const streams: Stream[] = [];
const logs: ListenerLog[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.destroy();
  for (const { accepted } of logs.splice(0)) for (const { stream } of accepted) stream.destroy();
  for (const listener of listeners.splice(0)) listener.close();
});

type Kind = 'tcp' | 'tls';

async function listen(kind: Kind, address = '127.0.0.1', tls: TlsOptions = serverTls, port = 0, at = net) {
  const log = new ListenerLog();
  const listener = await at.listen(kind, { address, port }, kind === 'tls' ? tls : undefined, log);
  listeners.push(listener);
  logs.push(log);
  return { listener, log, local: listener.local };
}

function connect(kind: Kind, remote: Endpoint, options: { tls?: TlsOptions; servername?: string } = {}) {
  const log = new StreamLog();
  const stream = net.connect(kind, remote, { tls: clientTls, ...options }, log);
  streams.push(stream);
  return { stream, log };
}

describe.each<[Kind, string]>([
  ['tcp', '127.0.0.1'],
  ['tcp', '::1'],
  ['tls', '127.0.0.1'],
  ['tls', '::1'],
])('%s on %s', (kind, address) => {
  it('carries bytes both ways, those too that were written before it was open', async () => {
    const server = await listen(kind, address);
    const client = connect(kind, server.local);
    client.stream.write(Buffer.from('early '));
    expect(client.stream.buffered).toBe(6);
    await client.log.hears('open');
    client.stream.write(Buffer.from('late'));
    const { stream, events } = await server.log.accept();
    await events.until(({ text }) => text === 'early late');
    stream.write(Buffer.from('answer'));
    await client.log.until(({ text }) => text === 'answer');
    expect(client.stream.remote).toEqual(server.local);
    expect(stream.local).toEqual(server.local);
    expect(stream.remote).toEqual(client.stream.local);
    expect(events.log[0]).toBe('open');
  });

  it('ends in order, after what was written has been sent', async () => {
    const server = await listen(kind, address);
    const client = connect(kind, server.local);
    const { stream, events } = await server.log.accept();
    stream.write(Buffer.alloc(300_000, 0x61));
    stream.end();
    await client.log.hears('closed');
    await events.hears('closed');
    expect(client.log.bytes).toBe(300_000);
    expect([client.log.fault, events.fault]).toEqual([undefined, undefined]);
    expect(client.log.log.filter((event) => event === 'closed')).toHaveLength(1);
  });

  it('tells of a connection that is refused', async () => {
    // The discard port: privileged, so no program that asks for a free port is given it.
    const client = connect(kind, { address, port: 9 });
    await client.log.hears('closed');
    expect(client.log.fault).toMatchObject({ by: 'peer', code: 'ECONNREFUSED' });
    expect(client.log.log).toEqual(['closed']);
  });

  it('refuses an address that is taken', async () => {
    const server = await listen(kind, address);
    await expect(listen(kind, address, serverTls, server.local.port)).rejects.toMatchObject({
      name: 'SocketFaultError',
      fault: { by: 'system', code: 'EADDRINUSE' },
    });
  });
});

describe('a stream', () => {
  it('tells of a peer that resets', async () => {
    const server = await listen('tcp');
    const raw = rawConnect(server.local.port, server.local.address);
    const { events } = await server.log.accept();
    raw.resetAndDestroy();
    await events.hears('closed');
    expect(events.fault).toMatchObject({ by: 'peer', code: 'ECONNRESET' });
  });

  it('counts what a reader leaves unread, and tells when it has been taken', async () => {
    const server = await listen('tcp');
    const raw = rawConnect(server.local.port, server.local.address);
    raw.pause();
    const { stream, events } = await server.log.accept();
    const block = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 32; i++) stream.write(block);
    expect(stream.buffered).toBeGreaterThan(block.length);
    raw.resume();
    await events.hears('drain');
    expect(stream.buffered).toBe(0);
    raw.destroy();
  });

  it('closes without a fault when we destroy it, and ignores writes from then on', async () => {
    const server = await listen('tcp');
    const client = connect('tcp', server.local);
    await client.log.hears('open');
    client.stream.destroy();
    client.stream.write(Buffer.from('x'));
    await client.log.hears('closed');
    expect(client.log.fault).toBeUndefined();
  });

  it.each([0, 65_536])('to port %i fails as an event, not as an exception', async (port) => {
    const client = connect('tcp', { address: '127.0.0.1', port });
    await client.log.hears('closed');
    expect(client.log.fault).toBeDefined();
  });

  it('is made from the local address that was asked for', async () => {
    const server = await listen('tcp', '0.0.0.0');
    const log = new StreamLog();
    streams.push(net.connect('tcp', { address: '127.0.0.1', port: server.local.port }, { local: '127.0.0.2' }, log));
    const { stream } = await server.log.accept();
    expect(stream.remote.address).toBe('127.0.0.2');
  });
});

describe('TLS', () => {
  it('checks the server name against the certificate', async () => {
    const server = await listen('tls');
    const good = connect('tls', server.local, { servername: 'sip.example.com' });
    await good.log.hears('open');
    const bad = connect('tls', server.local, { servername: 'bank.example.com' });
    await bad.log.hears('closed');
    expect(bad.log.fault).toMatchObject({ by: 'peer', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('refuses a server that no CA of ours knows, unless it need not verify', async () => {
    const server = await listen('tls');
    const strict = connect('tls', server.local, { tls: { verify: true } });
    await strict.log.hears('closed');
    expect(strict.log.fault).toMatchObject({ by: 'peer', code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    const trusting = connect('tls', server.local, { tls: { verify: false } });
    await trusting.log.hears('open');
  });

  it('shows the certificate of the name that the client asks for', async () => {
    const server = await listen('tls', '127.0.0.1', {
      ...serverTls,
      names: { 'other.example.com': certificates.other },
    });
    const named = connect('tls', server.local, { servername: 'other.example.com' });
    await named.log.hears('open');
    const plain = connect('tls', server.local, { servername: 'sip.example.com' });
    await plain.log.hears('open');
  });

  it('asks clients for a certificate when it verifies', async () => {
    const server = await listen('tls', '127.0.0.1', { ...serverTls, verify: true });
    const bare = connect('tls', server.local);
    await bare.log.hears('closed');
    const known = connect('tls', server.local, { tls: { ...clientTls, ...certificates.client } });
    known.stream.write(Buffer.from('hello'));
    const { events } = await server.log.accept();
    await events.until(({ text }) => text === 'hello');
    expect(server.log.accepted).toHaveLength(1);
  });

  it('uses new certificates for new connections, and lets the open ones be', async () => {
    const server = await listen('tls');
    const old = connect('tls', server.local, { servername: 'sip.example.com' });
    const { events } = await server.log.accept();
    await old.log.hears('open');
    server.listener.reload({ ...serverTls, ...certificates.other });
    const fresh = connect('tls', server.local, { servername: 'other.example.com' });
    await fresh.log.hears('open');
    old.stream.write(Buffer.from('still here'));
    await events.until(({ text }) => text === 'still here');
  });

  it('keeps its certificates when the new ones are unusable', async () => {
    const server = await listen('tls');
    expect(() => server.listener.reload({ ...serverTls, cert: 'nonsense' })).toThrow(/PEM/);
    expect(() => server.listener.reload({ ...serverTls, names: { x: { cert: 'a', key: 'b' } } })).toThrow(/PEM/);
    const client = connect('tls', server.local, { servername: 'sip.example.com' });
    await client.log.hears('open');
  });

  it('does not listen without a certificate, or with one that is not PEM', async () => {
    await expect(listen('tls', '127.0.0.1', { verify: false })).rejects.toMatchObject({
      fault: { code: 'ERR_TLS_NO_CERTIFICATE' },
    });
    await expect(listen('tls', '127.0.0.1', { ...serverTls, key: 'nonsense' })).rejects.toMatchObject({
      fault: { code: expect.stringContaining('ERR_OSSL') },
    });
  });

  it('tells its listener of a client that does not speak TLS', async () => {
    const server = await listen('tls');
    const plain = connect('tcp', server.local);
    plain.stream.write(Buffer.from('OPTIONS sip:proxy SIP/2.0\r\n\r\n'));
    await plain.log.hears('closed');
    await server.log.until(({ faults }) => faults.length === 1);
    expect(server.log.accepted).toEqual([]);
  });

  it('drops clients that take too long, or are too many, to shake hands', async () => {
    const slow = nodeWorld({ tls: { handshakeMs: 100, handshakes: 2 } });
    const server = await listen('tls', '127.0.0.1', serverTls, 0, slow.net);
    const clients = [0, 1, 2].map(() => connect('tcp', server.local));
    await Promise.all(clients.map(({ log }) => log.hears('closed')));
    await server.log.until(({ faults }) => faults.length === 4);
    expect(server.log.faults.map(({ code }) => code).sort()).toEqual([
      'ECONNRESET',
      'EMFILE',
      'ERR_TLS_HANDSHAKE_TIMEOUT',
      'ERR_TLS_HANDSHAKE_TIMEOUT',
    ]);
    const good = connect('tls', server.local);
    await good.log.hears('open');
  });
});
