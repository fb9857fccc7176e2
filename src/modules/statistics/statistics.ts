/** statistics: the counters of scripts under other names. As Kamailio's statistics has them. */
import { defineModule } from '../../engine/module.ts';
import { list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type { ScriptCounter } from '../counters/api.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const name = str({ doc: 'Name of the counter, or `group:name`.' });

export const statistics = defineModule(
  {
    name: 'statistics',
    doc: 'Numbers that routes count.',
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
  },
  (host) => {
    const { params } = host;
    const table = host.use('counters');
    const definitions = params.variable.map(definition);
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

function toZero(counter: ScriptCounter): void {
  if (!counter.fixed) counter.value = 0;
}
