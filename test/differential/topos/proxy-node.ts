/** A proxy of the matrix: viaduct in this process or the real Kamailio, with the same routes and the same drop. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestContext, ReplyContext } from '../../../src/engine/context.ts';
import type { WireEvent } from '../../../src/engine/exchange.ts';
import { defineModule, use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy } from '../../../src/engine/proxy.ts';
import { rr } from '../../../src/modules/rr/rr.ts';
import { tm } from '../../../src/modules/tm/tm.ts';
import { topos } from '../../../src/modules/topos/topos.ts';
import { nodeWorld } from '../../../src/world/node/world.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { requireTool } from '../../support/tools.ts';
import { startContender } from '../contender.ts';

export type Maker = 'viaduct' | 'kamailio';

export interface NodeOptions {
  readonly port: number;
  /** The other proxy, and the user agent on this side. */
  readonly peer: number;
  readonly agent: number;
  /** Whether msg-outgoing drops what goes to the other proxy. */
  readonly drops: boolean;
  readonly redis: RedisServer | undefined;
}

export interface ProxyNode {
  /** What it received and sent, where it is ours to see. */
  readonly wire: readonly WireEvent[];
  stop(): Promise<void>;
}

export const startNode = (maker: Maker, options: NodeOptions): Promise<ProxyNode> =>
  maker === 'viaduct' ? startViaduct(options) : startKamailio(options);

async function startViaduct({ port, peer, agent, drops, redis }: NodeOptions): Promise<ProxyNode> {
  const wire: WireEvent[] = [];
  const watch = defineModule({ name: 'watch', doc: 'Sees the wire.' }, () => ({
    functions: {},
    tap: (event) => void wire.push(event),
  }));
  const program = defineRoutes([tm, rr, use(topos, redis === undefined ? {} : { storage: redis.url }), watch], (m) => ({
    request(ctx) {
      if (ctx.message.method === 'CANCEL') return m.tm.relay(ctx);
      if (ctx.message.toTag !== undefined) {
        m.rr.looseRoute(ctx);
        return m.tm.relay(ctx);
      }
      m.rr.recordRoute(ctx);
      ctx.destination.uri = `sip:127.0.0.1:${ctx.received.flow.remote.port === peer ? agent : peer}`;
      return m.tm.relay(ctx);
    },
    event: {
      'topos:msg-outgoing': (ctx) => (drops && leavingOn(ctx)?.remote.port === peer ? ctx.drop() : undefined),
    },
  }));
  const proxy = createProxy({ world: nodeWorld(), program, listen: [`udp:127.0.0.1:${port}`] });
  await proxy.start();
  return { wire, stop: () => proxy.stop() };
}

const leavingOn = (ctx: RequestContext | ReplyContext) => ('destination' in ctx ? ctx.destination.flow : ctx.leavingOn);

async function startKamailio({ port, peer, agent, drops, redis }: NodeOptions): Promise<ProxyNode> {
  requireTool('topos_redis.so');
  if (redis === undefined) throw new Error('topos of Kamailio needs a Redis');
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-topos-'));
  const cfg = join(folder, 'kamailio.cfg');
  writeFileSync(cfg, script({ port, peer, agent, drops, redis }));
  const server = await startContender('kamailio', { cfg, folder, port });
  return { wire: [], stop: () => server.stop() };
}

/** Two workers: with one, a blocking Redis command would hide races that it has. */
const script = ({ peer, agent, drops, redis }: NodeOptions): string => `#!KAMAILIO
debug=0
log_stderror=yes
children=2
auto_aliases=no
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "ndb_redis.so"
loadmodule "topos.so"
loadmodule "topos_redis.so"
modparam("ndb_redis", "server", "name=srv1;unix=${redis?.socket ?? ''};db=0")
modparam("topos_redis", "serverid", "srv1")
modparam("topos", "storage", "redis")
request_route {
  if ($fU == "fence") {
    sl_send_reply("200", "Fence");
    exit;
  }
  if (is_method("CANCEL")) {
    t_relay();
    exit;
  }
  if (has_totag()) {
    loose_route();
    t_relay();
    exit;
  }
  record_route();
  if ($sp == ${peer}) {
    $du = "sip:127.0.0.1:${agent}";
  } else {
    $du = "sip:127.0.0.1:${peer}";
  }
  t_relay();
}
event_route[topos:msg-outgoing] {
  ${drops ? `if ($sndto(port) == ${peer}) { drop; }` : 'return;'}
}
`;
