/** Functions of small modules that the other contests do not call, as the values that a reply brings back. */
import { loading } from '../beginnings.ts';
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
${loading('rr', 'corex', 'cfgutils', 'ipops', 'htable')}
modparam("htable", "htable", "h=>size=4;")
`;

/** The codes of calls, one after the other. */
const codes = (...calls: readonly string[]): string =>
  calls.map((call) => `$var(a) = ${call}; $var(log) = $var(log) + $var(a) + ",";`).join('\n');

const ipops: readonly Scene[] = [
  {
    title: 'ask what kind of address a text is',
    route: codes(
      ...['1.2.3.4', '[::1]', '::1', '01.2.3.4', '1.2.3', '::ffff:1.2.3.4', 'example.com', ' 1.2.3.4'].flatMap(
        (text) => [
          `is_ip("${text}")`,
          `is_pure_ip("${text}")`,
          `is_ipv4("${text}")`,
          `is_ipv6("${text}")`,
          `is_ipv6_reference("${text}")`,
          `ip_type("${text}")`,
          `is_ip_rfc1918("${text}")`,
        ],
      ),
    ),
    show: ['$var(log)'],
  },
  {
    title: 'compare addresses and find them in networks',
    route: codes(
      'compare_ips("[::1]", "0:0::1")',
      'compare_pure_ips("[::1]", "0:0::1")',
      'compare_ips("10.0.0.1", "10.0.0.1")',
      'is_in_subnet("10.1.2.3", "10.0.0.0/8")',
      'is_in_subnet("10.1.2.3", "10.5.0.0/8")',
      'is_in_subnet("10.1.2.3", "1.1.1.1, 10.1.2.3")',
      'is_in_subnet("10.1.2.3", "10.0.0.0/40")',
      'is_in_subnet("2001:db8::1", "2001:db8::/32")',
      'is_in_subnet("10.1.2.3", "2001:db8::/32")',
      'is_ip_rfc1918("172.31.0.1")',
      'is_ip_rfc1918("172.32.0.1")',
    ),
    show: ['$var(log)'],
  },
  {
    title: 'say what an address is for',
    route: [
      '172.20.1.1',
      '8.8.8.8',
      '100.64.1.1',
      '192.0.2.9',
      '169.254.0.1',
      'fe80::1',
      '[2001:db8::1]',
      '2a00::1',
      '::1',
      'x',
    ]
      .map(
        (text) =>
          `$var(b) = "-"; $var(a) = detailed_ip_type("${text}", "$var(b)"); $var(log) = $var(log) + $var(a) + $var(b) + ",";`,
      )
      .join('\n'),
    show: ['$var(log)'],
  },
  {
    title: 'ask for addresses',
    route: codes(
      'dns_sys_match_ip("localhost", "127.0.0.1")',
      'dns_sys_match_ip("localhost", "x")',
      'dns_query("127.0.0.1", "q")',
    ),
    show: [
      '$var(log)',
      '$dns(q=>count)',
      '$dns(q=>addr)',
      '$dns(q=>type[0])',
      '$dns(q=>ipv4)$dns(q=>ipv6)',
      '[$dns(q=>addr[1])]',
      '[$dns(none=>count)]',
    ],
  },
];

/** With the headers that a scene is about. */
const having =
  (headers: readonly (readonly [string, string])[], body?: string) =>
  async (stage: Stage): Promise<void> => {
    stage.request('MESSAGE', stage.own(), {
      headers,
      ...(body === undefined ? {} : { body, contentType: 'text/plain' }),
    });
    await stage.hears('alice', 200);
  };

const TEXT = 'one\r\ntwo\r\nthree\r\nfour\r\n';

const editing: readonly Scene[] = [
  {
    title: 'replace and remove whole lines of headers',
    route: `${codes('assign_hf_value2("X-A", "new")', 'remove_hf_value2("X-C")', 'remove_hf_value2("X-None")')} msg_apply_changes();`,
    play: having([
      ['X-A', 'old1, old2;p=1'],
      ['X-C', 'gone, too'],
      ['X-D', 'stays'],
    ]),
    show: ['$var(log)', '$hdr(X-A)', '[$hdr(X-C)]', '$hdr(X-D)'],
  },
  {
    title: 'add headers beside one that a walk has come to',
    route: `hf_iterator_start("w"); $var(n) = 0;
      while (hf_iterator_next("w")) {
        if ($hfitname(w) == "X-E") { ${codes('hf_iterator_append("w", "X-F: behind\\r\\n")', 'hf_iterator_insert("w", "X-F: before\\r\\n")')} }
      }
      hf_iterator_end("w"); msg_apply_changes();`,
    play: having([
      ['X-D', '1'],
      ['X-E', 'mark'],
      ['X-G', '2'],
    ]),
    show: ['$var(log)', '$(hdr(X-F)[0])', '$(hdr(X-F)[1])', '$hdrc(X-F)'],
  },
  {
    title: 'edit the lines of a body where a walk has come to',
    route: `bl_iterator_start("b");
      while (bl_iterator_next("b")) {
        if ($blitval(b) =~ "^two") { ${codes('bl_iterator_rm("b")')} }
        if ($blitval(b) =~ "^three") { ${codes('bl_iterator_append("b", "behind\\r\\n")', 'bl_iterator_insert("b", "before\\r\\n")')} }
      }
      bl_iterator_end("b"); msg_apply_changes();`,
    play: having([], TEXT),
    show: [
      '$var(log)',
      '$(rb{line.at,0})',
      '$(rb{line.at,1})',
      '$(rb{line.at,2})',
      '$(rb{line.at,3})',
      '$(rb{line.at,4})',
      '$bs',
    ],
  },
  {
    title: 'hide what a Contact names in its user, and find it again',
    route: `${codes('encode_contact("enc", "9.9.9.9")')} msg_apply_changes(); $avp(one) = $hdr(Contact);
      ${codes('decode_contact_header()')} msg_apply_changes(); $avp(two) = $hdr(Contact);
      $ru = "sip:enc*bob**1.2.3.4*5070*tcp@9.9.9.9"; ${codes('decode_contact()')}`,
    play: having([['Contact', '<sip:bob@1.2.3.4:5070;transport=tcp;ob>;q=0.5, "C" <sip:carol@5.6.7.8>']]),
    show: ['$var(log)', '$avp(one)', '$avp(two)', '$ru'],
  },
  {
    title: 'hide what a Contact names in a parameter, and find it again',
    route: `${codes('contact_param_encode("cp", "sip:127.0.0.1:5060")')} msg_apply_changes(); $avp(one) = $hdr(Contact);
      ${codes('contact_param_decode("cp")')} msg_apply_changes(); $avp(two) = $hdr(Contact);
      ${codes('contact_param_rm("ob")', 'contact_param_rm("none")')} msg_apply_changes(); $avp(three) = $hdr(Contact);
      $ru = "sip:x@y;cp=abc~def"; ${codes('contact_param_decode_ruri("cp")')}
      $ru = "sip:x@y;cp=c2lwOmJvYkAxLjIuMy40"; ${codes('contact_param_decode_ruri("cp")', 'contact_param_decode_ruri("cp")')}`,
    play: having([['Contact', '<sip:bob@1.2.3.4:5070;transport=tcp;ob>;q=0.5, "C" <sip:carol@5.6.7.8>']]),
    show: ['$var(log)', '$(avp(one){s.substr,0,29})', '$avp(two)', '$avp(three)', '$ru'],
  },
];

const routing: readonly Scene[] = [
  {
    title: 'tell whether a Route leads on',
    route: codes('rr_next_hop_route()', 'loose_route()', 'rr_next_hop_route()'),
    play: async (stage) => {
      stage.request('OPTIONS', stage.own(), {
        headers: [['Route', `<sip:127.0.0.1:${stage.server.port};lr>, <sip:10.1.1.1;lr>`]],
      });
      await stage.hears('alice', 200);
    },
    show: ['$var(log)', '$du'],
  },
  {
    title: 'tell a preloaded Route',
    route: codes('loose_route_preloaded()', 'rr_next_hop_route()'),
    play: async (stage) => {
      stage.request('OPTIONS', stage.own(), { headers: [['Route', `<sip:127.0.0.1:${stage.server.port};lr>`]] });
      await stage.hears('alice', 200);
    },
    show: ['$var(log)', '[$du]'],
  },
  {
    title: 'hash texts to numbers',
    route: codes(
      'core_hash("abc", "def", 0)',
      'core_hash("abc", "def", 8)',
      'core_hash("abc", "def", 16)',
      'core_hash("abcdefgh", "", 12)',
      'core_hash("$fU", "$tU", 10)',
    ),
    show: ['$var(log)'],
  },
];

const core: readonly Scene[] = [
  {
    title: 'keep further flags',
    route: codes(
      'setxflag(3)',
      'isxflagset(3)',
      'resetxflag(3)',
      'isxflagset(3)',
      'setxflag(63)',
      'isxflagset(63)',
      'is_faked_msg()',
    ),
    show: ['$var(log)'],
  },
  {
    title: 'keep internal flags',
    route: codes(
      'msg_iflag_set("USE_UAC_FROM")',
      'msg_iflag_is_set("USE_UAC_FROM")',
      'msg_iflag_is_set("USE_UAC_TO")',
      'msg_iflag_reset("USE_UAC_FROM")',
      'msg_iflag_is_set("USE_UAC_FROM")',
    ),
    show: ['$var(log)'],
  },
  {
    title: 'let a message count as come from elsewhere, and answer there',
    route: `force_rport(); ${codes('set_source_address("$(hdr(X-bob){uri.host}):$(hdr(X-bob){uri.port})")', 'set_source_address("x")')}`,
    show: ['$var(log)', '$si', '$sp', '$proto'],
    play: async (stage) => {
      stage.request('OPTIONS', stage.own());
      await stage.hears('bob', 200);
    },
  },
  {
    title: 'send a message as it came',
    route:
      '$du = $hdr(X-bob); $var(a) = send_udp(); $var(b) = send_udp("$(hdr(X-carol){uri.host}):$(hdr(X-carol){uri.port})");',
    show: ['$var(a)', '$var(b)'],
    play: async (stage) => {
      stage.request('MESSAGE', stage.own());
      await stage.hears('alice', 200);
      await stage.hears('bob', 'MESSAGE');
      await stage.hears('carol', 'MESSAGE');
    },
  },
];

export const functions: Contest = {
  name: 'functions',
  prelude,
  scenes: [...ipops, ...editing, ...routing, ...core],
};
