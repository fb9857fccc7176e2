/**
 * topos, topology hiding: Via, Record-Route, Route and Contact of each side are kept here and put back for the other
 * (Kamailio's topos). No reply ever leaves without the Vias of its request; README.md lists where this differs.
 */
import { defineModule } from '../../engine/module.ts';
import type { TimerEntry } from '../../engine/timers.ts';
import { after, type Instant } from '../../util/time.ts';
import { RateLimit } from '../../util/rate-limit.ts';
import { TtlMap } from '../../util/ttl-map.ts';
import type { ToposRedisApi } from '../topos_redis/api.ts';
import { CallIds } from './call-ids.ts';
import { ContactFaces } from './contact-face.ts';
import { Crossings, MAX_STATELESS } from './crossing.ts';
import { declaration } from './declaration.ts';
import { Dialogs } from './dialogs.ts';
import { HidingEvents } from './events.ts';
import type { Hiding } from './hiding.ts';
import { ToposRpc } from './rpc.ts';
import { ToposScreen } from './screen.ts';
import { KeyContexts } from './key-contexts.ts';
import { BranchSealer } from './sealed-branch.ts';
import { readSettings } from './settings.ts';
import { Shelves, Storage, storageWish } from './storage.ts';
import { Tickets } from './tickets.ts';
import { callIdMask, checkModules, checkParams, idleParams, sanityOf, xavuOf } from './wiring.ts';

const SLICE_PAUSE_MS = 10;
/** One line in this time about messages that cannot be hidden, for each reason. */
const COMPLAINT_MS = 10_000;
const REASONS = 8;

export const topos = defineModule(declaration, (host) => {
  const { engine, params, stats, log } = host;
  checkParams(params);
  const settings = readSettings(params);
  const { timers } = engine;
  const lifetimes = { earlyMs: settings.earlyMs, dialogMs: settings.dialogMs };
  const dialogs = host.state('dialogs', () => new Dialogs(settings.maxDialogs, lifetimes, stats.dialogs_expired));
  const shelves = host.state('shelves', () => new Shelves());
  const tickets = host.state('tickets', () => new Tickets());
  const storage = new Storage({ engine, log, dialogs, tickets, shelves, branchMs: settings.earlyMs });
  const rpc = new ToposRpc({ dialogs, storage, clock: engine.world.clock });
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
    faces: new ContactFaces(
      params,
      xavuOf(host),
      host.state('key params', () => new Set()),
    ),
    callIds: new CallIds(callIdMask(host), dialogs, settings.masksCallId),
    tickets,
    contexts: new KeyContexts(settings.context),
    cancels: () => host.find('tm'),
    isInsane: sanityOf(host),
    storage,
    complaints: new RateLimit({ intervalMs: COMPLAINT_MS, burst: 1, maxKeys: REASONS }),
    sealer: params.secret === '' ? undefined : new BranchSealer(params.secret),
  };
  let sweep: TimerEntry | undefined;
  const cleaner = {
    onDeadline(now: Instant) {
      const pause = dialogs.sweep(now) === 'more' ? SLICE_PAUSE_MS : settings.cleanMs;
      sweep = timers.set(undefined, after(now, pause), cleaner);
    },
  };
  return {
    functions: { setContext: (ctx, context) => hiding.contexts.set(ctx.received, context) },
    screen: new ToposScreen(hiding),
    metrics: () => storage.samples(),
    rpc: {
      'topos.stats': () => rpc.stats(),
      'topos.dialog': (given) => rpc.dialog(given),
      'topos.lookup': (given) => rpc.lookup(given),
      'topos.audit': (given) => rpc.audit(given),
    },
    start: async () => {
      checkModules(host);
      for (const note of idleParams(params)) log.write('notice', note);
      const named: ToposRedisApi | undefined = host.find('topos_redis');
      const wish = storageWish(params.storage, named?.url);
      if (wish.notice !== undefined) log.write('notice', wish.notice);
      await storage.open(wish.url);
      dialogs.tune(settings.maxDialogs, lifetimes);
      sweep = timers.set(undefined, after(engine.world.clock.now(), settings.cleanMs), cleaner);
    },
    stop: async () => {
      sweep = timers.set(sweep, undefined, cleaner);
      await storage.close();
    },
  };
});
