/** All route blocks of a file as the engine enters them. Checking a file is making them with nothing behind the names. */
import type {
  EventRoute,
  ReplyRoute,
  RequestRoute,
  ResumeRoute,
  RouteKind,
  RouteResult,
  Routes,
} from '../../engine/context.ts';
import type { Block } from '../ast.ts';
import type { Context } from '../registry.ts';
import { BRANCH_FAILURE, type RouteTable } from '../check/route-table.ts';
import { NEXT, RETURN, Run, type Signal, type Step } from './run.ts';
import type { Scene, SubRoute } from './scene.ts';
import { StatementCompiler } from './statement-compiler.ts';

/** Where `drop` keeps the message back; in other kinds of blocks it only ends the script. */
const droppable: ReadonlySet<RouteKind> = new Set(['branch', 'onsend', 'reply', 'onreply', 'event']);

/** What Kamailio calls a block where it speaks of its name. */
function labelOf(kind: RouteKind, name: string): string {
  if (kind === 'request') return 'DEFAULT_ROUTE';
  if (kind === 'reply') return 'DEFAULT_ONREPLY';
  if (kind === 'onsend') return 'DEFAULT_SEND';
  return kind === 'branch_failure' ? BRANCH_FAILURE + name : name;
}

type SceneWithoutRoutes = Omit<Scene, 'routes' | 'armable' | 'unarmed'>;

export function compileRoutes(parts: SceneWithoutRoutes, table: RouteTable, families: readonly string[]): Routes {
  const subs = new Map<string, SubRoute>();
  for (const { name, kinds } of table.subs.values()) {
    const byClock: readonly RouteKind[] = families.length > 0 ? ['event'] : [];
    const others: readonly RouteKind[] = kinds.size > 0 ? [...kinds] : ['request'];
    subs.set(name, { name, body: () => NEXT, kinds: new Set([...others, ...byClock]) });
  }
  const scene: Scene = { ...parts, routes: subs, armable: table.armable, unarmed: new Set() };
  for (const { name, block } of table.subs.values()) {
    const sub = subs.get(name);
    scene.standing.route = name;
    if (sub !== undefined) sub.body = new StatementCompiler(scene, sub.kinds).block(block.body);
  }
  return withUnarmed(assemble(scene, table, families), scene.unarmed);
}

/** Armed blocks that the file does not have are empty ones. */
function withUnarmed(routes: Routes, unarmed: ReadonlySet<string>): Routes {
  const empty = (kind: RouteKind): Readonly<Record<string, () => RouteResult>> =>
    Object.fromEntries(
      [...unarmed]
        .filter((key) => key.startsWith(`${kind}:`))
        .map((key) => [key.slice(kind.length + 1), () => undefined] as const),
    );
  return {
    ...routes,
    branch: { ...empty('branch'), ...routes.branch },
    onreply: { ...empty('onreply'), ...routes.onreply },
    failure: { ...empty('failure'), ...routes.failure },
    branch_failure: { ...empty('branch_failure'), ...routes.branch_failure },
  };
}

function assemble(scene: Scene, table: RouteTable, families: readonly string[]): Routes {
  const body = (kind: RouteKind, name: string, block: Pick<Block, 'statements'>): Step => {
    scene.standing.route = labelOf(kind, name);
    return new StatementCompiler(scene, new Set([kind])).block(block);
  };
  const of = (kind: RouteKind) =>
    table.entries
      .filter((entry) => entry.kind === kind)
      .map((entry) => ({ ...entry, step: body(kind, entry.name, entry.body) }));
  const named = <T>(kind: RouteKind, make: (step: Step) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(of(kind).map(({ name, step }) => [name, make(step)]));
  const requests = table.entries.filter(({ kind }) => kind === 'request');
  const request = body('request', '', { statements: requests.flatMap((entry) => entry.body.statements) });
  const [reply] = of('reply');
  const [onsend] = of('onsend');
  const event = (step: Step): EventRoute => atOnce(scene, 'event', step);
  const byClock = families.flatMap((family) =>
    [...scene.routes.values()].map((sub) => [`${family}:${sub.name}`, event((run) => sub.body(run))] as const),
  );
  return {
    request: entered('request', request),
    ...(reply === undefined ? {} : { reply: entered('reply', reply.step, scene.ways.replyRoute) satisfies ReplyRoute }),
    ...(onsend === undefined ? {} : { onsend: atOnce(scene, 'onsend', onsend.step) }),
    branch: named('branch', (step): RequestRoute => entered('branch', step)),
    onreply: named('onreply', (step): ReplyRoute => entered('onreply', step)),
    failure: named('failure', (step): RequestRoute => entered('failure', step)),
    branch_failure: named('branch_failure', (step): RequestRoute => entered('branch_failure', step)),
    event: { ...Object.fromEntries(byClock), ...named('event', event) },
    resume: Object.fromEntries(table.resumable.flatMap((name) => resumed(scene.routes.get(name)))),
  };
}

/** A request goes on as in a failure route, a reply as in the onreply route of its transaction. */
function resumed(sub: SubRoute | undefined): readonly (readonly [string, ResumeRoute])[] {
  if (sub === undefined) return [];
  const asFailure = entered('failure', (run) => sub.body(run));
  const asReply = entered('onreply', (run) => sub.body(run));
  return [[sub.name, (ctx) => ('branches' in ctx ? asFailure(ctx) : asReply(ctx))]];
}

/** `codesDrop`: a block that ends with a code of 0 or below drops, too. */
function entered(kind: RouteKind, step: Step, codesDrop = false): (ctx: Context) => RouteResult | Promise<RouteResult> {
  const drops = droppable.has(kind);
  const ended = (run: Run, signal: Signal): RouteResult => {
    const dropped = drops && (run.dropped || (codesDrop && failed(run, signal)));
    return dropped ? run.ctx.drop() : undefined;
  };
  return (ctx) => {
    const run = new Run(ctx, kind);
    const signal = step(run);
    return signal instanceof Promise ? signal.then((known) => ended(run, known)) : ended(run, signal);
  };
}

function failed(run: Run, signal: Signal): boolean {
  if (signal === RETURN) return run.returned <= 0;
  return signal === NEXT && run.last < 0;
}

/** For blocks that nobody waits for: what waits in them goes on by itself. */
function atOnce(scene: Scene, kind: RouteKind, step: Step): (ctx: Context) => RouteResult {
  const enter = entered(kind, step);
  return (ctx) => {
    const result = enter(ctx);
    if (!(result instanceof Promise)) return result;
    result.catch((error: unknown) => scene.log.write('error', `a ${kind} route threw`, { error: String(error) }));
    return undefined;
  };
}
