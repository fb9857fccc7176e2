/** What all parts of the compiler share while they work on one file. */
import type { RouteKind } from '../../engine/context.ts';
import type { Log } from '../../engine/log.ts';
import type { ScriptWatch } from '../../engine/script-watch.ts';
import type { Pv, StringLiteral } from '../ast.ts';
import type { CustomParams } from '../check/custom-params.ts';
import type { PvCompiler, PvFault } from './pv-compiler.ts';
import type { Context, Names } from '../registry.ts';
import type { Report } from '../report.ts';
import type { RunLimits, Step } from './run.ts';
import type { Sources, Span } from '../source.ts';
import type { Standing } from './standing.ts';
import { placeInString } from '../text/string-escapes.ts';
import type { KamailioWays } from '../check/ways.ts';

/** A function of a module, its types erased: declarations say what it takes and gives. */
export type Callable = (ctx: object, ...args: readonly unknown[]) => unknown;

/** Where the code behind the names comes from: from running modules, or from nowhere while a file is only checked. */
export interface Binder {
  /** `name`: what the script calls it. */
  callable(module: string, key: string, name: string): Callable;
  isLocal(host: string, port: number | 'any' | undefined): boolean;
  /** The context on the message as it was received, where the file wants to read that. */
  received(ctx: Context): Context;
}

/** `route[X]`. Its body is there once everything has been compiled. */
export interface SubRoute {
  readonly name: string;
  body: Step;
  /** Kinds of route blocks that lead here. */
  readonly kinds: ReadonlySet<RouteKind>;
}

export interface Scene {
  readonly names: Names;
  readonly pvs: PvCompiler;
  readonly binder: Binder;
  readonly log: Log;
  /** Who is told of each step. */
  readonly watch: ScriptWatch | undefined;
  readonly limits: RunLimits;
  readonly ways: KamailioWays;
  readonly sources: Sources;
  readonly routes: ReadonlyMap<string, SubRoute>;
  /** `failure:NAME`, `onreply:NAME`: what functions may arm. */
  readonly armable: ReadonlySet<string>;
  /** Those that are armed and not there, found while the blocks are compiled. */
  readonly unarmed: Set<string>;
  readonly flags: ReadonlyMap<string, number>;
  readonly custom: CustomParams;
  readonly standing: Standing;
  /** Unknown functions give -1 instead of being errors. */
  readonly stubUnknown: boolean;
  readonly report: Report;
}

/** Reports what is wrong with pseudo-variables at their places in a text of the file. */
export function reportInString(
  scene: Pick<Scene, 'report' | 'sources'>,
  literal: StringLiteral,
  problems: readonly PvFault[],
): void {
  for (const { code, at, message, hint } of problems) {
    scene.report(code, placeInString(scene.sources, literal, at), message, { hint });
  }
}

export function reportPv(scene: Pick<Scene, 'report'>, node: Pv, { code, at, message, hint }: PvFault): void {
  scene.report(code, partOf(node, at), message, { hint });
}

/** From a character of a pseudo-variable on, where it stands in the file as it is. */
function partOf({ text, span }: Pv, at: number): Span {
  const verbatim = span.macro === undefined && span.end - span.start === text.length;
  return verbatim && at > 0 && at < text.length ? { ...span, start: span.start + at } : span;
}

/** `file:line` for log lines. */
export function placeText(sources: Sources, span: Span): string {
  return `${span.file}:${sources.place(span.file, span.start).line}`;
}
