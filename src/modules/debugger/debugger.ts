/**
 * debugger: a log line for each step that a kamailio.cfg takes, and looks at a message in the middle of it. Of Kamailio's
 * debugger the parts that stop nobody: there is one process, so nothing waits at a breakpoint.
 */
import type { RouteKind } from '../../engine/context.ts';
import { levelNamed, levelOf } from '../../engine/log.ts';
import { defineModule } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import type { ScriptWatch } from '../../engine/script-watch.ts';
import type {} from '../pv/api.ts';
import { declaration } from './declaration.ts';

/** What cfgtrace calls the blocks that messages come in by. */
const BLOCKS: Readonly<Record<RouteKind, string>> = {
  request: 'request_route',
  branch: 'branch_route',
  onsend: 'onsend_route',
  reply: 'onreply_route',
  onreply: 'onreply_route',
  failure: 'failure_route',
  branch_failure: 'branch_failure_route',
  event: 'event_route',
};

const AVPS = 1;
const VARS = 2;

export const scriptDebugger = defineModule(declaration, (host) => {
  const { params, log, stats } = host;
  const trace = { on: params.cfgtrace === 1 };
  const level = levelOf(params.log_level);
  const prefix = params.log_prefix.trimEnd();
  const scriptWatch: ScriptWatch = ({ route, file, line, action }, ctx) => {
    if (!trace.on) return;
    stats.steps.value++;
    log.write(level, `${prefix} ${BLOCKS[ctx.route]}=[${route}] c=[${file}] l=${line} n=${action}`);
  };
  return {
    scriptWatch,
    functions: {
      sipMsg({ message }, name = 'L_DBG') {
        const at = levelNamed(name) ?? 'debug';
        for (const line of Buffer.from(message.serialize()).toString('latin1').split('\r\n')) log.write(at, line);
        return 'shown';
      },
      pvDump(ctx, mask = AVPS + VARS, name = 'L_DBG') {
        const vars = host.find('pv')?.vars(ctx) ?? [];
        const shown = {
          ...((mask & VARS) !== 0 && Object.fromEntries([...vars].map(([key, value]) => [`$var(${key})`, value]))),
          ...((mask & AVPS) !== 0 &&
            Object.fromEntries([...ctx.state.avps].map(([key, all]) => [`$avp(${key})`, all]))),
        };
        log.write(levelNamed(name) ?? 'debug', JSON.stringify(shown));
        return 'shown';
      },
      breakpoint: () => 'passed',
    },
    tunables: {
      cfgtrace: {
        read: () => (trace.on ? 1 : 0),
        write(value) {
          trace.on = value === 1;
        },
      },
    },
    rpc: {
      'dbg.trace'([wanted]) {
        if (wanted === 'on' || wanted === 'off') trace.on = wanted === 'on';
        else if (wanted !== undefined) throw new RpcFault(400, 'on or off');
        return trace.on ? 'on' : 'off';
      },
    },
  };
});
