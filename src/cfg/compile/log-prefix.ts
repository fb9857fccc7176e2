/** `log_prefix`: a text with pseudo-variables, evaluated for each line that the script writes to the log. */
import { ReplyContext } from '../../engine/context.ts';
import { trust } from '../../util/trust.ts';
import type { StringLiteral } from '../ast.ts';
import { faults, type PvCompiler, type TextReader } from './pv-compiler.ts';
import type { Context } from '../registry.ts';
import { Run } from './run.ts';
import { type Binder, reportInString, type Scene } from './scene.ts';

/** Functions whose last argument is a line of the log. */
const writers: ReadonlySet<string> = new Set([
  'log',
  'xlog',
  'xalert',
  'xcrit',
  'xerr',
  'xwarn',
  'xnotice',
  'xinfo',
  'xdbg',
]);

export function checkPrefix(
  literal: StringLiteral | undefined,
  pvs: PvCompiler,
  scene: Pick<Scene, 'report' | 'sources'>,
): void {
  const format = pvs.format(literal?.value ?? '');
  if (literal !== undefined && format.kind === 'wrong') reportInString(scene, literal, faults(format));
}

export function withPrefix(binder: Binder, literal: StringLiteral | undefined, pvs: PvCompiler): Binder {
  const format = pvs.format(literal?.value ?? '');
  if (literal === undefined || format.kind === 'wrong') return binder;
  const { value } = format;
  const text: TextReader = typeof value === 'string' ? () => value : value;
  return {
    ...binder,
    callable(module, key, name) {
      const call = binder.callable(module, key, name);
      if (!writers.has(name)) return call;
      return (ctx, ...args) => {
        // Functions of modules are called on nothing but the context of a route.
        const of = trust<Context>(ctx);
        const run = new Run(of, of instanceof ReplyContext ? 'reply' : 'request');
        return call(ctx, ...args.slice(0, -1), `${text(run)}${String(args.at(-1))}`);
      };
    },
  };
}
