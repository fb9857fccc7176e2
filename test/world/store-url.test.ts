/** URLs of stores: what they mean, and what is wrong with the others. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS, readStoreUrl } from '../../src/world/store-url.ts';

const one = { host: 'h', port: 6379 };

describe('a URL of a store', () => {
  it.each([
    ['redis://h', { kind: 'single', at: one, db: 0, prefix: 'viaduct:', timeoutMs: DEFAULT_TIMEOUT_MS, tls: 'none' }],
    ['redis://h:7000/3?prefix=a:b:', { kind: 'single', at: { host: 'h', port: 7000 }, db: 3, prefix: 'a:b:' }],
    ['REDISS://u:p%40w:x@[::1]:1', { at: { host: '::1', port: 1 }, username: 'u', password: 'p@w:x', tls: 'verified' }],
    ['rediss://:pw@h?verify=no', { username: undefined, password: 'pw', tls: 'unverified' }],
    ['redis+unix:///run/redis/s?db=2', { kind: 'unix', path: '/run/redis/s', db: 2 }],
    [
      'redis+sentinel://a,b:1/mymaster/4?sentinel_password=x',
      {
        ...{ kind: 'sentinel', name: 'mymaster', db: 4, sentinelPassword: 'x' },
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
      },
    ],
    ['rediss://h?ca=/a b.pem&cert=/c&key=/k', { pem: { ca: '/a b.pem', cert: '/c', key: '/k' } }],
    ['rediss+cluster://h,h', { kind: 'cluster', hosts: [one, one], tls: 'verified' }],
    [`redis://h?timeout=${MAX_TIMEOUT_MS}&protocol=2`, { timeoutMs: MAX_TIMEOUT_MS, protocol: 2 }],
  ])('%s is understood', (text, expected) => {
    expect(readStoreUrl(text)).toMatchObject({ kind: 'address', address: expected });
  });

  it.each([
    ['http://h', 'not of the form'],
    ['redis://', 'a host is not'],
    ['redis://h:70000', 'a host is not'],
    ['redis://a,b', 'several hosts'],
    ['redis://h/x', 'database is a number'],
    ['redis://%zz:p@h', 'bad escape'],
    ['redis+sentinel://h', 'name of the master'],
    ['redis+unix://', 'no path'],
    ['redis://h?prefx=a', 'no option "prefx"'],
    ['redis://h?ca=/x', 'ca is for TLS'],
    ['rediss://h?cert=/x', 'cert and key come together'],
    ['redis://h?timeout=0', 'timeout is milliseconds'],
    [`redis://h?timeout=${MAX_TIMEOUT_MS + 1}`, 'timeout is milliseconds'],
    ['redis://h?protocol=4', 'protocol is 2 or 3'],
  ])('%s is refused: %s', (text, message) => {
    expect(readStoreUrl(text)).toMatchObject({ kind: 'malformed', message: expect.stringContaining(message) });
  });

  it('keeps its secrets out of what is shown', () => {
    const read = readStoreUrl('redis+sentinel://user:secret@h/m?sentinel_password=secret');
    if (read.kind !== 'address') throw new Error(read.message);
    expect(read.address.label).toBe('redis+sentinel://h/m');
  });
});
