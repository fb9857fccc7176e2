/** What other modules may know of auth. */
import type { RequestContext } from '../../engine/context.ts';

export interface AuthUser {
  /** As it stands in the credentials table. */
  readonly user: string;
  readonly realm: string;
}

export interface AuthApi {
  /** Who sent this request, when the last check of it found valid credentials. */
  user(ctx: RequestContext): AuthUser | undefined;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly auth: AuthApi;
  }
}
