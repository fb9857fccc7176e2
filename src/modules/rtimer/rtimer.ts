/**
 * rtimer: routes that run by the clock. A route that `exec` names is the event route `rtimer:NAME`; it gets a message that
 * nobody sent. Same parameters as Kamailio's rtimer.
 */
import { internalRequest } from '../../engine/internal-request.ts';
import { defineModule } from '../../engine/module.ts';
import { runRoute } from '../../engine/run-route.ts';
import { int, list } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import { parseExec, parseTimer } from './definition.ts';
import { Ticker } from './ticker.ts';

/** Timers of one program. */
export const MAX_TIMERS = 100;

export const rtimer = defineModule(
  {
    name: 'rtimer',
    doc: 'Routes that run by the clock.',
    params: {
      timer: list({ default: [], doc: 'A timer each: `name=t;interval=10;`, seconds, or microseconds as `100000u`.' }),
      exec: list({ default: [], doc: 'A route of a timer each: `timer=t;route=NAME`.' }),
      default_interval: int({
        default: 120,
        min: 1,
        max: 2_147_483,
        doc: 'Seconds of a timer that names no interval.',
      }),
    },
    eventRoutes: {
      rtimer: { runs: 'route', doc: 'As `rtimer:NAME`: the route NAME of an exec; in kamailio.cfg it is route[NAME].' },
    },
    stats: { runs: 'Routes run.' },
  },
  (host) => {
    const { params, engine, stats, log, world } = host;
    const timers = params.timer.map((text) => parseTimer(text, params.default_interval));
    const execs = params.exec.map(parseExec);
    if (timers.length > MAX_TIMERS) throw new ViaductError('PARAM_VALUE', `rtimer: more than ${MAX_TIMERS} timers`);
    const lost = execs.find(({ timer }) => !timers.some(({ name }) => name === timer));
    if (lost !== undefined) throw new ViaductError('PARAM_VALUE', `rtimer.exec: there is no timer ${lost.timer}`);
    const runOne = (name: string): Promise<void> | undefined => {
      const route = host.routes.event?.[`rtimer:${name}`];
      if (route === undefined) return undefined;
      stats.runs.value++;
      return runRoute(log, `rtimer:${name}`, () => route(internalRequest(engine)));
    };
    const runAll = (routes: readonly string[]): Promise<void> | undefined => {
      const waiting = routes.flatMap((name) => runOne(name) ?? []);
      return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
    };
    const tickers = timers.map(({ name, intervalMs }) => {
      const routes = execs.filter(({ timer }) => timer === name).map(({ route }) => route);
      return new Ticker(intervalMs, engine.timers, () => runAll(routes));
    });
    return {
      functions: {},
      async start() {
        const missing = execs.find(({ route }) => host.routes.event?.[`rtimer:${route}`] === undefined);
        if (missing !== undefined)
          throw new ViaductError('ROUTE_UNKNOWN', `rtimer.exec: there is no route ${missing.route}`);
        for (const ticker of tickers) ticker.start(world.clock.now());
      },
      async stop() {
        for (const ticker of tickers) ticker.stop();
      },
    };
  },
);
