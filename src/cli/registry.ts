/** The modules that a kamailio.cfg can load. */
import type { ParamSetting } from '../cfg/compile/module-uses.ts';
import type { GlobalMap } from '../cfg/compile/settings.ts';
import type { Registry } from '../cfg/registry.ts';
import { acc } from '../modules/acc/acc.ts';
import { alias_db } from '../modules/alias_db/alias_db.ts';
import { auth } from '../modules/auth/auth.ts';
import { auth_db } from '../modules/auth_db/auth_db.ts';
import { cfg_rpc } from '../modules/cfg_rpc/cfg_rpc.ts';
import { cfgutils } from '../modules/cfgutils/cfgutils.ts';
import { core } from '../modules/core/core.ts';
import { corex } from '../modules/corex/corex.ts';
import { counters } from '../modules/counters/counters.ts';
import { ctl } from '../modules/ctl/ctl.ts';
import { db_text } from '../modules/db_text/db_text.ts';
import { scriptDebugger } from '../modules/debugger/debugger.ts';
import { domain } from '../modules/domain/domain.ts';
import { htable } from '../modules/htable/htable.ts';
import { ipops } from '../modules/ipops/ipops.ts';
import { jsonrpcs } from '../modules/jsonrpcs/jsonrpcs.ts';
import { kex } from '../modules/kex/kex.ts';
import { maxfwd } from '../modules/maxfwd/maxfwd.ts';
import { ndb_redis } from '../modules/ndb_redis/ndb_redis.ts';
import { nathelper } from '../modules/nathelper/nathelper.ts';
import { path } from '../modules/path/path.ts';
import { permissions } from '../modules/permissions/permissions.ts';
import { pike } from '../modules/pike/pike.ts';
import { pv } from '../modules/pv/pv.ts';
import { parseTransformations } from '../modules/pv/transformations/parse.ts';
import { registrar } from '../modules/registrar/registrar.ts';
import { rr } from '../modules/rr/rr.ts';
import { rtimer } from '../modules/rtimer/rtimer.ts';
import { sanity } from '../modules/sanity/sanity.ts';
import { siptrace } from '../modules/siptrace/siptrace.ts';
import { siputils } from '../modules/siputils/siputils.ts';
import { sl } from '../modules/sl/sl.ts';
import { speeddial } from '../modules/speeddial/speeddial.ts';
import { statistics } from '../modules/statistics/statistics.ts';
import { textops } from '../modules/textops/textops.ts';
import { textopsx } from '../modules/textopsx/textopsx.ts';
import { tls } from '../modules/tls/tls.ts';
import { tm } from '../modules/tm/tm.ts';
import { tmx } from '../modules/tmx/tmx.ts';
import { topos } from '../modules/topos/topos.ts';
import { topos_redis } from '../modules/topos_redis/topos_redis.ts';
import { uac } from '../modules/uac/uac.ts';
import { usrloc } from '../modules/usrloc/usrloc.ts';
import { xhttp } from '../modules/xhttp/xhttp.ts';
import { xlog } from '../modules/xlog/xlog.ts';

export const registry: Registry = {
  modules: [
    ...[core, kex, corex, tm, tmx, sl, rr, pv, maxfwd, textops, textopsx, siputils, xlog, sanity, cfgutils, counters],
    ...[statistics, rtimer, htable, ipops, nathelper, path, permissions, pike, siptrace, acc, uac],
    ...[auth, auth_db, db_text, domain, alias_db, speeddial, usrloc, registrar],
    ...[topos, ndb_redis, topos_redis],
    ...[ctl, cfg_rpc, jsonrpcs, xhttp, tls, scriptDebugger],
  ],
  always: ['core', 'pv'],
  parseTransformations,
  scoped: ['T_req', 'T_rpl', 'T_inv'],
};

/** Global parameters of Kamailio that are parameters of modules here. */
export const globalParams: GlobalMap = {
  udp_mtu: { module: 'tm', param: 'udp_mtu' },
  max_branches: { module: 'tm', param: 'max_branches' },
  use_dns_failover: { module: 'tm', param: 'use_dns_failover' },
};

/** What `viaduct.final_reply = "kamailio"` sets. */
export const twoFinals: ParamSetting = { module: 'sl', name: 'second_final', value: 1 };
