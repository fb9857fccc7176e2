/**
 * Kinds of values that a module declares for its parameters and arguments, and the types they have in TypeScript.
 * A declaration is data: cfg text is coerced, TypeScript calls are typed and pages are generated from the same spec.
 */
import type { Substitution } from '../util/regex/substitution.ts';
import type { ReplyContext, RequestContext } from './context.ts';
import type { PvPlace, PvValue } from './pv-value.ts';

interface Described {
  readonly doc: string;
  /** Arguments only: may be left out. Parameters with neither this nor a default are undefined when not set. */
  readonly optional?: boolean;
  /** Parameters only: the module takes another value while it runs (`cfg.set`). */
  readonly runtime?: true;
  /** Parameters only: the value is never shown, in no message and no log. */
  readonly secret?: boolean;
}
export interface IntSpec extends Described {
  readonly type: 'int';
  readonly default?: number;
  /** The default in kamailio.cfg, where it differs from the one in TypeScript. */
  readonly cfgDefault?: number;
  readonly min?: number;
  readonly max?: number;
}
export interface StrSpec extends Described {
  readonly type: 'str';
  readonly default?: string;
  /** Arguments in kamailio.cfg: a `$` in a fixed text stands for itself, as in regular expressions. */
  readonly raw?: true;
  /** Parameters in kamailio.cfg: a path; one that begins with neither `/` nor `.` is looked for beside the script. */
  readonly file?: true;
  /** Arguments: a POSIX regular expression; a fixed one is checked with the file. It is `raw` too. */
  readonly regex?: true;
  /** Arguments: it names a route block of this kind. */
  readonly route?: 'failure' | 'branch' | 'onreply' | 'branch_failure' | 'resume';
}
/** One value or several; in kamailio.cfg a parameter of this kind may be set again and again. */
export interface ListSpec extends Described {
  readonly type: 'list';
  readonly default?: readonly string[];
}
/** One of a few names; `choices` maps each name to its spellings in kamailio.cfg. */
export interface ChoiceSpec extends Described {
  readonly type: 'choice';
  readonly default?: string;
  readonly choices: Readonly<Record<string, readonly string[]>>;
}
export type ValueSpec = IntSpec | StrSpec | ListSpec | ChoiceSpec;

/** What a message says; null when it says nothing of the kind. */
export type Reading = (ctx: RequestContext | ReplyContext) => PvValue;
export interface Field {
  readonly name: string;
  readonly read: Reading;
}
/** Parameters only: values of each message by their names. In kamailio.cfg one text, `name=$fu;name=text`. */
export interface FieldsSpec extends Described {
  readonly type: 'fields';
  readonly max: number;
  readonly default: readonly Field[];
}
export type ParamSpec = ValueSpec | FieldsSpec;

/** Arguments only: a pseudo-variable itself and not its value. */
export interface PvSpec extends Described {
  readonly type: 'pv';
  /** The function writes it. */
  readonly writable?: true;
}
/** Arguments only: `/expression/replacement/flags`, with pseudo-variables in the replacement. */
export interface SubstitutionSpec extends Described {
  readonly type: 'substitution';
}
/**
 * Arguments only: a header as one line, or several. In kamailio.cfg they stand in one text; line ends count where the
 * script wrote them, in the value of a pseudo-variable they are spaces.
 */
export interface HeaderSpec extends Described {
  readonly type: 'header';
}
export type ArgSpec = ValueSpec | PvSpec | SubstitutionSpec | HeaderSpec;

/** TypeScript gives the text, with whatever it stands for in it already. */
export type SubstitutionArg = string | Substitution<RequestContext | ReplyContext>;
export type HeaderArg = string | readonly string[];

/** What a function or `setup` receives. */
export type ValueOf<S> = S extends { readonly type: 'int' }
  ? number
  : S extends { readonly type: 'str' }
    ? string
    : S extends { readonly type: 'list' }
      ? readonly string[]
      : S extends { readonly type: 'choice'; readonly choices: infer C }
        ? Extract<keyof C, string>
        : S extends { readonly type: 'pv' }
          ? PvPlace
          : S extends { readonly type: 'substitution' }
            ? SubstitutionArg
            : S extends { readonly type: 'header' }
              ? HeaderArg
              : S extends { readonly type: 'fields' }
                ? readonly Field[]
                : never;

/** What a TypeScript caller may write: a list also takes a single string, fields are texts or functions of the context. */
export type InputOf<S> = S extends { readonly type: 'list' }
  ? string | readonly string[]
  : S extends { readonly type: 'fields' }
    ? Readonly<Record<string, string | Reading>>
    : ValueOf<S>;

/** Positional arguments, or named options whose order in kamailio.cfg is the order of the keys. */
export type ArgsSpec = readonly ArgSpec[] | { readonly options: Readonly<Record<string, ValueSpec>> };

type Positional<A> = A extends readonly [infer F, ...infer R]
  ? F extends { readonly optional: true }
    ? [value?: ValueOf<F> | undefined, ...rest: Positional<R>]
    : [value: ValueOf<F>, ...rest: Positional<R>]
  : [];
type Options<O, Input extends boolean> = {
  readonly [K in keyof O]?: (Input extends true ? InputOf<O[K]> : ValueOf<O[K]>) | undefined;
};
export type ArgsOf<A> = A extends { readonly options: infer O } ? [options?: Options<O, true>] : Positional<A>;

export type ParamsOf<P> = {
  readonly [K in keyof P]: P[K] extends { readonly default: unknown } ? ValueOf<P[K]> : ValueOf<P[K]> | undefined;
};
export type ParamInputs<P> = { readonly [K in keyof P]?: InputOf<P[K]> };

export function int<const S extends Omit<IntSpec, 'type'>>(spec: S): S & { readonly type: 'int' } {
  return { ...spec, type: 'int' };
}
export function str<const S extends Omit<StrSpec, 'type'>>(spec: S): S & { readonly type: 'str' } {
  return { ...spec, type: 'str' };
}
export function list<const S extends Omit<ListSpec, 'type'>>(spec: S): S & { readonly type: 'list' } {
  return { ...spec, type: 'list' };
}
export function choice<const S extends Omit<ChoiceSpec, 'type'>>(spec: S): S & { readonly type: 'choice' } {
  return { ...spec, type: 'choice' };
}
export function pv<const S extends Omit<PvSpec, 'type'>>(spec: S): S & { readonly type: 'pv' } {
  return { ...spec, type: 'pv' };
}
export function substitution<const S extends Omit<SubstitutionSpec, 'type'>>(
  spec: S,
): S & { readonly type: 'substitution' } {
  return { ...spec, type: 'substitution' };
}
export function header<const S extends Omit<HeaderSpec, 'type'>>(spec: S): S & { readonly type: 'header' } {
  return { ...spec, type: 'header' };
}
export function fields<const S extends Omit<FieldsSpec, 'type' | 'default'>>(
  spec: S,
): S & { readonly type: 'fields'; readonly default: readonly Field[] } {
  return { ...spec, type: 'fields', default: [] };
}
