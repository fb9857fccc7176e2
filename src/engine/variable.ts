/** Variables that functions write their results to, named by their text: `$var(name)` and `$avp(name)`. */
import type { RequestContext } from './context.ts';

const VARIABLE = /^\$(var|avp)\((?:s:)?([^()]+)\)$/;

/** False when the text names no variable of these kinds. */
export function writeVariable(ctx: RequestContext, variable: string, value: string): boolean {
  const [, kind, name] = VARIABLE.exec(variable) ?? [];
  if (name === undefined) return false;
  if (kind === 'var') ctx.vars.set(name, value);
  else ctx.state.avps.set(name, [value]);
  return true;
}
