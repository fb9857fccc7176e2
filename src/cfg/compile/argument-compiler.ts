/**
 * The arguments of a call: fixed ones are coerced while the file is compiled, others with every call. A fixed text is a
 * format with pseudo-variables in it; what is computed is never searched for them again.
 */
import type { PvValue } from '../../engine/module.ts';
import type { ArgSpec, HeaderSpec } from '../../engine/spec.ts';
import type { Call, Expression, SocketAddress, Statement, StringLiteral } from '../ast.ts';
import { type Argument, nothing, type Taking, UNFIT } from './argument.ts';
import { checkRegex, headerLines, oneLine, pvArgument, substitutionArgument } from './argument-forms.ts';
import { wantsConstants } from '../check/catalogue-constants.ts';
import { coerce } from './coercion.ts';
import { faults } from './pv-compiler.ts';
import { nearest } from '../registry.ts';
import { childrenOf } from '../check/route-table.ts';
import type { Code, Run } from './run.ts';
import { placeText, reportInString, type Scene } from './scene.ts';

const plainText = { type: 'str', doc: '' } as const;

/** Name of an empty block that no file can write. */
const NOWHERE = '\0nowhere';

/** What Kamailio takes for no route at all. */
const disarms = (name: string): boolean => name === '' || name === '0';

export class ArgumentCompiler {
  readonly #scene: Scene;
  readonly #expression: (expression: Expression) => Code;

  constructor(scene: Scene, expression: (expression: Expression) => Code) {
    this.#scene = scene;
    this.#expression = expression;
  }

