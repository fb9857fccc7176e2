/** The public API: what routes files, embedding programs and authors of modules import. */
export type { Cause, Tap, WireEvent } from './engine/exchange.ts';
export {
  type ReplyContext,
  type ReplyOrder,
  type ReplyOutcome,
  type RequestContext,
  type RouteKind,
  type Routes,
} from './engine/context.ts';
export type { ModuleDecl } from './engine/declaration.ts';
export type { Log, LogFields, LogLevel } from './engine/log.ts';
export { defineModule, type Host, type Instance, type Module, type ModuleApis, use } from './engine/module.ts';
export { defineRoutes, type ProgramSource } from './engine/program.ts';
export { createProxy, type Proxy, type ProxyOptions } from './engine/proxy.ts';
export { choice, int, list, str } from './engine/spec.ts';
export { type ErrorCode, ViaductError } from './errors.ts';
export { auth } from './modules/auth/auth.ts';
export { core } from './modules/core/core.ts';
export { siptrace } from './modules/siptrace/siptrace.ts';
export { sl } from './modules/sl/sl.ts';
export { tls } from './modules/tls/tls.ts';
export { tm } from './modules/tm/tm.ts';
export { topos } from './modules/topos/topos.ts';
export { topos_redis } from './modules/topos_redis/topos_redis.ts';
export { ndb_redis } from './modules/ndb_redis/ndb_redis.ts';
export { nodeWorld } from './world/node/world.ts';
export { maxfwd } from './modules/maxfwd/maxfwd.ts';
export { rr } from './modules/rr/rr.ts';
export { sanity } from './modules/sanity/sanity.ts';
export { siputils } from './modules/siputils/siputils.ts';
export { textops } from './modules/textops/textops.ts';
export { xlog } from './modules/xlog/xlog.ts';
export { ipops } from './modules/ipops/ipops.ts';
export { pv } from './modules/pv/pv.ts';
export { tmx } from './modules/tmx/tmx.ts';
export { alias_db } from './modules/alias_db/alias_db.ts';
export { auth_db } from './modules/auth_db/auth_db.ts';
export { db_text } from './modules/db_text/db_text.ts';
export { domain } from './modules/domain/domain.ts';
export { registrar } from './modules/registrar/registrar.ts';
export { speeddial } from './modules/speeddial/speeddial.ts';
export { usrloc } from './modules/usrloc/usrloc.ts';
export { cfgutils } from './modules/cfgutils/cfgutils.ts';
export { corex } from './modules/corex/corex.ts';
export { counters } from './modules/counters/counters.ts';
export { htable } from './modules/htable/htable.ts';
export { kex } from './modules/kex/kex.ts';
export { nathelper } from './modules/nathelper/nathelper.ts';
export { path } from './modules/path/path.ts';
export { permissions } from './modules/permissions/permissions.ts';
export { pike } from './modules/pike/pike.ts';
export { rtimer } from './modules/rtimer/rtimer.ts';
export { statistics } from './modules/statistics/statistics.ts';
export { textopsx } from './modules/textopsx/textopsx.ts';
export { acc } from './modules/acc/acc.ts';
export { uac } from './modules/uac/uac.ts';
export { cfg_rpc } from './modules/cfg_rpc/cfg_rpc.ts';
export { scriptDebugger } from './modules/debugger/debugger.ts';
export { ctl } from './modules/ctl/ctl.ts';
export { jsonrpcs } from './modules/jsonrpcs/jsonrpcs.ts';
export { xhttp } from './modules/xhttp/xhttp.ts';
