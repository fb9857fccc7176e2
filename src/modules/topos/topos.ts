/**
 * topos, topology hiding: Via, Record-Route, Route and Contact of each side are kept here and put back for the other
 * (Kamailio's topos). No reply ever leaves without the Vias of its request; README.md lists where this differs.
 */
import { defineModule } from '../../engine/module.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import { TtlMap } from '../../util/ttl-map.ts';
import { ContactFaces } from './contact-face.ts';
import { Crossings, MAX_STATELESS } from './crossing.ts';
import { declaration } from './declaration.ts';
import { Dialogs } from './dialogs.ts';
import { HidingEvents } from './events.ts';
import type { Hiding } from './hiding.ts';
import { ToposScreen } from './screen.ts';
import { readSettings } from './settings.ts';

const SLICE_PAUSE_MS = 10;

export const topos = defineModule(declaration, (host) => {
  const { engine, params, stats, log } = host;
  const settings = readSettings(params);
  const { timers } = engine;
  const lifetimes = { earlyMs: settings.earlyMs, dialogMs: settings.dialogMs };
  const dialogs = host.state('dialogs', () => new Dialogs(settings.maxDialogs, lifetimes, stats.dialogs_expired));
  const hiding: Hiding = {
    engine,
    log,
    settings,
    stats,
    dialogs,
    crossings: new Crossings(
      host.slot('crossings'),
      host.state('stateless', () => new TtlMap({ max: MAX_STATELESS, ttlMs: settings.earlyMs })),
    ),
    events: new HidingEvents(host, settings.eventMode),
    faces: new ContactFaces(params),
  };
  let sweep: TimerEntry | undefined;
  const cleaner = {
    onDeadline(now: Instant) {
      const pause = dialogs.sweep(now) === 'more' ? SLICE_PAUSE_MS : settings.cleanMs;
      sweep = timers.set(undefined, after(now, pause), cleaner);
    },
  };
  return {
    functions: { setContext: () => 'set' },
    screen: new ToposScreen(hiding),
    metrics: () => [],
    start: async () => {
      dialogs.tune(settings.maxDialogs, lifetimes);
      sweep = timers.set(undefined, after(engine.world.clock.now(), settings.cleanMs), cleaner);
    },
    stop: async () => {
      sweep = timers.set(sweep, undefined, cleaner);
    },
  };
});
