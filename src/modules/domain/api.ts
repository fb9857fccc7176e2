/** What other modules may know of domain: whose domains we serve. */
export interface DomainApi {
  /** Whether this domain is one of ours; its case does not matter. */
  isLocal(domain: string): boolean;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly domain: DomainApi;
  }
}
