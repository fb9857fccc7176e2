/**
 * pv, the pseudo-variables of Kamailio's core and of its pv module: what a message says, where it goes, and the variables of the
 * script. It is also where the transformations `$(x{s.len})` are.
 */
import type { AvpValue } from '../../engine/context.ts';
import type { ModuleDecl } from '../../engine/declaration.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { int, list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type {} from '../auth/api.ts';
import { addresses } from './addresses.ts';
import type {} from './api.ts';
import { credentials } from './credentials.ts';
import { destination } from './destination.ts';
import { PvEnvironment, type PvState } from './environment.ts';
import { headerFields } from './header-fields.ts';
import { requestLine } from './request-line.ts';
import { store } from './stacks.ts';
import { bindings, declarations } from './table.ts';
import { time } from './time.ts';
import { parseTransformations, transform } from './transformations/parse.ts';
import { transport } from './transport.ts';
import { parseInitial, variables } from './variables.ts';
import { copy, explodeList, explodeParams, implodeParams, removeChild, setChild } from './xavp-functions.ts';
import { makeStore, storeOf, xavps } from './xavp.ts';

const table = {
  ...requestLine,
  ...addresses,
  ...headerFields,
  ...credentials,
  ...transport,
  ...destination,
  ...variables,
  ...xavps,
  ...time,
};

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const name = str({ doc: 'Name of the structured AVP.' });
const field = str({ doc: 'Name of the field.' });

export const pv = defineModule(
  {
    name: 'pv',
    doc: 'Pseudo-variables and transformations.',
    params: {
      varset: list({ doc: 'Values of `$var` before anything is assigned, `name=i:5` or `name=s:text`.' }),
      shvset: list({ doc: 'Values of `$shv` at the start, `name=i:5` or `name=s:text`.' }),
    },
    pvs: declarations(table),
    functions: {
      explodeParams: {
        cfg: ['xavp_params_explode'],
        routes: anywhere,
        args: [str({ doc: 'Parameters, `a=1;b=2`.' }), name],
        returns: { exploded: 1, empty: -1 },
        doc: 'Makes a record with these parameters as its fields.',
      },
      implodeParams: {
        cfg: ['xavp_params_implode'],
        routes: anywhere,
        args: [name, str({ doc: 'Name of the `$var` that gets the text.' })],
        returns: { imploded: 1, absent: -1 },
        doc: 'Writes the fields of the newest record as parameters into a variable.',
      },
      explodeList: {
        cfg: ['xavp_slist_explode'],
        routes: anywhere,
        args: {
          options: {
            list: str({ doc: 'A list.' }),
            separator: str({ doc: 'What stands between its parts.' }),
            mode: str({ doc: '`t` trims them.' }),
            name,
          },
        },
        returns: { exploded: 1, empty: -1 },
        doc: 'Makes a value of each part of a list, the first on top.',
      },
      setChildText: {
        cfg: ['xavp_child_sets'],
        routes: anywhere,
        args: [name, field, str({ doc: 'Its value.' })],
        returns: { set: 1 },
        doc: 'Sets a field of the newest record to a text, and makes the record where there is none.',
      },
      setChildNumber: {
        cfg: ['xavp_child_seti'],
        routes: anywhere,
        args: [name, field, int({ doc: 'Its value.' })],
        returns: { set: 1 },
        doc: 'Sets a field of the newest record to a number, and makes the record where there is none.',
      },
      removeXavp: {
        cfg: ['xavp_rm'],
        routes: anywhere,
        args: [name],
        returns: { removed: 1, absent: -1 },
        doc: 'Removes all values and records of this name.',
      },
      removeChild: {
        cfg: ['xavp_child_rm'],
        routes: anywhere,
        args: [name, field],
        returns: { removed: 1, absent: -1 },
        doc: 'Removes a field of the newest record.',
      },
      copyXavp: {
        cfg: ['xavp_copy'],
        routes: anywhere,
        args: [name, int({ min: 0, doc: 'Its index.' }), str({ doc: 'Name of the copy.' })],
        returns: { copied: 1, absent: -1 },
        doc: 'Puts a copy of one record under another name.',
      },
    },
    rpc: {
      'pv.shvGet': { doc: 'Value of a shared variable, or of all.' },
      'pv.shvSet': { doc: 'Sets a shared variable: name, `int` or `str`, value.' },
    },
  },
  (host) => {
    const env = environment(host, initialValues('varset', host.params.varset));
    const { shared } = env.parts.state;
    for (const [key, value] of initialValues('shvset', host.params.shvset)) {
      if (!shared.has(key)) shared.set(key, value);
    }
    return {
      functions: {
        explodeParams: (ctx, params, to) => (explodeParams(makeStore(ctx, env), params, to) ? 'exploded' : 'empty'),
        implodeParams(ctx, from, to) {
          const text = implodeParams(storeOf(ctx, env), from);
          if (text === undefined) return 'absent';
          env.vars(ctx).set(/^\$var\((.*)\)$/.exec(to)?.[1] ?? to, text);
          return 'imploded';
        },
        explodeList(ctx, { list: text = '', separator = '', mode = '', name: to = '' } = {}) {
          if (text === '' || separator === '' || to === '') return 'empty';
          explodeList(makeStore(ctx, env), { text, separator, trimmed: mode.includes('t') }, to);
          return 'exploded';
        },
        setChildText: (ctx, root, key, value) => setChild(makeStore(ctx, env), root, key, value),
        setChildNumber: (ctx, root, key, value) => setChild(makeStore(ctx, env), root, key, value),
        removeXavp: (ctx, root) => (storeOf(ctx, env)?.delete(root) === true ? 'removed' : 'absent'),
        removeChild: (ctx, root, key) => (removeChild(storeOf(ctx, env), root, key) ? 'removed' : 'absent'),
        copyXavp: (ctx, from, index, to) => (copy(storeOf(ctx, env), from, index, to) ? 'copied' : 'absent'),
      },
      pvs: bindings(table, env),
      api: { parseTransformations, transform },
      rpc: {
        'pv.shvGet': ([key]) => (key === undefined ? Object.fromEntries(shared) : (shared.get(String(key)) ?? null)),
        'pv.shvSet'([key, type, value]) {
          if (key === undefined || value === undefined) return 'usage: name, int or str, value';
          store(shared, String(key), type === 'int' ? Number(value) || 0 : String(value));
          return 'ok';
        },
      },
    };
  },
);

function initialValues(param: string, written: readonly string[] | undefined): ReadonlyMap<string, AvpValue> {
  return new Map(
    (written ?? []).map((text) => {
      const parsed = parseInitial(text);
      if (parsed !== undefined) return parsed;
      const wanted = 'write name=i:5 or name=s:text';
      throw new ViaductError('PARAM_VALUE', `pv: ${param} is ${JSON.stringify(text)}: ${wanted}`);
    }),
  );
}

function environment(
  { engine, find, log, state, world }: Pick<Host<ModuleDecl>, 'engine' | 'find' | 'log' | 'state' | 'world'>,
  initial: ReadonlyMap<string, AvpValue>,
): PvEnvironment {
  return new PvEnvironment({
    state: state<PvState>('state', () => ({
      shared: new Map(),
      xavps: new WeakMap(),
      numbers: new WeakMap(),
      counter: { messages: 0 },
      startedAt: world.clock.wall(),
    })),
    log,
    wall: () => world.clock.wall(),
    listeners: () => engine.transport.listeners,
    authenticated: (ctx) => find('auth')?.user(ctx),
    initial,
  });
}
