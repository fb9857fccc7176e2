/** `route(X)`: calls of other route blocks, to a depth that Kamailio limits too. */
import type { Call, Expression, RouteCall, RouteName } from '../ast.ts';
import type { CallCode } from './call-compiler.ts';
import { faults } from './pv-compiler.ts';
import { nearest } from '../registry.ts';
import { ROUTE_IF_EXISTS } from '../check/route-table.ts';
import { BREAK, type Code, EXIT, exhausted, NEXT, RETURN, type Run, type Signal } from './run.ts';
import { placeText, reportInString, type Scene, type SubRoute } from './scene.ts';
import { toText, type Value } from './values.ts';

/** What Kamailio gives for a route that is not there; $rc is 0 then. */
const NO_ROUTE = -10;

export class RouteCallCompiler {
  readonly #scene: Scene;
  readonly #expression: (expression: Expression) => Code;

  constructor(scene: Scene, expression: (expression: Expression) => Code) {
    this.#scene = scene;
    this.#expression = expression;
  }

  compile(call: RouteCall): CallCode {
    const { target } = call;
    if (target.kind === 'routeName') return this.#fixed(target);
    const place = placeText(this.#scene.sources, call.span);
    const { routes, log } = this.#scene;
    const named = this.#expression(target).eval;
    const enter = (run: Run, value: Value): number | Promise<number> => {
      const name = toText(value);
      const route = routes.get(name);
      if (route !== undefined) return this.#enter(run, route);
      run.complain(log, `${place}: there is no route`, { route: name });
      run.rc = 0;
      return NO_ROUTE;
    };
    return {
      later: true,
      mayEnd: true,
      eval(run) {
        const name = named(run);
        return name instanceof Promise ? name.then((known) => enter(run, known)) : enter(run, name);
      },
    };
  }

  /** `route_if_exists("X")` and `check_route_exists("X")`; undefined for any other call. */
  byName({ name, args }: Call): CallCode | undefined {
    const [argument, more] = args;
    const enters = name.text === ROUTE_IF_EXISTS;
    if (argument === undefined || more !== undefined || !(enters || name.text === 'check_route_exists'))
      return undefined;
    const named = this.#nameOf(argument);
    const { routes } = this.#scene;
    const settle = (run: Run, value: Value): number | Promise<number> => {
      const route = routes.get(toText(value));
      if (enters && route !== undefined) return this.#enter(run, route);
      run.rc = route === undefined ? -1 : 1;
      return run.rc;
    };
    return {
      later: enters,
      mayEnd: enters,
      eval(run) {
        const value = named(run);
        return value instanceof Promise ? value.then((known) => settle(run, known)) : settle(run, value);
      },
    };
  }

  /** A text in quotes is a format, as it is for functions. */
  #nameOf(argument: Expression): (run: Run) => Value | Promise<Value> {
    if (argument.kind !== 'string') return this.#expression(argument).eval;
    const format = this.#scene.pvs.format(argument.value);
    if (format.kind === 'wrong') reportInString(this.#scene, argument, faults(format));
    const text = format.kind === 'made' ? format.value : '';
    return typeof text === 'string' ? () => text : text;
  }

  #fixed({ text, span }: RouteName): CallCode {
    const { routes, report } = this.#scene;
    const route = routes.get(text);
    if (route === undefined) {
      const meant = nearest(text, routes.keys());
      report('CFG_ROUTE_UNDEFINED', span, `there is no route[${text}]`, {
        hint: meant === undefined ? undefined : `did you mean ${meant}?`,
      });
      return { later: false, mayEnd: false, eval: () => NO_ROUTE };
    }
    return { later: true, mayEnd: true, eval: (run) => this.#enter(run, route) };
  }

  #enter(run: Run, route: SubRoute): number | Promise<number> {
    const { limits, log } = this.#scene;
    // The block that the message came in by is the first level.
    if (run.depth >= limits.recursion - 1) {
      run.complain(log, `routes call each other more than ${limits.recursion} deep`, { route: route.name });
      return -1;
    }
    if (exhausted(run, log)) return -1;
    run.depth++;
    run.last = 1;
    const signal = route.body(run);
    return signal instanceof Promise ? signal.then((known) => left(run, known)) : left(run, signal);
  }
}

/** The code that a route gives: that of `return`, else that of its last action. `return 0` ends the script. */
function left(run: Run, signal: Signal): number {
  run.depth--;
  switch (signal) {
    case NEXT:
      run.rc = run.last;
      break;
    case BREAK:
      run.rc = 0;
      break;
    case RETURN:
      run.rc = run.returned;
      if (run.returned === 0) run.exited = true;
      break;
    case EXIT:
      run.exited = true;
      run.rc = 1;
      break;
  }
  return run.rc;
}
