/** What ipops declares: questions about addresses and to DNS, under Kamailio's names. */
import { int, pv, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
/** Where a route can wait. */
const waiting = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const text = str({ doc: 'A text.' });
const host = str({ doc: 'A name, or an address.' });
const container = str({ doc: 'Name under which the answer is kept.' });
const place = pv({ writable: true, doc: 'Gets the kind.' });

const question = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes: anywhere, args: [text], returns: 'boolean', doc }) as const;
const comparison = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes: anywhere, args: [text, text], returns: 'boolean', doc }) as const;
const detailed = <const C extends readonly string[]>(cfg: C, doc: string) =>
  ({ cfg, routes: anywhere, args: [text, place], returns: { written: 1, none: -1 }, doc }) as const;

const matches = {
  routes: waiting,
  args: [host, str({ doc: 'An address.' })],
  async: true,
  returns: { matches: 1, differs: -1, badAddress: -3, unresolved: -4 },
} as const;

export const declaration = {
  name: 'ipops',
  doc: 'Questions about addresses, and to DNS.',
  functions: {
    isIp: question(['is_ip'], 'Whether it is an IPv4 or IPv6 address, with or without brackets.'),
    isPureIp: question(['is_pure_ip'], 'Whether it is an IPv4 address, or one of IPv6 without brackets.'),
    isIpv4: question(['is_ipv4'], 'Whether it is an IPv4 address.'),
    isIpv6: question(['is_ipv6'], 'Whether it is an IPv6 address without brackets.'),
    isIpv6Reference: question(['is_ipv6_reference'], 'Whether it is an IPv6 address in brackets.'),
    ipType: {
      cfg: ['ip_type'],
      routes: anywhere,
      args: [text],
      returns: { ipv4: 1, ipv6: 2, reference: 3, none: -1 },
      doc: 'What kind of address it is; a reference is IPv6 in brackets.',
    },
    detailedIpType: detailed(
      ['detailed_ip_type'],
      'Writes what an address is for: PRIVATE, PUBLIC, LOOPBACK and so on.',
    ),
    detailedIpv4Type: detailed(['detailed_ipv4_type'], 'The same for IPv4 only.'),
    detailedIpv6Type: detailed(['detailed_ipv6_type'], 'The same for IPv6 only.'),
    compareIps: comparison(['compare_ips'], 'Whether two addresses are the same, however they are written.'),
    comparePureIps: comparison(['compare_pure_ips'], 'The same, and neither is in brackets.'),
    isIpRfc1918: question(['is_ip_rfc1918'], 'Whether it is a private IPv4 address (RFC 1918).'),
    isInSubnet: comparison(
      ['is_in_subnet'],
      'Whether an address is in one of the networks of a list, `10.0.0.0/8, 2001:db8::/32`.',
    ),
    dnsSysMatchIp: {
      ...matches,
      cfg: ['dns_sys_match_ip'],
      doc: 'Whether a name has this address. The route waits for DNS.',
    },
    dnsIntMatchIp: { ...matches, cfg: ['dns_int_match_ip'], doc: 'The same.' },
    dnsQuery: {
      cfg: ['dns_query'],
      routes: waiting,
      args: [host, container],
      async: true,
      returns: { answered: 1, full: -1, unresolved: -4 },
      doc: 'Asks for the addresses of a name; `$dns(x)` reads them. The route waits for DNS.',
    },
    srvQuery: {
      cfg: ['srv_query'],
      routes: waiting,
      args: [str({ doc: 'Name of a service, `_sip._udp.example.com`.' }), container],
      async: true,
      returns: { answered: 1, full: -1 },
      doc: 'Asks for the servers of a service; `$srvquery(x)` reads them.',
    },
    naptrQuery: {
      cfg: ['naptr_query'],
      routes: waiting,
      args: [str({ doc: 'A domain.' }), container],
      async: true,
      returns: { answered: 1, full: -1 },
      doc: 'Asks for the NAPTR records of a domain; `$naptrquery(x)` reads them.',
    },
    dnsSetLocalTtl: {
      cfg: ['dns_set_local_ttl'],
      routes: anywhere,
      args: [int({ min: 0, doc: 'Seconds.' })],
      returns: { accepted: 1 },
      doc: 'Accepted: records live as long as they say.',
    },
  },
  pvs: {
    dns: {
      type: 'any',
      inner: 'required',
      doc: 'Answer of dns_query, `$dns(name=>addr[0])`: `addr`, `type` (4 or 6), `count`, `ipv4` and `ipv6` (1 where there are such).',
    },
    srvquery: {
      type: 'any',
      inner: 'required',
      doc: 'Answer of srv_query: `count`, and of each record `port`, `priority`, `target`, `weight`.',
    },
    naptrquery: {
      type: 'any',
      inner: 'required',
      doc: 'Answer of naptr_query: `count`, and of each record `order`, `pref`, `flags`, `services`, `replace`.',
    },
  },
} as const;
