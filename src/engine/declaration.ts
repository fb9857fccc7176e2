/**
 * What a module declares, as pure data. TypeScript routes, the kamailio.cfg binder, the reference pages, the RPC list
 * and the metrics all come from it.
 */
import type { ContextByRoute, RouteKind } from './context.ts';
import type { ArgsOf, ArgsSpec, ParamSpec } from './spec.ts';

export type CfgArg = number | { readonly is: string | number | undefined };

export interface FunctionDecl {
  /** Names in kamailio.cfg, canonical first. Empty for what kamailio.cfg has no name for. */
  readonly cfg: readonly string[];
  readonly routes: readonly RouteKind[];
  readonly args: ArgsSpec;
  /**
   * Forms of the call in kamailio.cfg that are not simply `args` in order, by the number of arguments written there:
   * for each of `args` the index of the one that gives it, or its value.
   */
  readonly cfgForms?: Readonly<Record<number, readonly CfgArg[]>>;
  /** The numbers of arguments that kamailio.cfg takes, where not all that `args` allow; by name where names differ in that. */
  readonly cfgArity?: readonly number[] | Readonly<Record<string, readonly number[]>>;
  /**
   * Outcome name to the `$rc` seen by kamailio.cfg. Positive is true, negative false, 0 stops the route.
   * `boolean` for a question: true or false in TypeScript, 1 or -1 in kamailio.cfg. `number` for an answer that is one.
   */
  readonly returns: Readonly<Record<string, number>> | 'boolean' | 'number';
  /** May have to wait (DNS): gives an outcome, or a promise of one. */
  readonly async?: true;
  readonly doc: string;
}

/** A pseudo-variable, `$name` or `$name(inner)`, by its name without the dollar. */
export interface PvDecl {
  readonly type: 'int' | 'str' | 'any';
  readonly writable?: boolean;
  /** What may stand in the parentheses; without it, nothing. */
  readonly inner?: 'required' | 'optional';
  /** A `$` in the parentheses stands for itself: they name a pseudo-variable. */
  readonly raw?: true;
  readonly doc: string;
}

export interface EventRouteDecl {
  readonly doc: string;
  /** The route may discard the message. */
  readonly may?: 'drop';
  /** In kamailio.cfg `NAME:X` of this event is the block `route[X]`. */
  readonly runs?: 'route';
}

export interface RpcDecl {
  readonly doc: string;
  /** Takes parameters by name: `{"ttl": 60}` arrives as `ttl=60`. Elsewhere the values of an object stand for a list. */
  readonly named?: true;
}

export interface ModuleDecl {
  readonly name: string;
  readonly doc: string;
  /** Modules that must be there, started before this one. */
  readonly needs?: readonly string[];
  readonly params?: Readonly<Record<string, ParamSpec>>;
  readonly functions?: Readonly<Record<string, FunctionDecl>>;
  readonly pvs?: Readonly<Record<string, PvDecl>>;
  readonly eventRoutes?: Readonly<Record<string, EventRouteDecl>>;
  /** Commands by full name, `siptrace.status`. */
  readonly rpc?: Readonly<Record<string, RpcDecl>>;
  /** Counters that only grow, by name without the module. */
  readonly stats?: Readonly<Record<string, string>>;
}

type Outcome<F extends FunctionDecl> = F['returns'] extends 'boolean'
  ? boolean
  : F['returns'] extends 'number'
    ? number
    : Extract<keyof F['returns'], string>;
type ContextOf<F extends FunctionDecl> = ContextByRoute[F['routes'][number]];
type Returned<F extends FunctionDecl> = F extends { readonly async: true }
  ? Outcome<F> | Promise<Outcome<F>>
  : Outcome<F>;

/** The typed face of a module: what TypeScript routes call and what `setup` must supply. */
export type Functions<D extends ModuleDecl> = {
  readonly [K in keyof D['functions']]: D['functions'][K] extends FunctionDecl
    ? (ctx: ContextOf<D['functions'][K]>, ...args: ArgsOf<D['functions'][K]['args']>) => Returned<D['functions'][K]>
    : never;
};
