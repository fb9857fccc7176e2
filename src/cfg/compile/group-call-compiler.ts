/** `cfg_select("group", 1)` and `cfg_reset("group")`: which instance of a group of custom parameters is read from here on. */
import type { Call, Expression } from '../ast.ts';
import type { CallCode } from './call-compiler.ts';
import type { Code, Run } from './run.ts';
import { placeText, type Scene } from './scene.ts';
import { toInt, type Value } from './values.ts';

/** Undefined for any other call, and for one that is written otherwise. */
export function groupCall(
  scene: Scene,
  { name, args, span }: Call,
  compile: (expression: Expression) => Code,
): CallCode | undefined {
  const [group, instance] = args;
  if (group?.kind !== 'string') return undefined;
  if (name.text === 'cfg_reset' && args.length === 1) {
    return { later: false, mayEnd: false, eval: (run) => reset(run, group.value) };
  }
  if (name.text !== 'cfg_select' || instance === undefined || args.length !== 2) return undefined;
  const { custom, log, sources } = scene;
  const place = placeText(sources, span);
  const select = (run: Run, value: Value): number => {
    const number = toInt(value);
    if (!custom.hasInstance(group.value, number)) {
      run.complain(log, `${place}: there is no group ${group.value}[${number}]`);
      return -1;
    }
    run.groups ??= new Map();
    run.groups.set(group.value, number);
    return 1;
  };
  const wanted = compile(instance).eval;
  return {
    later: true,
    mayEnd: false,
    eval(run) {
      const value = wanted(run);
      return value instanceof Promise ? value.then((known) => select(run, known)) : select(run, value);
    },
  };
}

function reset(run: Run, group: string): number {
  run.groups?.delete(group);
  return 1;
}
