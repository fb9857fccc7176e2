/** What topos_redis offers topos: the store to keep its records in. */
export interface ToposRedisApi {
  readonly url: string;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly topos_redis: ToposRedisApi;
  }
}
