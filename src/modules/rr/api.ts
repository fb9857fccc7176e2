/** What other modules may know of rr: parameters that travel with a dialog, in Record-Route and back in Route. */
import type { RequestContext } from '../../engine/context.ts';

export interface RrApi {
  /** Record-Routes carry the tag of the caller, so that directions can be told. */
  readonly tellsDirections: boolean;
  /** Adds `;name=value` to the Record-Route that is asked for, or will be; it replaces the one of this name. */
  setParam(ctx: RequestContext, name: string, value: string): 'added' | 'malformed' | 'full';
  /** Of our own Route that loose routing took off. */
  param(ctx: RequestContext, name: string): string | undefined;
  /** Downstream is from the caller. */
  direction(ctx: RequestContext): 'downstream' | 'upstream';
  /** To be called in `setup` or `start`: what runs after a request was routed by our own Route. */
  onLooseRoute(listener: (ctx: RequestContext) => void): void;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly rr: RrApi;
  }
}
