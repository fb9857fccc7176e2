/** The functions that the modules of Kamailio 5.6.3 export, by module: to say where an unknown one belongs. */

const functions = {
  acc: 'acc_log_request acc_db_request acc_request',
  acc_diameter: 'acc_diam_request',
  alias_db: 'alias_db_lookup alias_db_find',
  app_jsdt: 'jsdt_dostring jsdt_dofile jsdt_runstring jsdt_run',
  app_sqlang: 'sqlang_dostring sqlang_dofile sqlang_runstring sqlang_run',
  async: `
    async_route async_ms_route async_sleep async_ms_sleep async_task_route async_task_group_route async_task_data
    async_task_group_data`,
  auth: `
    consume_credentials www_challenge proxy_challenge auth_challenge pv_www_authorize pv_www_authenticate
    pv_proxy_authorize pv_proxy_authenticate auth_get_www_authenticate has_credentials pv_auth_check`,
  auth_db: 'www_authorize www_authenticate proxy_authorize proxy_authenticate auth_check is_subscriber',
  auth_diameter: 'diameter_www_authorize diameter_proxy_authorize diameter_is_user_in',
  auth_xkeys: 'auth_xkeys_add auth_xkeys_check',
  avp: `
    set_iattr set_sattr set_attr print_attr del_attr del_attrs subst_attr flags2attr attr2uri dump_attrs attr_equals
    attr_exists attr_equals_xl xlset_attr xlfix_attr insert_attr_hf append_attr_hf replace_attr_hf attr_to_reply
    attr_destination xlset_destination hdr_body2attrs hdr_body2attrs2`,
  avpops: `
    avp_print avp_db_load avp_db_delete avp_db_store avp_db_query avp_delete avp_copy avp_pushto avp_check avp_op
    avp_subst avp_subst_pv is_avp_set`,
  benchmark: 'bm_start_timer bm_log_timer',
  blst: `
    blst_add blst_add_retry_after blst_del blst_is_blocklisted blst_set_ignore blst_clear_ignore blst_rpl_set_ignore
    blst_rpl_clear_ignore`,
  call_control: 'call_control',
  call_obj: 'call_obj_get call_obj_free',
  carrierroute: 'cr_user_carrier cr_route cr_nofallback_route cr_next_domain',
  cfgutils: `
    rand_set_prob rand_reset_prob rand_get_prob rand_event sleep usleep abort pkg_status shm_status pkg_summary
    shm_summary set_gflag reset_gflag is_gflag lock unlock trylock core_hash check_route_exists route_if_exists`,
  corex: `
    forward_reply append_branch send_udp send_tcp send_data sendx is_incoming msg_iflag_set msg_iflag_reset
    msg_iflag_is_set file_read file_write setxflag resetxflag isxflagset set_send_socket set_send_socket_name
    set_recv_socket set_recv_socket_name set_source_address via_add_srvid via_add_xavp_params via_use_xavp_fields
    is_faked_msg is_socket_name`,
  counters: 'cnt_inc cnt_add cnt_reset',
  db2_ops: 'db_query db_first db_next db_seek db_close db_foreach db_proper',
  debugger: 'dbg_breakpoint dbg_pv_dump dbg_sip_msg',
  dialog: `
    dlg_manage set_dlg_profile unset_dlg_profile is_in_profile get_profile_size dlg_setflag dlg_resetflag
    dlg_isflagset dlg_bye dlg_refer dlg_bridge dlg_get is_known_dlg dlg_set_timeout dlg_set_timeout_by_profile
    dlg_set_property dlg_reset_property dlg_remote_profile dlg_set_ruri dlg_db_load_callid dlg_db_load_extra`,
  dialplan: 'dp_translate dp_reload dp_match dp_replace',
  dispatcher: `
    ds_select ds_select_dst ds_select_domain ds_select_routes ds_next_dst ds_next_domain ds_set_dst ds_set_domain
    ds_mark_dst ds_is_from_list ds_list_exist ds_list_exists ds_load_unset ds_load_update ds_is_active ds_reload`,
  diversion: 'add_diversion',
  dmq: 'dmq_handle_message dmq_process_message dmq_send_message dmq_bcast_message dmq_t_replicate dmq_is_from_node',
  domain: 'is_from_local is_uri_host_local is_domain_local lookup_domain',
  domainpolicy: 'dp_can_connect dp_apply_policy',
  drouting: 'do_routing use_next_gw next_routing is_from_gw goes_to_gw',
  enum: 'enum_query enum_pv_query is_from_user_enum i_enum_query',
  evapi: `
    evapi_relay evapi_async_relay evapi_multicast evapi_async_multicast evapi_unicast evapi_async_unicast evapi_close
    evapi_set_tag`,
  exec: 'exec_dset exec_msg exec_avp exec_cmd',
  group: 'is_user_in get_user_group',
  htable: `
    sht_print sht_rm sht_rm_name_re sht_rm_value_re sht_rm_name sht_rm_value sht_match_name sht_has_name
    sht_match_str_value sht_has_str_value sht_lock sht_unlock sht_reset sht_iterator_start sht_iterator_next
    sht_iterator_end sht_iterator_rm sht_iterator_sets sht_iterator_seti sht_iterator_setex sht_setxs sht_setxi
    bind_htable`,
  imc: 'imc_manager',
  ipops: `
    is_ip is_pure_ip is_ipv4 is_ipv6 is_ipv6_reference ip_type detailed_ipv4_type detailed_ipv6_type detailed_ip_type
    compare_ips compare_pure_ips is_ip_rfc1918 is_in_subnet dns_sys_match_ip dns_int_match_ip dns_query srv_query
    naptr_query dns_set_local_ttl`,
  jsonrpcs: 'jsonrpc_dispatch jsonrpc_exec',
  keepalive: 'ka_is_alive ka_add_destination ka_del_destination',
  kex: `
    setsflag resetsflag issflagset setbflag resetbflag isbflagset setdsturi resetdsturi isdsturiset pv_printf
    avp_printf is_myself setdebug resetdebug`,
  lcr: 'load_gws next_gw defunct_gw inactivate_gw from_gw from_any_gw to_gw to_any_gw',
  log_custom: 'log_udp',
  lrkproxy: 'set_lrkproxy_set lrkproxy_manage',
  mangler: 'sdp_mangle_ip sdp_mangle_port encode_contact decode_contact decode_contact_header',
  matrix: 'matrix',
  maxfwd: 'maxfwd_process mf_process_maxfwd_header process_maxfwd is_maxfwd_lt maxfwd_at_least mf_lowlimit',
  mediaproxy: 'engage_media_proxy use_media_proxy end_media_session',
  mohqueue: 'mohq_count mohq_process mohq_retrieve mohq_send',
  mqueue: 'mq_fetch mq_add mq_pv_free mq_size bind_mq',
  msilo: 'm_store m_dump bind_msilo',
  msrp: `
    msrp_relay msrp_reply msrp_is_request msrp_is_reply msrp_set_dst msrp_relay_flags msrp_reply_flags msrp_cmap_save
    msrp_cmap_lookup`,
  mtree: 'mt_match',
  nat_traversal: 'nat_keepalive fix_contact client_nat_test',
  nathelper: `
    fix_nated_contact add_contact_alias set_contact_alias handle_ruri_alias fix_nated_sdp nat_uac_test
    fix_nated_register add_rcv_param is_rfc1918 set_alias_to_pv`,
  path: 'add_path add_path_received',
  pdb: 'pdb_query',
  pdt: 'prefix2domain pd_translate',
  permissions: `
    allow_routing allow_register allow_trusted allow_uri allow_address allow_source_address
    allow_source_address_group allow_address_group`,
  pike: 'pike_check_req pike_check_ip',
  pipelimit: 'pl_check pl_active pl_drop',
  prefix_route: 'prefix_route',
  pv: `
    pv_isset pv_unset pv_xavp_print pv_xavu_print pv_xavi_print pv_var_to_xavp pv_xavp_to_var is_int typeof not_empty
    xavp_copy xavp_slist_explode xavp_params_explode xavp_params_implode xavu_params_explode xavu_params_implode
    xavp_child_seti xavp_child_sets xavp_rm xavp_child_rm xavi_child_seti xavi_child_sets xavi_rm xavi_child_rm
    sbranch_set_ruri sbranch_append sbranch_reset pv_evalx`,
  pv_headers: `
    pvh_collect_headers pvh_apply_headers pvh_reset_headers pvh_check_header pvh_append_header pvh_modify_header
    pvh_remove_header pvh_header_param_exists pvh_remove_header_param`,
  ratelimit: 'rl_check rl_check_pipe',
  regex: 'pcre_match pcre_match_group',
  registrar: `
    save lookup lookup_to_dset registered add_sock_hdr unregister reg_fetch_contacts reg_free_contacts
    lookup_branches reg_send_reply`,
  rr: `
    loose_route loose_route_preloaded loose_route_mode record_route record_route_preset
    record_route_advertised_address add_rr_param check_route_param is_direction remove_record_route rr_next_hop_route`,
  rtjson: 'rtjson_init_routes rtjson_push_routes rtjson_next_route rtjson_update_branch',
  rtpengine: `
    set_rtpengine_set start_recording stop_recording block_dtmf unblock_dtmf block_media unblock_media silence_media
    unsilence_media start_forwarding stop_forwarding play_media stop_media play_dtmf rtpengine_offer rtpengine_answer
    rtpengine_info rtpengine_manage rtpengine_delete rtpengine_query rtpengine_query_v`,
  rtpproxy: `
    set_rtp_proxy_set unforce_rtp_proxy rtpproxy_destroy start_recording rtpproxy_offer rtpproxy_answer
    rtpproxy_stream2uac rtpproxy_stream2uas rtpproxy_stop_stream2uac rtpproxy_stop_stream2uas rtpproxy_manage`,
  sanity: 'sanity_check sanity_reply',
  sca: 'sca_handle_subscribe sca_call_info_update',
  sdpops: `
    sdp_remove_line_by_prefix sdp_remove_codecs_by_id sdp_remove_codecs_by_name sdp_keep_codecs_by_id
    sdp_keep_codecs_by_name sdp_with_media sdp_with_active_media sdp_remove_media sdp_with_transport
    sdp_with_transport_like sdp_remove_transport sdp_transport sdp_with_codecs_by_id sdp_with_codecs_by_name
    sdp_print sdp_get sdp_content sdp_with_ice sdp_get_line_startswith sdp_get_address_family`,
  seas: 'as_relay_t as_relay_sl',
  secfilter: `
    secf_check_ua secf_check_from_hdr secf_check_to_hdr secf_check_contact_hdr secf_check_ip secf_check_country
    secf_check_dst secf_check_sqli_all secf_check_sqli_hdr`,
  sipcapture: 'sip_capture report_capture float2int sip_capture_forward',
  sipdump: 'sipdump_send',
  sipjson: 'sj_serialize',
  sipt: 'sipt_destination sipt_forwarding sipt_set_calling sipt_set_bci_1 sipt_has_isup_body',
  siptrace: 'sip_trace hlog sip_trace_mode',
  siputils: `
    options_reply is_user has_totag uri_param uri_param_any add_uri_param get_uri_param uri_param_rm tel2sip is_uri
    is_e164 is_uri_user_e164 encode_contact decode_contact decode_contact_header cmp_uri cmp_aor cmp_hdr_name
    is_rpid_user_e164 append_rpid_hf set_uri_user set_uri_host is_request is_reply is_gruu is_supported is_first_hop
    is_tel_number is_numeric is_alphanum is_alphanumex sip_p_charging_vector contact_param_encode
    contact_param_decode contact_param_decode_ruri contact_param_rm hdr_date_check`,
  sl: 'sl_send_reply sl_reply send_reply send_reply_mode sl_reply_error sl_forward_reply',
  sms: 'sms_send_msg_to_net sms_send_msg',
  smsops: 'smsdump isRPDATA',
  speeddial: 'sd_lookup',
  sqlops: 'sql_query sql_query_async sql_xquery sql_pvquery sql_result_free',
  ss7ops: 'isup_to_json',
  sst: 'sstCheckMin',
  statistics: 'update_stat reset_stat',
  statsc: 'statsc_reset',
  statsd: 'statsd_gauge statsd_histogram statsd_start statsd_stop statsd_incr statsd_decr statsd_set',
  tcpops: `
    tcp_keepalive_enable tcp_keepalive_disable tcp_set_connection_lifetime tcp_enable_closed_event tcp_conid_state
    tcp_get_conid tcp_conid_alive tcp_set_otcpid tcp_set_otcpid_flag tcp_close_connection`,
  textops: `
    search search_body search_hf search_append search_append_body replace replace_str replace_body replace_body_str
    replace_hdrs replace_hdrs_str replace_all replace_body_all replace_body_atonce append_to_reply append_hf
    insert_hf append_urihf remove_hf remove_hf_idx remove_hf_re remove_hf_exp is_present_hf is_present_hf_re
    remove_hf_pv remove_hf_re_pv remove_hf_exp_pv remove_hf_match is_present_hf_pv is_present_hf_re_pv subst
    subst_uri subst_user subst_body subst_hf filter_body append_time set_body set_reply_body is_method has_body
    is_privacy in_list in_list_prefix cmp_str cmp_istr search_str starts_with ends_with str_find str_ifind
    is_audio_on_hold append_time_to_request set_body_multipart append_body_part append_body_part_hex remove_body_part
    get_body_part_raw get_body_part regex_substring`,
  textopsx: `
    msg_apply_changes msg_set_buffer change_reply_status change_reply_status_code remove_body keep_hf fnmatch
    append_hf_value insert_hf_value remove_hf_value assign_hf_value remove_hf_value2 assign_hf_value2
    include_hf_value exclude_hf_value hf_value_exists hf_iterator_start hf_iterator_next hf_iterator_prev
    hf_iterator_end hf_iterator_rm hf_iterator_append hf_iterator_insert bl_iterator_start bl_iterator_next
    bl_iterator_end bl_iterator_rm bl_iterator_append bl_iterator_insert bind_textopsx`,
  timer: 'timer_enable',
  tm: `
    t_newtran t_lookup_request t_lookup_cancel t_reply t_send_reply t_retransmit_reply t_release t_relay_to_udp
    t_relay_to_tcp t_relay_to_tls t_relay_to_sctp t_replicate t_replicate_udp t_replicate_tcp t_replicate_tls
    t_replicate_sctp t_replicate_to t_relay t_relay_to_avp t_relay_to t_forward_nonack t_forward_nonack_uri
    t_forward_nonack_udp t_forward_nonack_tcp t_forward_nonack_tls t_forward_nonack_sctp t_forward_nonack_to
    t_relay_cancel t_on_failure t_on_branch_failure t_on_reply t_on_branch t_check_status t_write_req t_write_unix
    t_set_fr t_reset_fr t_set_retr t_reset_retr t_set_max_lifetime t_reset_max_lifetime t_set_auto_inv_100
    t_set_disable_6xx t_set_disable_failover t_set_no_e2e_cancel_reason t_disable_e2e_cancel_reason
    t_set_disable_internal_reply t_branch_timeout t_branch_replied t_any_timeout t_any_replied t_is_canceled
    t_is_retr_async_reply t_is_expired t_grep_status t_drop_replies t_save_lumps t_check_trans t_is_set
    t_use_uac_headers t_uac_send t_get_status_code t_load_contacts t_next_contacts t_next_contact_flow t_clean`,
  tmrec: 'tmrec_match is_leap_year time_period_match',
  tmx: `
    t_cancel_branches t_cancel_callid t_reply_callid t_flush_flags t_flush_xflags t_is_failure_route
    t_is_branch_route t_is_reply_route t_is_request_route t_suspend t_continue t_reuse_branch t_precheck_trans
    bind_tmx t_drop`,
  topos: 'tps_set_context',
  tsilo: 'ts_append_to ts_append ts_append_by_contact ts_store',
  uac: `
    uac_replace_from uac_restore_from uac_replace_to uac_restore_to uac_auth uac_auth_mode uac_req_send
    uac_reg_lookup uac_reg_lookup_uri uac_reg_status uac_reg_request_to uac_reg_enable uac_reg_disable
    uac_reg_refresh`,
  uac_redirect: 'set_deny_filter set_accept_filter get_redirects',
  uid_auth_db: 'www_authenticate www_authorize proxy_authenticate proxy_authorize',
  uid_avp_db: 'load_attrs load_extra_attrs save_extra_attrs remove_extra_attrs lock_extra_attrs unlock_extra_attrs',
  uid_domain: 'is_local lookup_domain',
  uid_gflags: 'set_ugflag reset_ugflag is_ugflag flush_ugflags',
  uid_uri_db: 'lookup_user check_uri',
  uri_db: 'check_to check_from check_uri does_uri_exist',
  userblocklist: 'check_user_blocklist check_user_allowlist check_blocklist check_allowlist',
  xhttp: 'xhttp_reply bind_xhttp',
  xhttp_prom: `
    prom_check_uri prom_dispatch prom_counter_reset prom_gauge_reset prom_counter_inc prom_gauge_set
    prom_histogram_observe`,
  xhttp_rpc: 'dispatch_xhttp_rpc',
  xlog: 'xlog xdbg xinfo xnotice xwarn xerr xbug xcrit xalert xlogl xdbgl xlogm',
  xprint: 'xplog xpdbg',
  presence: `
    handle_publish handle_subscribe pres_refresh_watchers pres_update_watchers pres_auth_status pres_has_subscribers`,
  websocket: 'ws_handle_handshake ws_close',
  http_client: 'http_client_query http_client_get http_client_post http_connect http_get_redirect',
  http_async_client: 'http_async_query',
  jansson: 'jansson_get jansson_set jansson_append jansson_xdecode jansson_get_field jansson_array_size',
  ndb_redis: 'redis_cmd redis_free redis_pipe_cmd redis_execute redis_pipe',
  json: 'json_get_field json_get_string',
  phonenum: 'phonenum_match phonenum_match_cn',
  geoip2: 'geoip2_match',
  app_python3: 'python_exec',
  tls: 'is_peer_verified tls_set_connect_server_id',
  rabbitmq: 'rabbitmq_publish rabbitmq_publish_consume',
  ldap: 'ldap_search ldap_result ldap_result_next',
  kazoo: 'kazoo_publish kazoo_query kazoo_json',
  cplc: 'cpl_run_script cpl_process_register',
  utils: 'xcap_auth_status',
  xmpp: 'xmpp_send_message',
  app_lua: 'lua_run lua_runstring lua_dofile lua_dostring',
  pua_dialoginfo: 'dialoginfo_update',
  xmlrpc: 'dispatch_rpc xmlrpc_reply',
  secsipid: 'secsipid_check_identity secsipid_add_identity',
} as const;

