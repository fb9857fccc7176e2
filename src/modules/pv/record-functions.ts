/** What scripts do to structured AVPs by functions, for each of the three tables. */
import type { PvPlace } from '../../engine/pv-value.ts';
import type { PvEnvironment } from './environment.ts';
import type { MessageContext } from './table.ts';
import { foldCase, makeStore, storeOf, type XavpKind } from './xavp.ts';
import {
  copy,
  explodeList,
  explodeParams,
  implodeParams,
  readFields,
  removeChild,
  setChild,
  setRecord,
} from './xavp-functions.ts';

type Ctx = MessageContext;
type List = {
  readonly list?: string | undefined;
  readonly separator?: string | undefined;
  readonly mode?: string | undefined;
  readonly name?: string | undefined;
};

export function recordFunctions(env: PvEnvironment) {
  return {
    ...parameters(env, 'xavp'),
    explodeParamsXavu(ctx: Ctx, params: string, to: string) {
      storeOf(ctx, env, 'xavu')?.delete(to);
      return parameters(env, 'xavu').explodeParams(ctx, params, to);
    },
    implodeParamsXavu: (ctx: Ctx, from: string, to: PvPlace) => parameters(env, 'xavu').implodeParams(ctx, from, to),
    explodeList(ctx: Ctx, { list: text = '', separator = '', mode = '', name: to = '' }: List = {}) {
      if (text === '' || separator === '' || to === '') return 'empty';
      explodeList(makeStore(ctx, env), { text, separator, trimmed: mode.includes('t') }, to);
      return 'exploded';
    },
    copyXavp: (ctx: Ctx, ...[from, index, name, place]: [string, number, string, number?]) =>
      copy(storeOf(ctx, env), from, index, { name, index: place }) ? 'copied' : 'absent',
    ...variables(env),
    ...children(env),
  } as const;
}

function parameters(env: PvEnvironment, kind: XavpKind) {
  return {
    explodeParams: (ctx: Ctx, params: string, to: string) =>
      explodeParams(makeStore(ctx, env, kind), params, to) ? 'exploded' : 'empty',
    implodeParams(ctx: Ctx, from: string, to: PvPlace) {
      const text = implodeParams(storeOf(ctx, env, kind), from);
      if (text === undefined) return 'absent';
      to.write?.(ctx, text);
      return 'imploded';
    },
  } as const;
}

function variables(env: PvEnvironment) {
  return {
    varToXavp(ctx: Ctx, name: string, to: string) {
      const vars = env.vars(ctx);
      // Those of `$vn` stand in the same table, under names that begin with a NUL.
      const names = name === '*' ? [...vars.keys()].filter((key) => !key.startsWith('\0')) : [name];
      const fields = names.flatMap((key) => {
        const value = vars.get(key) ?? env.parts.initial.get(key);
        return value === undefined ? [] : [[key, value] as const];
      });
      if (fields.length === 0) return 'absent';
      setRecord(makeStore(ctx, env), to, fields);
      return 'copied';
    },
    xavpToVar(ctx: Ctx, from: string) {
      const fields = readFields(storeOf(ctx, env), from);
      if (fields === undefined) return 'absent';
      for (const [key, value] of fields) env.vars(ctx).set(key, value);
      return 'copied';
    },
  } as const;
}

function children(env: PvEnvironment) {
  const remove = (ctx: Ctx, kind: XavpKind, name: string) =>
    storeOf(ctx, env, kind)?.delete(name) === true ? 'removed' : 'absent';
  return {
    setChildText: (ctx: Ctx, root: string, key: string, value: string) =>
      setChild(makeStore(ctx, env), root, key, value),
    setChildNumber: (ctx: Ctx, root: string, key: string, value: number) =>
      setChild(makeStore(ctx, env), root, key, value),
    setChildTextXavi: (ctx: Ctx, root: string, key: string, value: string) =>
      setChild(makeStore(ctx, env, 'xavi'), foldCase(root), foldCase(key), value),
    setChildNumberXavi: (ctx: Ctx, root: string, key: string, value: number) =>
      setChild(makeStore(ctx, env, 'xavi'), foldCase(root), foldCase(key), value),
    removeXavp: (ctx: Ctx, root: string) => remove(ctx, 'xavp', root),
    removeXavi: (ctx: Ctx, root: string) => remove(ctx, 'xavi', foldCase(root)),
    removeChild: (ctx: Ctx, root: string, key: string) =>
      removeChild(storeOf(ctx, env), root, key) ? 'removed' : 'absent',
    removeChildXavi: (ctx: Ctx, root: string, key: string) =>
      removeChild(storeOf(ctx, env, 'xavi'), foldCase(root), foldCase(key)) ? 'removed' : 'absent',
  } as const;
}
