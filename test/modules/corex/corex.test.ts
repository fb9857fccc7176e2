/** corex: the socket to send from, and small questions. */
import { expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { corex } from '../../../src/modules/corex/corex.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([corex]);
const fn = rig.modules.corex;

it('sends from the listener it is told, and keeps the old one when there is none like that', () => {
  const ctx = rig.request(written());
  expect(fn.setSendSocket(ctx, 'udp:10.0.0.11:15070')).toBe('set');
  expect([
    fn.setSendSocket(ctx, 'udp:9.9.9.9:1'),
    fn.setSendSocket(ctx, 'junk'),
    fn.setSendSocketName(ctx, 'none'),
  ]).toEqual(Array.from({ length: 3 }, () => 'unknown'));
  expect(ctx.destination.listener?.local).toEqual({ address: '10.0.0.11', port: 15_070 });
  expect(fn.isSocketName(ctx, 'none')).toBe(false);
});

it.each([
  ['sip:bob@h', [], true, false],
  ['sip:h', ['User-Agent: x'], false, true],
  ['tel:+1', ['User-Agent:'], false, false],
])('of %s with %j: user %s, User-Agent %s', (uri, headers, user, agent) => {
  const ctx = rig.request(written({ uri, headers }));
  expect([fn.hasRuriUser(ctx), fn.hasUserAgent(ctx)]).toEqual([user, agent]);
});

it('lists its sockets', () => {
  expect(rig.rpc('corex.list_sockets')).toContainEqual({
    PROTO: 'udp',
    NAME: '10.0.0.10',
    ADDRLIST: { ADDR: '10.0.0.10' },
    PORT: '15080',
    MCAST: 'no',
    MHOMED: 'no',
    VIRTUAL: 'no',
    SOCKNAME: '-',
    ADVERTISE: '192.0.2.5:5060',
  });
  expect(rig.rpc('corex.list_aliases')).toEqual([]);
});

it('says that alias_subdomains has no effect', async () => {
  const other = await moduleRig([use(corex, { alias_subdomains: 'example.com' })]);
  expect(other.log.map(({ message }) => message)).toContain(
    'corex: alias_subdomains has no effect: list each name as an alias',
  );
});
