/** The parameters that the modules of Kamailio 5.6.3 have, by module: one that viaduct does not use is no mistake. */

const params = {
  acc: `
    early_media failed_transaction_flag failed_filter report_ack report_cancels multi_leg_info detect_direction
    acc_prepare_flag acc_prepare_always reason_from_hf acc_extra_nullable log_flag log_missed_flag log_level
    log_facility log_extra cdr_enable cdr_skip cdr_log_enable cdr_start_on_confirmed cdr_facility cdr_extra
    cdr_extra_nullable cdr_start_id cdr_end_id cdr_duration_id cdr_expired_dlg_enable db_flag db_missed_flag db_extra
    db_url db_table_acc db_table_missed_calls acc_method_column acc_from_tag_column acc_to_tag_column
    acc_callid_column acc_sip_code_column acc_sip_reason_column acc_time_column db_insert_mode time_mode time_attr
    time_exten cdrs_table time_format clone_msg cdr_on_failed acc_extra_size cdr_extra_size`,
  acc_diameter: 'diameter_flag diameter_missed_flag diameter_client_host diameter_client_port diameter_extra',
  alias_db: `
    db_url user_column domain_column alias_user_column alias_domain_column use_domain domain_prefix append_branches`,
  app_jsdt: 'load mode',
  app_sqlang: 'load',
  async: 'workers ms_timer return',
  auth: `
    secret nonce_expire nonce_auth_max_drift protect_contacts challenge_attr proxy_challenge_header
    www_challenge_header qop auth_checks_register auth_checks_no_dlg auth_checks_in_dlg nonce_count nc_array_size
    nc_array_order one_time_nonce otn_in_flight_no otn_in_flight_order nid_pool_no force_stateless_reply realm_prefix
    use_domain algorithm add_authinfo_hdr`,
  auth_db: `
    db_url user_column domain_column password_column password_column_2 calculate_ha1 use_domain load_credentials
    version_table force_generate_avps`,
  auth_diameter: 'diameter_client_host diameter_client_port use_domain',
  auth_xkeys: 'xkey',
  avp: 'xlbuf_size',
  avpops: `
    db_url avp_table use_domain uuid_column attribute_column value_column type_column username_column domain_column
    db_scheme`,
  benchmark: 'enable granularity loglevel register',
  call_control: `
    init start stop disable socket_name socket_timeout diverter_avp_id canonical_uri_avp signaling_ip_avp
    sip_application_avp`,
  call_obj: 'start end',
  carrierroute: `
    db_url carrierroute_table carrierfailureroute_table carrier_name_table domain_name_table carrierroute_id_col
    carrierroute_carrier_col carrierroute_domain_col carrierroute_scan_prefix_col carrierroute_flags_col
    carrierroute_mask_col carrierroute_prob_col carrierroute_strip_col carrierroute_rewrite_host_col
    carrierroute_rewrite_prefix_col carrierroute_rewrite_suffix_col carrierroute_description_col
    carrierfailureroute_id_col carrierfailureroute_carrier_col carrierfailureroute_domain_col
    carrierfailureroute_scan_prefix_col carrierfailureroute_host_name_col carrierfailureroute_reply_code_col
    carrierfailureroute_flags_col carrierfailureroute_mask_col carrierfailureroute_next_domain_col
    carrierfailureroute_description_col carrier_name_id_col carrier_name_carrier_col domain_name_id_col
    domain_name_domain_col subscriber_table subscriber_user_col subscriber_domain_col subscriber_carrier_col
    config_source default_tree config_file use_domain fallback_default fetch_rows db_load_description match_mode
    avoid_failed_destinations`,
  cfg_db: 'db_url transl_tbl custom_tbl',
  cfgt: 'basedir mask callid_prefix',
  cfgutils: 'initial_probability initial_gflags hash_file lock_set_size',
  corex: 'alias_subdomains dns_cache nio_intercept nio_min_msg_len nio_msg_avp evcb_reply_out',
  counters: 'script_cnt_grp_name script_counter',
  ctl: 'fifo binrpc mode user group autoconversion binrpc_max_body_size binrpc_struct_max_body_size binrpc_buffer_size',
  db2_ops: 'db_url declare_query declare_handle xlbuf_size',
  db_cluster: 'connection cluster inactive_interval max_query_length',
  db_flatstore: 'flush encode_delimiter field_delimiter record_delimiter escape_char file_suffix',
  db_text: 'db_mode emptystring file_buffer_size max_result_rows default_connection db_delim',
  debugger: `
    cfgtrace cfgtrace_format breakpoint log_level log_facility log_prefix log_level_name log_assign step_usleep
    step_loops mod_hash_size mod_level_mode mod_level mod_facility_mode mod_facility reset_msgid cfgpkgcheck cfgtest`,
  dialog: `
    enable_stats hash_size rr_param dlg_flag timeout_avp default_timeout dlg_extra_hdrs dlg_match_mode detect_spirals
    db_url db_mode table_name call_id_column from_uri_column from_tag_column to_uri_column to_tag_column h_id_column
    h_entry_column state_column start_time_column timeout_column to_cseq_column from_cseq_column to_route_column
    from_route_column to_contact_column from_contact_column to_sock_column from_sock_column sflags_column
    toroute_name_column vars_table_name vars_h_id_column vars_h_entry_column vars_key_column vars_value_column
    db_update_period db_fetch_rows profiles_with_value profiles_no_value bridge_controller bridge_contact ruri_pvar
    initial_cbs_inscript send_bye wait_ack xavp_cfg ka_timer ka_interval timeout_noreset timer_procs
    track_cseq_updates lreq_callee_headers db_skip_load ka_failed_limit enable_dmq event_callback early_timeout
    noack_timeout end_timeout h_id_start h_id_step keep_proxy_rr dlg_filter_mode`,
  dialplan: `
    db_url table_name dpid_col pr_col match_op_col match_exp_col match_len_col subst_exp_col repl_exp_col attrs_col
    attrs_pvar fetch_rows match_dynamic append_branch reload_delta`,
  dispatcher: `
    list_file db_url table_name setid_col destination_col flags_col priority_col attrs_col force_dst flags
    use_default xavp_dst xavp_dst_mode xavp_ctx xavp_ctx_mode hash_pvar setid_pvname attrs_pvname
    ds_probing_threshold ds_inactive_threshold ds_ping_method ds_ping_from ds_ping_interval ds_ping_latency_stats
    ds_latency_estimator_alpha ds_ping_reply_codes ds_probing_mode ds_hash_size ds_hash_expire ds_hash_initexpire
    ds_hash_check_interval outbound_proxy ds_default_socket ds_default_sockname ds_timer_mode event_callback
    ds_attrs_none ds_db_extra_attrs ds_load_mode reload_delta ds_dns_mode ds_dns_interval ds_dns_ttl`,
  diversion: 'suffix',
  dmq: `
    num_workers ping_interval server_address server_socket notification_address notification_channel multi_notify
    worker_usleep`,
  dmq_usrloc: `
    enable sync replicate_socket_info batch_msg_contacts batch_msg_size batch_size batch_usleep usrloc_domain
    usrloc_delete`,
  domain: 'db_url domain_table domain_attrs_table did_col domain_col name_col type_col value_col register_myself',
  domainpolicy: `
    db_url dp_table dp_col_rule dp_col_type dp_col_att dp_col_val port_override_avp transport_override_avp
    domain_prefix_avp domain_suffix_avp domain_replacement_avp send_socket_avp`,
  drouting: `
    db_url drd_table drr_table drg_table drl_table use_domain drg_user_col drg_domain_col drg_grpid_col ruri_avp
    attrs_avp sort_order fetch_rows force_dns enable_keepalive`,
  enum: 'domain_suffix tel_uri_params branchlabel i_enum_suffix bl_algorithm',
  evrexec: 'exec',
  exec: 'time_to_kill setvars bash_safety',
  group: `
    db_url table user_column domain_column group_column use_domain re_table re_exp_column re_gid_column multiple_gid`,
  htable: `
    htable db_url key_name_column key_type_column value_type_column key_value_column expires_column array_size_suffix
    fetch_rows timer_interval db_expires enable_dmq dmq_init_sync timer_procs event_callback event_callback_mode`,
  imc: `
    db_url hash_size imc_cmd_start_char rooms_table members_table outbound_proxy extra_hdrs create_on_join
    check_on_create`,
  jsonrpcs: `
    pretty_format transport fifo_name fifo_mode fifo_group fifo_user fifo_reply_dir dgram_socket dgram_workers
    dgram_timeout dgram_mode dgram_group dgram_user`,
  keepalive: 'ping_interval destination ping_from delete_counter',
  lcr: `
    db_url lcr_rule_table lcr_rule_target_table lcr_gw_table lcr_id_column id_column prefix_column from_uri_column
    mt_tvalue_column request_uri_column stopper_column enabled_column rule_id_column priority_column gw_id_column
    weight_column gw_name_column ip_addr_column port_column uri_scheme_column transport_column params_column
    hostname_column strip_column tag_column flags_column defunct_column gw_uri_avp ruri_user_avp tag_avp flags_avp
    rule_id_avp defunct_capability defunct_gw_avp lcr_id_avp mt_pv_values mtree lcr_count lcr_rule_hash_size
    lcr_gw_count dont_strip_or_prefix_flag priority_ordering fetch_rows ping_interval ping_inactivate_threshold
    ping_valid_reply_codes ping_from ping_socket`,
  lrkproxy: `
    lrkproxy_sock lrkproxy_disable_tout lrkproxy_retr lrkproxy_tout lrkp_alg hash_table_tout hash_table_size
    custom_sdp_ip_avp gt`,
  mangler: 'contact_flds_separator',
  matrix: 'db_url matrix_table matrix_first_col matrix_second_col matrix_res_col',
  maxfwd: 'max_limit',
  mediaproxy: `
    disable mediaproxy_socket mediaproxy_timeout signaling_ip_avp media_relay_avp ice_candidate ice_candidate_avp`,
  mohqueue: 'db_url db_ctable db_qtable mohdir moh_maxcalls',
  mqueue: 'db_url mqueue mqueue_name mqueue_size mqueue_addmode',
  msilo: `
    db_url db_table from_address contact_hdr extra_hdrs content_type_hdr offline_message reminder outbound_proxy
    expire_time check_time send_time clean_period use_contact sc_mid sc_from sc_to sc_uri_user sc_uri_host sc_body
    sc_ctype sc_exp_time sc_inc_time sc_snd_time sc_stored_hdrs snd_time_avp extra_hdrs_avp add_date max_messages
    add_contact skip_notification_flag`,
  msrp: 'sipmsg cmap_size auth_min_expires auth_max_expires timer_interval use_path_addr event_callback',
  mtree: `
    mtree db_url db_table tname_column tprefix_column tvalue_column char_list fetch_rows pv_value pv_values pv_dstid
    pv_weight pv_count mt_tree_type mt_ignore_duplicates mt_allow_duplicates`,
  nat_traversal: `
    keepalive_interval keepalive_method keepalive_from keepalive_extra_headers keepalive_state_file contact_match`,
  nathelper: `
    natping_interval ping_nated_only nortpproxy_str received_avp force_socket sipping_from sipping_method
    sipping_bflag natping_disable_bflag natping_processes natping_socket keepalive_timeout udpping_from_path
    append_sdp_oldmediaip filter_server_id nat_addr_mode alias_name`,
  ndb_redis: `
    server init_without_redis connect_timeout cmd_timeout cluster disable_time allowed_timeouts flush_on_reconnect
    allow_dynamic_nodes`,
  nosip: 'msg_match msg_skip',
  p_usrloc: `
    ruid_column user_column domain_column contact_column expires_column q_column callid_column cseq_column
    flags_column cflags_column db_mode use_domain desc_time_order user_agent_column received_column path_column
    socket_column methods_column matching_mode cseq_delay fetch_rows hash_size nat_bflag default_db_url
    default_db_type domain_db instance_column reg_id_column write_db_url read_db_url reg_db_table id_column
    num_column url_column status_column failover_time_column spare_flag_column error_column risk_group_column
    expire_time UTC_timestamps db_err_threshold failover_level db_retry_interval db_use_transactions
    db_transaction_level write_on_db write_on_master_db connection_expires alg_location db_ops_ruid
    db_update_as_insert mdb_availability_control`,
  path: 'use_received received_format enable_r2 sockname_mode received_name',
  pdb: 'server timeout',
  pdt: 'db_url db_table sdomain_column prefix_column domain_column prefix char_list fetch_rows check_domain',
  permissions: `
    default_allow_file default_deny_file check_all_branches allow_suffix deny_suffix db_url db_mode trusted_table
    source_col proto_col from_col ruri_col tag_col priority_col peer_tag_avp peer_tag_mode address_table address_file
    grp_col ip_addr_col mask_col port_col max_subnets load_backends reload_delta trusted_cleanup_interval`,
  pike: 'sampling_time_unit reqs_density_per_unit remove_latency pike_log_level',
  pipelimit: `
    timer_interval timer_mode reply_code reply_reason db_url plp_table_name plp_pipeid_column plp_limit_column
    plp_algorithm_column hash_size load_fetch clean_unused`,
  prefix_route: 'db_url db_table exit',
  pv: 'shvset varset avp_aliases',
  pv_headers: 'xavi_name header_value_size header_collect_flag header_apply_flag skip_headers split_headers auto_msg',
  qos: 'qos_flag',
  ratelimit: 'timer_interval queue pipe',
  regex: 'file max_groups group_max_size pcre_caseless pcre_multiline pcre_dotall pcre_extended',
  registrar: `
    default_expires default_expires_range expires_range default_q append_branches case_sensitive realm_prefix
    min_expires max_expires received_param received_avp max_contacts retry_after sock_mode sock_flag sock_hdr_name
    method_filtering use_path path_mode path_use_received path_check_local xavp_cfg xavp_rcd xavp_rcd_mask
    gruu_enabled outbound_mode regid_mode flow_timer contact_max_size event_callback lookup_filter_mode
    min_expires_mode use_expired_contacts`,
  rr: `
    append_fromtag enable_double_rr enable_full_lr add_username enable_socket_mismatch_warning custom_user_avp
    force_send_socket ignore_sips sockname_mode`,
  rtimer: 'default_interval timer exec',
  rtjson: 'xavp_cfg',
  rtpengine: `
    rtpengine_sock rtpengine_disable_tout aggressive_redetection rtpengine_retr queried_nodes_limit rtpengine_tout_ms
    rtpengine_allow_op control_cmd_tos db_url table_name setid_col url_col weight_col disabled_col extra_id_pv
    setid_avp force_send_interface rtp_inst_pvar write_sdp_pv read_sdp_pv hash_table_tout hash_table_size
    setid_default media_duration hash_algo mos_min_pv mos_min_at_pv mos_min_packetloss_pv mos_min_jitter_pv
    mos_min_roundtrip_pv mos_min_roundtrip_leg_pv mos_max_pv mos_max_at_pv mos_max_packetloss_pv mos_max_jitter_pv
    mos_max_roundtrip_pv mos_max_roundtrip_leg_pv mos_average_pv mos_average_packetloss_pv mos_average_jitter_pv
    mos_average_roundtrip_pv mos_average_roundtrip_leg_pv mos_average_samples_pv mos_A_label_pv mos_min_A_pv
    mos_min_at_A_pv mos_min_packetloss_A_pv mos_min_jitter_A_pv mos_min_roundtrip_A_pv mos_min_roundtrip_leg_A_pv
    mos_max_A_pv mos_max_at_A_pv mos_max_packetloss_A_pv mos_max_jitter_A_pv mos_max_roundtrip_A_pv
    mos_max_roundtrip_leg_A_pv mos_average_A_pv mos_average_packetloss_A_pv mos_average_jitter_A_pv
    mos_average_roundtrip_A_pv mos_average_roundtrip_leg_A_pv mos_average_samples_A_pv mos_B_label_pv mos_min_B_pv
    mos_min_at_B_pv mos_min_packetloss_B_pv mos_min_jitter_B_pv mos_min_roundtrip_B_pv mos_min_roundtrip_leg_B_pv
    mos_max_B_pv mos_max_at_B_pv mos_max_packetloss_B_pv mos_max_jitter_B_pv mos_max_roundtrip_B_pv
    mos_max_roundtrip_leg_B_pv mos_average_B_pv mos_average_packetloss_B_pv mos_average_jitter_B_pv
    mos_average_roundtrip_B_pv mos_average_roundtrip_leg_B_pv mos_average_samples_B_pv wsapi`,
  rtpproxy: `
    nortpproxy_str rtpproxy_sock rtpproxy_disable_tout rtpproxy_retr rtpproxy_tout timeout_socket
    ice_candidate_priority_avp extra_id_pv db_url table_name rtp_inst_pvar`,
  sanity: 'default_checks uri_checks proxy_require autodrop noreply',
  sca: `
    outbound_proxy db_url subs_table state_table db_update_interval hash_table_size call_info_max_expires
    line_seize_max_expires purge_expired_interval onhold_bflag server_address`,
  seas: 'listen_sockets stats_socket jain_ping servlet_ping clusters',
  secfilter: 'db_url table_name action_col type_col data_col dst_exact_match',
  sipcapture: `
    db_url table_name hash_source mt_mode date_column micro_ts_column method_column correlation_column
    reply_reason_column ruri_column ruri_user_column ruri_domain_column from_user_column from_domain_column
    from_tag_column to_user_column to_domain_column to_tag_column pid_user_column contact_user_column
    auth_user_column callid_column callid_aleg_column via_1_column via_1_branch_column cseq_column diversion_column
    reason_column content_type_column authorization_column user_agent_column source_ip_column source_port_column
    destination_ip_column destination_port_column contact_ip_column contact_port_column originator_ip_column
    originator_port_column proto_column family_column rtp_stat_column type_column node_column msg_column
    custom_field1_column custom_field2_column custom_field3_column capture_on capture_node raw_sock_children
    hep_capture_on raw_socket_listen raw_ipip_capture_on raw_moni_capture_on db_insert_mode raw_interface
    promiscuous_on raw_moni_bpf_on callid_aleg_header custom_field1_header custom_field2_header custom_field3_header
    capture_mode capture_bad_msgs insert_retries insert_retry_timeout table_time_sufix topoh_unmask nonsip_hook
    event_callback`,
  sipdump: 'enable wait rotate folder fprefix fage mode event_callback',
  siptrace: `
    auth_key db_url table date_column callid_column traced_user_column msg_column method_column status_column
    fromip_column toip_column fromtag_column totag_column direction_column trace_flag trace_on traced_user_avp
    trace_table_avp duplicate_uri trace_to_database trace_local_ip trace_sl_acks xheaders_write xheaders_read
    hep_mode_on force_send_sock send_sock_addr send_sock_name hep_version hep_capture_id trace_delayed trace_db_mode
    trace_init_mode trace_mode evcb_msg`,
  siputils: `
    options_accept options_accept_encoding options_accept_language options_support contact_flds_separator rpid_prefix
    rpid_suffix rpid_avp`,
  sl: 'default_code default_reason bind_tm rich_redirect event_callback_fl_ack event_callback_lres_sent',
  sms: 'networks modems links default_net max_sms_parts domain use_contact sms_report_type',
  speeddial: 'db_url user_column domain_column sd_user_column sd_domain_column new_uri_column use_domain domain_prefix',
  sqlops: 'sqlcon sqlres tr_buf_size connect_mode results_maxsize',
  sst: 'enable_stats min_se timeout_avp reject_to_small sst_flag',
  statistics: 'variable',
  statsc: 'track interval items',
  statsd: 'ip port',
  tcpops: 'closed_event event_callback',
  timer: 'declare_timer',
  tm: `
    ruri_matching via1_matching callid_matching callid_cseq_matching fr_timer fr_inv_timer wt_timer retr_timer1
    retr_timer2 max_inv_lifetime max_noninv_lifetime noisy_ctimer auto_inv_100 auto_inv_100_reason unix_tx_timeout
    restart_fr_on_each_reply fr_timer_avp fr_inv_timer_avp tw_append pass_provisional_replies aggregate_challenges
    unmatched_cancel default_code default_reason reparse_invite ac_extra_hdrs blst_503 blst_503_def_timeout
    blst_503_min_timeout blst_503_max_timeout blst_methods_add blst_methods_lookup cancel_b_method
    reparse_on_dns_failover on_sl_reply contacts_avp contact_flows_avp disable_6xx_block local_ack_mode
    failure_reply_mode faked_reply_prio remap_503_500 failure_exec_mode dns_reuse_rcv_socket local_cancel_reason
    e2e_cancel_reason xavp_contact event_callback relay_100 rich_redirect event_callback_lres_sent exec_time_check
    reply_relay_mode enable_uac_fr`,
  tmrec: 'wday separator',
  tmx: 'precheck_trans',
  topoh: `
    mask_key mask_ip mask_callid uparam_name uparam_prefix vparam_name vparam_prefix callid_prefix sanity_checks
    uri_prefix_checks event_callback event_mode`,
  topos: `
    storage db_url mask_callid sanity_checks branch_expire dialog_expire clean_interval event_callback event_mode
    contact_host contact_mode cparam_name xavu_cfg xavu_field_a_contact xavu_field_b_contact xavu_field_contact_host
    rr_update context`,
  topos_redis: 'serverid',
  tsilo: 'hash_size use_domain',
  uac: `
    rr_from_store_param rr_to_store_param restore_mode restore_dlg restore_passwd restore_from_avp restore_to_avp
    credential auth_username_avp auth_realm_avp auth_password_avp reg_db_url reg_db_table reg_contact_addr
    reg_timer_interval reg_retry_interval reg_keep_callid reg_random_delay reg_active reg_gc_interval reg_hash_size
    reg_use_domain default_socket event_callback`,
  uac_redirect: 'deny_filter accept_filter default_filter acc_function acc_db_table bflags flags_hdr_mode q_value',
  uid_auth_db: `
    db_url username_column did_column realm_column password_column password_column_2 plain_password_column
    flags_column calculate_ha1 load_credentials use_did check_all_ha1`,
  uid_avp_db: `
    db_url user_attrs_table uri_attrs_table uid_column username_column did_column name_column type_column
    value_column flags_column scheme_column attr_group auto_unlock_extra_attrs`,
  uid_domain: `
    db_url db_mode domain_table domain_col did_col flags_col domattr_table domattr_did domattr_name domattr_type
    domattr_value domattr_flags load_domain_attrs`,
  uid_gflags: `
    initial db_url load_global_attrs global_attrs_table global_attrs_name global_attrs_type global_attrs_value
    global_attrs_flags`,
  uid_uri_db: 'db_url uri_table uid_column did_column username_column flags_column scheme_column',
  uri_db: 'db_url db_table user_column domain_column uriuser_column use_uri_table use_domain',
  userblocklist: `
    db_url userblocklist_table globalblocklist_table userblocklist_id_col userblocklist_username_col
    userblocklist_domain_col userblocklist_prefix_col userblocklist_allowlist_col globalblocklist_id_col
    globalblocklist_prefix_col globalblocklist_allowlist_col globalblocklist_description_col use_domain match_mode`,
  usrloc: `
    ruid_column user_column domain_column contact_column expires_column q_column callid_column cseq_column
    flags_column cflags_column db_url timer_interval db_mode db_load db_insert_update use_domain desc_time_order
    user_agent_column received_column path_column socket_column methods_column instance_column reg_id_column
    server_id_column connection_id_column keepalive_column partition_column matching_mode cseq_delay fetch_rows
    hash_size nat_bflag handle_lost_tcp close_expired_tcp skip_remote_socket preload db_update_as_insert timer_procs
    db_check_update xavp_contact db_ops_ruid expires_type db_raw_fetch_type db_insert_null server_id_filter
    db_timer_clean rm_expired_delay version_table ka_mode ka_from ka_domain ka_method ka_filter ka_timeout
    ka_loglevel ka_logmsg load_rank db_clean_tcp`,
  tls: `
    tls_method certificate private_key ca_list ca_path crl verify_certificate verify_depth require_certificate
    cipher_list server_name connection_timeout tls_disable_compression ssl_release_buffers ssl_freelist_max_len
    ssl_max_send_fragment ssl_read_ahead send_close_notify con_ct_wq_max ct_wq_max ct_wq_blk_size tls_log tls_debug
    low_mem_threshold1 low_mem_threshold2 tls_force_run session_cache session_id renegotiation config xavp_cfg
    event_callback rand_engine engine engine_config engine_algorithms verify_client`,
  xhttp: 'url_match url_skip event_callback',
  xhttp_prom: `
    xhttp_prom_buf_size xhttp_prom_stats xhttp_prom_beginning prom_counter prom_gauge prom_histogram
    xhttp_prom_timeout`,
  xhttp_rpc: 'xhttp_rpc_root xhttp_rpc_buf_size',
  xlog: 'buf_size force_color long_format prefix log_facility log_colors methods_filter prefix_mode',
  xprint: 'buf_size',
} as const;

const known: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(params).map(([module, names]) => [module, new Set(names.trim().split(/\s+/))] as const),
);

/** The parameters of a module of Kamailio. */
export const paramsOf = (module: string): readonly string[] => [...(known.get(module) ?? [])];

export const isKamailioParam = (module: string, name: string): boolean => known.get(module)?.has(name) === true;
