/**
 * pv, the pseudo-variables of Kamailio's core and of its pv module: what a message says, where it goes, and the variables of the
 * script. It is also where the transformations `$(x{s.len})` are.
 */
import type { AvpValue } from '../../engine/context.ts';
import type { ModuleDecl } from '../../engine/declaration.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { list } from '../../engine/spec.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import { ViaductError } from '../../errors.ts';
import type {} from '../auth/api.ts';
import { addresses } from './addresses.ts';
import type {} from './api.ts';
import { credentials } from './credentials.ts';
import { destination } from './destination.ts';
import { PvEnvironment, type PvState } from './environment.ts';
import { headerFields } from './header-fields.ts';
import { functions } from './functions-declaration.ts';
import { placeFunctions } from './place-functions.ts';
import { recordFunctions } from './record-functions.ts';
import { requestLine } from './request-line.ts';
import { store } from './stacks.ts';
import { server } from './server.ts';
import { branchFunctions, staticBranch } from './static-branch.ts';
import { bindings, declarations } from './table.ts';
import { time } from './time.ts';
import { parseTransformations, transform } from './transformations/parse.ts';
import { transport } from './transport.ts';
import { parseInitial, variables } from './variables.ts';
import { addRecord } from './xavp-functions.ts';
import { readXavp } from './xavp-store.ts';
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
  ...staticBranch,
  ...time,
  ...server,
};

export const pv = defineModule(
  {
    name: 'pv',
    doc: 'Pseudo-variables and transformations.',
    params: {
      varset: list({ doc: 'Values of `$var` before anything is assigned, `name=i:5` or `name=s:text`.' }),
      shvset: list({ doc: 'Values of `$shv` at the start, `name=i:5` or `name=s:text`.' }),
    },
    pvs: declarations(table),
    functions,
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
      functions: { ...placeFunctions(), ...recordFunctions(env), ...branchFunctions(env) },
      pvs: bindings(table, env),
      api: {
        parseTransformations,
        transform,
        readXavp: (ctx, root, field) =>
          readXavp(storeOf(ctx, env), { root, field, rootIndex: undefined, fieldIndex: undefined }),
        readXavu: (ctx, root, field) =>
          readXavp(storeOf(ctx, env, 'xavu'), { root, field, rootIndex: undefined, fieldIndex: undefined }),
        vars: (ctx) => env.vars(ctx),
        setLocated: ({ state }, { ruid, userAgent }) => env.parts.state.located.set(state, { ruid, userAgent }),
        addXavp: (ctx, name, fields) => addRecord(makeStore(ctx, env), name, fields),
      },
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
      xavis: new WeakMap(),
      xavus: new WeakMap(),
      staticBranches: new WeakMap(),
      numbers: new WeakMap(),
      located: new WeakMap(),
      counter: { messages: 0 },
      startedAt: world.clock.wall(),
    })),
    log,
    wall: () => world.clock.wall(),
    parameter(group, name) {
      const value = asked(() => engine.commands.find('cfg.get')?.run([group, name]));
      return typeof value === 'string' || typeof value === 'number' ? value : null;
    },
    setParameter(group, name, value) {
      const set = engine.commands.find(typeof value === 'number' ? 'cfg.seti' : 'cfg.sets');
      if (asked(() => set?.run([group, name, value])) === undefined)
        log.write('error', 'a parameter cannot be set', { group, name });
    },
    listeners: () => engine.transport.listeners,
    authenticated: (ctx) => find('auth')?.user(ctx),
    initial,
  });
}

/** Undefined for what the command refuses: there is no such parameter, or it cannot be this. */
function asked(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof RpcFault) return undefined;
    throw error;
  }
}
