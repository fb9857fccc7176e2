/** Values of pseudo-variables, and one of them as a function receives it: a place to read and to write. */
import type { ReplyContext, RequestContext } from './context.ts';

/** null is Kamailio's `$null`. */
export type PvValue = string | number | null;

type Context = RequestContext | ReplyContext;

export interface PvPlace {
  /** As written, `$var(x)`. */
  readonly name: string;
  read(ctx: Context): PvValue;
  /** Absent for what cannot be written. Writing null removes. */
  write?(ctx: Context, value: PvValue): void;
}
