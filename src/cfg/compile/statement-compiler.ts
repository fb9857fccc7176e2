/**
 * Statements to code. Each gives a signal: go on, or what is left. They run without waiting until a function gives a
 * promise; from there the rest of the block goes on behind it.
 */
import type { RouteKind } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import type { Assign, Block, CallStatement, If, Leave, Statement, Switch, While } from '../ast.ts';
import { ExpressionCompiler } from './expression-compiler.ts';
import { matcherFor } from './patterns.ts';
import { BREAK, type Code, EXIT, exhausted, NEXT, RETURN, type Run, type Signal, type Step } from './run.ts';
import { placeText, type Scene } from './scene.ts';
import { StepWatch } from './step-watch.ts';
import { isNonZero, isPositive, toInt, toText, type Value } from './values.ts';

type Result = Signal | Promise<Signal>;

export class StatementCompiler {
  readonly #scene: Scene;
  readonly #expressions: ExpressionCompiler;
  readonly #watch: StepWatch;

  /** `kinds`: of blocks that lead to this one. */
  constructor(scene: Scene, kinds: ReadonlySet<RouteKind>) {
    this.#scene = scene;
    this.#watch = new StepWatch(scene);
    this.#expressions = new ExpressionCompiler(scene, { kinds, watch: this.#watch }, (block) => this.block(block));
  }

  block({ statements }: Pick<Block, 'statements'>): Step {
    const steps = statements.map((statement) => this.#watched(statement));
    const [only] = steps;
    if (only === undefined) return nothing;
    return steps.length === 1 ? only : (run) => runFrom(steps, 0, run);
  }

  /** Calls are watched where they are made, in conditions too. */
  #watched(statement: Statement): Step {
    const step = this.#statement(statement);
    const { kind, span } = statement;
    return kind === 'callStatement' || kind === 'block' ? step : this.#watch.step(kind, span, step);
  }

  #statement(statement: Statement): Step {
    const { standing, sources } = this.#scene;
    standing.line = sources.place(statement.span.file, statement.span.start).line;
    switch (statement.kind) {
      case 'if':
        return this.#if(statement);
      case 'while':
        return this.#while(statement);
      case 'switch':
        return this.#switch(statement);
      case 'return':
      case 'exit':
      case 'drop':
        return this.#leave(statement);
      case 'break':
        return (run) => {
          run.last = 0;
          return BREAK;
        };
      case 'assign':
        return this.#assign(statement);
      case 'callStatement':
        return this.#call(statement);
      case 'block':
        return this.block(statement);
    }
  }

  #call({ call }: CallStatement): Step {
    const { later, eval: evaluate } = this.#expressions.call(call);
    const settled = (run: Run, code: number): Signal => {
      run.last = code;
      return run.exited ? EXIT : NEXT;
    };
    if (!later) return (run) => settled(run, codeNow(evaluate(run)));
    return (run) => {
      const code = evaluate(run);
      return code instanceof Promise ? code.then((known) => settled(run, known)) : settled(run, code);
    };
  }

  #assign({ target, value, span }: Assign): Step {
    const write = this.#expressions.writer(target);
    const { log, sources } = this.#scene;
    const place = placeText(sources, span);
    return after(this.#expressions.source(value), (run, given) => {
      if (run.exited) return EXIT;
      if (given === undefined) run.complain(log, `${place}: division by zero, nothing was assigned`);
      else write(run, given);
      run.last = 1;
      return NEXT;
    });
  }

  #if({ condition, consequence, alternative }: If): Step {
    const yes = this.block(consequence);
    const no = alternative === undefined ? undefined : this.block(alternative);
    return after(this.#expressions.compile(condition), (run, value) => {
      if (run.exited) return EXIT;
      run.last = 1;
      if (isPositive(value)) return yes(run);
      return no === undefined ? NEXT : no(run);
    });
  }

  #while({ condition, body, span }: While): Step {
    const test = this.#expressions.compile(condition);
    const inner = this.block(body);
    const { limits, log, sources } = this.#scene;
    const place = placeText(sources, span);
    const loop: Loop = {
      test,
      body: inner,
      limit: limits.loops,
      log,
      told: `${place}: a while ran ${limits.loops} times and was ended`,
    };
    return (run) => runLoop(loop, 0, run);
  }

  #switch(statement: Switch): Step {
    const { cases } = statement;
    const tests = cases.map(({ label }) => this.#label(label));
    const steps = cases.map(({ body }) => this.block({ statements: body }));
    const fallback = cases.findIndex(({ label }) => label.kind === 'default');
    return after(this.#expressions.compile(statement.subject), (run, value) => {
      if (run.exited) return EXIT;
      const found = tests.findIndex((test) => test?.(run, value) === true);
      const start = found < 0 ? fallback : found;
      run.last = 1;
      return start < 0 ? NEXT : unbroken(runFrom(steps, start, run));
    });
  }

  #label(label: Switch['cases'][number]['label']): ((run: Run, value: Value) => boolean) | undefined {
    switch (label.kind) {
      case 'default':
        return undefined;
      case 'regex': {
        const matches = matcherFor(label.pattern, this.#scene, false);
        const pattern = this.#expressions.compile(label.pattern).eval;
        return (run, value) => matches(toText(value), toText(valueNow(pattern(run))));
      }
      case 'value': {
        const wanted = this.#expressions.compile(label.value).eval;
        return (run, value) => {
          const fixed = valueNow(wanted(run));
          return typeof fixed === 'number' ? toInt(value) === fixed : toText(value) === toText(fixed);
        };
      }
    }
  }

  #leave({ kind, value }: Leave): Step {
    switch (kind) {
      case 'exit':
        return (run) => {
          run.exited = true;
          return EXIT;
        };
      case 'drop':
        return (run) => {
          run.exited = true;
          run.dropped = true;
          return EXIT;
        };
      case 'return': {
        if (value === undefined) {
          return (run) => {
            run.returned = 1;
            return RETURN;
          };
        }
        return after(this.#expressions.compile(value), (run, given) => {
          if (run.exited) return EXIT;
          run.returned = toInt(given);
          return RETURN;
        });
      }
    }
  }
}

