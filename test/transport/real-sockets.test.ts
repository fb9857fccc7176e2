/** The transport layer over real loopback sockets: the few things that only the system can show. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/transport/flow.ts';
import type { TransportLayer, TransportOptions } from '../../src/transport/transport-layer.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { certificates } from '../support/tls-fixtures.ts';
import { options, reply, startedOver, type TransportLog, transportOver } from '../support/transport-log.ts';

const tls = { ...certificates.server, ca: certificates.ca, verify: false };
const layers: TransportLayer[] = [];
afterEach(async () => {
  for (const layer of layers.splice(0)) await layer.stop();
});

async function start(listen: string, more: Partial<TransportOptions> = {}) {
  const made = await startedOver(nodeWorld(), [listen], { tls, ...more });
  layers.push(made.layer);
  const [listener] = made.layer.listeners;
  if (listener === undefined) throw new Error('no listener');
  return { ...made, listener };
}

/** The next packet that arrives. */
const packet = (log: TransportLog): Promise<void> =>
  new Promise((resolve) => {
    log.react = () => resolve();
  });

describe.each<[Transport, string]>([
  ['udp', '127.0.0.1'],
  ['udp', '[::1]'],
  ['tcp', '127.0.0.1'],
  ['tcp', '[::1]'],
  ['tls', '127.0.0.1'],
  ['tls', '[::1]'],
])('two proxies over %s on %s', (transport, address) => {
  it('exchange a request and a reply on one flow, with the addresses of the real sockets', async () => {
    const a = await start(`${transport}:${address}:0`);
    const b = await start(`${transport}:${address}:0`);
    const flow = a.layer.flowTo(transport, b.listener.local, { from: a.listener });
    if (flow === undefined) throw new Error('no flow');
    const arrived = packet(b.log);
    expect(a.layer.send(Buffer.from(options), flow)).toBe('sent');
    await arrived;
    const got = b.log.packets[0];
    if (got === undefined) throw new Error('no packet');
    expect(got.text).toBe(options);
    expect(got.flow.local).toEqual(b.listener.local);
    expect(got.flow.remote).toEqual(flow.local);
    const answered = packet(a.log);
    b.layer.send(Buffer.from(reply), got.flow);
    await answered;
    expect(a.log.packets[0]?.text).toBe(reply);
    expect(a.log.packets[0]?.flow).toBe(flow);
    expect(a.log.packets[0]?.at).toBeGreaterThan(1_600_000_000_000_000);
  });
});

describe('the system', () => {
  it('says that an address is taken, and the proxy says it on', async () => {
    const a = await start('udp:127.0.0.1:0');
    const taken = `udp:127.0.0.1:${a.listener.local.port}`;
    await expect(transportOver(nodeWorld(), [taken]).layer.start()).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `cannot listen on ${taken}: the address is in use (EADDRINUSE). Stop the program that holds it, or listen on another port.`,
    });
  });

  it('does not let TLS listen without a certificate', async () => {
    await expect(transportOver(nodeWorld(), ['tls:127.0.0.1:0']).layer.start()).rejects.toMatchObject({
      code: 'ERR_TLS_NO_CERTIFICATE',
    });
  });

  it('checks the server name of a TLS peer', async () => {
    const a = await start('tls:127.0.0.1:0', { tls: { ...tls, verify: true } });
    const b = await start('tls:127.0.0.1:0');
    const good = a.layer.flowTo('tls', b.listener.local, { servername: 'sip.example.com' });
    const bad = a.layer.flowTo('tls', b.listener.local, { servername: 'bank.example.com' });
    if (good === undefined || bad === undefined) throw new Error('no flow');
    const failed = new Promise<void>((resolve) => {
      a.log.fail = () => resolve();
    });
    const arrived = packet(b.log);
    a.layer.send(Buffer.from(options), good);
    a.layer.send(Buffer.from(options), bad);
    await Promise.all([arrived, failed]);
    expect(b.log.texts).toEqual([options]);
    expect(a.log.failures).toMatchObject([{ flow: bad, fault: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } }]);
  });

  it('gives a wildcard listener an address that peers can use', async () => {
    const { listener, layer } = await start('udp:0.0.0.0:0');
    expect(listener.local.address).toBe('0.0.0.0');
    expect(listener.sentBy.host).not.toBe('0.0.0.0');
    expect(layer.isLocal(listener.sentBy.host, listener.sentBy.port)).toBe(true);
  });
});
