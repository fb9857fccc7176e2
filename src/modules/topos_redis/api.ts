/** What topos_redis offers topos: the store to keep its records in. */
export interface ToposRedisApi {
  /** undefined when none is named. */
  readonly url: string | undefined;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly topos_redis: ToposRedisApi;
  }
}
