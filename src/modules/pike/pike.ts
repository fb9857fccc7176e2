/**
 * pike: recognises addresses that send more requests than anyone in good faith. Same tree, bounds and results as
 * Kamailio's pike; what to do with a flood is for the route to decide.
 */
import { defineModule } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { int, str } from '../../engine/spec.ts';
import { formatIp, parseIp } from '../../util/ip.ts';
import type { Verdict } from './flood-tree.ts';
import { Watch } from './watch.ts';

const returns = { ok: 1, flood: -1, newFlood: -2 } as const;
const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;

export const pike = defineModule(
  {
    name: 'pike',
    doc: 'Recognises addresses that flood.',
    params: {
      sampling_time_unit: int({ default: 2, min: 1, max: 86_400, doc: 'Seconds of a sampling period.' }),
      reqs_density_per_unit: int({ default: 30, min: 1, max: 32_767, doc: 'Requests of one address in a period.' }),
      remove_latency: int({ default: 120, min: 1, max: 86_400, doc: 'Seconds that a silent address is remembered.' }),
      pike_log_level: int({ default: 0, min: -3, max: 3, doc: 'Accepted; a new flood is a warning.' }),
    },
    functions: {
      checkReq: {
        cfg: ['pike_check_req'],
        routes: ['request', 'reply', 'onreply'],
        args: [],
        returns,
        doc: 'Counts the request. `newFlood` the first time that its source exceeds the density, `flood` from then on.',
      },
      checkIp: {
        cfg: ['pike_check_ip'],
        routes: anywhere,
        args: [str({ doc: 'An IP address; anything else is ok.' })],
        returns,
        doc: 'Counts a request of this address.',
      },
    },
    stats: { blocked_ips: 'Addresses that began to flood.' },
    rpc: {
      'pike.top': { doc: 'Addresses that are watched: HOT (default) those that flood, WARM, or ALL.' },
      'pike.list': { doc: 'The same as pike.top.' },
    },
  },
  (host) => {
    const { params, engine, world, log, stats } = host;
    const settings = {
      density: params.reqs_density_per_unit,
      periodMs: params.sampling_time_unit * 1000,
      silenceMs: params.remove_latency * 1000,
    };
    const watch = host.state(Object.values(settings).join(' '), () => new Watch(settings, engine.timers));
    const check = (address: string): keyof typeof returns => {
      const bytes = parseIp(address);
      return bytes === undefined ? 'ok' : told(watch.hit(bytes, world.clock.now()), address);
    };
    const told = (verdict: Verdict, address: string): keyof typeof returns => {
      if (verdict === 'quiet') return 'ok';
      if (verdict === 'newFlood') {
        stats.blocked_ips.value++;
        log.write('warn', 'this address floods', { address });
      }
      return verdict;
    };
    const list = ([wanted = 'HOT']: readonly (string | number)[]): unknown =>
      top(watch, String(wanted), world.clock.now());
    return {
      functions: {
        checkReq: ({ received }) => check(received.flow.remote.address),
        checkIp: (_, address) => check(address),
      },
      rpc: { 'pike.top': list, 'pike.list': list },
    };
  },
);

/** Addresses in one answer. */
export const MAX_LISTED = 10_000;

function top({ tree }: Watch, wanted: string, now: number): unknown {
  if (wanted !== 'HOT' && wanted !== 'WARM' && wanted !== 'ALL') throw new RpcFault(400, 'HOT, WARM or ALL');
  const rows: unknown[] = [];
  for (const { address, previous, current, expires, status } of tree.flooders()) {
    if (rows.length >= MAX_LISTED) break;
    if (wanted !== 'ALL' && status !== wanted) continue;
    rows.push({
      ip_addr: formatIp(Uint8Array.from(address)),
      leaf_hits_prev: previous,
      leaf_hits_curr: current,
      expires: expires === undefined ? 0 : Math.max(Math.round((expires - now) / 1000), 0),
      status,
    });
  }
  return { max_hits: tree.density, list: rows, number_of_rows: rows.length };
}
