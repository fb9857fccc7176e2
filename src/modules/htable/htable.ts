/**
 * htable: tables of names and values that all routes share and that outlive a reload. Same parameters, pseudo-variables,
 * functions and RPC as Kamailio's htable, without its database and DMQ.
 */
import type { EventRoute, ReplyContext, RequestContext } from '../../engine/context.ts';
import { internalRequest } from '../../engine/internal-request.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { RouteLocks } from '../../engine/route-locks.ts';
import { runRoute } from '../../engine/run-route.ts';
import { ViaductError } from '../../errors.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { declaration } from './declaration.ts';
import { parseDefinition } from './definition.ts';
import type { Cell } from './hash-table.ts';
import { Iterators } from './iterators.ts';
import { byName, byText, fitter } from './matching.ts';
import { HtableRpc } from './rpc.ts';
import { MAX_TABLES, Tables, type TimedTable } from './tables.ts';
import { htableVariables, placeOf } from './variables.ts';

type Ctx = RequestContext | ReplyContext;

export const htable = defineModule(declaration, (host) => {
  const { params, engine, stats, world } = host;
  const tables = host.state('tables', () => new Tables(engine.timers, world.clock));
  const locks = host.state('locks', () => new RouteLocks(engine.timers, world.clock));
  const definitions = params.htable.map((text) => parseDefinition(text, params.max_items));
  if (definitions.length > MAX_TABLES) throw new ViaductError('PARAM_VALUE', `htable: more than ${MAX_TABLES} tables`);
  const patterns = new PatternCache();
  const iterators = new Iterators(host.slot('iterators'));
  const expired = host.slot<Cell>('expired');
  const find = (name: string): TimedTable | undefined => tables.find(name);
  const full = (): 'full' => {
    stats.full.value++;
    return 'full';
  };
  const rpc = new HtableRpc(tables, world.clock);
  return {
    functions: {
      ...tableFunctions({ find, patterns, full, print: () => print(tables, host) }),
      ...lockFunctions(locks, find),
      ...walkFunctions(iterators, find),
    },
    pvs: htableVariables({ find, patterns, iterators, expired, full }),
    routeEnded: (ctx) => locks.releaseAll(ctx),
    async start() {
      for (const settings of definitions) tables.define(settings);
      tables.keep(new Set(definitions.map(({ name }) => name)));
      tables.onExpired = (table, cell) => {
        void runEvent(host, `htable:expired:${table}`, ({ exchange }) => expired.put(exchange, cell));
      };
      await runEvent(host, 'htable:mod-init', () => undefined);
    },
    rpc: {
      'htable.get': rpc.get,
      'htable.dump': rpc.dump,
      'htable.sets': rpc.sets,
      'htable.seti': rpc.seti,
      'htable.setex': rpc.setex,
      'htable.setxs': rpc.setxs,
      'htable.setxi': rpc.setxi,
      'htable.delete': rpc.delete,
      'htable.flush': rpc.flush,
      'htable.listTables': rpc.listTables,
      'htable.stats': rpc.stats,
      'htable.reload': rpc.refused,
      'htable.store': rpc.refused,
    },
  };
});

type HtableHost = Pick<Host<typeof declaration>, 'engine' | 'log' | 'routes'>;

function runEvent(host: HtableHost, name: string, prepare: (ctx: RequestContext) => void): Promise<void> | undefined {
  const route: EventRoute | undefined = host.routes.event?.[name];
  if (route === undefined) return undefined;
  const ctx = internalRequest(host.engine);
  prepare(ctx);
  return runRoute(host.log, name, () => route(ctx));
}

function print(tables: Tables, { log }: HtableHost): 'printed' {
  for (const { table } of tables.all()) log.write('notice', 'table', { name: table.settings.name, size: table.size });
  return 'printed';
}

