/** The store over TLS to a real redis-server with a password: who is trusted, and who is not. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { RedisServer } from '../support/redis-server.ts';
import { hasTool } from '../support/tools.ts';
import { WatchedStore } from '../support/watched-store.ts';

const file = (name: string): string => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));
const ca = `ca=${file('ca.pem')}`;
const own = `cert=${file('client.pem')}&key=${file('client.key')}`;
const record = { version: 1, expires: 0, value: 'v' };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Its port for TLS; without TLS it listens on a unix socket alone. */
async function server(clients: 'yes' | 'no'): Promise<number> {
  const port = await freePort();
  const redis = await RedisServer.start([
    ...['--tls-port', String(port), '--bind', '127.0.0.1', '--requirepass', 'se:cret'],
    ...['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
    ...['--tls-ca-cert-file', file('ca.pem'), '--tls-auth-clients', clients],
  ]);
  open.push({ close: () => redis.end() });
  return port;
}

async function works(url: string): Promise<boolean> {
  const { store } = new WatchedStore(url);
  open.push(store);
  if (!(await store.ready(5_000))) return false;
  const kept = await store.put({ key: 'a' }, { ...record, expires: Date.now() + 60_000 });
  const read = await store.get('a');
  return kept === 'ok' && read.kind === 'value' && read.value.value === 'v';
}

describe.skipIf(!hasTool('redis-server'))('a store in Redis over TLS', () => {
  it('keeps records behind a password, with an authority of our own', async () => {
    const port = await server('no');
    expect(await works(`rediss://:se%3Acret@127.0.0.1:${port}?${ca}`)).toBe(true);
    expect(await works(`rediss://default:se%3Acret@localhost:${port}?${ca}`)).toBe(true);
    expect(await works(`rediss://:se%3Acret@127.0.0.1:${port}?verify=no`)).toBe(true);
  });

  it('shows the certificate that the server wants', async () => {
    const port = await server('yes');
    expect(await works(`rediss://:se%3Acret@127.0.0.1:${port}?${ca}&${own}`)).toBe(true);
    expect(await works(`rediss://:se%3Acret@127.0.0.1:${port}?${ca}`)).toBe(false);
  });

  it.each([
    ['a server of an authority that nobody trusts', (port: number) => `rediss://:se%3Acret@127.0.0.1:${port}`],
    ['a server without TLS where there is none', (port: number) => `redis://:se%3Acret@127.0.0.1:${port}`],
    ['an authority that cannot be read', (port: number) => `rediss://:se%3Acret@127.0.0.1:${port}?ca=/no/such.pem`],
    ['a wrong password', (port: number) => `rediss://:wrong@127.0.0.1:${port}?${ca}`],
  ])('is down with %s', async (_, url) => {
    expect(await works(url(await server('no')))).toBe(false);
  });
});
