/** `stats.*`: what the driver, the transports and the modules count, under Kamailio's `group:name`. */
import type { Arrivals } from '../arrivals.ts';
import type { Command, Commands } from '../command.ts';
import type { DriverCounters } from '../driver.ts';
import type { Engine } from '../engine.ts';
import type { Program } from '../program.ts';
import { RpcFault } from '../rpc-fault.ts';
import { inOrder, measured, type Statistic } from '../statistic.ts';

/** What of a proxy counts. */
export interface Counted {
  readonly engine: Engine;
  readonly program: Program;
  readonly counters: DriverCounters;
  readonly arrivals: Arrivals;
}
type Params = readonly (string | number)[];

const WHICH = '`all`, `group:`, `group:name` or a name, any number of them';

export function statisticsCommands(proxy: Counted): Commands {
  const chosen = (params: Params): readonly Statistic[] => {
    if (params.length === 0) throw new RpcFault(400, 'Please provide which stats to retrieve');
    return choose(statisticsOf(proxy), params.map(String));
  };
  const byName =
    (show: (value: number) => string | number): Command['run'] =>
    (params) =>
      Object.fromEntries(chosen(params).map((one) => [`${one.group}.${one.name}`, show(one.value)]));
  const reset = (params: Params): readonly Statistic[] => {
    if (params.length === 0) throw new RpcFault(400, 'Please provide stats name');
    const before = chosen(params);
    for (const one of before) one.reset?.();
    return before;
  };
  return {
    'stats.get_statistics': {
      doc: `Lines \`group:name = value\`: ${WHICH}.`,
      run: (params) => chosen(params).map(line),
    },
    'stats.fetch': { doc: `Values as texts by \`group.name\`: ${WHICH}.`, run: byName(String) },
    'stats.fetchn': { doc: `Values as numbers by \`group.name\`: ${WHICH}.`, run: byName((value) => value) },
    'stats.reset_statistics': {
      doc: `Sets counters to 0: ${WHICH}. What only measures stays.`,
      run: (params) => {
        reset(params);
        return {};
      },
    },
    'stats.clear_statistics': {
      doc: `Sets counters to 0 and gives the lines of what they were: ${WHICH}.`,
      run: (params) => reset(params).map(line),
    },
  };
}

const line = ({ group, name, value }: Statistic): string => `${group}:${name} = ${value}`;

export function statisticsOf({ program, counters, arrivals, engine }: Counted): readonly Statistic[] {
  const { transport } = engine;
  const ofModules = program.modules.flatMap(({ decl, stats, instance }) => [
    ...Object.entries(stats).map(([name, counter]) => ({
      group: decl.name,
      name,
      value: counter.value,
      doc: decl.stats?.[name] ?? '',
      reset: () => {
        counter.value = 0;
      },
    })),
    ...(instance.statistics?.() ?? []),
  ]);
  return inOrder([
    measured('core', 'rcv_requests', counters.requests),
    measured('core', 'rcv_replies', counters.replies),
    measured('core', 'bad_msg_hdr', counters.malformed),
    measured('core', 'drop_replies', counters.foreignReplies),
    ...arrivals.statistics(),
    measured('tcp', 'current_opened_connections', transport.counters.connections),
    measured('tcp', 'established', transport.counters.accepted + transport.counters.connected),
    measured('tcp', 'passive_open', transport.counters.accepted),
    measured('tcp', 'connect_success', transport.counters.connected),
    measured('tcp', 'sendq_full', transport.counters.dropped.bufferFull),
    measured('tcp', 'con_timeout', transport.counters.dropped.idle),
    ...ofModules,
  ]);
}

function choose(all: readonly Statistic[], wanted: readonly string[]): readonly Statistic[] {
  const isWanted = ({ group, name }: Statistic): boolean =>
    wanted.some((one) => one === 'all' || one === `${group}:` || one === name || one === `${group}:${name}`);
  return all.filter(isWanted);
}
