/** statistics: the same counters under other names, and the `stats.*` commands. As Kamailio's statistics and kex have them. */
import { defineModule } from '../../engine/module.ts';
import { list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type { CountersApi, ScriptCounter } from '../counters/api.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const name = str({ doc: 'Name of the counter, or `group:name`.' });

export const statistics = defineModule(
  {
    name: 'statistics',
    doc: 'Numbers that routes count, and their RPC.',
    needs: ['counters'],
    params: {
      variable: list({ default: [], doc: 'A counter each: `name` or `group:name`, then perhaps `/no_reset`.' }),
    },
    functions: {
      update: {
        cfg: ['update_stat'],
        routes: anywhere,
        args: [name, str({ doc: 'How much, `+1` or `-3`.' })],
        returns: { counted: 1, unknown: -1, malformed: -1 },
        doc: 'Counts.',
      },
      reset: {
        cfg: ['reset_stat'],
        routes: anywhere,
        args: [name],
        returns: { reset: 1, unknown: -1 },
        doc: 'Begins again with 0, unless the counter is one of no_reset.',
      },
    },
    rpc: {
      'stats.get_statistics': { doc: 'Lines `group:name = value`: all, `group:`, or names.' },
      'stats.fetch': { doc: 'Values as texts by `group.name`: the same.' },
      'stats.fetchn': { doc: 'Values as numbers by `group.name`: the same.' },
      'stats.reset_statistics': { doc: 'Sets counters to 0: the same.' },
      'stats.clear_statistics': { doc: 'Sets counters to 0 and gives what they were: the same.' },
    },
  },
  (host) => {
    const { params } = host;
    const table = host.use('counters');
    const definitions = params.variable.map(definition);
    const chosen = (given: readonly (string | number)[]) => choose(table, given.map(String));
    const values = (given: readonly (string | number)[], show: (value: number) => string | number) =>
      Object.fromEntries(chosen(given).map((one) => [`${one.group}.${one.name}`, show(one.value)]));
    return {
      functions: {
        update(_, text, amount) {
          const counter = table.find(text);
          if (counter === undefined) return 'unknown';
          if (!AMOUNT.test(amount)) return 'malformed';
          counter.value += Number(amount);
          return 'counted';
        },
        reset(_, text) {
          const counter = table.find(text);
          if (counter === undefined) return 'unknown';
          toZero(counter);
          return 'reset';
        },
      },
      async start() {
        for (const one of definitions) table.make(one);
      },
      rpc: {
        'stats.get_statistics': (given) => chosen(given).map(line),
        'stats.fetch': (given) => values(given, String),
        'stats.fetchn': (given) => values(given, (value) => value),
        'stats.reset_statistics': (given) => {
          for (const counter of chosen(given)) toZero(counter);
          return {};
        },
        'stats.clear_statistics': (given) => {
          const lines = chosen(given).map(line);
          for (const counter of chosen(given)) toZero(counter);
          return lines;
        },
      },
    };
  },
);

const AMOUNT = /^[+-]?\d{1,9}$/;
const DEFINITION = /^(?:([A-Za-z0-9_-]+):)?([A-Za-z0-9_-]+)(\/no_reset)?$/;

function definition(text: string) {
  const [, group = 'script', counter, fixed] = DEFINITION.exec(text.trim()) ?? [];
  if (counter !== undefined) return { group, name: counter, doc: '', fixed: fixed !== undefined };
  throw new ViaductError('PARAM_VALUE', `statistics.variable ${JSON.stringify(text)}: expected name or group:name`);
}

const line = ({ group, name: counter, value }: ScriptCounter): string => `${group}:${counter} = ${value}`;

function toZero(counter: ScriptCounter): void {
  if (!counter.fixed) counter.value = 0;
}

/** `all`, `group:` or a name; each counter once. */
function choose(table: CountersApi, wanted: readonly string[]): readonly ScriptCounter[] {
  const found = new Set<ScriptCounter>();
  for (const one of wanted) {
    const alone = table.find(one);
    if (alone !== undefined) found.add(alone);
    else for (const counter of table.all()) if (one === 'all' || one === `${counter.group}:`) found.add(counter);
  }
  return [...found];
}
