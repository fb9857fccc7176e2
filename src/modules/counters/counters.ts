/** counters: numbers that a script counts. Same names and answers as Kamailio's counters. */
import { defineModule } from '../../engine/module.ts';
import { int, list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type { ScriptCounter } from './api.ts';
import { CounterTable, MAX_COUNTERS } from './counter-table.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const counted = { counted: 1, unknown: -1 } as const;
const name = str({ doc: 'Name of the counter, or `group.name`.' });

export const counters = defineModule(
  {
    name: 'counters',
    doc: 'Numbers that routes count.',
    params: {
      script_counter: list({
        default: [],
        doc: 'A counter each: `name`, or `group.name`, and after a space what it counts.',
      }),
      script_cnt_grp_name: str({ default: 'script', doc: 'Group of counters without one.' }),
    },
    functions: {
      inc: { cfg: ['cnt_inc'], routes: anywhere, args: [name], returns: counted, doc: 'Counts one.' },
      add: {
        cfg: ['cnt_add'],
        routes: anywhere,
        args: [name, int({ doc: 'How many; may be negative.' })],
        returns: counted,
        doc: 'Counts several.',
      },
      reset: {
        cfg: ['cnt_reset'],
        routes: anywhere,
        args: [name],
        returns: { reset: 1, unknown: -1 },
        doc: 'Begins again with 0.',
      },
    },
    pvs: {
      stat: {
        type: 'int',
        inner: 'required',
        doc: 'Value of a counter by `name` or `group:name`; null when there is none.',
      },
    },
  },
  (host) => {
    const { params } = host;
    const table = host.state('table', () => new CounterTable());
    const definitions = params.script_counter.map((text) => definition(text, params.script_cnt_grp_name));
    const find = (text: string): ScriptCounter | undefined => table.find(text.replace('.', ':'));
    const add = (text: string, amount: number): 'counted' | 'unknown' => {
      const counter = find(text);
      if (counter === undefined) return 'unknown';
      counter.value += amount;
      return 'counted';
    };
    return {
      functions: {
        inc: (_, text) => add(text, 1),
        add: (_, text, amount) => add(text, amount),
        reset(_, text) {
          const counter = find(text);
          if (counter === undefined) return 'unknown';
          counter.value = 0;
          return 'reset';
        },
      },
      pvs: { stat: { read: (_, { inner }) => table.find(inner)?.value ?? null } },
      api: table,
      async start() {
        for (const one of definitions) if (table.make(one) === undefined) throw tooMany();
      },
      statistics: () =>
        table.all().map((one) => ({
          group: one.group,
          name: one.name,
          value: one.value,
          doc: one.doc,
          ...(!one.fixed && {
            reset: () => {
              one.value = 0;
            },
          }),
        })),
    };
  },
);

const DEFINITION = /^(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)(?:\s+(.*))?$/s;

function definition(text: string, ownGroup: string) {
  const [, group = ownGroup, counter, doc = ''] = DEFINITION.exec(text.trim()) ?? [];
  if (counter !== undefined) return { group, name: counter, doc, fixed: false };
  throw new ViaductError('PARAM_VALUE', `counters.script_counter ${JSON.stringify(text)}: expected name or group.name`);
}

const tooMany = (): ViaductError => new ViaductError('PARAM_VALUE', `counters: more than ${MAX_COUNTERS} counters`);
