/** `$xavp`, `$xavi` and `$xavu`: where the structured AVPs of a request are kept, and how the script reaches them. */
import type { PvEnvironment } from './environment.ts';
import { either, type MessageContext } from './table.ts';
import { readXavp, writeXavp, writeXavu, type XavpStore } from './xavp-store.ts';

/** Tables by name: those of `$xavi` know no upper and lower case, those of `$xavu` hold one value each. */
export type XavpKind = 'xavp' | 'xavi' | 'xavu';

export const storeOf = (
  { state }: MessageContext,
  env: PvEnvironment,
  kind: XavpKind = 'xavp',
): XavpStore | undefined => env.parts.state[`${kind}s`].get(state);

export function makeStore({ state }: MessageContext, env: PvEnvironment, kind: XavpKind = 'xavp'): XavpStore {
  const stores = env.parts.state[`${kind}s`];
  const known = stores.get(state);
  if (known !== undefined) return known;
  const made: XavpStore = new Map();
  stores.set(state, made);
  return made;
}

/** Names of `$xavi` as they are kept. */
export const foldCase = (name: string): string => name.toLowerCase();

export const xavps = {
  xavp: either('Field of a record, `$xavp(name=>field)`, or a plain value, `$xavp(name)`; both parts take an index.', {
    inner: 'required',
    read(ctx, { inner }, env) {
      const path = env.paths.of(inner);
      return path === undefined ? null : readXavp(storeOf(ctx, env), path);
    },
    write(ctx, { inner }, value, env) {
      const path = env.paths.of(inner);
      if (path !== undefined) writeXavp(makeStore(ctx, env), path, value);
    },
  }),
  xavi: either('The same as `$xavp`, a table of its own, without regard to the case of names.', {
    inner: 'required',
    read(ctx, { inner }, env) {
      const path = env.paths.of(foldCase(inner));
      return path === undefined ? null : readXavp(storeOf(ctx, env, 'xavi'), path);
    },
    write(ctx, { inner }, value, env) {
      const path = env.paths.of(foldCase(inner));
      if (path !== undefined) writeXavp(makeStore(ctx, env, 'xavi'), path, value);
    },
  }),
  xavu: either('One value, `$xavu(name)`, or fields with one value each, `$xavu(name=>field)`: writing replaces.', {
    inner: 'required',
    read(ctx, { inner }, env) {
      const path = env.paths.of(inner);
      return path === undefined ? null : readXavp(storeOf(ctx, env, 'xavu'), path);
    },
    write(ctx, { inner }, value, env) {
      const path = env.paths.of(inner);
      if (path !== undefined) writeXavu(makeStore(ctx, env, 'xavu'), path, value);
    },
  }),
};
