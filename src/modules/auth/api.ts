/** What other modules may know of auth. */
import type { RequestContext } from '../../engine/context.ts';

export interface AuthUser {
  /** As it stands in the credentials table. */
  readonly user: string;
  readonly realm: string;
}

/** One user's secrets. Hashes are H(user:realm:password) by the algorithm that made them. */
export interface Credential {
  readonly user: string;
  readonly password: string | undefined;
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
}

/** A table of users that is not auth's own. */
export interface CredentialSource {
  /** `table` is the one that the route named. Names are text. */
  find(user: string, realm: string, table: string | undefined): Credential | undefined;
  /** Somebody found here has logged in. */
  accepted?(
    ctx: RequestContext,
    login: { readonly user: string; readonly realm: string; readonly table?: string },
  ): void;
}

export interface AuthApi {
  /** Who sent this request, when the last check of it found valid credentials. */
  user(ctx: RequestContext): AuthUser | undefined;
  /** To be called in `setup`. Who is not in the table of auth is looked for here, in the order of the calls. */
  supply(source: CredentialSource): void;
}

declare module '../../engine/module.ts' {
  interface ModuleApis {
    readonly auth: AuthApi;
  }
}
