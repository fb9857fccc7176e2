/** `$xavp`: where the structured AVPs of a request are kept, and how the script reaches them. */
import type { MessageContext, PvEnvironment } from './environment.ts';
import { either } from './table.ts';
import { readXavp, writeXavp, type XavpStore } from './xavp-store.ts';

export const storeOf = (ctx: MessageContext, env: PvEnvironment): XavpStore | undefined =>
  env.parts.state.xavps.get(ctx.state);

export function makeStore(ctx: MessageContext, env: PvEnvironment): XavpStore {
  const known = storeOf(ctx, env);
  if (known !== undefined) return known;
  const made: XavpStore = new Map();
  env.parts.state.xavps.set(ctx.state, made);
  return made;
}

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
};
