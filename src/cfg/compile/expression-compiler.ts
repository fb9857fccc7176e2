/** Expressions to code. Types are known when the script runs: the left one decides, as in Kamailio. */
import type { RouteKind } from '../../engine/context.ts';
import type {
  AssignExpression,
  Binary,
  Block,
  Call,
  Expression,
  Pv,
  RouteCall,
  Select,
  SelVal,
  Target,
} from '../ast.ts';
import { ArgumentCompiler } from './argument-compiler.ts';
import { type CallCode, CallCompiler } from './call-compiler.ts';
import { CoreTestCompiler } from './core-test-compiler.ts';
import { groupCall } from './group-call-compiler.ts';
import { matcherFor } from './patterns.ts';
import type { Writer } from './pv-compiler.ts';
import { RouteCallCompiler } from './route-call-compiler.ts';
import type { StepWatch } from './step-watch.ts';
import { type Code, constant, lift1, lift2, now, type Run, shortCircuit, type Step } from './run.ts';
import { reportPv, type Scene } from './scene.ts';
import { bits, divide, isEqual, isNonZero, isPositive, modulo, plus, toInt, toText, type Value } from './values.ts';

const bit = (holds: boolean): number => (holds ? 1 : 0);
/** In an expression a call is true or false, whatever its code. */
const truthOfCode = (code: Value): Value => bit(toInt(code) > 0);

/** The route block that the expressions stand in. */
export interface ExpressionPlace {
  readonly kinds: ReadonlySet<RouteKind>;
  readonly watch: StepWatch;
}

export class ExpressionCompiler {
  readonly #scene: Scene;
  readonly #kinds: ReadonlySet<RouteKind>;
  readonly #watch: StepWatch;
  readonly #block: (block: Block) => Step;
  readonly #calls: CallCompiler;
  readonly #routeCalls: RouteCallCompiler;
  readonly #coreTests: CoreTestCompiler;

  constructor(scene: Scene, { kinds, watch }: ExpressionPlace, block: (block: Block) => Step) {
    this.#scene = scene;
    this.#kinds = kinds;
    this.#watch = watch;
    this.#block = block;
    const compile = (expression: Expression): Code => this.compile(expression);
    this.#calls = new CallCompiler(scene, new ArgumentCompiler(scene, compile));
    this.#routeCalls = new RouteCallCompiler(scene, compile);
    this.#coreTests = new CoreTestCompiler(scene, compile);
  }

