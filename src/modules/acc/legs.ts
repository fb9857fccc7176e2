/** Fields of several legs, as `multi_leg_info` lists them: `src=$avp(src);dst=$avp(dst)`. */
import type { RequestContext } from '../../engine/context.ts';
import type { Field } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';

/** Legs of one record. */
export const MAX_LEGS = 64;

const LEG = /^([^=]+)=\$(?:avp|\(avp)\((?:s:)?([^()]+)\)\)?$/;

/** Fields of all legs: those of the AVPs' first values, then those of the next, as long as one of them has a value. */
export function parseLegs(text: string): (ctx: RequestContext) => readonly Field[] {
  const names = parts(text).map((part) => LEG.exec(part) ?? legFault(part));
  if (names.length === 0) return () => [];
  return ({ state }) => {
    const columns = names.map(([, name = '', avp = '']) => ({ name, values: state.avps.get(avp) ?? [] }));
    const legs = Math.min(Math.max(1, ...columns.map(({ values }) => values.length)), MAX_LEGS);
    return Array.from({ length: legs }, (_, leg) =>
      columns.map(({ name, values }) => ({ name, read: () => values[leg] ?? null })),
    ).flat();
  };
}

const parts = (text: string): readonly string[] =>
  text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function legFault(part: string): never {
  throw new ViaductError('PARAM_VALUE', `acc.multi_leg_info ${JSON.stringify(part)}: expected name=$avp(name)`);
}
