/** Names that scripts use and nobody has, and what to write instead. */

/** By name of a pseudo-variable. */
export const pvAdvice: ReadonlyMap<string, string> = new Map([
  ['T_req_time', 'keep the time of the INVITE in $avp(start) = $Ts, or use the lifetime of a dialog'],
]);

/** The modules of Kamailio that have pseudo-variables of their own. */
const owners: Readonly<Record<string, string>> = {
  dialog: 'dlg dlg_var dlg_ctx DLG_lifetime DLG_status DLG_dir',
  xhttp: 'hu',
  siptrace: 'siptrace',
  corex: 'lsock',
  sdpops: 'sdp',
  rtpengine: 'rtpstat',
  rtpproxy: 'rtpstat',
  async: 'async',
  sipt: 'sipt',
  msrp: 'msrp',
  tmx: 'T_reply_ruid',
  sqlops: 'dbr sqlrows',
  ndb_redis: 'redis redisd',
  uac: 'uac_req',
  http_client: 'curlerror',
  http_async_client: 'http_req http_req_id http_ok http_err http_rs http_rr http_rb http_bs http_ml http_hdr',
  evapi: 'evapi',
  dispatcher: 'dsv dsg',
  websocket: 'ws_conid',
  tls: 'tls_version tls_cipher_info tls_peer_subject tls_peer_subject_cn tls_peer_verified',
  uuid: 'uuid',
  sipdump: 'sipdump',
  topos: 'topos_ctx',
  jansson: 'jsonrpl',
  phonenum: 'phn',
  geoip2: 'gip2',
};

/** The module of Kamailio that has this pseudo-variable. */
export function moduleOfPv(name: string): string | undefined {
  return Object.entries(owners).find(([, names]) => names.split(' ').includes(name))?.[0];
}

const AVP_FLAGS = 'flags of attributes never tell that they are set in 5.6.3: keep the mark in $avp(name_flag)';

const OWN_VIA = 'our Via carries what belongs to it and nothing else';
const C_ONLY = 'memory is that of Node, and a route cannot end the process';
const C_BINDING = 'it is for modules written in C, not for routes';
const PRINT = 'write xlog() with the fields that you want to see';
const RPID = 'Remote-Party-ID is read with $re and written with append_hf()';

/** By name of a function. */
export const functionAdvice: ReadonlyMap<string, string> = new Map([
  ['mf_process_maxfwd', 'write mf_process_maxfwd_header("10")'],
  ['topos_request', 'topos sees every message by itself: loading the module is enough, remove the call'],
  ['topos_reply', 'topos sees every message by itself: loading the module is enough, remove the call'],
  ['string.format', 'there is no such function: put the pseudo-variables into the text, "$ci $fU"'],
  ['t_relay_to_sctp', 'there is no SCTP here: t_relay_to_udp(), t_relay_to_tcp() or t_relay_to_tls()'],
  ['t_forward_nonack_sctp', 'there is no SCTP here: relay over UDP, TCP or TLS'],
  ['t_replicate_sctp', 'there is no SCTP here: t_replicate_udp(), t_replicate_tcp() or t_replicate_tls()'],
  ['lua_runstring', 'write this part in TypeScript: docs/routes.md'],
  ['lua_run', 'write this part in TypeScript: docs/routes.md'],
  ['exec', 'viaduct starts no programs: write this part in TypeScript, docs/routes.md'],
  ['setavpflag', AVP_FLAGS],
  ['resetavpflag', AVP_FLAGS],
  ['isavpflagset', AVP_FLAGS],
  ['send', 'write forward("host:port"), or set $du and call t_relay()'],
  ['msg_set_buffer', 'a route works on the message that came: edit it, or send another one with send_data()'],
  ['is_incoming', 'it is for event_route[network:msg], which does not exist here'],
  ['file_write', 'viaduct writes no files: write this part in TypeScript, docs/routes.md'],
  ['via_add_srvid', OWN_VIA],
  ['via_add_xavp_params', OWN_VIA],
  ['via_use_xavp_fields', OWN_VIA],
  ['abort', C_ONLY],
  ['pkg_status', C_ONLY],
  ['shm_status', C_ONLY],
  ['pkg_summary', C_ONLY],
  ['shm_summary', C_ONLY],
  ['bind_textopsx', C_BINDING],
  ['bind_htable', C_BINDING],
  ['bind_tmx', C_BINDING],
  ['bind_xhttp', C_BINDING],
  ['pv_evalx', 'what a peer sent is never evaluated; $_s(text) puts pseudo-variables into a text of the script'],
  ['pv_xavp_print', PRINT],
  ['pv_xavu_print', PRINT],
  ['pv_xavi_print', PRINT],
  ['send_reply_mode', 'write send_reply("code", "reason")'],
  ['sanity_reply', 'sanity_check() answers by itself'],
  ['is_rpid_user_e164', RPID],
  ['append_rpid_hf', RPID],
  ['sip_p_charging_vector', 'write append_hf("P-Charging-Vector: icid-value=$sruid\\r\\n")'],
  ['tls_set_connect_server_id', 'the profile of an outgoing connection is chosen by its address in tls.cfg'],
  ['alias_db_find', 'write alias_db_lookup("table") and read $ru'],
  ['setdebug', 'the level is that of debug, and of cfg.set core debug over RPC'],
  ['resetdebug', 'the level is that of debug, and of cfg.set core debug over RPC'],
  ['dispatch_rpc', 'load jsonrpcs.so and xhttp.so, and call jsonrpc_dispatch() in event_route[xhttp:request]'],
  ['xmlrpc_reply', 'write xhttp_reply() in event_route[xhttp:request]'],
  ['len_gt', 'write msg:len >= 1500'],
]);

/** By name of a module that `loadmodule` asks for. */
export const moduleAdvice: ReadonlyMap<string, string> = new Map([
  ['lua', 'in Kamailio it is called app_lua.so'],
  ['mysql', 'in Kamailio it is called db_mysql.so'],
  ['postgres', 'in Kamailio it is called db_postgres.so'],
  ['redis', 'in Kamailio it is called ndb_redis.so'],
  ['mi_fifo', 'the management interface is gone since Kamailio 5: use jsonrpcs.so'],
  ['mi_datagram', 'the management interface is gone since Kamailio 5: use jsonrpcs.so'],
  ['mi_rpc', 'the management interface is gone since Kamailio 5: use jsonrpcs.so'],
]);

/** Functions that a file can do without: what is not there then. They give 1. */
export const harmless: ReadonlyMap<string, string> = new Map(
  'rtpproxy_manage rtpproxy_offer rtpproxy_answer rtpproxy_destroy rtpengine_manage rtpengine_offer rtpengine_answer rtpengine_delete'
    .split(' ')
    .map((name) => [name, 'media goes between the peers, nobody relays it'] as const),
);

/** Modules that change messages by being loaded: what does not happen without them. */
export const effectOfModule: ReadonlyMap<string, string> = new Map([
  ['topoh', 'addresses of the inside are not hidden'],
  ['outbound', 'flows of RFC 5626 are not kept'],
  ['websocket', 'nobody can connect by WebSocket'],
]);
