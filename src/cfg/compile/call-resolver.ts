/** Which function of which module a call means; what is wrong with a call is said here, with what helps. */
import type { RouteKind } from '../../engine/context.ts';
import type { ArgSpec } from '../../engine/spec.ts';
import { trust } from '../../util/trust.ts';
import { functionAdvice, harmless } from '../check/advice.ts';
import type { Call } from '../ast.ts';
import { moduleOfFunction } from '../check/catalogue.ts';
import type { DiagnosticCode } from '../codes.ts';
import type { Advice } from '../diagnostics.ts';
import { coreFunctions } from '../text/keywords.ts';
import { type FunctionEntry, nearest } from '../registry.ts';
import type { Scene } from './scene.ts';

/** Where one of the values that the function takes comes from: an argument of the call, or a fixed value. */
export type Origin =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'value'; readonly value: unknown };

export interface Slot {
  readonly spec: ArgSpec;
  readonly origin: Origin;
}

export interface ResolvedCall {
  readonly entry: FunctionEntry;
  readonly slots: readonly Slot[];
  /** With these names the values are options of one object. */
  readonly options: readonly string[] | undefined;
  /** Kinds of route blocks that lead here and where the function cannot be called. */
  readonly refused: ReadonlySet<RouteKind>;
}

interface Signature {
  readonly specs: readonly ArgSpec[];
  readonly options: readonly string[] | undefined;
}

export class CallResolver {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Undefined when there is no such function; that has been reported. */
  resolve(call: Call, kinds: ReadonlySet<RouteKind>): ResolvedCall | undefined {
    const { names } = this.#scene;
    const candidates = names.functions(call.name.text);
    const [first] = candidates;
    if (first === undefined) return this.#unknown(call);
    const fitting = candidates.filter(({ decl }) => arities(decl, call.name.text).includes(call.args.length));
    const allowed = fitting.find(({ decl }) => decl.routes.some((kind) => kinds.has(kind)));
    const entry = allowed ?? fitting[0];
    if (entry === undefined) {
      const taken = [...new Set(candidates.flatMap(({ decl }) => arities(decl, call.name.text)))].sort((a, b) => a - b);
      this.#report('CFG_ARITY', call, `${call.name.text} takes ${countText(taken)}, not ${call.args.length}`);
      return undefined;
    }
    if (!names.isLoaded(entry.module) && names.missed(entry.module)) this.#notLoaded(call, entry.module);
    if (allowed === undefined) this.#wrongKind(call, entry, kinds);
    return {
      entry,
      slots: slotsOf(entry, call.args.length),
      options: signature(entry.decl).options,
      refused: new Set([...kinds].filter((kind) => !entry.decl.routes.includes(kind))),
    };
  }

