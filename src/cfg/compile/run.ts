/**
 * What runs: one Run for each route block that a message goes through, and the shapes of compiled code. Code stays
 * synchronous until a function gives a promise, and goes on behind it.
 */
import type { RouteKind } from '../../engine/context.ts';
import type { Log, LogFields } from '../../engine/log.ts';
import type { Context } from '../registry.ts';
import type { Value } from './values.ts';

/** How a statement ended: go on, or leave the loop, the route block, or the whole script. */
export const NEXT = 0;
export const BREAK = 1;
export const RETURN = 2;
export const EXIT = 3;
export type Signal = typeof NEXT | typeof BREAK | typeof RETURN | typeof EXIT;

export class Run {
  readonly ctx: Context;
  readonly kind: RouteKind;
  /** `$rc`: of the last function of a module or route. */
  rc = 0;
  /** Code of the last action: what a route without `return` gives. */
  last = 1;
  /** What `return` gives. */
  returned = 1;
  /** Routes that have called each other. */
  depth = 0;
  /** The script is over: `exit`, `drop`, or a function gave 0. */
  exited = false;
  dropped = false;
  /** Instances of groups of custom parameters that are in force (`cfg_select`). */
  groups: Map<string, number> | undefined = undefined;
  /** Loops and calls of routes so far. */
  steps = 0;
  #complaints = 0;

  constructor(ctx: Context, kind: RouteKind) {
    this.ctx = ctx;
    this.kind = kind;
  }

  /** Writes what is wrong in the script; a loop does not say it again and again. */
  complain(log: Log, message: string, fields?: LogFields): void {
    this.#complaints++;
    if (this.#complaints <= MAX_COMPLAINTS) log.write('error', message, fields);
  }
}

/** Errors that are logged for one message. */
export const MAX_COMPLAINTS = 8;

export type Step = (run: Run) => Signal | Promise<Signal>;

/** now: gives a value at once. later: may give a promise of one. `calls`: the script may be over afterwards. */
export type Code = NowCode | LaterCode;
export interface NowCode {
  readonly kind: 'now';
  readonly calls: boolean;
  readonly eval: (run: Run) => Value;
}
export interface LaterCode {
  readonly kind: 'later';
  readonly calls: boolean;
  readonly eval: (run: Run) => Value | Promise<Value>;
}

export const constant = (value: Value): NowCode => ({ kind: 'now', calls: false, eval: () => value });
export const now = (evaluate: (run: Run) => Value): NowCode => ({ kind: 'now', calls: false, eval: evaluate });

export function lift1(code: Code, fn: (value: Value) => Value): Code {
  const { calls } = code;
  if (code.kind === 'now') {
    const inner = code.eval;
    return { kind: 'now', calls, eval: (run) => fn(inner(run)) };
  }
  const inner = code.eval;
  return {
    kind: 'later',
    calls,
    eval(run) {
      const value = inner(run);
      return value instanceof Promise ? value.then(fn) : fn(value);
    },
  };
}

export function lift2(left: Code, right: Code, fn: (left: Value, right: Value) => Value): Code {
  const calls = left.calls || right.calls;
  if (left.kind === 'now' && right.kind === 'now') {
    const [first, second] = [left.eval, right.eval];
    return { kind: 'now', calls, eval: (run) => fn(first(run), second(run)) };
  }
  const [first, second] = [left.eval, right.eval];
  const withLeft = (run: Run, value: Value): Value | Promise<Value> => {
    if (run.exited) return undefined;
    const other = second(run);
    return other instanceof Promise ? other.then((known) => fn(value, known)) : fn(value, other);
  };
  return {
    kind: 'later',
    calls,
    eval(run) {
      const value = first(run);
      return value instanceof Promise ? value.then((known) => withLeft(run, known)) : withLeft(run, value);
    },
  };
}

/** `first`, and `second` only when `goesOn` says so of its value; 0 or 1. */
export function shortCircuit(first: Code, second: Code, stopsAt: 0 | 1, truth: (value: Value) => boolean): Code {
  const calls = first.calls || second.calls;
  const bit = (value: Value): 0 | 1 => (truth(value) ? 1 : 0);
  if (first.kind === 'now' && second.kind === 'now') {
    const [one, two] = [first.eval, second.eval];
    return {
      kind: 'now',
      calls,
      eval: (run) => (bit(one(run)) === stopsAt || run.exited ? stopsAt : bit(two(run))),
    };
  }
  const [one, two] = [first.eval, second.eval];
  const onward = (run: Run, value: Value): Value | Promise<Value> => {
    if (bit(value) === stopsAt || run.exited) return stopsAt;
    const other = two(run);
    return other instanceof Promise ? other.then(bit) : bit(other);
  };
  return {
    kind: 'later',
    calls,
    eval(run) {
      const value = one(run);
      return value instanceof Promise ? value.then((known) => onward(run, known)) : onward(run, value);
    },
  };
}

/** Kamailio's limits; each may be set by a global parameter. */
export interface RunLimits {
  readonly recursion: number;
  readonly loops: number;
}
export const DEFAULT_LIMITS: RunLimits = { recursion: 256, loops: 100 };

/** Turns of loops and calls of routes for one message: loops in routes that call themselves multiply. */
export const MAX_STEPS = 100_000;

/** Counts one; true when the script has taken too many and is over. */
export function exhausted(run: Run, log: Log): boolean {
  run.steps++;
  if (run.steps <= MAX_STEPS) return false;
  if (!run.exited) log.write('error', `a script took more than ${MAX_STEPS} steps and was ended`);
  run.exited = true;
  return true;
}
