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