  /** The code of a call itself, as a statement or a direct assignment takes it. */
  call(call: Call | RouteCall): CallCode {
    if (call.kind === 'routeCall') return this.#watch.call('route', call.span, this.#routeCalls.compile(call));
    const code =
      this.#routeCalls.byName(call) ??
      groupCall(this.#scene, call, (expression) => this.compile(expression)) ??
      this.#calls.compile(call, this.#kinds);
    return this.#watch.call(call.name.text, call.span, code);
  }

  compile(expression: Expression): Code {
    switch (expression.kind) {
      case 'number':
      case 'string':
        return constant(expression.value);
      case 'null':
      case 'invalid':
        return constant(null);
      case 'word':
      case 'ip':
        return constant(expression.text);
      case 'socketAddress':
        return constant(null);
      case 'pv':
        return this.#pv(expression);
      case 'returnCode':
        return now((run) => run.rc);
      case 'select':
        return this.#select(expression);
      case 'attribute':
        this.#scene.report('CFG_UNSUPPORTED', expression.span, 'attributes of SER are not supported', {
          hint: 'write $avp(name)',
        });
        return constant(null);
      case 'unary':
        return this.#unary(expression.op, this.compile(expression.operand));
      case 'cast':
        return lift1(this.compile(expression.operand), expression.to === 'int' ? toInt : toText);
      case 'defined':
        return lift1(this.compile(expression.operand), isDefined);
      case 'strlen':
        return lift1(this.compile(expression.operand), (value) => toText(value).length);
      case 'strempty':
        return lift1(this.compile(expression.operand), (value) => bit(toText(value) === ''));
      case 'selval':
        return this.#selval(expression);
      case 'binary':
        return this.#binary(expression);
      case 'assignExpression':
        return this.#assignment(expression);
      case 'blockExpression':
        return this.#blockValue(expression.block);
      case 'call':
      case 'routeCall':
        return lift1(codeOf(this.call(expression)), truthOfCode);
      case 'coreTest':
        return this.#coreTests.compile(expression);
    }
  }

  #pv(node: Pv): Code {
    const reader = this.#scene.pvs.reader(node.text);
    if (reader.kind === 'made') return now(reader.value);
    reportPv(this.#scene, node, reader.problem);
    return constant(null);
  }

  #select(node: Select): Code {
    const reader = this.#scene.pvs.reader(`$sel(${node.text.replace(/^@/, '')})`);
    if (reader.kind === 'made') return now(reader.value);
    this.#scene.report('CFG_SELECT', node.span, reader.problem.message, { hint: reader.problem.hint });
    return constant(null);
  }

  #unary(op: '!' | '~' | '-', operand: Code): Code {
    switch (op) {
      case '!':
        return lift1(operand, (value) => bit(!isNonZero(value)));
      case '~':
        return lift1(operand, (value) => ~toInt(value));
      case '-':
        return lift1(operand, (value) => -toInt(value));
    }
  }

  #selval({ condition, whenTrue, whenFalse }: SelVal): Code {
    const [test, yes, no] = [this.compile(condition), this.compile(whenTrue), this.compile(whenFalse)];
    const calls = test.calls || yes.calls || no.calls;
    if (test.kind === 'now' && yes.kind === 'now' && no.kind === 'now') {
      const [a, b, c] = [test.eval, yes.eval, no.eval];
      return { kind: 'now', calls, eval: (run) => (isPositive(a(run)) ? b(run) : c(run)) };
    }
    const choose = (run: Run, value: Value): Value | Promise<Value> =>
      run.exited ? undefined : (isPositive(value) ? yes : no).eval(run);
    return {
      kind: 'later',
      calls,
      eval(run) {
        const value = test.eval(run);
        return value instanceof Promise ? value.then((known) => choose(run, known)) : choose(run, value);
      },
    };
  }

  #binary(node: Binary): Code {
    const { op, left, right } = node;
    if (right.kind === 'null' && (op === '==' || op === '!=')) {
      const wanted = op === '!=' ? 1 : 0;
      return lift1(this.compile(left), (value) => bit(isDefined(value) === wanted));
    }
    if (op === '=~' || op === '!~') {
      const matches = matcherFor(right, this.#scene);
      const wanted = op === '=~';
      return lift2(this.compile(left), this.compile(right), (text, pattern) =>
        bit(matches(toText(text), toText(pattern)) === wanted),
      );
    }
    const [first, second] = [this.compile(left), this.compile(right)];
    if (op === '&&') return shortCircuit(first, second, 0, isNonZero);
    if (op === '||') return shortCircuit(first, second, 1, isNonZero);
    // Kamailio makes a test for emptiness of it, and only of `==`.
    const isEmptyTest = op === '==' && right.kind === 'string' && right.value === '';
    return lift2(first, second, isEmptyTest ? (value) => bit(toText(value) === '') : operators[op]);
  }

  /** 1 when it succeeds. */
  #assignment({ target, value }: AssignExpression): Code {
    const write = this.writer(target);
    const { assigned } = this;
    const source = this.source(value);
    if (source.kind === 'now') {
      const evaluate = source.eval;
      return { kind: 'now', calls: source.calls, eval: (run) => assigned(run, write, evaluate(run)) };
    }
    const evaluate = source.eval;
    return {
      kind: 'later',
      calls: source.calls,
      eval(run) {
        const given = evaluate(run);
        return given instanceof Promise
          ? given.then((known) => assigned(run, write, known))
          : assigned(run, write, given);
      },
    };
  }

  /** What an assignment takes: of a call its code, of all else its value. */
  source(value: Expression): Code {
    return value.kind === 'call' || value.kind === 'routeCall' ? codeOf(this.call(value)) : this.compile(value);
  }

  readonly assigned = (run: Run, write: Writer, value: Value): number => {
    if (value === undefined) return -1;
    write(run, value);
    return 1;
  };

  writer(target: Target): Writer {
    if (target.kind === 'pv') {
      const parsed = this.#scene.pvs.parse(target.text);
      const writer = parsed.kind === 'made' ? this.#scene.pvs.writer(parsed.value) : parsed;
      if (writer?.kind === 'made') return writer.value;
      if (writer !== undefined) reportPv(this.#scene, target, writer.problem);
    } else if (target.kind === 'attribute') {
      this.#scene.report('CFG_UNSUPPORTED', target.span, 'attributes of SER are not supported', {
        hint: 'write $avp(name)',
      });
    }
    return () => undefined;
  }

  #blockValue(block: Block): Code {
    const step = this.#block(block);
    return {
      kind: 'later',
      calls: true,
      eval(run) {
        const signal = step(run);
        return signal instanceof Promise ? signal.then(() => run.last) : run.last;
      },
    };
  }
}

function codeOf({ later, mayEnd, eval: evaluate }: CallCode): Code {
  if (later) return { kind: 'later', calls: mayEnd, eval: evaluate };
  // A call that is not `later` gives its code at once.
  return {
    kind: 'now',
    calls: mayEnd,
    eval(run) {
      const code = evaluate(run);
      return code instanceof Promise ? -1 : code;
    },
  };
}

const isDefined = (value: Value): number => bit(value !== null && value !== undefined);

type Operator = (left: Value, right: Value) => Value;

const numeric =
  (fn: (left: number, right: number) => Value): Operator =>
  (left, right) =>
    fn(toInt(left), toInt(right));

const operators: Readonly<Record<Exclude<Binary['op'], '&&' | '||' | '=~' | '!~'>, Operator>> = {
  '+': plus,
  '-': numeric((a, b) => a - b),
  '*': numeric((a, b) => a * b),
  '/': numeric(divide),
  mod: numeric(modulo),
  '|': numeric((a, b) => bits('|', a, b)),
  '&': numeric((a, b) => bits('&', a, b)),
  '^': numeric((a, b) => bits('^', a, b)),
  '<<': numeric((a, b) => bits('<<', a, b)),
  '>>': numeric((a, b) => bits('>>', a, b)),
  '==': (left, right) => bit(isEqual(left, right)),
  '!=': (left, right) => bit(!isEqual(left, right)),
  eq: (left, right) => bit(toText(left) === toText(right)),
  ne: (left, right) => bit(toText(left) !== toText(right)),
  ieq: numeric((a, b) => bit(a === b)),
  ine: numeric((a, b) => bit(a !== b)),
  '<': numeric((a, b) => bit(a < b)),
  '>': numeric((a, b) => bit(a > b)),
  '<=': numeric((a, b) => bit(a <= b)),
  '>=': numeric((a, b) => bit(a >= b)),
};