  #notLoaded(call: Call, module: string): void {
    this.#report(
      'CFG_MODULE_NOT_LOADED',
      call,
      `${call.name.text} belongs to the module ${module}, which is not loaded`,
      {
        hint: `add loadmodule "${module}.so"`,
      },
    );
  }

  #wrongKind(call: Call, { decl }: FunctionEntry, kinds: ReadonlySet<RouteKind>): void {
    const here = [...kinds].map((kind) => blockNames[kind]).join(' or ');
    const there = decl.routes.map((kind) => blockNames[kind]).join(', ');
    // In Kamailio event routes may call whatever request_route may.
    if (decl.routes.includes('request') && [...kinds].every((kind) => kind === 'event' || kind === 'branch_failure')) {
      this.#report('CFG_ROUTE_POOR', call, `${call.name.text} does nothing in ${here}, and gives -1`, {
        hint: `it is for ${there}`,
      });
      return;
    }
    this.#report('CFG_ROUTE_KIND', call, `${call.name.text} cannot be called in ${here}`, {
      hint: `it is for ${there}`,
    });
  }

  #unknown(call: Call): undefined {
    const { names, routes, stubUnknown } = this.#scene;
    const name = call.name.text;
    const without = harmless.get(name);
    if (without !== undefined) {
      this.#report('CFG_FUNCTION_STUBBED', call, `${name} does nothing here: ${without}`);
      return undefined;
    }
    if (stubUnknown) {
      this.#report('CFG_FUNCTION_STUBBED', call, `${name} is unknown: it does nothing and gives -1`);
      return undefined;
    }
    const advice = functionAdvice.get(name);
    const owner = moduleOfFunction(name);
    if (routes.has(name)) {
      this.#report('CFG_FUNCTION_UNKNOWN', call, `${name} is a route, not a function`, {
        hint: `write route(${name})`,
      });
    } else if (owner !== undefined) {
      const why =
        names.module(owner) === undefined
          ? `the module ${owner} of Kamailio, which viaduct does not have`
          : `Kamailio's ${owner}; the ${owner} of viaduct does not have it`;
      this.#report('CFG_FUNCTION_UNKNOWN', call, `${name} belongs to ${why}`, {
        hint: advice ?? '--stub-unknown runs the file without it',
      });
    } else if (call.core || coreFunctions.has(name)) {
      this.#report('CFG_FUNCTION_UNKNOWN', call, `${name} of Kamailio's core is not supported`, { hint: advice });
    } else {
      const meant = nearest(name, names.functionNames);
      this.#report('CFG_FUNCTION_UNKNOWN', call, `no function ${name} is known`, {
        hint: advice ?? (meant === undefined ? undefined : `did you mean ${meant}?`),
      });
    }
    return undefined;
  }

  #report(code: DiagnosticCode, call: Call, message: string, advice?: Advice): void {
    this.#scene.report(code, call.name.span, message, advice);
  }
}

/** What scripts call them. */
export const blockNames: Readonly<Record<RouteKind, string>> = {
  request: 'request_route',
  branch: 'branch_route',
  onsend: 'onsend_route',
  reply: 'reply_route',
  onreply: 'onreply_route',
  failure: 'failure_route',
  branch_failure: 'event_route[tm:branch-failure:...]',
  event: 'event_route',
};

function signature({ args }: FunctionEntry['decl']): Signature {
  if ('options' in args) {
    return { specs: Object.values(args.options), options: Object.keys(args.options) };
  }
  // Without options it is the list of specs.
  return { specs: trust<readonly ArgSpec[]>(args), options: undefined };
}

/** The numbers of arguments that a call may have. */
function arities(decl: FunctionEntry['decl'], name: string): readonly number[] {
  const { cfgArity } = decl;
  const said = cfgArity === undefined || isList(cfgArity) ? cfgArity : cfgArity[name];
  if (said !== undefined) return said;
  const { specs, options } = signature(decl);
  const needed = options === undefined ? specs.findLastIndex(({ optional }) => optional !== true) + 1 : 0;
  const plain = Array.from({ length: specs.length - needed + 1 }, (_, i) => needed + i);
  return [...new Set([...plain, ...Object.keys(decl.cfgForms ?? {}).map(Number)])];
}

const isList = (arity: NonNullable<FunctionEntry['decl']['cfgArity']>): arity is readonly number[] =>
  Array.isArray(arity);

function slotsOf({ decl }: FunctionEntry, count: number): readonly Slot[] {
  const { specs } = signature(decl);
  const form = decl.cfgForms?.[count];
  if (form === undefined) {
    return specs.slice(0, count).map((spec, index) => ({ spec, origin: { kind: 'argument', index } }));
  }
  return form.flatMap((from, i): readonly Slot[] => {
    const spec = specs[i];
    if (spec === undefined) return [];
    const origin: Origin =
      typeof from === 'number' ? { kind: 'argument', index: from } : { kind: 'value', value: from.is };
    return [{ spec, origin }];
  });
}

function countText(counts: readonly number[]): string {
  const texts = counts.map(String);
  const last = texts.pop() ?? '0';
  const one = texts.length === 0 && last === '1';
  return `${texts.length === 0 ? last : `${texts.join(', ')} or ${last}`} argument${one ? '' : 's'}`;
}
