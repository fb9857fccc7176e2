/** Selects: what they give is what Kamailio 5.6.3 gave for the same request, where no title says otherwise. */
import { describe, expect, it } from 'vitest';
import { compileSelect } from '../../../src/cfg/compile/selects.ts';
import type { RequestContext } from '../../../src/engine/context.ts';
import { rigOf } from '../../support/contexts.ts';
import { RINGING } from '../../sip/messages.ts';
import { kex } from '../../../src/modules/kex/kex.ts';

const rig = await rigOf([kex]);
const REQUEST = [
  'OPTIONS sip:bob:pw@10.0.0.10;transport=udp;x=1 SIP/2.0',
  'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKaa1;rport',
  'Via: SIP/2.0/TCP client.example.com;branch=z9hG4bKbb2;i=7',
  'Max-Forwards: 70',
  'From: "Al Ice" <sip:alice@example.org:5070;user=phone>;tag=ft1;x=y',
  'To: <sip:bob@example.org>',
  'Call-ID: c1@h',
  'CSeq: 5 OPTIONS',
  'Contact: "C" <sip:c@1.2.3.4:5099;transport=udp>;expires=60;q=0.5;x=y, <sip:d@h>',
  'X-T: one;p=1;q=2, two',
  'X-T: three',
  'User-Agent: ua1',
  'Proxy-Authorization: Digest username="al", realm="r", nonce="n,1", uri="u", response="00", integrity-protected=yes',
  'Content-Length: 4',
  '',
  'body',
].join('\r\n');

const ctx = (): RequestContext => rig.request(REQUEST);
const read = (select: string, on = ctx()): unknown => compileSelect(select)?.(on);

describe('a select', () => {
  it.each([
    ['from', '"Al Ice" <sip:alice@example.org:5070;user=phone>;tag=ft1;x=y'],
    ['from.uri', 'sip:alice@example.org:5070;user=phone'],
    ['from.uri.user', 'alice'],
    ['from.uri.host', 'example.org'],
    ['from.uri.port', '5070'],
    ['from.uri.hostport', 'example.org:5070'],
    ['from.uri.params.user', 'phone'],
    ['from.uri.type', 'tel'],
    ['from.uri.pwd', null],
    ['from.params.x', 'y'],
    ['from.tag', 'ft1'],
    ['from.name', '"Al Ice"'],
    ['to.tag', null],
    ['to.name', null],
    ['ruri', 'sip:bob:pw@10.0.0.10;transport=udp;x=1'],
    ['ruri.pwd', 'pw'],
    ['ruri.port', null],
    ['ruri.params', 'transport=udp;x=1'],
    ['ruri.params.x', '1'],
    ['ruri.params.nope', null],
    ['ruri.hostport', '10.0.0.10:5060'],
    ['ruri.transport', 'udp'],
    ['ruri.type', 'sip'],
    ['dst_uri.host', null],
    ['next_hop.host', '10.0.0.10'],
    ['cseq', '5 OPTIONS'],
    ['cseq.num', '5'],
    ['cseq.method', 'OPTIONS'],
    ['call_id', 'c1@h'],
    ['method', 'OPTIONS'],
    ['msg.type', '1'],
    ['msg.first_line', 'OPTIONS sip:bob:pw@10.0.0.10;transport=udp;x=1 SIP/2.0'],
    ['msg.request.method', 'OPTIONS'],
    ['msg.response.code', null],
    ['msg.header.x_t', 'one;p=1;q=2, two'],
    ['msg["x-t"]', 'one;p=1;q=2, two'],
    ['msg.body', 'body'],
    ['via.host', '10.0.0.1'],
    ['via[1].port', '5060'],
    ['via[2].host', 'client.example.com'],
    ['via[-1].transport', 'TCP'],
    ['via[2].port', null],
    ['via[3].host', null],
    ['via.branch', 'z9hG4bKaa1'],
    ['via.version', '2.0'],
    ['via.name', 'SIP'],
    ['via[2].params.i', '7'],
    ['contact.uri.user', 'c'],
    ['contact.expires', '60'],
    ['contact.q', '0.5'],
    ['m.params.x', 'y'],
    ['contact.instance', null],
    ['src.ip', '10.0.0.1'],
    ['src.port', '5060'],
    ['src.ip_port', '10.0.0.1:5060'],
    ['received.proto_ip_port', 'udp:10.0.0.10:15060'],
    ['dst.port', '15060'],
    ['user_agent', 'ua1'],
    ['subject', null],
    ['proxy_authorization.username', 'al'],
    ['proxy_authorization["r"].nonce', 'n,1'],
    ['proxy_authorization["other"].nonce', null],
    ['authorization.username', null],
    ['hf_value.x_t', 'one;p=1;q=2,two,three'],
    ['hf_value.x_t[*]', 'one;p=1;q=2,two,three'],
    ['hf_value.x_t[1]', 'one;p=1;q=2'],
    ['hf_value.x_t[3]', 'three'],
    ['hf_value.x_t[4]', null],
    ['hf_value.x_t[-1]', 'three'],
    ['hf_value.x_t[1].p.q', '2'],
    ['hf_value.x_t[1].q', '2'],
    ['hf_value.contact.uri', 'sip:c@1.2.3.4:5099;transport=udp,sip:d@h'],
    ['hf_value.contact[1].uri.user', 'c'],
    ['hf_value.contact[1].name', 'C'],
    ['hf_value2.x_t', 'one;p=1;q=2, two'],
    ['hf_value2.x_t[2]', 'three'],
    ['hf_value2.proxy_authorization.integrity_protected', 'yes'],
    ['hf_value_exists.x_t.TWO', '1'],
    ['hf_value_exists.x_t.four', '0'],
    ['hf_value.none', null],
  ])('%s gives %j', (select, expected) => {
    expect(read(select)).toBe(expected);
  });

  it('sees what was written since (Kamailio: what was received)', () => {
    const request = ctx();
    request.message.headers.set('From', '<sip:else@h>');
    request.destination.uri = 'sip:next@h2:99';
    expect([read('from.uri.user', request), read('dst_uri.port', request), read('next_hop.host', request)]).toEqual([
      'else',
      '99',
      'h2',
    ]);
  });

  it('of a reply knows what replies have', () => {
    const reply = rig.reply(RINGING);
    const asked = ['msg.response.code', 'msg.response.reason', 'msg.type', 'method', 'ruri', 'msg.request.uri'];
    expect(asked.map((select) => compileSelect(select)?.(reply))).toEqual([
      '180',
      'Ringing',
      '2',
      'INVITE',
      null,
      null,
    ]);
  });

  it.each([
    '',
    'from.',
    'nothing',
    'from.uri.nothing',
    'from.tag.x',
    'from.params',
    'ruri.rawuser',
    'ruri.user.x',
    'via[0].host',
    'via[x].host',
    'via.nothing',
    'cseq.x',
    'msg.request.nothing',
    'hf_value',
    'hf_value.x.uri.nothing',
    'hf_value.x.p.q.r',
    'hf_value_exists.x',
    'authorization',
    'from..uri',
    'from uri',
  ])('%j does not exist', (select) => {
    expect(compileSelect(select)).toBeUndefined();
  });
});