const nothing: Step = () => NEXT;

/** Calls that do not wait, and labels, which are fixed, give no promises. */
const codeNow = (code: number | Promise<number>): number => (typeof code === 'number' ? code : -1);
const valueNow = (value: Value | Promise<Value>): Value => (value instanceof Promise ? undefined : value);

function runFrom(steps: readonly Step[], start: number, run: Run): Result {
  for (let i = start; i < steps.length; i++) {
    const signal = steps[i]?.(run) ?? NEXT;
    if (signal === NEXT) continue;
    if (!(signal instanceof Promise)) return signal;
    return signal.then((known) => (known === NEXT ? runFrom(steps, i + 1, run) : known));
  }
  return NEXT;
}

/** `break` ends the switch, and is nothing to what is around it. */
function unbroken(signal: Result): Result {
  if (signal instanceof Promise) return signal.then(passBreak);
  return passBreak(signal);
}
const passBreak = (signal: Signal): Signal => (signal === BREAK ? NEXT : signal);

function after(code: Code, fn: (run: Run, value: Value) => Result): Step {
  if (code.kind === 'now') {
    const evaluate = code.eval;
    return (run) => fn(run, evaluate(run));
  }
  const evaluate = code.eval;
  return (run) => {
    const value = evaluate(run);
    return value instanceof Promise ? value.then((known) => fn(run, known)) : fn(run, value);
  };
}

interface Loop {
  readonly test: Code;
  readonly body: Step;
  readonly limit: number;
  readonly log: Log;
  readonly told: string;
}

function runLoop(loop: Loop, from: number, run: Run): Result {
  for (let count = from; ; count++) {
    const value = loop.test.eval(run);
    if (value instanceof Promise) return value.then((known) => loopOnce(loop, count, run, known));
    if (run.exited) return EXIT;
    if (!isNonZero(value)) return NEXT;
    if (count >= loop.limit) return overrun(loop, run);
    if (exhausted(run, loop.log)) return EXIT;
    const signal = loop.body(run);
    if (signal instanceof Promise) return signal.then((known) => afterBody(loop, count, run, known));
    if (signal === BREAK) return NEXT;
    if (signal !== NEXT) return signal;
  }
}

function loopOnce(loop: Loop, count: number, run: Run, value: Value): Result {
  if (run.exited) return EXIT;
  if (!isNonZero(value)) return NEXT;
  if (count >= loop.limit) return overrun(loop, run);
  if (exhausted(run, loop.log)) return EXIT;
  const signal = loop.body(run);
  if (signal instanceof Promise) return signal.then((known) => afterBody(loop, count, run, known));
  return afterBody(loop, count, run, signal);
}

function afterBody(loop: Loop, count: number, run: Run, signal: Signal): Result {
  if (signal === NEXT) return runLoop(loop, count + 1, run);
  return signal === BREAK ? NEXT : signal;
}

function overrun(loop: Loop, run: Run): Signal {
  run.complain(loop.log, loop.told);
  run.last = -1;
  return NEXT;
}