/** Modules without functions for scripts. */
const others = `
  cfg_db cfg_rpc cfgt ctl db_cluster db_flatstore db_text dmq_usrloc evrexec kemix nosip p_usrloc qos rtimer stun
  topoh usrloc uuid outbound db_mysql db_postgres db_mongodb db_redis db_unixodbc db_sqlite db_berkeley db_cassandra
  db_oracle db_perlvdb app_python3s app_ruby gcrypt lost erlang snmpstats tls_wolfssl nats mqtt stirshaken
  secsipid_proc h350 gzcompress janssonrpcc geoip kafka ndb_mongodb ndb_cassandra radius acc_radius auth_radius
  misc_radius peering rtp_media_server sctp systemdops topos_redis topos_htable jwt log_systemd xcap_client
  xcap_server lwsc microhttpd math posops dlgs influxdbc rtprelay pua_rpc pua_json cdp cdp_avp ims_auth ims_charging
  ims_dialog ims_diameter_server ims_icscf ims_ipsec_pcscf ims_isc ims_ocs ims_qos ims_qos_npn ims_registrar_pcscf
  ims_registrar_scscf ims_usrloc_pcscf ims_usrloc_scscf rls presence_conference presence_dialoginfo
  presence_mwi presence_profile presence_reginfo presence_xml presence_dfks pua_reginfo auth_ephemeral auth_identity
  app_perl app_python app_mono app_ruby_proc memcached crypto osp tlsa dnssec app_lua_sr prometheus xhttp_pi
  print_lib`;

const owners: ReadonlyMap<string, string> = new Map(
  Object.entries(functions).flatMap(([module, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, module] as const),
  ),
);

const modules: ReadonlySet<string> = new Set([...Object.keys(functions), ...others.trim().split(/\s+/)]);

/** The names that a module of Kamailio exports. */
export const functionsOf = (module: string): readonly string[] =>
  Object.entries(functions)
    .find(([name]) => name === module)?.[1]
    .trim()
    .split(/\s+/) ?? [];

/** The module of Kamailio that has this function. */
export const moduleOfFunction = (name: string): string | undefined => owners.get(name);

export const isKamailioModule = (name: string): boolean => modules.has(name);

export const kamailioModules: Iterable<string> = modules;
