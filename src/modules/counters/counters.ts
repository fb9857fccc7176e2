/** counters: numbers that a script counts, and their RPC. Same names and answers as Kamailio's counters. */
import { defineModule } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
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
    rpc: {
      'cnt.get': { doc: 'Value of a counter: group, name.' },
      'cnt.get_raw': { doc: 'The same.' },
      'cnt.reset': { doc: 'Sets a counter to 0: group, name.' },
      'cnt.grps_list': { doc: 'Groups.' },
      'cnt.var_list': { doc: 'Names of a group.' },
      'cnt.grp_get_all': { doc: 'Names and values of a group.' },
      'cnt.help': { doc: 'What a counter counts: group, name.' },
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
    const known = ([group = '', wanted = '']: readonly (string | number)[]): ScriptCounter => {
      const counter = table.find(`${group}:${wanted}`);
      if (counter === undefined || counter.group !== String(group)) {
        throw new RpcFault(400, `non-existent counter ${group}.${wanted}`);
      }
      return counter;
    };
    const inGroup = ([group = '']: readonly (string | number)[]) =>
      table.all().filter((one) => one.group === String(group));
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
      rpc: {
        'cnt.get': (given) => known(given).value,
        'cnt.get_raw': (given) => known(given).value,
        'cnt.reset': (given) => {
          known(given).value = 0;
          return {};
        },
        'cnt.grps_list': () => [...new Set(table.all().map(({ group }) => group))],
        'cnt.var_list': (given) => inGroup(given).map((one) => one.name),
        'cnt.grp_get_all': (given) => Object.fromEntries(inGroup(given).map((one) => [one.name, one.value])),
        'cnt.help': (given) => known(given).doc,
      },
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
