/** What other modules may know of counters: those that scripts made, by group and name. */
export interface ScriptCounter {
  readonly group: string;
  readonly name: string;
  readonly doc: string;
  /** Kamailio's `/no_reset`. */
  readonly fixed: boolean;
  value: number;
}

export interface CountersApi {
  /** The counter of this group and name, made when it is not there; to be called in `start`. Undefined when there are too many. */
  make(of: Pick<ScriptCounter, 'group' | 'name' | 'doc' | 'fixed'>): ScriptCounter | undefined;
  /** By `name`, in any group, or `group:name`. */
  find(name: string): ScriptCounter | undefined;
  /** Sorted by group, then by name. */
  all(): readonly ScriptCounter[];
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly counters: CountersApi;
  }
}
