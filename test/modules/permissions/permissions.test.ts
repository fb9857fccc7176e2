/** permissions: what the real Kamailio 5.6.3 answered with the same tables and the same address file. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { AddressBook } from '../../../src/modules/permissions/address-book.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { permissions } from '../../../src/modules/permissions/permissions.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const ADDRESS = `id(int,auto) grp(int) ip_addr(string) mask(int) port(int) tag(string,null)
1:1:127.0.0.1:32:0:one
2:1:10.0.0.0:8:0:net
3:2:127.0.0.1:32:5070:port
4:2:192.168.0.0:16:5080:
5:3:fd00\\:\\::32:0:six
6:4:example.com:32:0:dom
7:5:10.1.1.1:0:0:m0
8:6:10.1.2.3:24:0:hostbits
9:7:127.0.0.0:8:0:first
10:8:127.0.0.1:32:0:a
11:8:127.0.0.1:32:0:b
12:9:10.64.0.0:10:0:ten
`;
const TRUSTED = `id(int,auto) src_ip(string) proto(string) from_pattern(string,null) ruri_pattern(string,null) tag(string,null) priority(int)
1:127.0.0.1:any:^sip\\:alice@.*$::t1:0
2:127.0.0.2:udp:::t2:0
3:127.0.0.3:tcp:::t3:0
4:10.0.0.1:none:::t4:0
5:127.0.0.4:udp::^sip\\:bob@::0
6:127.0.0.5:any:::low:1
7:127.0.0.5:any:::high:9
8:127.0.0.6:any:(:::0
`;
const files = { '/db/address': ADDRESS, '/db/trusted': TRUSTED };
const tables = [db_text, use(permissions, { db_url: 'text:///db', peer_tag_avp: '$avp(tag)' })] as const;

const rig = await moduleRig(tables, { files });
const fn = rig.modules.permissions;
const local = { address: '127.0.0.1', port: 25_991 };

describe('allowSourceAddress', () => {
  it.each([
    [undefined, true, 'one'],
    [1, true, 'one'],
    [2, false, undefined],
    [7, true, 'first'],
    [8, true, 'b'],
    [99, false, undefined],
  ])('of group %s: %s, tag %s', (group, expected, tag) => {
    const ctx = rig.request(written(), local);
    expect([fn.allowSourceAddress(ctx, group), ctx.state.avps.get('tag')?.[0]]).toEqual([expected, tag]);
  });

  it('takes an IPv4 address that came on an IPv6 socket for what it is', () => {
    expect(fn.allowSourceAddress(rig.request(written(), { address: '::ffff:127.0.0.1' }))).toBe(true);
  });

  it('minds the source port', () => {
    expect(fn.allowSourceAddress(rig.request(written(), { ...local, port: 5070 }), 2)).toBe(true);
  });
});

it.each([
  [1, '10.2.3.4', 5060, true],
  [1, '11.2.3.4', 5060, false],
  [2, '127.0.0.1', 5070, true],
  [2, '127.0.0.1', 0, false],
  [2, '127.0.0.1', 5071, false],
  [2, '192.168.3.4', 5080, true],
  [2, '192.168.3.4', 1, false],
  [3, 'fd00::1', 1, true],
  [3, '[fd00::1]', 1, true],
  [3, 'fd01::1', 1, false],
  [4, 'example.com', 1, true],
  [4, 'Example.com', 1, false],
  [4, 'sub.example.com', 1, false],
  [5, '9.9.9.9', 1, false],
  [5, '10.1.1.1', 1, true],
  [6, '10.1.2.9', 1, true],
  [6, '10.1.3.9', 1, false],
  [9, '10.127.255.255', 1, true],
  [9, '10.128.0.0', 1, false],
  [1, 'garbage', 1, false],
])('allowAddress(%d, %s, %d) is %s', (group, address, port, expected) => {
  expect(fn.allowAddress(rig.request(written()), group, address, port)).toBe(expected);
});

describe('allowTrusted', () => {
  it('of the message itself', () => {
    const from = (text: string) => fn.allowTrusted(rig.request(text, local));
    expect([from(written().replace(/alice/g, 'alice')), from(written().replace(/alice/g, 'carol'))]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['127.0.0.2', 'udp', 'sip:x@y', true],
    ['127.0.0.2', 'tcp', 'sip:x@y', false],
    ['127.0.0.3', 'tcp', 'sip:x@y', true],
    ['10.0.0.1', 'udp', 'sip:x@y', false],
    ['127.0.0.4', 'udp', 'sip:alice@h', true],
    ['127.0.0.1', 'udp', 'sip:bob@h', false],
    ['127.0.0.1', 'tls', 'sip:alice@h', true],
    ['8.8.8.8', 'udp', 'sip:alice@h', false],
  ])('of %s over %s from %s: %s', (address, transport, from, expected) => {
    expect(fn.allowTrusted(rig.request(written()), address, transport, from)).toBe(expected);
  });

  it('tries the highest priority first, and a broken pattern lets nobody in', () => {
    const ctx = rig.request(written());
    expect([fn.allowTrusted(ctx, '127.0.0.5'), ctx.state.avps.get('tag')]).toEqual([true, ['high']]);
    expect(fn.allowTrusted(ctx, '127.0.0.6')).toBe(false);
  });
});

it('shows its addresses as Kamailio does', () => {
  expect(rig.rpc('permissions.addressDump')).toContainEqual({
    table: 1,
    group: 2,
    item: { ip: '127.0.0.1', port: 5070, tag: 'port' },
  });
  expect(rig.rpc('permissions.subnetDump')).toContainEqual({
    id: 0,
    group: 1,
    item: { ip: '10.0.0.0', mask: 8, port: 0, tag: 'net' },
  });
  expect(rig.rpc('permissions.domainDump')).toEqual([
    { table: 0, group: 4, item: { domain_name: 'example.com', port: 0, tag: 'dom' } },
  ]);
});

describe('the address file', () => {
  const path = '/etc/addr';
  const text = `# comment
1 127.0.0.1
2 10.0.0.0/8   # all of ten
3 10.1.0.0 16 5060 tagx
5 [fd00::1] 128 0 t6
6 example.com 32 0 dom
`;
  const withFile = (content: string) =>
    moduleRig([db_text, use(permissions, { address_file: path, load_backends: 1 })], { files: { [path]: content } });

  it.each([
    [1, '127.0.0.1', 1, true],
    [2, '10.2.2.2', 1, true],
    [3, '10.1.2.3', 5060, true],
    [3, '10.1.2.3', 5061, false],
    [5, 'fd00::1', 1, true],
    [6, 'example.com', 1, true],
  ])('of group %d holds %s:%d: %s', async (group, address, port, expected) => {
    const other = await withFile(text);
    expect(other.modules.permissions.allowAddress(other.request(written()), group, address, port)).toBe(expected);
  });

  it.each([
    ['8,127.0.0.1', 'expected: group address'],
    ['0 127.0.0.1', 'groups begin with 1'],
    ['1 127.0.0.1 33', 'does not fit'],
    ['1 127.0.0.1 32 70000', 'is no port'],
  ])('with %j refuses to start and says where', async (line, fault) => {
    await expect(withFile(`1 1.1.1.1\n${line}\n`)).rejects.toThrow(new RegExp(`/etc/addr:2: .*${fault}`));
  });

  it('is read again on request; a bad one changes nothing', async () => {
    const other = await withFile('1 1.1.1.1\n');
    const allowed = (address: string) => other.modules.permissions.allowAddress(other.request(written()), 1, address);
    other.sim.files.set(path, '1 2.2.2.2\n');
    expect(await other.rpc('permissions.addressReload')).toBe('Reload OK');
    expect([allowed('1.1.1.1'), allowed('2.2.2.2')]).toEqual([false, true]);
    other.sim.files.set(path, 'bad');
    await expect(other.rpc('permissions.addressReload')).rejects.toThrow('/etc/addr:1');
    expect(allowed('2.2.2.2')).toBe(true);
  });

  it('that is not there is an error with its path', async () => {
    await expect(moduleRig([db_text, use(permissions, { address_file: '/nowhere' })])).rejects.toThrow('/nowhere');
  });
});

it('follows a table that changes; one that cannot be used leaves the old addresses in force', async () => {
  const other = await moduleRig(tables, { files });
  const allowed = () => other.modules.permissions.allowSourceAddress(other.request(written(), local));
  other.sim.files.set('/db/address', ADDRESS.replace('1:1:127.0.0.1', '1:1:127.0.0.9'));
  await other.rpc('db_text.reload');
  expect(allowed()).toBe(false);
  other.sim.files.set('/db/address', ADDRESS.replace('1:1:127.0.0.1:32', '1:1:127.0.0.1:99'));
  await other.rpc('db_text.reload');
  expect([allowed(), other.log.at(-1)?.fields?.['fault']]).toEqual([
    false,
    'table address, row 1: a mask of 99 does not fit 127.0.0.1',
  ]);
});

it('allows nobody without a table and a file', async () => {
  const bare = await moduleRig([db_text, permissions]);
  const ctx = bare.request(written());
  expect([bare.modules.permissions.allowSourceAddress(ctx), bare.modules.permissions.allowTrusted(ctx)]).toEqual([
    false,
    false,
  ]);
});

it('takes max_subnets networks and not one more', () => {
  const book = new AddressBook({ maxNetworks: 2 });
  const network = (host: string) => book.add({ group: 1, host, bits: 8, port: 0, tag: undefined });
  expect([network('10.0.0.0'), network('11.0.0.0'), network('12.0.0.0')]).toEqual([
    undefined,
    undefined,
    'more than 2 networks (max_subnets)',
  ]);
});