  compile(argument: Expression, taking: Taking<ArgSpec>): Argument {
    const { spec } = taking;
    switch (spec.type) {
      case 'pv':
        return pvArgument(this.#scene, argument, { ...taking, spec });
      case 'substitution':
        return substitutionArgument(this.#scene, argument, { ...taking, spec });
      case 'header':
        return this.#header(argument, { ...taking, spec });
      case 'int':
      case 'str':
      case 'list':
      case 'choice':
        return this.#value(argument, { ...taking, spec });
    }
  }

  /** Where only the script writes line ends. What an expression joined has none but its last. */
  #header(argument: Expression, { call, position }: Taking<HeaderSpec>): Argument {
    if (argument.kind === 'string') {
      const format = this.#scene.pvs.format(argument.value, oneLine);
      if (format.kind === 'wrong') {
        reportInString(this.#scene, argument, faults(format));
        return nothing;
      }
      const { value } = format;
      if (typeof value === 'string') return { kind: 'fixed', value: headerLines(value) };
      return { kind: 'moving', read: (run) => headerLines(value(run)) };
    }
    const text = this.#value(argument, { call, position, spec: plainText });
    if (text.kind === 'fixed') return { kind: 'fixed', value: headerLines(String(text.value)) };
    return { kind: 'moving', read: (run) => headerLines(oneLine(String(text.read(run)).trimEnd())) };
  }

  #value(argument: Expression, taking: Taking): Argument {
    if (argument.kind === 'string') return this.#text(argument, taking);
    const fixed = this.#constant(argument);
    return fixed === undefined ? this.#expressionArgument(argument, taking) : this.#fixed(argument, fixed, taking);
  }

  #text(argument: StringLiteral, taking: Taking): Argument {
    const { spec } = taking;
    if (spec.type === 'str' && spec.regex === true) checkRegex(this.#scene, argument);
    if (spec.type === 'str' && spec.raw === true) return this.#fixed(argument, argument.value, taking);
    const format = this.#scene.pvs.format(argument.value);
    if (format.kind === 'wrong') {
      reportInString(this.#scene, argument, faults(format));
      return nothing;
    }
    const { value } = format;
    return typeof value === 'string' ? this.#fixed(argument, value, taking) : this.#moving(value, taking);
  }

  /** Undefined for what only running gives. */
  #constant(argument: Expression): PvValue | undefined {
    if (argument.kind === 'number') return argument.value;
    if (argument.kind === 'word') return this.#scene.flags.get(argument.text) ?? argument.text;
    if (argument.kind === 'ip') return argument.family === 6 ? `[${argument.text}]` : argument.text;
    if (argument.kind === 'socketAddress') return socketText(argument);
    return argument.kind === 'null' ? null : undefined;
  }

  #expressionArgument(argument: Expression, taking: Taking): Argument {
    const inner = callIn(argument);
    if (inner !== undefined) {
      this.#scene.report('CFG_ARGUMENT_CALL', inner.span, 'a call cannot stand in the arguments of another one', {
        hint: 'assign it to $var(x) first, and give that',
      });
      this.#expression(argument);
      return nothing;
    }
    const { ways } = this.#scene;
    if (ways.fixedArguments) this.#refuseMoving(argument, taking);
    const code = this.#expression(argument);
    const evaluate = code.eval;
    return this.#moving((run) => {
      const value = evaluate(run);
      if (value instanceof Promise) return null;
      return ways.fixedArguments && typeof value === 'string' ? this.#again(value, run) : (value ?? null);
    }, taking);
  }

  #refuseMoving({ span }: Expression, { call, position }: Taking): void {
    const { name, args, core } = call;
    if (!core && !wantsConstants(name.text, args.length)) return;
    this.#scene.report('CFG_ARGUMENT', span, `Kamailio wants a constant as argument ${position} of ${name.text}`, {
      hint: 'put the pseudo-variable into quotes, or leave out viaduct.arguments',
    });
  }

  /** What was computed is a format once more, also what a peer wrote. */
  #again(text: string, run: Run): string {
    const format = this.#scene.pvs.format(text);
    if (format.kind === 'wrong') return text;
    return typeof format.value === 'string' ? format.value : format.value(run);
  }

  #fixed(argument: Expression, given: PvValue, { call, spec, position }: Taking): Argument {
    const coerced = coerce(spec, given);
    if (coerced.kind === 'fits') {
      if (spec.type === 'str' && spec.route !== undefined) this.#armed(argument, spec.route, coerced.value);
      return { kind: 'fixed', value: coerced.value };
    }
    const which = call.args.length === 1 ? 'the argument' : `argument ${position}`;
    const shown = JSON.stringify(given);
    this.#scene.report(
      'CFG_ARGUMENT',
      argument.span,
      `${which} of ${call.name.text} is ${coerced.wanted}, not ${shown}`,
    );
    return nothing;
  }

  #armed(argument: Expression, kind: string, name: unknown): void {
    const { armable, unarmed, report, routes } = this.#scene;
    if (typeof name !== 'string' || armable.has(`${kind}:${name}`)) return;
    if (kind !== 'resume' && disarms(name)) return;
    unarmed.add(`${kind}:${name}`);
    const written = blockText(kind, name);
    const names = [...armable].flatMap((key) => (key.startsWith(`${kind}:`) ? [key.slice(kind.length + 1)] : []));
    const meant = nearest(name, names);
    const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
    report('CFG_ROUTE_UNARMED', argument.span, `there is no ${written}: nothing will run`, {
      hint: routes.has(name) ? `route[${name}] is not one: only ${written} is` : hint,
    });
  }

  /** A name that no block has is that of an empty one, as it is where the file gives it. */
  #block(read: (run: Run) => PvValue, kind: string, call: Call): Argument {
    const { armable, unarmed, log, sources } = this.#scene;
    const place = placeText(sources, call.span);
    unarmed.add(`${kind}:${NOWHERE}`);
    return {
      kind: 'moving',
      read(run) {
        const name = String(read(run) ?? '');
        if (armable.has(`${kind}:${name}`) || (kind !== 'resume' && disarms(name))) return name;
        run.complain(log, `${place}: there is no ${blockText(kind, name)}: nothing will run`);
        return NOWHERE;
      },
    };
  }

  #moving(read: (run: Run) => PvValue, { call, spec, position }: Taking): Argument {
    if (spec.type === 'str' && spec.route !== undefined) return this.#block(read, spec.route, call);
    if (spec.type === 'str' && spec.optional !== true) {
      return {
        kind: 'moving',
        read(run) {
          const value = read(run);
          return typeof value === 'string' ? value : value === null ? '' : String(value);
        },
      };
    }
    const { log } = this.#scene;
    const name = call.name.text;
    return {
      kind: 'moving',
      read(run) {
        const coerced = coerce(spec, read(run));
        if (coerced.kind === 'fits') return coerced.value;
        run.complain(log, `${name} was not called: argument ${position} is not ${coerced.wanted}`);
        return UNFIT;
      },
    };
  }
}

function socketText({ proto, hosts, port }: SocketAddress): string {
  const host = hosts[0]?.text ?? '';
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return `${proto === undefined || proto === '*' ? '' : `${proto}:`}${bracketed}${port === undefined ? '' : `:${port}`}`;
}

const doing: ReadonlySet<string> = new Set(['call', 'routeCall', 'blockExpression', 'assignExpression']);

/** What is done, not only computed, somewhere in an expression. */
function callIn(expression: Expression): Statement | Expression | undefined {
  const open: (Statement | Expression)[] = [expression];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (doing.has(node.kind)) return node;
    open.push(...childrenOf(node).toReversed());
  }
  return undefined;
}

function blockText(kind: string, name: string): string {
  if (kind === 'branch_failure') return `event_route[tm:branch-failure:${name}]`;
  return kind === 'resume' ? `route[${name}]` : `${kind}_route[${name}]`;
}
