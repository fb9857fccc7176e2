/**
 * ndb_redis: the Redis servers that other modules name, with the parameters of Kamailio's ndb_redis. It runs no commands
 * of routes and opens no connection by itself.
 */
import { defineModule } from '../../engine/module.ts';
import { int, list } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import { readStoreUrl } from '../../world/store-url.ts';
import type { NdbRedisApi } from './api.ts';
import { readServer } from './server-text.ts';

const accepted = (doc: string, standard = 0) => int({ default: standard, doc: `Accepted: ${doc}` });

export const ndb_redis = defineModule(
  {
    name: 'ndb_redis',
    doc: 'Redis servers by name, for modules that keep something there.',
    params: {
      server: list({
        default: [],
        doc: 'A server: `name=srv1;addr=127.0.0.1;port=6379;db=1;pass=...`, `unix=/path` or `sentinel_group=...;sentinel1=host:port` in place of the address, `tls=1`. May be set again for further ones.',
      }),
      cluster: int({
        default: 0,
        min: 0,
        max: 1,
        doc: 'The servers are nodes of a Cluster: the others are found by them.',
      }),
      cmd_timeout: int({ default: 250, min: 1, max: 10_000, doc: 'Milliseconds for one command.' }),
      init_without_redis: accepted('a start never fails because a server is away.', 1),
      connect_timeout: accepted('connections are opened in the background.', 1_000),
      disable_time: accepted('a server that is away is tried again in the background.'),
      allowed_timeouts: accepted('a server that is silent counts as away until it has answered again.', -1),
      flush_on_reconnect: accepted('nothing is ever flushed.'),
      allow_dynamic_nodes: accepted('nodes of a Cluster are followed.'),
      debug: accepted('there is nothing to debug in a module without commands.'),
    },
  },
  ({ params }) => {
    const options = { isCluster: params.cluster === 1, timeoutMs: params.cmd_timeout };
    const servers = new Map<string, string>();
    for (const [at, text] of params.server.entries()) {
      const read = readServer(text, options);
      const url = read.kind === 'server' ? readStoreUrl(read.url) : read;
      // The text may hold a password and is not shown.
      if (url.kind === 'malformed') {
        throw new ViaductError('PARAM_VALUE', `ndb_redis.server number ${at + 1}: ${url.message}`);
      }
      if (read.kind === 'server') servers.set(read.name, read.url);
    }
    const api: NdbRedisApi = { urlOf: (name) => servers.get(name) };
    return { functions: {}, api };
  },
);
