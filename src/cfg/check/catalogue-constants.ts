/** Functions whose arguments Kamailio 5.6.3 wants to be constants, by name and number of arguments; it was asked for each. */
const functions: ReadonlySet<string> = new Set(
  `add_contact_alias/3 add_rr_param/1 alias_db_lookup/1,2 allow_address/3 append_hf/1,2 append_hf_value/2
  assign_hf_value/2 auth_challenge/2 auth_check/3 change_reply_status/2 cnt_add/2 cnt_inc/1 cnt_reset/1
  exclude_hf_value/2 fix_nated_sdp/1,2 fnmatch/2,3 has_body/1 hf_value_exists/2 include_hf_value/2 insert_hf/1,2
  insert_hf_value/2 is_direction/1 is_gflag/1 is_method/1 is_subscriber/3 lookup/1,2 lookup_branches/1
  lookup_to_dset/1,2 proxy_authenticate/2 proxy_authorize/2 proxy_challenge/2 rand_set_prob/1 record_route/1
  record_route_preset/1,2 reg_fetch_contacts/3 registered/1,2 remove_hf_value/1 reset_gflag/1 reset_stat/1
  save/1,2,3 send_reply/2 set_gflag/1 sht_has_name/3 sht_has_str_value/3 sht_lock/1 sht_match_name/3
  sht_match_str_value/3 sht_rm_name/3 sht_rm_name_re/1 sht_rm_value/3 sht_rm_value_re/1 sht_unlock/1 sip_trace/1
  sl_reply/2 sl_send_reply/2 t_check_status/1 t_is_set/1 t_on_branch/1 t_on_branch_failure/1 t_on_failure/1
  t_on_reply/1 t_reply/2 unregister/2,3 update_stat/2 www_authenticate/2,3 www_authorize/2 www_challenge/2
  xalert/1 xavp_copy/3 xcrit/1 xdbg/1 xerr/1 xhttp_reply/4 xinfo/1 xlog/1,2,3 xnotice/1 xwarn/1`
    .split(/\s+/)
    .flatMap((word) => {
      const [name = '', counts = ''] = word.split('/');
      return counts.split(',').map((count) => `${name}/${count}`);
    }),
);

export const wantsConstants = (name: string, count: number): boolean => functions.has(`${name}/${count}`);
