/** Runs a route block so that a throw in it costs a log line and nothing else. */
import type { Log } from '../../engine/log.ts';

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
