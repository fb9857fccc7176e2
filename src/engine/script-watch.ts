/** How modules follow a compiled script step by step. Nobody pays for it in a program without such a module. */
import type { ReplyContext, RequestContext } from './context.ts';

/** A step of a script: where it stands. */
export interface ScriptPlace {
  /** Name of its block: `DEFAULT_ROUTE` of request_route, `SUB` of route[SUB]. */
  readonly route: string;
  readonly file: string;
  readonly line: number;
  /** `assign`, `if`, `while`, `switch`, `return`, `exit`, `drop`, `break`, `route`, or the name of the function. */
  readonly action: string;
}

/** Told of each step before it runs; the context says what kind of block the message came in by. */
export type ScriptWatch = (place: ScriptPlace, ctx: RequestContext | ReplyContext) => void;
