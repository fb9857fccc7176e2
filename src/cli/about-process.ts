/** What the commands about the process need to know of it. */
import type { LeveledLog } from '../engine/log.ts';
import type { Clock } from '../world/world.ts';
import type { Service } from './service.ts';
import type { Shell, Signal } from './shell.ts';

export interface AboutProcess {
  readonly service: Pick<Service, 'reload' | 'listeners' | 'defines'>;
  readonly version: string;
  readonly clock: Pick<Clock, 'now' | 'wall' | 'wake'>;
  readonly log: LeveledLog;
  readonly process: Pick<Shell['process'], 'id' | 'runtime' | 'args' | 'folder' | 'memoryBytes' | 'heapBytes'>;
  /** As if the signal had come from outside. */
  readonly raise: (signal: Signal) => void;
}

/** What the only process does, as Kamailio describes each of its own. */
export const DESCRIPTION = 'main process - all of viaduct';

/** Of what Kamailio can be compiled with, what is here. */
export const FEATURES = 'USE_TCP, USE_TLS, USE_DNS_CACHE, USE_DNS_FAILOVER, USE_NAPTR';
