/** Runs route blocks so that a throw in one costs a log line and nothing else. */
import type { Flow } from '../transport/flow.ts';
import type { RequestContext, Routes } from './context.ts';
import type { Log } from './log.ts';

/** Whether the onsend route kept a request back that is about to leave on this flow. What it edits leaves nobody. */
export function heldBack(log: Log, onsend: Routes['onsend'], ctx: RequestContext, flow: Flow): boolean {
  if (onsend === undefined) return false;
  const leaving = ctx.derive(ctx.message.fork(), { route: 'onsend', branchIndex: ctx.branchIndex });
  leaving.destination.flow = flow;
  void runRoute(log, 'onsend', () => onsend(leaving));
  return leaving.dropped;
}

/** A promise only when the route gave one; it never rejects. */
export function runRoute(log: Log, route: string, run: () => unknown): Promise<void> | undefined {
  const report = (error: unknown): void => {
    const at = error instanceof Error ? error.stack?.split('\n')[1]?.trim() : undefined;
    log.write('error', `the ${route} route threw`, { error: String(error), place: at });
  };
  try {
    const result = run();
    return result instanceof Promise ? result.then(() => undefined, report) : undefined;
  } catch (error) {
    report(error);
    return undefined;
  }
}
