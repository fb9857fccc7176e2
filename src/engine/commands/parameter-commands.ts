/** `cfg.*`: the parameters of modules, read, and changed where the module takes another value while it runs. */
import { ViaductError } from '../../errors.ts';
import type { Command, Commands } from '../command.ts';
import { acceptParam } from '../params.ts';
import { RpcFault } from '../rpc-fault.ts';
import type { ValueSpec } from '../spec.ts';
import type { AnyTunable, ParameterGroup } from '../tunable.ts';
import { trust } from '../../util/trust.ts';

type Params = readonly (string | number)[];

export function parameterCommands(groups: () => readonly ParameterGroup[]): Commands {
  const set: Command['run'] = (params) => change(groups(), params);
  const setter = (doc: string): Command => ({ doc, run: set });
  const delayed = new DelayedChanges(groups);
  const delay: Command['run'] = (params) => delayed.add(params);
  return {
    'cfg.list': {
      doc: 'Parameters as `group: name`: of one group, or of all.',
      run: (params) => list(groups(), params),
    },
    'cfg.get': {
      doc: 'Value of a parameter: group, name; without a name, of all in the group.',
      run: (p) => get(groups(), p),
    },
    'cfg.help': { doc: 'What a parameter means: group, name.', run: (params) => help(groups(), params) },
    'cfg.set': setter('Changes a parameter: group, name, value.'),
    'cfg.seti': setter('The same.'),
    'cfg.sets': setter('The same.'),
    'cfg.set_now_int': setter('The same.'),
    'cfg.set_now_string': setter('The same.'),
    'cfg.reset': {
      doc: 'Sets a parameter to what it was at the start: group, name.',
      run: (params) => reset(groups(), params),
    },
    'cfg.set_delayed': { doc: 'As cfg.set, at the next cfg.commit.', run: delay },
    'cfg.set_delayed_int': { doc: 'The same.', run: delay },
    'cfg.set_delayed_string': { doc: 'The same.', run: delay },
    'cfg.diff': { doc: 'What cfg.commit would change.', run: () => delayed.differences() },
    'cfg.commit': { doc: 'Makes the delayed changes.', run: () => delayed.commit() },
    'cfg.rollback': { doc: 'Forgets the delayed changes.', run: () => delayed.forget() },
  };
}

/** Changes that wait for `cfg.commit`; one for each parameter, the last one. */
class DelayedChanges {
  readonly #groups: () => readonly ParameterGroup[];
  readonly #waiting = new Map<string, Params>();

  constructor(groups: () => readonly ParameterGroup[]) {
    this.#groups = groups;
  }

  add(params: Params): object {
    const [group, name] = params;
    accepted(this.#groups(), params);
    this.#waiting.set(`${group}.${name}`, params);
    return {};
  }

  differences(): readonly object[] {
    return [...this.#waiting.values()].map((params) => ({
      'group name': params[0],
      'variable name': params[1],
      'old value': shown(parameter(this.#groups(), params)),
      'new value': params[2],
    }));
  }

  commit(): object {
    // All of them fit, or none is made: the program may be another one since they were asked for.
    for (const params of this.#waiting.values()) accepted(this.#groups(), params);
    for (const params of this.#waiting.values()) change(this.#groups(), params);
    return this.forget();
  }

  forget(): object {
    this.#waiting.clear();
    return {};
  }
}

function list(groups: readonly ParameterGroup[], [wanted]: Params): readonly string[] {
  return groups
    .filter(({ name }) => wanted === undefined || name === String(wanted))
    .flatMap(({ name, specs }) => Object.keys(specs).map((one) => `${name}: ${one}`));
}

function get(groups: readonly ParameterGroup[], [groupName, name]: Params): unknown {
  if (name !== undefined) {
    const found = parameter(groups, [groupName ?? '', name]);
    if (found.spec.secret === true) throw refused('Variable exists, but it is not readable via RPC interface');
    return shown(found);
  }
  const group = groups.find((one) => one.name === String(groupName));
  if (group === undefined) throw refused('Failed to get the variable');
  const open = Object.keys(group.specs).filter((one) => group.specs[one]?.secret !== true);
  return Object.fromEntries(open.map((one) => [one, shown(parameter(groups, [group.name, one]))]));
}

function help(groups: readonly ParameterGroup[], params: Params): string {
  const { spec, tunable } = parameter(groups, params);
  const type = spec.type === 'int' ? 'integer' : spec.type === 'list' ? 'list' : 'string';
  return `${spec.doc} (parameter type is ${type}; ${tunable === undefined ? 'read-only' : 'changes at run time'})`;
}

function change(groups: readonly ParameterGroup[], params: Params): object {
  const { tunable, value } = accepted(groups, params);
  // `acceptParam` has held it against the declaration that the tunable was typed by.
  tunable.write(trust<never>(value));
  return {};
}

/** A parameter that changes, and the value that it is to have. */
function accepted(groups: readonly ParameterGroup[], params: Params) {
  const [group, name, value] = params;
  const { spec, tunable } = writable(groups, params);
  if (value === undefined) throw refused('a value is missing: group, name, value');
  try {
    return { tunable, value: acceptParam(spec, coerced(spec, value), `${group}.${name}`) };
  } catch (error) {
    if (error instanceof ViaductError) throw refused(error.message);
    throw error;
  }
}

function reset(groups: readonly ParameterGroup[], params: Params): object {
  const { tunable, initial } = writable(groups, params);
  tunable.write(trust<never>(initial));
  return {};
}

interface Parameter {
  readonly spec: ValueSpec;
  readonly initial: unknown;
  readonly tunable: AnyTunable | undefined;
}

function parameter(groups: readonly ParameterGroup[], [groupName = '', name = '']: Params): Parameter {
  const group = groups.find((one) => one.name === String(groupName));
  const spec = group !== undefined && Object.hasOwn(group.specs, name) ? group.specs[name] : undefined;
  if (group === undefined || spec === undefined) throw refused('Failed to get the variable');
  return { spec, initial: group.values[name], tunable: group.tunables[name] };
}

function writable(groups: readonly ParameterGroup[], params: Params) {
  const found = parameter(groups, params);
  const { tunable } = found;
  if (tunable !== undefined) return { ...found, tunable };
  throw refused(`${params[0]}.${params[1]} is fixed while the program runs: change it in the script and reload`);
}

/** Kamailio takes a number for a text and a text for a number. A choice is known by its spellings in kamailio.cfg. */
function coerced(spec: ValueSpec, value: string | number): string | number {
  switch (spec.type) {
    case 'int':
      return /^-?\d{1,15}$/.test(String(value)) ? Number(value) : value;
    case 'choice': {
      const named = Object.entries(spec.choices).find(([, spellings]) => spellings.includes(String(value)));
      return named?.[0] ?? String(value);
    }
    case 'str':
    case 'list':
      return String(value);
  }
}

function shown({ spec, initial, tunable }: Parameter): unknown {
  const value = (tunable === undefined ? initial : tunable.read()) ?? null;
  if (spec.type !== 'choice' || typeof value !== 'string') return value;
  const spelling = spec.choices[value]?.[0] ?? value;
  return /^\d+$/.test(spelling) ? Number(spelling) : spelling;
}

const refused = (message: string): RpcFault => new RpcFault(400, message);
