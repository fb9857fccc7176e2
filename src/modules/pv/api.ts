/** What other modules and whoever compiles a script may know of pv. */
import type { AvpValue, ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvValue } from '../../engine/module.ts';

type Context = RequestContext | ReplyContext;

/** A pseudo-variable that stands in a transformation, `{s.substr,$var(i),3}`, made ready to read. */
export type PvReader = (ctx: Context) => PvValue;

/** Makes the text of a pseudo-variable (`$var(i)`, `$(hdr(X)[1])`) ready to read; says why it cannot. */
export type CompilePv = (text: string) => PvReader | { readonly message: string };

export interface TransformationStep {
  readonly name: string;
  apply(value: PvValue, ctx: Context): PvValue;
}

export type ParsedTransformations =
  | { readonly kind: 'chain'; readonly chain: readonly TransformationStep[] }
  /** `at` counts characters from the first `{`. */
  | { readonly kind: 'malformed'; readonly at: number; readonly message: string; readonly hint: string | undefined };

export interface PvApi {
  /** Reads `{s.len}{s.int}`, braces included. */
  parseTransformations(text: string, compilePv: CompilePv): ParsedTransformations;
  /** Never throws; null is what Kamailio prints as nothing after a transformation. */
  transform(value: PvValue, chain: readonly TransformationStep[], ctx: Context): PvValue;
  /** What `$xavp(name=>field)` reads. */
  readXavp(ctx: Context, name: string, field: string): PvValue;
  /** What `$xavu(name=>field)` reads. */
  readXavu(ctx: Context, name: string, field: string): PvValue;
  /** What `$var` holds for this message. */
  vars(ctx: Context): ReadonlyMap<string, AvpValue>;
  /** What `$ruid` and `$location_ua` read from now on. */
  setLocated(ctx: RequestContext, contact: { readonly ruid: string; readonly userAgent: string }): void;
  /** Puts a new record on top of those of this name. */
  addXavp(ctx: Context, name: string, fields: readonly (readonly [field: string, value: AvpValue])[]): void;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly pv: PvApi;
  }
}
