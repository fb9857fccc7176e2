/** Redis servers as Kamailio's ndb_redis writes them. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy } from '../../../src/engine/proxy.ts';
import { ndb_redis } from '../../../src/modules/ndb_redis/ndb_redis.ts';
import { readServer } from '../../../src/modules/ndb_redis/server-text.ts';
import { readStoreUrl } from '../../../src/world/store-url.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';

const SINGLE = { isCluster: false, timeoutMs: 250 };

function addressOf(text: string, options = SINGLE): object {
  const read = readServer(text, options);
  return read.kind === 'malformed' ? read : readStoreUrl(read.url);
}

const address = (parts: object) => ({ kind: 'address', address: parts });

describe('a server of ndb_redis', () => {
  it.each([
    ['name=a', { kind: 'single', at: { host: '127.0.0.1', port: 6379 }, db: 0, tls: 'none' }],
    ['name=a;addr=10.0.0.1;port=7000;db=3;', { kind: 'single', at: { host: '10.0.0.1', port: 7000 }, db: 3 }],
    ['name=a; addr=::1; pass=p@s/s:;port=1', { at: { host: '::1', port: 1 }, password: 'p@s/s:' }],
    ['name=a;addr=h;pass=p@s:/=%', { password: 'p@s:/=%' }],
    ['name=a;unix=/run/redis.sock;db=2', { kind: 'unix', path: '/run/redis.sock', db: 2 }],
    [
      'name=a;sentinel_group=g;sentinel_master=1;sentinel1=h1:1;sentinel2=h2:2;db=4',
      { kind: 'sentinel', name: 'g', db: 4, hosts: ['h1', 'h2'].map((host, at) => ({ host, port: at + 1 })) },
    ],
    ['name=a;addr=h;tls=1', { tls: 'verified' }],
  ])('%s is one of ours', (text, expected) => {
    expect(addressOf(text)).toMatchObject(address(expected));
  });

  it('is a node of a Cluster when the parameter says so, with the time limit of all', () => {
    const found = addressOf('name=a;addr=h;port=7001;db=5', { isCluster: true, timeoutMs: 99 });
    expect(found).toMatchObject(address({ kind: 'cluster', hosts: [{ host: 'h', port: 7001 }], timeoutMs: 99 }));
  });

  it.each([
    ['addr=h', 'it has no name'],
    ['name=a;adr=h', 'adr is nothing that a server has'],
    ['name=a;what', 'what is nothing that a server has'],
  ])('%s is refused', (text, message) => {
    expect(addressOf(text)).toEqual({ kind: 'malformed', message });
  });

  it('that cannot be meant stops the start, without its password', () => {
    for (const server of ['name=a;port=0;pass=hush', 'name=a;db=x;pass=hush', 'pass=hush', 'name=a;pas=hush']) {
      const program = defineRoutes([use(ndb_redis, { server })], () => ({ request: () => undefined }));
      expect(() => createProxy({ world: nodeWorld(), listen: [], program })).toThrow(
        /^ndb_redis.server number 1: (?!.*hush)/,
      );
    }
  });
});