interface TableParts {
  readonly find: (name: string) => TimedTable | undefined;
  readonly patterns: PatternCache;
  readonly full: () => 'full';
  readonly print: () => 'printed';
}
type Op = 'equal' | 'notEqual' | 'matches' | 'startsWith' | 'contains';
type By = typeof byName;

function tableFunctions({ find, patterns, full, print }: TableParts) {
  const removing = (by: By) => (_: Ctx, name: string, op: Op, text: string) => {
    const table = find(name);
    if (table === undefined) return 'noTable';
    table.deleteWhere(by(fitter(op, text, patterns)));
    return 'removed';
  };
  const removingRe = (by: By) => (_: Ctx, text: string) => {
    const place = placeOf(text, find);
    if (place === undefined) return 'noTable';
    place.table.deleteWhere(by(fitter('matches', place.name, patterns)));
    return 'removed';
  };
  const having = (by: By) => (_: Ctx, name: string, op: Op, text: string) => {
    const fits = by(fitter(op, text, patterns));
    for (const cell of find(name)?.cells() ?? []) if (fits(cell)) return true;
    return false;
  };
  const storing = (name: string, key: string, value: string | number) => {
    const table = find(name);
    if (table === undefined) return 'noTable';
    return table.set(key, value) ? 'stored' : full();
  };
  return {
    sets: (_: Ctx, name: string, key: string, value: string) => storing(name, key, value),
    seti: (_: Ctx, name: string, key: string, value: number) => storing(name, key, value),
    setex: (_: Ctx, name: string, key: string, seconds: number) =>
      find(name)?.expireIn(key, seconds) === true ? 'set' : 'absent',
    rm(_: Ctx, name: string, key: string) {
      const table = find(name);
      table?.table.delete(key);
      return table === undefined ? 'noTable' : 'removed';
    },
    rmName: removing(byName),
    rmValue: removing(byText),
    rmNameRe: removingRe(byName),
    rmValueRe: removingRe(byText),
    reset(_: Ctx, name: string) {
      const table = find(name);
      table?.table.clear();
      return table === undefined ? 'noTable' : 'emptied';
    },
    hasName: having(byName),
    hasStrValue: having(byText),
    isNull: (_: Ctx, name: string, key: string) => find(name)?.read(key) === undefined,
    print,
  } as const;
}

function lockFunctions(locks: RouteLocks, find: (name: string) => TimedTable | undefined) {
  return {
    lock: (ctx: Ctx, place: string) => (placeOf(place, find) === undefined ? 'noTable' : locks.acquire(place, ctx)),
    unlock: (ctx: Ctx, place: string) => (locks.release(place, ctx) ? 'unlocked' : 'notHeld'),
  } as const;
}

function walkFunctions(iterators: Iterators, find: (name: string) => TimedTable | undefined) {
  const here = ({ exchange }: Ctx, name: string, act: (table: TimedTable, key: string) => unknown) => {
    const at = iterators.at(exchange, name);
    if (at === undefined) return 'nothing';
    act(at.table, at.cell.name);
    return 'done';
  };
  return {
    iteratorStart({ exchange }: Ctx, name: string, tableName: string) {
      const table = find(tableName);
      if (table === undefined) return 'noTable';
      return iterators.start(exchange, name, table) ? 'started' : 'full';
    },
    iteratorNext: ({ exchange }: Ctx, name: string) => iterators.next(exchange, name),
    iteratorEnd({ exchange }: Ctx, name: string): 'ended' {
      iterators.end(exchange, name);
      return 'ended';
    },
    iteratorRm: (ctx: Ctx, name: string) => here(ctx, name, (table, key) => table.table.delete(key)),
    iteratorSets: (ctx: Ctx, name: string, value: string) => here(ctx, name, (table, key) => table.set(key, value)),
    iteratorSeti: (ctx: Ctx, name: string, value: number) => here(ctx, name, (table, key) => table.set(key, value)),
    iteratorSetex: (ctx: Ctx, name: string, value: number) =>
      here(ctx, name, (table, key) => table.expireIn(key, value)),
  } as const;
}
