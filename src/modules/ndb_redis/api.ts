/** What ndb_redis offers other modules: where its servers are. */
export interface NdbRedisApi {
  /** The URL of a server by its name; undefined when there is none. */
  urlOf(name: string): string | undefined;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly ndb_redis: NdbRedisApi;
  }
}
