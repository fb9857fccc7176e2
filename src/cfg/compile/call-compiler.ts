/** Calls of functions: arguments are made ready, the outcome becomes a code, and a code of 0 ends the script. */
import type { RouteKind } from '../../engine/context.ts';
import type { FunctionDecl } from '../../engine/declaration.ts';
import { harmless } from '../check/advice.ts';
import type { Call } from '../ast.ts';
import { type Argument, UNFIT } from './argument.ts';
import type { ArgumentCompiler } from './argument-compiler.ts';
import { blockNames, CallResolver, type ResolvedCall } from './call-resolver.ts';
import type { Run } from './run.ts';
import { type Callable, placeText, type Scene } from './scene.ts';

/** A call gives its code, `$rc`. */
export interface CallCode {
  readonly later: boolean;
  /** It may end the script. */
  readonly mayEnd: boolean;
  readonly eval: (run: Run) => number | Promise<number>;
}

type Invoke = (run: Run) => unknown;

export class CallCompiler {
  readonly #scene: Scene;
  readonly #resolver: CallResolver;
  readonly #arguments: ArgumentCompiler;

  constructor(scene: Scene, args: ArgumentCompiler) {
    this.#scene = scene;
    this.#resolver = new CallResolver(scene);
    this.#arguments = args;
  }

  compile(call: Call, kinds: ReadonlySet<RouteKind>): CallCode {
    const resolved = this.#resolver.resolve(call, kinds);
    if (resolved === undefined) return this.#stub(call);
    const { entry } = resolved;
    const { decl } = entry;
    const invoke = this.#guarded(call, resolved, this.#invocation(call, resolved));
    const codeOf = codes(decl);
    const { core } = call;
    const settle = (run: Run, outcome: unknown): number => {
      const code = outcome === UNFIT ? -1 : codeOf(outcome);
      if (!core) run.rc = code;
      if (code === 0) run.exited = true;
      return code;
    };
    const mayEnd =
      typeof decl.returns === 'object' ? Object.values(decl.returns).includes(0) : decl.returns === 'number';
    if (decl.async !== true) return { later: false, mayEnd, eval: (run) => settle(run, invoke(run)) };
    return {
      later: true,
      mayEnd,
      eval(run) {
        const outcome = invoke(run);
        return outcome instanceof Promise ? outcome.then((known) => settle(run, known)) : settle(run, outcome);
      },
    };
  }

  /** What an unknown function does. */
  #stub(call: Call): CallCode {
    const { name, span } = call;
    const spec = { type: 'str', doc: '' } as const;
    call.args.forEach((argument, i) => this.#arguments.compile(argument, { call, spec, position: i + 1 }));
    const { log, sources } = this.#scene;
    const said = { yet: false };
    const code = harmless.has(name.text) ? 1 : -1;
    return {
      later: false,
      mayEnd: false,
      eval(run) {
        if (!said.yet) log.write('warn', `${placeText(sources, span)}: ${name.text} does nothing here`);
        said.yet = true;
        run.rc = code;
        return code;
      },
    };
  }

  /** A route that several kinds of blocks call may call what only some of them can. */
  #guarded(call: Call, { refused }: ResolvedCall, invoke: Invoke): Invoke {
    if (refused.size === 0) return invoke;
    const { log, sources } = this.#scene;
    const place = placeText(sources, call.span);
    return (run) => {
      if (!refused.has(run.kind)) return invoke(run);
      run.complain(log, `${place}: ${call.name.text} cannot be called in ${blockNames[run.kind]}`);
      return UNFIT;
    };
  }

  #invocation(call: Call, resolved: ResolvedCall): Invoke {
    const { entry, slots, options } = resolved;
    const fn = this.#scene.binder.callable(entry.module, entry.key, call.name.text);
    const args = slots.map(({ spec, origin }): Argument => {
      if (origin.kind === 'value') return { kind: 'fixed', value: origin.value };
      const argument = call.args[origin.index];
      if (argument === undefined) return { kind: 'fixed', value: undefined };
      return this.#arguments.compile(argument, { call, spec, position: origin.index + 1 });
    });
    if (options !== undefined) return withOptions(fn, options, args);
    const fixed = args.flatMap((argument) => (argument.kind === 'fixed' ? [argument.value] : []));
    return fixed.length === args.length ? withFixed(fn, fixed) : withMoving(fn, args);
  }
}

/** Without an array for each call, for as many arguments as functions have. */
function withFixed(fn: Callable, values: readonly unknown[]): Invoke {
  const [first, second] = values;
  switch (values.length) {
    case 0:
      return (run) => fn(run.ctx);
    case 1:
      return (run) => fn(run.ctx, first);
    case 2:
      return (run) => fn(run.ctx, first, second);
  }
  return (run) => fn(run.ctx, ...values);
}

function readerOf(argument: Argument | undefined): (run: Run) => unknown {
  if (argument === undefined) return () => undefined;
  if (argument.kind === 'moving') return argument.read;
  const { value } = argument;
  return () => value;
}

function withMoving(fn: Callable, args: readonly Argument[]): Invoke {
  const [first, second] = args.map(readerOf);
  if (first !== undefined && args.length === 1) {
    return (run) => {
      const value = first(run);
      return value === UNFIT ? UNFIT : fn(run.ctx, value);
    };
  }
  if (first !== undefined && second !== undefined && args.length === 2) {
    return (run) => {
      const one = first(run);
      const two = second(run);
      return one === UNFIT || two === UNFIT ? UNFIT : fn(run.ctx, one, two);
    };
  }
  const readers = args.map(readerOf);
  return (run) => {
    const values = readers.map((read) => read(run));
    return values.includes(UNFIT) ? UNFIT : fn(run.ctx, ...values);
  };
}

function withOptions(fn: Callable, names: readonly string[], args: readonly Argument[]): Invoke {
  const given = args.map((argument, i) => ({ name: names[i] ?? '', read: readerOf(argument) }));
  const values = args.map((argument) => (argument.kind === 'fixed' ? argument.value : UNFIT));
  if (!values.includes(UNFIT)) {
    const options = Object.fromEntries(values.map((value, i) => [names[i] ?? '', value]));
    return (run) => fn(run.ctx, options);
  }
  return (run) => {
    const options: Record<string, unknown> = {};
    for (const { name, read } of given) {
      const value = read(run);
      if (value === UNFIT) return UNFIT;
      options[name] = value;
    }
    return fn(run.ctx, options);
  };
}

/** What `$rc` is for an outcome. */
function codes({ returns }: FunctionDecl): (outcome: unknown) => number {
  if (returns === 'boolean') return (outcome) => (outcome === true ? 1 : -1);
  if (returns === 'number') return (outcome) => (typeof outcome === 'number' ? outcome : -1);
  const table = new Map<unknown, number>(Object.entries(returns));
  return (outcome) => table.get(outcome) ?? -1;
}
