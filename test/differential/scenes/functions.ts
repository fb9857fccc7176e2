/** Functions of small modules that the other contests do not call, as the values that a reply brings back. */
import type { Contest, Scene } from '../contest.ts';

const prelude = `
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "cfgutils.so"
loadmodule "ipops.so"
loadmodule "htable.so"
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

export const functions: Contest = {
  name: 'functions',
  prelude,
  scenes: ipops,
};
