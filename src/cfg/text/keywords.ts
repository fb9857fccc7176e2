/** Words that the grammar of kamailio.cfg has for itself. Defines do not replace them. */
import type { CoreField, Protocol } from '../ast.ts';

/** Functions that are keywords of Kamailio's grammar and not of a module. */
export const coreFunctions: ReadonlySet<string> = new Set(
  `forward forward_udp forward_tcp forward_tls forward_sctp exec log error setflag resetflag isflagset setavpflag
  resetavpflag isavpflagset rewritehost sethost seth rewritehostport sethostport sethp rewritehostporttrans
  sethostporttrans sethpt rewriteuser setuser setu rewriteuserpass setuserpass setup rewriteport setport setp rewriteuri
  seturi revert_uri prefix strip strip_tail userphone remove_branch clear_branches force_rport add_rport
  add_local_rport force_tcp_alias add_tcp_alias set_advertised_address set_advertised_port force_send_socket
  udp_mtu_try_proto set_forward_no_connect set_reply_no_connect set_forward_close set_reply_close cfg_select
  cfg_reset`.split(/\s+/),
);

/** Functions that need the script itself and are no module's here. */
export const languageFunctions: ReadonlySet<string> = new Set([
  'cfg_select',
  'cfg_reset',
  'check_route_exists',
  'route_if_exists',
]);

/** These may stand without parentheses. */
export const bareFunctions: ReadonlySet<string> = new Set(
  `revert_uri force_rport add_rport add_local_rport force_tcp_alias add_tcp_alias set_forward_no_connect
  set_reply_no_connect set_forward_close set_reply_close`.split(/\s+/),
);

/** Their arguments are sockets, hosts or flags: bare words and addresses, not expressions. */
export const wordFunctions: ReadonlySet<string> = new Set(
  `forward forward_udp forward_tcp forward_tls forward_sctp setflag resetflag isflagset setavpflag resetavpflag
  isavpflagset force_send_socket set_advertised_address set_advertised_port udp_mtu_try_proto force_tcp_alias
  add_tcp_alias`.split(/\s+/),
);

export const moduleWords: ReadonlySet<string> = new Set([
  'loadmodule',
  'loadmodulex',
  'loadpath',
  'mpath',
  'modparam',
  'modparamx',
  'cfgengine',
]);

export const routeWords: ReadonlySet<string> = new Set([
  'route',
  'request_route',
  'failure_route',
  'reply_route',
  'onreply_route',
  'branch_route',
  'onsend_route',
  'event_route',
]);

export const statementWords: ReadonlySet<string> = new Set([
  'if',
  'else',
  'while',
  'switch',
  'case',
  'default',
  'return',
  'exit',
  'drop',
  'break',
]);

export const wordOperators: ReadonlySet<string> = new Set(['and', 'or', 'not', 'eq', 'ne', 'ieq', 'ine', 'mod']);

export const namedExpressions: ReadonlySet<string> = new Set(['defined', 'strlen', 'strempty', 'selval']);

export const coreFields: ReadonlyMap<string, CoreField> = new Map<string, CoreField>([
  ['method', 'method'],
  ['uri', 'uri'],
  ['status', 'status'],
  ['from_uri', 'from_uri'],
  ['to_uri', 'to_uri'],
  ['src_ip', 'src_ip'],
  ['dst_ip', 'dst_ip'],
  ['snd_ip', 'snd_ip'],
  ['to_ip', 'to_ip'],
  ['src_port', 'src_port'],
  ['dst_port', 'dst_port'],
  ['snd_port', 'snd_port'],
  ['to_port', 'to_port'],
  ['proto', 'proto'],
  ['snd_proto', 'snd_proto'],
  ['to_proto', 'to_proto'],
  ['af', 'af'],
  ['snd_af', 'snd_af'],
  ['to_af', 'to_af'],
  ['msg:len', 'msg:len'],
]);

/** Words that are numbers to the lexer. */
export const numberWords: ReadonlyMap<string, number> = new Map([
  ...['yes', 'true', 'on', 'enable'].map((name) => [name, 1] as const),
  ...['no', 'false', 'off', 'disable'].map((name) => [name, 0] as const),
  ...['inet', 'INET', 'ipv4', 'IPv4', 'IPV4'].map((name) => [name, 2] as const),
  ...['inet6', 'INET6', 'ipv6', 'IPv6', 'IPV6'].map((name) => [name, 10] as const),
]);

export const protocols: ReadonlyMap<string, Protocol> = new Map<string, Protocol>(
  (['udp', 'tcp', 'tls', 'sctp', 'ws', 'wss'] as const).flatMap((name) => [
    [name, name],
    [name.toUpperCase(), name],
  ]),
);

/** What no define may stand for. */
export const reservedWords: ReadonlySet<string> = new Set([
  ...coreFunctions,
  ...moduleWords,
  ...routeWords,
  ...statementWords,
  ...wordOperators,
  ...namedExpressions,
  ...coreFields.keys(),
  ...numberWords.keys(),
  ...protocols.keys(),
  'myself',
  'max_len',
  'listen',
  'alias',
  'socket',
  'flags',
  'bool',
  'avpflags',
  'include_file',
  'import_file',
]);
