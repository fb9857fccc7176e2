/** topos_redis: names the Redis server of ndb_redis that `storage=redis` of topos means, as Kamailio's module does. */
import { defineModule } from '../../engine/module.ts';
import { str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import type { NdbRedisApi } from '../ndb_redis/api.ts';
import type { ToposRedisApi } from './api.ts';

export const topos_redis = defineModule(
  {
    name: 'topos_redis',
    doc: 'The Redis server for topos.',
    needs: ['ndb_redis'],
    params: { serverid: str({ default: '', doc: 'Name of a server of ndb_redis. Required.' }) },
  },
  (host) => {
    const { params } = host;
    const servers: NdbRedisApi = host.use('ndb_redis');
    const url = servers.urlOf(params.serverid);
    const api: ToposRedisApi = { url };
    if (url !== undefined || params.serverid === '') return { functions: {}, api };
    throw new ViaductError(
      'PARAM_VALUE',
      `topos_redis.serverid is ${JSON.stringify(params.serverid)}: name a server that ndb_redis.server has`,
    );
  },
);
