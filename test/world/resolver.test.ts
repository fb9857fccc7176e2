/** DNS over Node: the hosts file, and answers that are never exceptions. */
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressesInHosts, nodeResolver } from '../../src/world/node/resolver.ts';

describe('addressesInHosts', () => {
  const text =
    '127.0.0.1 localhost\n# 10.0.0.9 proxy\n10.0.0.1\tProxy.Example proxy # comment\n::1 localhost\n\n10.0.0.2 proxy';

  it('finds every address of a name or an alias, without regard to case, outside of comments', () => {
    expect(addressesInHosts(text, 'PROXY')).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(addressesInHosts(text, 'proxy.example')).toEqual(['10.0.0.1']);
    expect(addressesInHosts(text, 'localhost')).toEqual(['127.0.0.1', '::1']);
    expect(addressesInHosts(text, 'comment')).toEqual([]);
    expect(addressesInHosts(text, '10.0.0.1')).toEqual([]);
  });
});

describe('nodeResolver', () => {
  let folder: string;
  let hostsFile: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viaduct-hosts-'));
    hostsFile = join(folder, 'hosts');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A name server that answers every question with the same bytes behind the question. */
  async function nameServer(
    rcode: number,
    answers: readonly Buffer[],
  ): Promise<{ address: string; close: () => void }> {
    const socket = createSocket('udp4');
    socket.on('message', (question, { port, address }) => {
      const head = Buffer.from(question.subarray(0, 12));
      head.writeUInt16BE(0x8180 | rcode, 2);
      head.writeUInt16BE(answers.length, 6);
      head.writeUInt32BE(0, 8);
      const end = question.indexOf(0, 12) + 5;
      socket.send(Buffer.concat([head, question.subarray(12, end), ...answers]), port, address);
    });
    await new Promise<void>((resolve) => {
      socket.bind(0, '127.0.0.1', resolve);
    });
    return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
  }

  /** A resource record for the name in the question. */
  function record(type: number, ttl: number, data: Buffer): Buffer {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc00c, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(ttl, 6);
    head.writeUInt16BE(data.length, 10);
    return Buffer.concat([head, data]);
  }

  it('takes addresses from the hosts file first, each family for itself', async () => {
    await writeFile(hostsFile, '10.0.0.1 proxy\n2001:db8::1 proxy\n');
    const resolver = nodeResolver({ hostsFile });
    expect(await resolver.query('A', 'proxy')).toMatchObject({ kind: 'records', records: [{ address: '10.0.0.1' }] });
    expect(await resolver.query('AAAA', 'proxy')).toMatchObject({ records: [{ address: '2001:db8::1' }] });
  });

  it('tells the smallest TTL of the address records', async () => {
    const server = await nameServer(0, [
      record(1, 300, Buffer.from([10, 0, 0, 1])),
      record(1, 120, Buffer.from([10, 0, 0, 2])),
    ]);
    const resolver = nodeResolver({ hostsFile, servers: [server.address] });
    expect(await resolver.query('A', 'proxy.example')).toEqual({
      kind: 'records',
      records: [{ address: '10.0.0.1' }, { address: '10.0.0.2' }],
      ttlSeconds: 120,
    });
    server.close();
  });

  it('reads SRV records, whose TTL Node keeps to itself', async () => {
    const target = Buffer.concat([Buffer.from([3]), Buffer.from('sip'), Buffer.from([0])]);
    const server = await nameServer(0, [
      record(33, 300, Buffer.concat([Buffer.from([0, 10, 0, 20, 0x13, 0xc4]), target])),
    ]);
    const resolver = nodeResolver({ hostsFile, servers: [server.address], defaultTtlSeconds: 77 });
    expect(await resolver.query('SRV', '_sip._udp.example.com')).toEqual({
      kind: 'records',
      records: [{ priority: 10, weight: 20, port: 5060, name: 'sip' }],
      ttlSeconds: 77,
    });
    server.close();
  });

  it('says none for a name that does not exist, and failed for a server that has trouble', async () => {
    const absent = await nameServer(3, []);
    const broken = await nameServer(2, []);
    const ask = (servers: string[]) =>
      nodeResolver({ hostsFile, servers, tries: 1, timeoutMs: 500 }).query('NAPTR', 'example.com');
    expect(await ask([absent.address])).toEqual({ kind: 'none' });
    expect(await ask([broken.address])).toMatchObject({ kind: 'failed' });
    absent.close();
    broken.close();
  });
});
