/** sl.stats: stateless replies by status, with the keys of Kamailio 5.6.3. */
import { expect, it } from 'vitest';
import { sl } from '../../../src/modules/sl/sl.ts';
import { moduleRig } from '../../support/module-rig.ts';

const request = (id: number): string =>
  `OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK${id}\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c${id}\r\nCSeq: 1 OPTIONS\r\n\r\n`;

it('shows some codes alone and the others of their class together', async () => {
  const { modules, rpc, request: received } = await moduleRig([sl]);
  const codes = [100, 200, 200, 202, 204, 302, 305, 404, 480, 486, 500, 503, 603];
  for (const [id, code] of codes.entries()) modules.sl.reply(received(request(id)), code);
  expect(rpc('sl.stats')).toEqual({
    '200': 2,
    '202': 1,
    '2xx': 1,
    '300': 0,
    '301': 0,
    '302': 1,
    '3xx': 1,
    '400': 0,
    '401': 0,
    '403': 0,
    '404': 1,
    '407': 0,
    '408': 0,
    '483': 0,
    '4xx': 2,
    '500': 1,
    '5xx': 1,
    '6xx': 1,
    xxx: 1,
  });
  expect(rpc('stats.fetchn', 'sl:sent_replies', 'sl:sent_err_replies')).toEqual({
    'sl.sent_err_replies': 6,
    'sl.sent_replies': 13,
  });
});

it('forwards a reply by its Via, with another status of its class, and leaves it as it is', async () => {
  const { modules, reply, sim } = await moduleRig([sl]);
  const got: string[] = [];
  await sim
    .host('10.0.0.9')
    .net.bindUdp(
      { address: '10.0.0.9', port: 5062 },
      { datagram: (bytes) => void got.push(bytes.toString().split('\r\nFrom')[0] ?? ''), fault: () => undefined },
    );
  const busy = reply(
    'SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP 10.0.0.10:15060;branch=z9hG4bKours\r\nVia: SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bK2\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n',
  );
  expect(modules.sl.forwardReply(busy, 600)).toBe('refused');
  expect(modules.sl.forwardReply(busy, 480, 'Away')).toBe('forwarded');
  expect(modules.sl.forwardReply(busy)).toBe('forwarded');
  await sim.runFor(10);
  const via = 'Via: SIP/2.0/UDP 10.0.0.9:5062;branch=z9hG4bK2';
  expect(got).toEqual([`SIP/2.0 480 Away\r\n${via}`, `SIP/2.0 486 Busy\r\n${via}`]);
  expect([busy.message.status, busy.message.reason]).toEqual([486, 'Busy']);
});

it('tells the To-tag that its replies will have', async () => {
  const { modules, request: received, read, sim } = await moduleRig([sl]);
  const got: string[] = [];
  await sim.host('10.0.0.1').net.bindUdp(
    { address: '10.0.0.1', port: 5060 },
    {
      datagram: (bytes) => void got.push(/\r\nTo: .*;tag=(\S+)/.exec(bytes.toString())?.[1] ?? ''),
      fault: () => undefined,
    },
  );
  const ctx = received(request(1));
  const [told, either, stateful] = ['s', 'x', 't'].map((which) => read(ctx, 'ltt', which));
  modules.sl.reply(ctx, 404);
  await sim.runFor(10);
  expect(got).toEqual([told]);
  expect([either, stateful]).toEqual([told, null]);
});
